"""What the bytes of a model's file are: weights, biases, scales, other constants, and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mbcost.analytic.graph.units import WEIGHTED, clean_graph, list_units
from mbcost.analytic.memory.flash import SCALE, Flash
from mbcost.spec.graph import Graph, Operator

WEIGHTS, BIASES, SCALES, ZERO_POINTS, OTHERS = "weights", "biases", "scales", "zero points", "others"


@dataclass(frozen=True)
class FileFlash(Flash):
    """The bytes of a file; weights, biases and scales are those of its buffers, as they are stored."""

    others: int
    """Bytes of other constants: norms that are not folded, slopes, shapes, axes."""
    rest: int
    """Bytes of everything else: the structure of the graph, names, metadata, and what aligns the buffers. The zero
    points of a TensorFlow Lite file are in it."""

    @property
    def total(self) -> int:
        """The size of the file."""
        return super().total + self.others + self.rest


def read_flash(graph: Graph) -> FileFlash:
    """Return the parts of a file. Each buffer counts once, however many operators read it."""
    stored = {tensor.storage: tensor.stored or 0 for tensor in graph.tensors.values() if tensor.constant}
    roles: dict[str, str] = {}
    for storage, role in (*_list_roles(graph), *_list_biases(graph)):
        if storage in stored:
            roles.setdefault(storage, role)
    sums = dict.fromkeys((WEIGHTS, BIASES, SCALES, ZERO_POINTS, OTHERS), 0)
    for storage, size in stored.items():
        sums[roles.get(storage, OTHERS)] += size
    if graph.form == "tflite":
        sums[SCALES] += SCALE * sum(tensor.scales for tensor in graph.tensors.values())
    rest = max(graph.bytes - sum(sums.values()), 0)
    return FileFlash(sums[WEIGHTS], sums[BIASES], sums[SCALES], sums[ZERO_POINTS], sums[OTHERS], rest)


def list_weight_bytes(graph: Graph) -> Iterator[tuple[str, int]]:
    """Yield each operator that has weights, with the bytes of those that no operator before it has."""
    makers = {name: operator for operator in graph.operators for name in operator.makes}
    sizes = {tensor.storage: tensor.stored or 0 for tensor in graph.tensors.values()}
    used: set[str] = set()
    for operator in graph.operators:
        if operator.kind in WEIGHTED:
            sources = _trace(graph, makers, operator.reads[1]) - used
            used |= sources
            yield operator.name, sum(sizes[source] for source in sources)


def _list_roles(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield what the constants of weighted operators and of quantization are."""
    makers = {name: operator for operator in graph.operators for name in operator.makes}
    weighted = [operator for operator in graph.operators if operator.kind in WEIGHTED]
    for operator in weighted:
        yield from ((source, WEIGHTS) for source in _trace(graph, makers, operator.reads[1]))
    for operator in weighted:
        for name in filter(None, operator.reads[2:]):
            yield from ((source, BIASES) for source in _trace(graph, makers, name))
    for operator in graph.operators:
        if operator.kind in ("quantize", "dequantize"):
            for name, role in zip(operator.reads[1:], (SCALES, ZERO_POINTS), strict=False):
                if name and graph.tensors[name].constant:
                    yield graph.tensors[name].storage, role


def _list_biases(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield the constants that an operator of its own adds after a convolution."""
    clean = clean_graph(graph)
    for unit in list_units(clean):
        for follower in unit.followers:
            if follower.kind == "add":
                constants = (clean.tensors[name] for name in follower.reads if name)
                yield from ((tensor.storage, BIASES) for tensor in constants if tensor.constant)


def _trace(graph: Graph, makers: Mapping[str, Operator], name: str) -> set[str]:
    """Return the stored bytes from which a tensor is made, without scales; nothing if an input changes it."""
    sources: set[str] = set()
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        tensor = graph.tensors[name]
        if tensor.constant:
            sources.add(tensor.storage)
        elif name in makers:
            reads = makers[name].reads
            waiting += reads[:1] if makers[name].kind in ("quantize", "dequantize") else reads
        else:
            return set()
    return sources
