"""Graphs as networks: what is counted, once or twice, per image, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mbcost.analytic.graph.network import resolve_graph
from mbcost.errors import MbcostError
from mbcost.spec.graph import NotCounted, Operator, Tensor
from tests.analytic.graph.graphs import conv, make_graph, weights

X = Tensor("x", (1, 4, 8, 8))
MAP = Tensor("y", (1, 4, 8, 8))
WEIGHTS = 4 * 4 * 9
POSITIONS = 8 * 8


def test_a_convolution_its_norm_and_its_activation_are_one_row() -> None:
    graph = make_graph(
        [
            conv("c", ("x", "w"), "a"),
            Operator("n", "norm", ("a", "scale", "shift", "mean", "variance"), ("b",), function="batch norm"),
            Operator("r", "activation", ("b",), ("y",), function="relu6"),
        ],
        [X, replace(MAP, name="a"), replace(MAP, name="b"), MAP, weights("w", (4, 4, 3, 3)),
         *(weights(name, (4,)) for name in ("scale", "shift", "mean", "variance"))],
    )  # fmt: skip
    network = resolve_graph(graph)
    (step,) = network.steps
    assert (step.part, step.tally.relu6_elements) == ("c", 4 * POSITIONS)
    assert network.params() == WEIGHTS + 2 * 4  # moving statistics are no parameters
    assert network.mult_adds() == WEIGHTS * POSITIONS


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_shared_weights_count_once_in_params_and_twice_in_mult_adds(form: str) -> None:
    graph = make_graph(
        [conv("first", ("x", "w", "b"), "a"), conv("second", ("a", "w", "b"), "y")],
        [X, replace(MAP, name="a"), MAP, weights("w", (4, 4, 3, 3)), weights("b", (4,))],
        form=form,
    )
    network = resolve_graph(graph)
    assert (network.params(), network.mult_adds()) == (WEIGHTS + 4, 2 * WEIGHTS * POSITIONS)


@pytest.mark.parametrize(("form", "biases"), [("onnx", 8), ("tflite", 8), ("torch", 4)])
def test_equal_biases_that_an_exporter_merged_belong_to_each_layer(form: str, biases: int) -> None:
    graph = make_graph(
        [conv("first", ("x", "v", "b"), "a"), conv("second", ("a", "w", "b"), "y")],
        [X, replace(MAP, name="a"), MAP, weights("v", (4, 4, 3, 3)), weights("w", (4, 4, 3, 3)), weights("b", (4,))],
        form=form,
    )
    assert resolve_graph(graph).params() == 2 * WEIGHTS + biases


def test_computed_weights_count_as_the_weights_that_are_computed() -> None:
    # Weight norm: a direction of all values times a length for each output channel.
    graph = make_graph(
        [
            Operator("scale", "multiply", ("direction", "length"), ("w",)),
            conv("c", ("x", "w"), "y"),
        ],
        [X, MAP, weights("direction", (4, 4, 3, 3)), weights("length", (4, 1, 1, 1)), Tensor("w", (4, 4, 3, 3))],
    )
    network = resolve_graph(graph)
    assert [step.part for step in network.steps] == ["c"]
    assert network.params() == WEIGHTS


def test_a_batch_is_counted_per_image_and_mixed_images_are_refused() -> None:
    tensors = [Tensor("x", (3, 4, 8, 8)), Tensor("y", (3, 4, 8, 8)), weights("w", (4, 4, 3, 3))]
    network = resolve_graph(make_graph([conv("c", ("x", "w"), "y")], tensors, batch=3))
    assert network.mult_adds() == WEIGHTS * POSITIONS
    mixing = make_graph([Operator("r", "reshape", ("x",), ("z",))], [tensors[0], Tensor("z", (256, 1))], batch=3)
    with pytest.raises(MbcostError, match="'z' mixes the 3 images of a batch"):
        resolve_graph(mixing)


def test_what_is_not_known_is_named_and_not_zero() -> None:
    unknown = Operator("u", "unknown", ("x",), ("y",), written="Magic", reason="a custom operator")
    network = resolve_graph(make_graph([unknown], [X, MAP]))
    assert network.not_counted == (NotCounted("Magic", 1, "a custom operator"),)


def test_a_product_of_two_computed_tensors_has_no_weights() -> None:
    graph = make_graph([Operator("m", "matmul", ("x", "x"), ("y",), inner=8)], [X, MAP])
    network = resolve_graph(graph)
    assert (network.params(), network.mult_adds()) == (0, 4 * POSITIONS * 8)


def test_an_embedding_is_a_parameter_and_a_setting_is_not() -> None:
    graph = make_graph(
        [
            Operator("e", "gather", ("x", "table"), ("a",)),
            Operator("s", "resize", ("a", "sizes"), ("b",)),
            Operator("h", "multiply", ("b", "half"), ("y",)),
        ],
        [X, replace(MAP, name="a"), replace(MAP, name="b"), MAP, weights("table", (100, 4)), weights("sizes", (4,)),
         weights("half", (), (0.5,))],
    )  # fmt: skip
    assert resolve_graph(graph).params() == 400


@pytest.mark.parametrize(
    ("operators", "message"),
    [
        ([conv("c", ("nowhere", "w"), "y")], "c reads 'nowhere' before it is made"),
        ([conv("c", ("x", "w"), "x")], "c makes 'x', which exists already"),
        ([Operator("k", "constant", (), ("w2",))], "has no operator that depends on an input"),
    ],
)
def test_a_graph_that_contradicts_itself_is_refused(operators: list[Operator], message: str) -> None:
    tensors = [X, MAP, weights("w", (4, 4, 3, 3)), Tensor("w2", (1,))]
    with pytest.raises(MbcostError, match=message):
        resolve_graph(make_graph(operators, tensors))
