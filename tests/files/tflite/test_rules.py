"""Single operators of files made by hand: what they become, and what is refused."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mbcost.analytic.graph.network import resolve_graph
from mbcost.errors import MbcostError
from mbcost.files.read import read_graph
from mbcost.files.sizes import InputSizes
from mbcost.files.tflite.flatbuffer import File
from mbcost.files.tflite.model import read_model
from mbcost.files.tflite.operators import RULES
from mbcost.spec.graph import KINDS, Graph, Operator
from mbcost.spec.tally import total
from tests.files.tflite.drafts import Draft, RandomDraft, parse
from tools.tflite_mutations import damage, judge

CONV = {"Padding": 1, "StrideH": 1, "StrideW": 1}


def one(code: str, shapes: list[Any], made: tuple[int, ...], options: str = "", **fields: Any) -> Graph:
    """The graph of a file with one operator, which reads inputs (shapes) and constants (lists of integers)."""
    draft = Draft()
    reads = [draft.integers(item) if isinstance(item, list) else draft.image(item) for item in shapes]
    draft.outputs = [draft.add(code, reads, made, options, **fields)]
    return parse(draft.build())


def operator(*arguments: Any, **fields: Any) -> Operator:
    (only,) = one(*arguments, **fields).operators
    return only


def small() -> Draft:
    """A convolution of a map of 4 x 4 x 3 with a window of 2 x 2 and 5 outputs."""
    draft = Draft()
    image = draft.image((1, 4, 4, 3))
    made = draft.add("CONV_2D", [image, draft.weights((5, 2, 2, 3))], (1, 3, 3, 5), "Conv2DOptions", **CONV)
    draft.outputs = [made]
    return draft


def test_a_product_of_two_inputs_knows_the_length_of_its_sums() -> None:
    for adjoint, second in ((0, (2, 5, 7)), (1, (2, 7, 5))):
        made = operator("BATCH_MATMUL", [(2, 3, 5), second], (2, 3, 7), "BatchMatMulOptions", AdjY=adjoint)
        assert (made.kind, made.inner) == ("matmul", 5)
    made = operator("BATCH_MATMUL", [(2, 5, 3), (5, 7)], (2, 3, 7), "BatchMatMulOptions", AdjX=1)
    assert (made.kind, made.inner) == ("matmul", 5)
    assert operator("FULLY_CONNECTED", [(4, 6), (7, 6)], (4, 7), "FullyConnectedOptions").kind == "matmul"


def test_a_product_with_a_constant_is_a_linear_layer() -> None:
    draft = Draft()
    draft.outputs = [draft.add("BATCH_MATMUL", [draft.image((1, 9, 4)), draft.weights((4, 6))], (1, 9, 6))]
    counts = total(layer.tally() for layer in resolve_graph(parse(draft.build())).layers)
    assert (counts.linear_macs, counts.weights) == (9 * 4 * 6, 24)


def test_the_average_over_the_whole_map_is_a_global_pool() -> None:
    window = {"StrideH": 1, "StrideW": 1, "FilterHeight": 4, "FilterWidth": 6, "Padding": 1}
    assert operator("AVERAGE_POOL_2D", [(1, 4, 6, 3)], (1, 1, 1, 3), "Pool2DOptions", **window).kind == "global_pool"
    same = {**window, "Padding": 0}
    assert operator("AVERAGE_POOL_2D", [(1, 4, 6, 3)], (1, 4, 6, 3), "Pool2DOptions", **same).kind == "average_pool"
    assert operator("MEAN", [(1, 4, 6, 3), [1, 2]], (1, 3), "ReducerOptions").kind == "global_pool"
    assert operator("MEAN", [(1, 4, 6, 3), [-2, -3]], (1, 1, 1, 3), "ReducerOptions").kind == "global_pool"
    assert operator("MEAN", [(1, 4, 6, 3), [3]], (1, 4, 6), "ReducerOptions").axes == (3,)


def test_the_transposed_convolution_of_mediapipe_is_counted() -> None:
    draft = Draft()
    reads = [draft.image((1, 5, 6, 4)), draft.weights((3, 2, 3, 4)), draft.weights((3,))]
    made = draft.add("Convolution2DTransposeBias", reads, (1, 10, 12, 3), custom=struct.pack("<3i", 1, 2, 2))
    draft.outputs = [made]
    graph = parse(draft.build())
    counts = total(layer.tally() for layer in resolve_graph(graph).layers)
    assert (graph.operators[0].kind, graph.operators[0].window.padding) == ("transposed_conv", (0, 0, 0, 1))  # type: ignore[union-attr]
    assert (counts.conv_macs, counts.weights, counts.biases) == (72 * 30, 72, 3)
    draft.tensors[made]["shape"] = (1, 11, 12, 3)
    with pytest.raises(MbcostError, match="Convolution2DTransposeBias"):
        parse(draft.build())


def test_an_activation_that_is_fused_into_a_difference_is_an_operator_of_its_own() -> None:
    graph = one("SUB", [(1, 4, 4, 3), (3,)], (1, 4, 4, 3), "SubOptions", FusedActivationFunction=3)
    assert [(item.kind, item.function) for item in graph.operators] == [
        ("arithmetic", "subtract"), ("activation", "relu6"),
    ]  # fmt: skip
    assert total(layer.tally() for layer in resolve_graph(graph).layers).relu6_elements == 48


def test_every_operator_is_translated_or_refused_in_one_line() -> None:
    """With inputs that fit an elementwise operator, and no options."""
    refused = []
    for code in RULES:
        try:
            graph = one(code, [(1, 4, 4, 4), (1, 4, 4, 4)], (1, 4, 4, 4))
        except MbcostError as error:
            refused.append((code, str(error)))
            continue
        made = graph.operators[0]
        assert (made.written, made.kind in KINDS, bool(made.reason)) == (code, True, made.kind == "unknown")
    assert 0 < len(refused) < len(RULES) / 4
    assert [(code, text) for code, text in refused if f" {code} " not in text or "\n" in text] == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("TFLite_Detection_PostProcess", "decodes and selects boxes"),
        ("ethos-u", "Vela"),
        ("edgetpu-custom-op", "Edge TPU"),
        ("FlexErf", "TensorFlow itself"),
        ("anything", "a custom operator"),
        ("WHILE", "other subgraphs"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "recurrent"),
    ],
)
def test_an_operator_that_is_not_known_has_a_reason(code: str, reason: str) -> None:
    unknown = operator(code, [(1, 4, 4, 4)], (1, 2))
    assert (unknown.kind, unknown.written) == ("unknown", code)
    assert reason in unknown.reason


def test_an_operator_that_makes_nothing_is_a_row_that_is_not_counted() -> None:
    draft = small()
    draft.operators.insert(0, ("CALL_ONCE", [], [], "", {}))
    network = resolve_graph(parse(draft.build()))
    assert [(item.operator, item.count) for item in network.not_counted] == [("CALL_ONCE", 1)]
    assert total(layer.tally() for layer in network.layers).conv_macs == 9 * 60


def replace_tensor(index: int, **changes: Any) -> bytes:
    draft = small()
    draft.tensors[index].update(changes)
    return draft.build()


def replace_operator(reads: list[int], makes: list[int], fields: dict[str, Any]) -> bytes:
    draft = small()
    draft.operators = [("CONV_2D", reads, makes, "Conv2DOptions", {**CONV, **fields})]
    return draft.build()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            replace_tensor(2, shape=(1, 3, 4, 5)),
            "CONV_2D 't2' has the shape [1, 3, 4, 5] for 't2', expected [1, 3, 3, 5]",
        ),
        (replace_tensor(0, shape=(1, 4, 4, 4)), "CONV_2D 't2' has weights for 3 inputs and 5 outputs, and a map of 4"),
        (replace_tensor(0, shape=(1, 4, 3)), "CONV_2D 't2' needs 4 dimensions of 't0', which has the shape [1, 4, 3]"),
        (replace_tensor(0, shape=(1, 4, -4, 3)), "'t0' has the shape [1, 4, -4, 3]"),
        (replace_tensor(1, data=bytes(239)), "'t1' has 239 bytes, expected 240 for its shape [5, 2, 2, 3]"),
        (replace_tensor(1, data=b""), "'t1' is read, but nothing makes it before"),
        (replace_tensor(1, buffer=9), "'t1' has buffer 9 of 2"),
        (replace_tensor(1, shape=(5, 2, 0, 3), data=b""), "has a window of (2, 0)"),
        (replace_operator([0, 1], [2], {"StrideH": 0}), "a stride of (0, 1)"),
        (replace_operator([0, 1], [2], {"Padding": 7}), "has the unknown padding 7"),
        (replace_operator([0, 1], [2], {"FusedActivationFunction": 77}), "has an unknown activation"),
        (replace_operator([0, -1], [2], {}), "does not read the tensor 1 that it needs"),
        (replace_operator([0, 1], [], {}), "makes no tensor"),
        (replace_operator([2, 1], [2], {}), "'t2' is read, but nothing makes it before"),
        (replace_operator([0, 1], [0], {}), "'t0' is made by CONV_2D, but exists before"),
        (replace_operator([0, 1], [1], {}), "'t1' is made by CONV_2D, but exists before"),
        (replace_operator([0, 99], [2], {}), "operator 0 (CONV_2D) reads tensor 99 of 3"),
        (replace_operator([0, 1], [-1], {}), "operator 0 (CONV_2D) makes tensor -1 of 3"),
        (b"TFL3", "is not a model of TensorFlow Lite"),
        (b"\x08\x00\x00\x00ONNX" + bytes(20), "is not a model of TensorFlow Lite"),
        (b"\xff\xff\xff\xffTFL3" + bytes(20), "is outside the file"),
        (b"\x00\x00\x00\x00TFL3", "has version 0 of the schema, expected 3"),
        (small().build()[:-40], "is outside the file"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(MbcostError) as caught:
        parse(data)
    assert str(caught.value).startswith("net.tflite")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_version_of_the_schema_is_refused() -> None:
    draft = small()
    draft.version = 2
    with pytest.raises(MbcostError, match="has version 2 of the schema, expected 3"):
        parse(draft.build())


def test_bytes_after_the_flatbuffer_are_found_by_their_offset() -> None:
    """Files of more than 2 GB have the bytes of buffers after the flatbuffer."""
    draft = small()
    draft.tensors[1]["data"] = (4096, 240)
    data = draft.build()
    graph = parse(data + bytes(4096 + 240 - len(data)))
    assert (graph.tensors["t1"].stored, graph.bytes) == (240, 4096 + 240)
    with pytest.raises(MbcostError, match="the buffer of 't1' is outside the file, at byte 4096"):
        parse(data + bytes(4096 + 239 - len(data)))


@pytest.mark.parametrize(("dtype", "stored"), [("INT4", 15), ("INT8", 30), ("FLOAT16", 60), ("INT64", 240)])
def test_the_bytes_of_a_constant_are_those_of_its_type(dtype: str, stored: int) -> None:
    """Two values of four bits share a byte."""
    shape = (5, 1, 2, 3)
    draft = Draft()
    reads = [draft.image((1, 4, 4, 3)), draft.tensor(shape, dtype, data=bytes(stored))]
    draft.outputs = [draft.add("CONV_2D", reads, (1, 4, 3, 5), "Conv2DOptions", **CONV)]
    weights = parse(draft.build()).tensors["t1"]
    assert (weights.stored, weights.dtype, weights.elements) == (stored, dtype.lower(), 30)
    draft.tensors[1]["data"] = bytes(stored + 1)
    with pytest.raises(MbcostError, match=f"has {stored + 1} bytes, expected {stored}"):
        parse(draft.build())


def test_constants_that_are_stored_once_have_one_buffer_and_count_once() -> None:
    draft = small()
    other = draft.tensor((5, 2, 2, 3), buffer=1)
    second = draft.add("CONV_2D", [0, other], (1, 3, 3, 5), "Conv2DOptions", **CONV)
    draft.outputs.append(second)
    graph = parse(draft.build())
    assert graph.tensors["t1"].storage == graph.tensors[f"t{other}"].storage
    counts = total(layer.tally() for layer in resolve_graph(graph).layers)
    assert (counts.weights, counts.conv_macs) == (60, 2 * 9 * 60)


@pytest.mark.parametrize("kind", ["empty", "folder", "pipe", "missing"])
def test_what_is_not_a_file_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    if kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(MbcostError, match=r"^net.tflite\b.*(is empty|is a folder|is not a file|No such file)"):
        read_graph(path, "net.tflite", "tflite", InputSizes())


def test_damaged_files_are_read_or_refused_in_one_line() -> None:
    """`python -m tools.tflite_mutations 20000` tries more."""
    random = Random("damaged")
    results = {judge(damage(RandomDraft(seed % 20).build(), random)) for seed in range(200)}
    assert results <= {"read", "refused by the reader", "refused by the engine"}
    assert len(results) > 1


@pytest.mark.parametrize(
    ("claimed", "message"),
    [(2**30, "Operators of subgraph 0 has 1073741824 items, more than 25000"), (20_000, "is outside the file")],
)
def test_a_list_that_claims_to_be_long_is_refused_before_it_is_read(claimed: int, message: str) -> None:
    data = bytearray(small().build())
    subgraph = read_model(File("net.tflite", bytes(data))).subgraphs.table(0, "SubGraph")
    struct.pack_into("<I", data, subgraph.vector("Operators", "I").at - 4, claimed)
    with pytest.raises(MbcostError) as caught:
        parse(bytes(data))
    assert message in str(caught.value)


def test_names_are_unique_and_short() -> None:
    draft = small()
    for item in draft.tensors:
        item["name"] = "net/" + 90 * "long"
    graph = parse(draft.build())
    assert len(graph.tensors) == 3
    assert len(graph.operators[0].name) <= 60
