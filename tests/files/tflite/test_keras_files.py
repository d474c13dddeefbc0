"""Files that TensorFlow's converter wrote from Keras's networks; `tools/tflite_files.py` made and stripped them."""

from __future__ import annotations

import lzma
from functools import cache
from pathlib import Path

import pytest

from mbcost.analytic.graph.network import resolve_graph
from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.errors import MbcostError
from mbcost.files.read import read_graph
from mbcost.files.sizes import InputSizes
from mbcost.spec.graph import Graph
from mbcost.spec.tally import Tally, total
from tests.files.tflite.counted import count
from tests.files.tflite.drafts import parse

FOLDER = Path(__file__).parents[2] / "data/files/tflite"
FILES = sorted(path.name.removesuffix(".tflite.xz") for path in FOLDER.glob("*.xz"))
NETWORKS = [name for name in FILES if "@" in name and not name.startswith("open")]
OPEN = [name for name in FILES if name.startswith("open")]


@cache
def load(name: str) -> bytes:
    return lzma.decompress((FOLDER / f"{name}.tflite.xz").read_bytes())


def tally(graph: Graph) -> Tally:
    return total(layer.tally() for layer in resolve_graph(graph).layers)


def reference(name: str) -> str:
    network, _, _ = name.removeprefix("open-").rpartition("-")
    return f"{network.replace('_', '/')}:keras"


@cache
def count_table(text: str) -> Tally:
    return total(layer.tally() for layer in resolve_reference(text).layers)


def test_every_kind_of_number_and_every_network_is_among_the_files() -> None:
    assert {name.rpartition("-")[2] for name in NETWORKS} == {"float32", "float16", "dynamic", "int8"}
    assert {name.partition("@")[0] for name in NETWORKS} >= {"v1", "v2", "v3-small", "v3-large", "efficientnet-b0"}
    assert sum(path.stat().st_size for path in FOLDER.glob("*.xz")) < 400_000


@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_costs_what_the_built_in_network_costs(name: str) -> None:
    """The norms are folded into weights and biases, so a norm of the table is one bias per channel."""
    data = load(name)
    counts = tally(parse(data))
    table = count_table(reference(name))
    macs, params = counts.conv_macs + counts.linear_macs, counts.weights + counts.biases
    assert (macs, params) == (
        table.conv_macs + table.linear_macs,
        table.weights + table.biases + table.norm_channels,
    )
    assert (macs, params) == count(data)
    assert _activations(counts) == _activations(table)


def _activations(counts: Tally) -> tuple[int, ...]:
    """The elements of each activation. In a file, the first half of a hard sigmoid can be a ReLU6 that is fused."""
    clipped = counts.relu6_elements + counts.hard_sigmoid_elements
    return counts.relu_elements, clipped, counts.hard_swish_elements, counts.swish_elements, counts.adds


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("resolution", [(224, 224), (96, 160)])
def test_an_open_file_costs_what_the_network_costs_at_the_stated_size(name: str, resolution: tuple[int, int]) -> None:
    counts = tally(parse(load(name), InputSizes(resolution=resolution)))
    network = resolve_reference(reference(name), Settings(resolution=resolution, top=False))
    table = total(layer.tally() for layer in network.layers)
    assert counts.conv_macs == network.mult_adds()
    assert (counts.weights, counts.biases) == (table.weights, table.biases + table.norm_channels)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("mixture")])
def test_a_mixture_of_operators_costs_what_an_independent_count_says(name: str) -> None:
    graph = parse(load(name))
    counts = tally(graph)
    assert (counts.conv_macs + counts.linear_macs, counts.weights + counts.biases) == count(load(name))
    assert graph.batch == 2
    kinds = {operator.kind for operator in graph.operators}
    assert kinds >= {"conv", "transposed_conv", "linear", "matmul", "average_pool", "max_pool", "softmax", "concat"}


def test_a_loop_is_not_counted_and_its_subgraphs_are_named() -> None:
    graph = parse(load("recurrent-float32"))
    unknown = [operator for operator in graph.operators if operator.kind == "unknown"]
    assert {(operator.written, operator.reason) for operator in unknown} == {("WHILE", "it runs other subgraphs")}
    assert len(graph.unread) == 2 * len(unknown) > 0
    assert all("condition of WHILE" in text or "body of WHILE" in text for text in graph.unread)


@pytest.mark.parametrize("kind", ["float32", "float16", "dynamic", "int8"])
def test_the_bytes_of_constants_are_those_of_their_type(kind: str) -> None:
    graph = parse(load(f"v2@0.35_96-{kind}"))
    table = count_table("v2@0.35/96:keras")
    biases = table.biases + table.norm_channels
    constants = {tensor.storage: tensor for tensor in graph.tensors.values() if tensor.constant}
    stored = sum(tensor.stored or 0 for tensor in constants.values())
    weights = {"float32": 4, "float16": 2, "dynamic": 1, "int8": 1}[kind] * table.weights
    numbers = weights + (2 if kind == "float16" else 4) * biases
    if kind == "dynamic":  # the converter leaves small constants and depthwise weights in float32
        assert numbers < stored < 4 * table.weights
    else:
        assert 0 <= stored - numbers < 200  # axes and paddings
    assert stored < graph.bytes == len(load(f"v2@0.35_96-{kind}"))
    if kind == "int8":
        channels = [t.scales for t in constants.values() if t.dtype == "int8" and t.shape[0] > 1]
        assert max(channels) == 1280


def test_a_file_is_read_by_its_path_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(load("v2@0.35_96-int8"))
    graph = read_graph(path, "net.tflite", "tflite", InputSizes(resolution=(96, 96)))
    path.unlink()  # on Windows only if it is closed
    assert (graph.name, graph.form, graph.layout, len(graph.inputs), len(graph.outputs)) == (
        "net",
        "tflite",
        "NHWC",
        1,
        1,
    )


def test_another_size_than_that_of_the_file_is_refused() -> None:
    with pytest.raises(
        MbcostError, match=r"is fixed at \?x96x96x3, and cannot be 1x160x160x3: convert the model again"
    ):
        parse(load("v2@0.35_96-int8"), InputSizes(resolution=(160, 160)))


def test_a_batch_that_a_file_leaves_open_can_be_stated_and_is_counted_per_image() -> None:
    data = load("v3-small@1_224-int8")
    one = parse(data)
    four = parse(data, InputSizes(shapes={one.inputs[0]: (4, 224, 224, 3)}))
    assert (one.batch, four.batch) == (1, 4)
    assert four.tensors[four.outputs[0]].shape == (4, 1000)
    assert tally(four) == tally(one)
