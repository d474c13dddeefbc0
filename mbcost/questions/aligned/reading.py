"""What every layer of a network and of a graph reads, as trees."""

from __future__ import annotations

from collections.abc import Sequence

from mbcost.analytic.graph.units import WEIGHTED, clean_graph
from mbcost.analytic.layers import (
    Activation,
    Add,
    Conv2d,
    GlobalPool,
    GridPool,
    Layer,
    Linear,
    Multiply,
    VectorNorm,
    WindowPool,
)
from mbcost.analytic.network import Network
from mbcost.questions.aligned.trees import ADD, AFFINE, IMAGE, MULTIPLY, NORM, Forest
from mbcost.spec.graph import Graph, Operator, Tensor

GLOBAL = "global average"
PASSING = frozenset({"copy", "reshape", "pad", "quantize", "dequantize"})
"""Kinds of operators that change no value of a map; padding shows in the maps of the layer that reads it."""
RANDOM = ("bernoulli", "rand", "normal", "uniform", "exponential", "native_dropout")
"""How operators that draw random numbers begin in PyTorch."""
PERMUTED = {(0, 2, 3, 1), (0, 3, 1, 2)}
"""The orders of dimensions that change the layout of a map."""


def read_network(network: Network, forest: Forest) -> list[int]:
    """Return what each convolution and linear layer reads, in order, and last the output."""
    reads: list[int] = []
    current = entry = shortcut = gated = forest.image()
    block = ""
    for step in network.steps:
        if step.block != block:
            block, entry, shortcut = step.block, current, current
        if step.part == "se.pool":
            gated = current
        start = entry if step.part == "shortcut" else current
        for layer in step.layers:
            if isinstance(layer, Conv2d | Linear):
                reads.append(start)
                start = forest.layer(len(reads) - 1)
            elif isinstance(layer, Add):
                start = forest.apply(ADD, [start, shortcut])
                forest.name(start, step.name)
            elif isinstance(layer, Multiply):
                start = forest.apply(MULTIPLY, [start, gated])
            else:
                start = _apply(forest, layer, start)
        if step.part == "shortcut":
            shortcut = start
        else:
            current = start
    return [*reads, current]


def _apply(forest: Forest, layer: Layer, tree: int) -> int:
    """Return the tree of a layer without weights."""
    if isinstance(layer, Activation):
        return forest.apply(layer.function, [tree])
    if isinstance(layer, VectorNorm):
        return forest.apply(NORM, [tree])
    if isinstance(layer, GlobalPool):
        return tree if layer.input.map[:2] == (1, 1) else forest.apply(GLOBAL, [tree])
    if isinstance(layer, GridPool):
        return tree if layer.input.map[:2] == layer.grid else forest.apply("average", [tree])
    if isinstance(layer, WindowPool):
        return forest.apply(_pool_text(layer.kind, layer.kernel, (layer.stride, layer.stride)), [tree])
    return tree


def _pool_text(kind: str, kernel: tuple[int, int], stride: tuple[int, int]) -> str:
    return f"{kind} over {kernel[0]}x{kernel[1]}, stride {stride[0]}" if kind == "max" else "average"


def read_graph(graph: Graph, forest: Forest, positions: Sequence[int]) -> list[int] | None:
    """Return what each layer of a graph reads, in the order of the network, and last the output.

    Args:
        graph: the graph.
        forest: the trees, to which these are added.
        positions: for each layer of the graph in order, its position in the network.

    Returns:
        None if the graph has another number of layers.
    """
    clean, random = clean_graph(graph), _list_random(graph)
    trees = {name: forest.image() for name in clean.inputs}
    reads = dict[int, int]()
    for operator in clean.operators:
        computed = [trees[name] for name in operator.reads if name in trees]
        if operator.kind in WEIGHTED or operator.kind == "matmul":
            if len(reads) == len(positions) or not computed:
                return None
            position = positions[len(reads)]
            reads[position] = computed[0]
            tree = forest.layer(position)
        elif computed:
            drawn = not random.isdisjoint(operator.reads)
            tree = (
                forest.apply("random numbers", computed)
                if drawn
                else _apply_operator(forest, clean, operator, computed)
            )
        else:
            continue
        if operator.function and operator.kind not in ("activation", "norm", "arithmetic", "reduce"):
            tree = forest.apply(operator.function, [tree])
        trees.update(dict.fromkeys(operator.makes, tree))
    outputs = [trees[name] for name in clean.outputs if name in trees]
    if len(reads) != len(positions) or not outputs:
        return None
    return [*(reads[position] for position in range(len(positions))), outputs[0]]


def _list_random(graph: Graph) -> set[str]:
    """Return the tensors that are drawn at random, and what is computed from them and from constants alone."""
    random: set[str] = set()
    computed = set(graph.inputs)
    for operator in graph.operators:
        if not computed.isdisjoint(operator.reads):
            computed.update(operator.makes)
        elif operator.written.strip("_").startswith(RANDOM) or not random.isdisjoint(operator.reads):
            random.update(operator.makes)
    return random


def _apply_operator(forest: Forest, graph: Graph, operator: Operator, computed: list[int]) -> int:
    """Return the tree of an operator without weights on what it reads."""
    kind = operator.kind
    map_of = graph.tensors[next(name for name in operator.reads if name and not graph.tensors[name].constant)]
    same = kind == "slice" and graph.tensors[operator.makes[0]].elements == map_of.elements
    if kind in PASSING or same or (kind == "transpose" and operator.axes in PERMUTED):
        return computed[0]
    if kind == "activation":
        return forest.apply(operator.function, computed[:1])
    if kind == "norm":
        return forest.apply(NORM, computed[:1])
    if kind in ("global_pool", "average_pool", "max_pool", "reduce"):
        return _apply_pool(forest, graph, operator, map_of, computed[0])
    if kind in ("add", "multiply", "arithmetic") and len(computed) == 1:
        constant = _spell_constant(graph, operator)
        return computed[0] if forest[computed[0]].kind == IMAGE else forest.apply(constant, computed)
    if kind in (ADD, MULTIPLY):
        return forest.apply(kind, computed)
    if kind == "transpose":
        return forest.apply(" ".join(("transpose", *map(str, operator.axes))), computed)
    return forest.apply(operator.function if kind == "arithmetic" else kind, computed)


def _spell_constant(graph: Graph, operator: Operator) -> str:
    """Return the name of an operator on a map and constants: a part of a norm, or what is done with a number."""
    constants = [graph.tensors[name] for name in operator.reads if name and graph.tensors[name].constant]
    sides = {1, *graph.tensors[operator.makes[0]].shape}
    if any(constant.elements not in sides for constant in constants):
        return f"{operator.kind} by a map of constants"
    if any(constant.elements > 1 for constant in constants):
        return AFFINE
    numbers = [f"{constant.values[0]:g}" for constant in constants if constant.values]
    name = operator.function if operator.kind == "arithmetic" else operator.kind
    return " ".join([name, *(numbers or ["a number"])])


def _apply_pool(forest: Forest, graph: Graph, operator: Operator, map_of: Tensor, tree: int) -> int:
    made = graph.tensors[operator.makes[0]]
    if made.elements == map_of.elements:
        return tree
    if operator.kind == "reduce":
        kind = "average" if operator.function == "mean" else operator.function
        whole = len(map_of.shape) == 4 and len(operator.axes) == 2 and 0 not in operator.axes
        return forest.apply(f"global {kind}" if whole else f"{kind} over axes", [tree])
    kind = {"global_pool": "average", "average_pool": "average", "max_pool": "max"}[operator.kind]
    sides = made.shape[2:] if graph.layout == "NCHW" else made.shape[1:3]
    if len(made.shape) < 4 or all(side == 1 for side in sides):
        return forest.apply(f"global {kind}", [tree])
    window = operator.window
    kernel, stride = (window.kernel, window.stride) if window else ((0, 0), (0, 0))
    return forest.apply(_pool_text(kind, kernel, stride), [tree])
