"""What operators of ONNX become, and the shapes of inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from mbcost.analytic.graph.network import resolve_graph
from mbcost.errors import MbcostError
from mbcost.files.sizes import InputSizes
from mbcost.spec.graph import KINDS, Graph
from mbcost.spec.tally import total
from tests.files.onnx.expected import Totals, sum_tally
from tests.files.onnx.generator import check
from tests.files.onnx.small import last, load, make

IMAGE = [1, 4, 8, 8]
node = helper.make_node


def one(folder: Path, operator: Any, weights: dict[str, Any] | None = None, **rest: Any) -> Graph:
    """Return the graph of one node that reads `x`."""
    nodes = operator if isinstance(operator, list) else [operator]
    return load(make(nodes, rest.pop("inputs", {"x": IMAGE}), weights, **rest), folder)


def totals(graph: Graph) -> Totals:
    return sum_tally(total([layer.tally() for layer in resolve_graph(graph).layers]))


def test_random_models_have_the_shapes_and_totals_of_onnx_runtime(tmp_path: Path) -> None:
    assert [problem for seed in range(25) if (problem := check(seed, tmp_path))] == []


@pytest.mark.parametrize(
    ("operator", "weights", "opset", "function"),
    [
        (node("Relu", ["x"], ["y"]), {}, 17, "relu"),
        (node("Clip", ["x"], ["y"], min=0.0, max=6.0), {}, 6, "relu6"),
        (node("Clip", ["x"], ["y"], min=0.0), {}, 6, "relu"),
        (node("Clip", ["x", "a", "b"], ["y"]), {"a": np.float32(0), "b": np.float32(6)}, 13, "relu6"),
        (node("Clip", ["x", "a"], ["y"]), {"a": np.float32(0)}, 13, "relu"),
        (node("Clip", ["x", "a", "b"], ["y"]), {"a": np.float32(0), "b": np.float32(3.4e38)}, 13, "relu"),
        (node("Clip", ["x", "", "b"], ["y"]), {"b": np.float32(6)}, 13, "clip"),
        (node("Clip", ["x", "a", "b"], ["y"]), {"a": np.float32(-1), "b": np.float32(6)}, 13, "clip"),
        (node("HardSigmoid", ["x"], ["y"], alpha=1 / 6, beta=0.5), {}, 13, "hard_sigmoid"),
        (node("HardSigmoid", ["x"], ["y"]), {}, 13, "hard_sigmoid(0.2x+0.5)"),
        (node("HardSwish", ["x"], ["y"]), {}, 14, "hard_swish"),
        (node("Swish", ["x"], ["y"]), {}, 24, "swish"),
        (node("Gelu", ["x"], ["y"]), {}, 20, "gelu"),
    ],
)
def test_activations_have_their_names(
    tmp_path: Path, operator: Any, weights: dict[str, Any], opset: int, function: str
) -> None:
    graph = one(tmp_path, operator, weights, opset=opset)
    assert (last(graph).kind, last(graph).function, last(graph).reads) == ("activation", function, ("x",))


@pytest.mark.parametrize(
    ("operator", "weights", "expected"),
    [
        (node("Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", strides=[2, 2]), {"w": (2, 4, 3, 3)}, (0, 0, 1, 1)),
        (node("Conv", ["x", "w"], ["y"], auto_pad="SAME_LOWER", strides=[2, 2]), {"w": (2, 4, 3, 3)}, (1, 1, 0, 0)),
        (node("Conv", ["x", "w"], ["y"], auto_pad="VALID"), {"w": (2, 4, 3, 3)}, (0, 0, 0, 0)),
        (node("Conv", ["x", "w"], ["y"], pads=[1, 2, 3, 4]), {"w": (2, 4, 3, 3)}, (1, 2, 3, 4)),
        (node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], auto_pad="SAME_UPPER"), {}, (1, 1, 1, 1)),
    ],
)
def test_padding_is_explicit(tmp_path: Path, operator: Any, weights: dict[str, Any], expected: tuple[int, ...]) -> None:
    window = last(one(tmp_path, operator, weights)).window
    assert window is not None
    assert window.padding == expected


MICROSOFT = {"domain": "com.microsoft"}
SCALE, ZERO, INT8 = np.float32(0.5), np.int8(0), np.zeros((6, 4), "int8")
COSTS: dict[str, tuple[Any, dict[str, Any], list[int], Totals]] = {
    "1D": (node("Conv", ["x", "w"], ["y"]), {"w": (6, 4, 3)}, [1, 4, 10], (6 * 4 * 3 * 8, 72)),
    "3D": (node("Conv", ["x", "w"], ["y"]), {"w": (6, 4, 3, 3, 3)}, [1, 4, 5, 6, 7], (648 * 3 * 4 * 5, 648)),
    "depthwise": (node("Conv", ["x", "w"], ["y"], group=4), {"w": (8, 1, 3, 3)}, IMAGE, (8 * 9 * 36, 72)),
    "transposed": (node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2]), {"w": (4, 5, 2, 2)}, IMAGE, (80 * 64, 80)),
    "integer": (
        [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("ConvInteger", ["q", "w"], ["y"])],
        {"s": SCALE, "z": ZERO, "w": np.zeros((6, 4, 1, 1), "int8")}, IMAGE, (24 * 64, 24),
    ),
    "Gemm": (node("Gemm", ["x", "w", "b"], ["y"], transB=1), {"w": (6, 4), "b": (6,)}, [1, 4], (24, 30)),
    "MatMul": (node("MatMul", ["x", "w"], ["y"]), {"w": (4, 6)}, [1, 9, 4], (9 * 24, 24)),
    "in a map": (node("MatMul", ["x", "w"], ["y"]), {"w": (8, 3)}, IMAGE, (4 * 8 * 24, 24)),
    "constant first": (node("MatMul", ["w", "x"], ["y"]), {"w": (6, 9)}, [1, 9, 4], (6 * 9 * 4, 54)),
    "a stack": (node("MatMul", ["x", "w"], ["y"]), {"w": (3, 4, 6)}, [3, 9, 4], (9 * 24, 72)),
    "computed": (node("MatMul", ["x", "x"], ["y"]), {}, [1, 5, 5], (125, 0)),
    "Einsum": (node("Einsum", ["x", "w"], ["y"], equation="bnc,cd->bnd"), {"w": (4, 6)}, [1, 9, 4], (9 * 24, 24)),
    "pairs": (node("Einsum", ["x", "x"], ["y"], equation="bnc,bmc->bnm"), {}, [1, 9, 4], (9 * 9 * 4, 0)),
    "LSTM": (
        node("LSTM", ["x", "w", "r", "b"], ["y"], hidden_size=5, direction="bidirectional"),
        {"w": (2, 20, 4), "r": (2, 20, 5), "b": (2, 40)}, [7, 1, 4], (7 * 2 * 20 * (4 + 5), 2 * 20 * 11),
    ),
    "GRU": (
        node("GRU", ["x", "w", "r"], ["y"], hidden_size=5), {"w": (1, 15, 4), "r": (1, 15, 5)}, [7, 1, 4],
        (7 * 15 * 9, 135),
    ),
    "fused": (
        node("FusedConv", ["x", "w", "b", "x"], ["y"], activation="Relu", **MICROSOFT), {"w": (4, 4, 1, 1), "b": (4,)},
        IMAGE, (16 * 64, 20),
    ),
    "FusedMatMul": (
        node("FusedMatMul", ["x", "w"], ["y"], transB=1, **MICROSOFT), {"w": (6, 4)}, [1, 9, 4], (9 * 24, 24),
    ),
    "QGemm": (
        node("QGemm", ["x", "s", "z", "w", "s", "z", "", "s", "z"], ["y"], transB=1, **MICROSOFT),
        {"s": SCALE, "z": ZERO, "w": INT8}, [1, 4], (24, 24),
    ),
    "4 bits": (
        node("MatMulNBits", ["x", "w", "s"], ["y"], K=32, N=6, bits=4, block_size=16, **MICROSOFT),
        {"w": np.zeros((6, 2, 8), "uint8"), "s": (12,)}, [1, 9, 32], (9 * 6 * 32, 6 * 32),
    ),
    "QLinearConv": (
        [
            node("QuantizeLinear", ["x", "s", "z"], ["q"]),
            node("QLinearConv", ["q", "s", "z", "w", "s", "z", "s", "z"], ["y"]),
        ],
        {"s": SCALE, "z": ZERO, "w": np.zeros((6, 4, 1, 1), "int8")}, IMAGE, (24 * 64, 24),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COSTS)
def test_layers_cost_what_their_formula_says(tmp_path: Path, name: str) -> None:
    operator, weights, sides, expected = COSTS[name]
    graph = one(tmp_path, operator, weights, inputs={"x": sides})
    assert not [item.reason for item in graph.operators if item.kind == "unknown"]
    assert totals(graph) == expected


def test_attention_is_two_products(tmp_path: Path) -> None:
    operator = node("Attention", ["q", "k", "v"], ["y"])
    graph = load(make([operator], {name: [1, 2, 5, 4] for name in "qkv"}, opset=23), tmp_path)
    assert totals(graph) == (2 * (2 * 5 * 5 * 4), 0)


@pytest.mark.parametrize(
    ("operator", "reason"),
    [
        (node("Fancy", ["x"], ["y"], domain="my.own"), "operator Fancy of domain my.own is not known"),
        (node("Fancy", ["x"], ["y"]), "operator Fancy is not known"),
        (node("Det", ["x"], ["y"]), "Det is not counted"),
        (node("Attention", ["x"], ["y"], domain="com.microsoft"), "Attention of domain com.microsoft"),
        (node("LSTM", ["x", "x", "x"], ["y"], hidden_size=2), "weights or shapes are not known"),
    ],
)
def test_what_is_not_known_says_why(tmp_path: Path, operator: Any, reason: str) -> None:
    graph = load(make([operator, node("Relu", ["y"], ["z"])], {"x": [1, 8, 8]}, outputs=["z"]), tmp_path)
    assert graph.operators[0].kind == "unknown"
    assert reason in graph.operators[0].reason
    assert resolve_graph(graph).not_counted


def loop(body: list[Any]) -> Any:
    inside = [onnx.ValueInfoProto(name="i"), onnx.ValueInfoProto(name="c"), onnx.ValueInfoProto(name="a")]
    graph = helper.make_graph([*body, node("Identity", ["c"], ["d"])], "body", inside,
                              [onnx.ValueInfoProto(name="d"), onnx.ValueInfoProto(name="b")])  # fmt: skip
    return node("Loop", ["n", "", "x"], ["y"], body=graph)


def test_a_loop_is_known_only_if_nothing_in_it_multiplies(tmp_path: Path) -> None:
    weights = {"n": np.int64(3), "w": (4, 4, 1, 1)}
    counted = one(tmp_path, loop([node("Conv", ["a", "w"], ["b"])]), weights)
    free = one(tmp_path, loop([node("Relu", ["a"], ["b"])]), weights)
    assert (last(counted).kind, last(free).kind) == ("unknown", "arithmetic")
    assert set(last(counted).reads) == {"n", "x", "w"}
    assert free.unread[0] == "what is inside of Loop 'y'"


@pytest.mark.parametrize(("condition", "expected"), [(True, 16 * 64), (False, 0)])
def test_a_branch_with_a_constant_condition_is_taken(tmp_path: Path, condition: bool, expected: int) -> None:
    output = [onnx.ValueInfoProto(name="o")]
    weight = numpy_helper.from_array(np.zeros((4, 4, 1, 1), "float32"), "w")
    then = helper.make_graph([node("Conv", ["x", "w"], ["o"])], "then", [], output, [weight])
    other = helper.make_graph([node("Identity", ["x"], ["o"])], "else", [], output)
    branch = node("If", ["c"], ["t"], then_branch=then, else_branch=other)
    model = make([branch, node("Relu", ["t"], ["y"])], {"x": IMAGE}, {"c": np.bool_(condition)})
    assert totals(load(model, tmp_path)) == (expected, 16 if condition else 0)


def test_functions_take_attributes_and_leave_out_inputs(tmp_path: Path) -> None:
    inner = node("Conv", ["a", "k", "bias"], ["c"])
    inner.attribute.add(name="strides", type=onnx.AttributeProto.INTS, ref_attr_name="by")
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    function = helper.make_function("f", "Block", ["a", "k", "bias"], ["c"], [inner], opsets, ["by"])
    calls = [
        node("Block", ["x", "w"], ["t"], name="one", domain="f", by=[2, 2]),
        node("Block", ["t", "w", "b"], ["y"], name="one", domain="f", by=[1, 1]),
    ]
    model = make(calls, {"x": IMAGE}, {"w": (4, 4, 1, 1), "b": (4,)}, functions=[function], opset_imports=opsets)
    graph = load(model, tmp_path)
    assert graph.tensors["y"].shape == (1, 4, 4, 4)
    assert totals(graph) == (2 * 16 * 16, 16 + 4)  # the weights are shared
    assert len({operator.name for operator in graph.operators}) == len(graph.operators)


@pytest.mark.parametrize(
    ("sides", "sizes", "expected"),
    [
        (["N", 3, 32, 32], InputSizes(), (1, 3, 32, 32)),
        ([None, 3, "H", "W"], InputSizes(resolution=(20, 24)), (1, 3, 20, 24)),
        (["N", "H", "W", 3], InputSizes(resolution=(20, 24)), (1, 20, 24, 3)),
        (None, InputSizes({"x": (1, 3, 9, 9)}), (1, 3, 9, 9)),
        (["N", 3, 32, 32], InputSizes({"x": (5, 3, 32, 32)}), (5, 3, 32, 32)),
    ],
)
def test_open_sides_are_settled(
    tmp_path: Path, sides: list[Any] | None, sizes: InputSizes, expected: tuple[int, ...]
) -> None:
    graph = load(make([node("Relu", ["x"], ["y"])], {"x": sides}), tmp_path, sizes)
    assert (graph.tensors["y"].shape, graph.batch) == (expected, expected[0])


@pytest.mark.parametrize(
    ("sides", "sizes", "message"),
    [
        (
            ["N", 3, "H", "W"],
            InputSizes(),
            "input 'x' is Nx3xHxW: state its size, as in --res 224 or --input x=1x3x224",
        ),
        (["N", "C"], InputSizes(), "as in --input x=1x224"),
        (None, InputSizes(), "does not state its shape"),
        ([1, 3, 32, 32], InputSizes(resolution=(64, 64)), "fixes its input 'x' as 1x3x32x32"),
        ([1, 3, 32, 32], InputSizes({"x": (1, 3, 64, 64)}), "not 1x3x64x64"),
        ([1, 3], InputSizes(resolution=(64, 64)), "0 of its inputs are images"),
        (["N", 3, "H", "W"], InputSizes({"image": (1, 3, 8, 8)}), "it has no input 'image'"),
        (["N", 3, "H", "W"], InputSizes({"x": (1, 3, 0, 8)}), "must be at least 1"),
        (["N", 3, 2**40, 2**40], InputSizes(), "a size that exists"),
    ],
)
def test_sizes_that_are_open_or_contradict_the_file_are_named(
    tmp_path: Path, sides: list[Any] | None, sizes: InputSizes, message: str
) -> None:
    with pytest.raises(MbcostError) as caught:
        load(make([node("Relu", ["x"], ["y"])], {"x": sides}), tmp_path, sizes)
    assert message in str(caught.value)


def test_a_batch_counts_per_image(tmp_path: Path) -> None:
    operator, weights, sides, expected = COSTS["depthwise"]
    graph = one(tmp_path, operator, weights, inputs={"x": [8, *sides[1:]]})
    assert (graph.batch, totals(graph)) == (8, expected)


def test_every_kind_is_one_of_the_contract() -> None:
    from mbcost.files.onnx.operators import SHAPELESS

    assert set(KINDS) >= SHAPELESS
