"""Is an ONNX file the same function as the network, with the same weights?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbcost.analytic.graph.network import find_image
from mbcost.analytic.graph.units import WEIGHTED, Unit, clean_graph, list_units
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError, MissingLibrary, enumerate_words, shorten
from mbcost.questions.aligned.branches import find_order
from mbcost.questions.aligned.weighted import list_network_layers
from mbcost.questions.verify.prove import Proof, list_variants, require_table
from mbcost.spec.forms import find_form
from mbcost.spec.function import FileLayer, FileNorm, FileSubject, Slot
from mbcost.spec.graph import Graph
from mbcost.spec.observed import TracedModel

if TYPE_CHECKING:
    from mbcost.files.onnx.edit import Editable

MOST_BYTES = 256 << 20
"""Of a file with its weights; a proof takes some five times as much memory."""
MOST_ACTIVATIONS = 1 << 28
"""Bytes of everything that the nodes of a file make; a proof takes some fifteen times as much, for both models."""
LARGEST = (1 << 31) - (1 << 24)
"""Bytes of a message that protobuf writes, without what is added."""
SHORT = ("float16", "bfloat16")


def check_provable(name: str) -> None:
    """Refuse a file that cannot be run, before anything else takes time.

    Raises:
        MissingLibrary: torch or ONNX Runtime is not installed.
        MbcostError: it is not an ONNX file.
    """
    if find_form(name) != "onnx":
        raise MbcostError(
            f"--prove runs ONNX files and models in Python, and {name} is neither: its format has no runtime here"
        )
    for library, extra in (("torch", "validate"), ("onnxruntime", "measure")):
        if find_spec(library) is None:
            raise MissingLibrary(library, extra)


def prove_file(
    network: Network, name: str, traced: TracedModel, epsilon: float | None, *, any_implementation: bool, force: bool
) -> Proof:
    """Copy the weights of an ONNX file into our model of a network, and compare the results of all layers.

    Args:
        network: the network, which has the file's layers.
        name: the file.
        traced: its layers and its graph.
        epsilon: that of the norms, if it is known.
        any_implementation: whether the file can be that of any implementation of the table that has the same layers.
        force: whether it may be larger than `MOST_BYTES` and its activations larger than `MOST_ACTIVATIONS`.

    Raises:
        MissingLibrary: torch or ONNX Runtime is not installed.
        MbcostError: the network is a list of layers; the file is too large, has operators or numbers that are not
            proved, or does not run; or memory is short.
    """
    require_table(network)
    check_provable(name)
    assert traced.graph is not None, "the layers are those of a graph"
    graph = traced.graph
    _check_sizes(graph, force=force)
    _check_numbers(graph)
    from mbcost.files.onnx.edit import Editable
    from mbcost.measured.file_proof import compare_file

    editable = Editable(Path(name), name)
    networks, variants = list_variants(network, epsilon, any_implementation=any_implementation)
    layers = tuple(_Reader(graph, editable).list_layers())
    order = find_order(list_network_layers(network), traced)
    image = find_image(graph)
    if len(graph.inputs) > 1:
        raise MbcostError(f"{name} reads {len(graph.inputs)} inputs: --prove draws a random image and nothing else")
    sides = graph.tensors[image].shape
    shape = graph.batch, network.in_channels, *network.resolution
    subject = FileSubject(
        name, image, shape, sides != shape, tuple(layers[index] for index in order), editable.write
    )  # fmt: skip
    if sides not in (shape, (shape[0], *shape[2:], shape[1])):
        raise MbcostError(f"{name} reads an image of {'x'.join(map(str, sides))}: --prove needs one with four sides")
    chosen, facts = compare_file(subject, variants)
    return Proof(networks[chosen], facts, tuple(traced.calls[index].facts.name for index in order))


def _check_sizes(graph: Graph, *, force: bool) -> None:
    if graph.bytes > LARGEST:
        raise MbcostError(f"{graph.source} has {graph.bytes:,} bytes: --prove takes files below {LARGEST:,}")
    if graph.unread and not force:
        raise MbcostError(
            f"{graph.source}: --prove would run {enumerate_words(graph.unread)}, which was not read: add --force"
        )
    activations = 4 * sum(tensor.elements for tensor in graph.tensors.values() if not tensor.constant)
    for what, size, most in (("bytes", graph.bytes, MOST_BYTES), ("bytes of results", activations, MOST_ACTIVATIONS)):
        if size > most and not force:
            raise MbcostError(f"{graph.source} has {size:,} {what}, and --prove stops at {most:,}: add --force")


def _check_numbers(graph: Graph) -> None:
    """Refuse a file that does not compute in float32."""
    for tensor in graph.tensors.values():
        if not tensor.constant and (tensor.dtype in SHORT or tensor.scales or tensor.dtype in ("int8", "uint8")):
            raise MbcostError(
                f"{graph.source} computes in {tensor.dtype}, whose rounding hides differences: --prove needs a file in "
                "float32"
            )


class _Reader:
    """Describes the layers of a file by its nodes."""

    def __init__(self, graph: Graph, editable: Editable) -> None:
        self.graph, self.editable = clean_graph(graph), editable

    def list_layers(self) -> Iterator[FileLayer]:
        """Yield the layers in the order of the file."""
        for unit in list_units(self.graph):
            if unit.lead.kind in (*WEIGHTED, "matmul"):
                yield self._describe(unit)

    def _describe(self, unit: Unit) -> FileLayer:
        lead = unit.lead
        index, node = self.editable.node(lead.makes[0])
        attributes = {item.name: item for item in node.attribute}
        transposed = node.op_type == "MatMul" or (node.op_type == "Gemm" and not _number(attributes, "transB"))
        usual = node.op_type in ("Conv", "MatMul") or (
            node.op_type == "Gemm"
            and not _number(attributes, "transA")
            and all(name not in attributes or attributes[name].f == 1 for name in ("alpha", "beta"))
        )
        if not usual or (node.input[0] in self.graph.tensors and self.graph.tensors[node.input[0]].constant):
            raise MbcostError(
                f"{self.editable.name}: --prove does not know the form of {shorten(lead.name, 100)}, a {node.op_type}: "
                "export the model again"
            )
        bias = Slot(index, 2) if len(node.input) > 2 and node.input[2] else None
        apart, norms = self._describe_followers(unit, has_bias=bias is not None)
        return FileLayer(
            lead.name, node.input[0], node.output[0], Slot(index, 1), transposed, bias or apart, bias is None and
            apart is not None, norms,
        )  # fmt: skip

    def _describe_followers(self, unit: Unit, *, has_bias: bool) -> tuple[Slot | None, tuple[FileNorm, ...]]:
        """Return the bias that another node adds, and the norms: one operator, or a product and a sum."""
        bias: Slot | None = None
        norms: list[FileNorm] = []
        for follower in unit.followers:
            if follower.kind == "norm":
                index, node = self.editable.node(follower.makes[0])
                if node.op_type != "BatchNormalization":
                    raise MbcostError(f"{self.editable.name}: --prove does not know the norm {node.op_type}")
                norms.append(FileNorm(*(Slot(index, position) for position in range(1, 5))))
            elif follower.kind == "multiply":
                norms.append(FileNorm(self._find_constant(follower.makes[0]), None))
            elif follower.kind == "add" and norms and norms[-1].mean is None and norms[-1].shift is None:
                norms[-1] = FileNorm(norms[-1].scale, self._find_constant(follower.makes[0]))
            elif follower.kind == "add" and not norms and not has_bias and bias is None:
                bias = self._find_constant(follower.makes[0])
            elif follower.kind != "activation":
                raise MbcostError(f"{self.editable.name}: --prove does not know what follows {unit.lead.name}")
        return bias, tuple(norms)

    def _find_constant(self, made: str) -> Slot:
        """Return the constant operand of a product or sum."""
        index, node = self.editable.node(made)
        tensors = self.graph.tensors
        positions = (number for number, name in enumerate(node.input) if name in tensors and tensors[name].constant)
        position = next(positions, None)
        if position is None or node.op_type not in ("Add", "Mul"):
            raise MbcostError(f"{self.editable.name}: --prove does not know the form of {node.op_type} '{made[:100]}'")
        return Slot(index, position)


def _number(attributes: dict[str, Any], name: str) -> int:
    return int(attributes[name].i) if name in attributes else 0
