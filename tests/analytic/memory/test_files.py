"""The memory of files: every offset of a runtime's own plan, and live tensors on graphs with branches."""

from __future__ import annotations

import json
import lzma
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.graph.network import resolve_graph
from mbcost.analytic.memory.arena import TENSORFLOW_LITE_MICRO, measure_extent
from mbcost.analytic.memory.graph_maps import count_live_bytes, find_maps
from mbcost.analytic.memory.libstdcxx import list_as_set, sort_by_keys
from mbcost.analytic.memory.micro import plan_micro
from mbcost.analytic.memory.tflite_arena import list_offsets, plan_tensorflow_lite
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.files.read import read_graph
from mbcost.questions.device.memory import choose_options, compute_memory
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.graph import CHANNELS_LAST, Graph, Operator, Tensor

FOLDER = Path(__file__).parents[2] / "data" / "arena"
OPEN_FOLDER = FOLDER.parent / "files" / "tflite"
FROZEN: dict[str, Any] = json.loads(lzma.decompress((FOLDER / "measured.json.xz").read_bytes()))
OPEN: dict[str, Any] = FROZEN["open"]
"""The same for files whose batch is open."""
MEASURED: dict[str, Any] = FROZEN["cases"]
"""What interpreters did with each file, by tools/arena_files.py."""


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graph]:
    path = tmp_path_factory.mktemp("arena") / "model.tflite"
    read_ = {}
    for name in MEASURED:
        path.write_bytes(lzma.decompress((FOLDER / f"{name}.tflite.xz").read_bytes()))
        read_[name] = read_graph(path, name, "tflite")
    return read_


def test_the_files_are_three_sizes_of_six_networks_in_two_number_formats_and_more() -> None:
    nets = ("v1", "v2", "v3-small", "v3-large", "mnasnet", "efficientnet")
    for net in nets:
        for kind in ("int8", "float32"):
            sizes = [name for name in MEASURED if name.startswith(f"{net}@") and name.endswith(kind)]
            assert len({name.partition("_")[2] for name in sizes}) >= 3
    assert {name.rpartition("-")[2] for name in MEASURED} == {"int8", "float32", "float16", "dynamic"}
    assert {path.name.removesuffix(".tflite.xz") for path in FOLDER.glob("*.tflite.xz")} == set(MEASURED)


@pytest.mark.parametrize("name", MEASURED)
def test_every_offset_is_that_of_the_interpreter(name: str, graphs: dict[str, Graph]) -> None:
    check_offsets(graphs[name], MEASURED[name])


@pytest.mark.parametrize("name", OPEN)
def test_every_offset_is_that_of_the_interpreter_if_the_batch_is_open(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(lzma.decompress((OPEN_FOLDER / f"{name}.tflite.xz").read_bytes()))
    graph = read_graph(path, name, "tflite")
    assert "SHAPE" in {operator.written for operator in graph.operators}
    check_offsets(graph, OPEN[name])


def check_offsets(graph: Graph, measured: dict[str, Any]) -> None:
    arena = plan_tensorflow_lite(graph)
    assert measure_extent(arena.buffers) == measured["arena"]
    offsets = dict(list_offsets(arena))
    numbers = {tensor: number for number, tensor in enumerate(graph.order)}
    tensors = {numbers[tensor]: offset for tensor, offset in offsets.items() if tensor in numbers}
    assert tensors == dict(zip(measured["numbers"], measured["offsets"], strict=True))
    scratches = [offset for tensor, offset in offsets.items() if tensor not in numbers]
    assert sorted(scratches) == sorted(measured["scratches"])


def test_the_head_of_the_micro_interpreter_is_the_plan_of_its_file(graphs: dict[str, Graph]) -> None:
    heads = {name: case["micro"] for name, case in MEASURED.items() if case["micro"] is not None}
    assert heads == {name: measure_extent(plan_micro(graphs[name]).buffers) for name in heads}
    assert {name.rpartition("-")[2] for name in MEASURED if name not in heads} == {"float16", "dynamic"}


@pytest.mark.parametrize(
    "name",
    [
        "v1@0.25_96-int8",
        "v2@0.75_160-float32",
        "v3-large@1_224-float32",
        "mnasnet@1_160-int8",
        "efficientnet@1_96-int8",
    ],
)
def test_a_file_has_the_peaks_of_the_table_and_flash_of_its_size(name: str, graphs: dict[str, Graph]) -> None:
    net, _, rest = name.partition("@")
    size, _, dtype = rest.partition("-")
    alpha, _, side = size.partition("_")
    spec = load_spec({"mnasnet": "mnasnet-1.0", "efficientnet": "efficientnet-b0"}.get(net, net))
    implementation = "keras" if "keras" in spec.implementations else spec.default_implementation
    table = resolve(spec, alpha=float(alpha), resolution=int(side), implementation=implementation)
    expected = compute_memory(table, weights_dtype=dtype, activations_dtype=dtype)
    memory = compute_memory(resolve_graph(graphs[name]))
    assert [peak.bytes for peak in memory.peaks] == [peak.bytes for peak in expected.peaks]
    assert memory.flash.total == graphs[name].bytes
    assert memory.flash.weights == expected.flash.weights == sum(row.weights for row in memory.rows)


BRANCHES = st.lists(
    st.tuples(st.lists(st.integers(0, 9), min_size=1, max_size=3), st.integers(1, 5), st.booleans()),
    min_size=1,
    max_size=9,
)
"""Operators: how far back each of the tensors that it reads is, the size of what it makes, and whether it reshapes."""


def build(branches: list[tuple[list[int], int, bool]], outputs: list[int]) -> Graph:
    tensors = {"t0": Tensor("t0", (1, 7), "int8")}
    operators = []
    for index, (back, size, reshapes) in enumerate(branches, start=1):
        reads = tuple(f"t{max(index - 1 - distance, 0)}" for distance in back)
        if reshapes:
            reads = reads[:1]
            size = tensors[reads[0]].elements
        tensors[f"t{index}"] = Tensor(f"t{index}", (1, size), "int8")
        operators.append(Operator(f"o{index}", "reshape" if reshapes else "concat", reads, (f"t{index}",)))
    made = tuple(dict.fromkeys(f"t{min(output, len(branches))}" for output in outputs))
    return Graph("any", "any", "yaml", CHANNELS_LAST, ("t0",), made, tuple(operators), tensors)


@given(BRANCHES, st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_live_bytes_are_those_of_a_set_of_buffers(
    branches: list[tuple[list[int], int, bool]], outputs: list[int]
) -> None:
    """A buffer is live from the operator that makes it to the last one that reads it or a view of it."""
    graph = build(branches, outputs)
    owner: dict[str, str] = {"t0": "t0"}
    for operator in graph.operators:
        (made,) = operator.makes
        owner[made] = owner[operator.reads[0]] if operator.kind == "reshape" else made
    expected = []
    for index, operator in enumerate(graph.operators):
        later = {owner[name] for item in graph.operators[index:] for name in item.reads}
        exists = {owner[name] for item in graph.operators[:index] for name in item.makes} | {"t0"}
        live = (exists & (later | {owner[name] for name in graph.outputs})) | {owner[operator.makes[0]]}
        expected.append(sum(graph.tensors[name].elements for name in live))
    assert list(count_live_bytes(find_maps(graph), "naive")) == expected
    assert count_live_bytes(find_maps(graph), "fused-block") == tuple(expected)


@given(st.lists(st.integers(0, 3), max_size=120))
def test_the_order_of_equal_elements_is_one_of_a_sort(keys: list[int]) -> None:
    ordered = sort_by_keys(list(range(len(keys))), keys)
    assert sorted(ordered) == list(range(len(keys)))
    assert [keys[index] for index in ordered] == sorted(keys)


@given(st.sets(st.integers(0, 500), max_size=140))
def test_a_set_of_numbers_keeps_every_bucket_together(numbers: set[int]) -> None:
    order = list_as_set(sorted(numbers))
    assert sorted(order) == sorted(numbers)
    size = next(size for size in (13, 29, 59, 127, 257) if len(numbers) <= size)
    changes = sum(a % size != b % size for a, b in pairwise(order))
    assert changes == max(len({number % size for number in numbers}) - 1, 0)


def test_what_does_not_apply_to_a_graph_is_refused_in_words() -> None:
    graph = build([([0], 3, False)], [1])
    network = resolve_graph(graph)
    runtime = choose_options(["tensorflow-lite"], ["arena"])
    with pytest.raises(MbcostError, match=r"^any: TensorFlow Lite's arena is known for \.tflite files: convert it"):
        compute_memory(network, options=runtime)
    with pytest.raises(MbcostError, match=r"^any: the arena of a microcontroller is known for \.tflite files"):
        compute_memory(network, options=TENSORFLOW_LITE_MICRO)
    with pytest.raises(MbcostError, match=r"^any: the arena option unfold is for tables: write --arena"):
        compute_memory(network, options=choose_options(["unfold"], ["arena"]))
    with pytest.raises(MbcostError, match=r"^tensorflow-lite-micro is for \.tflite files: name a file"):
        compute_memory(resolve(load_spec("v2")), options=TENSORFLOW_LITE_MICRO)
    with pytest.raises(MbcostError, match=r"^tensorflow-lite-micro is given with other options of the arena: remove"):
        choose_options(["tensorflow-lite-micro", "pad"], ["arena"])
