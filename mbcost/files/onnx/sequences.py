"""Recurrent layers, attention, and nodes that have graphs inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mbcost.files.onnx.made import Maker
from mbcost.files.onnx.nodes import STANDARD, Node
from mbcost.spec.graph import Operator

Translate = Callable[[Node, Maker], Iterator[Operator]]


def recurrent(gates: int) -> Translate:
    """Return the translation of a recurrent layer with so many gates.

    In each step and direction, its weights multiply the input and the state: gates x (I + H) x H products. It becomes
    a linear layer of the inputs and one of the states for each direction, and the function that joins them.
    """

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        directions = 2 if node.text("direction", "forward") == "bidirectional" else 1
        image, weights, states = (maker.shape(node.read(index)) for index in range(3))
        stored = all(node.read(index) in maker.facts.weights for index in (1, 2))
        bias = node.read(3)
        if not stored or (bias and bias not in maker.facts.weights) or len(image) != 3 or len(states) != 3:
            yield maker.unknown(node, "a recurrent layer whose weights or shapes are not known")
            return
        hidden = states[2]
        expected = (directions, gates * hidden, image[2]), (directions, gates * hidden, hidden)
        if (weights, states) != expected or (bias and maker.shape(bias) != (directions, 2 * gates * hidden)):
            raise maker.refuse(node, "has weights that do not fit its input")
        first, second = (image[1], image[0]) if node.number("layout", 0) else image[:2]
        sums = list[str]()
        for direction in range(directions):
            state = maker.add_tensor(f"{node.name}.state{direction}", (first, second, hidden), node.read(0))
            yield maker.make(node, "arithmetic", (node.read(0),), f"state{direction}", function="state", makes=(state,))
            for source, part, width in ((node.read(0), 1, image[2]), (state, 2, hidden)):
                label = f"{('input', 'state')[part - 1]}{direction}"
                shape = (first, second, gates * hidden)
                total = maker.add_tensor(f"{node.name}.{label}", shape, node.read(0))
                matrix = maker.cut(node.read(part), label, (gates * hidden, width), directions)
                added = maker.cut(bias, label, (gates * hidden,), 2 * directions) if bias else ""
                yield maker.make(node, "linear", (source, matrix, added), label, inner=width, makes=(total,))
                sums.append(total)
        yield maker.make(node, "arithmetic", tuple(sums), function=node.op.lower())

    return translate


def attention(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield ONNX's Attention: the products of queries and keys, a softmax, and the products with the values."""
    queries, keys, values = (maker.shape(node.read(index)) for index in range(3))
    made = maker.shape(node.makes[0])
    if not all(len(shape) in (3, 4) for shape in (queries, keys, values, made)):
        yield maker.unknown(node, "the shape of what it reads or makes is not known")
        return
    heads = node.number("q_num_heads", 0) if len(queries) == 3 else queries[1]
    if heads < 1 or queries[-1] % heads * (len(queries) == 3):
        yield maker.unknown(node, "its number of heads is not known")
        return
    width = queries[-1] // heads if len(queries) == 3 else queries[-1]
    past = maker.shape(node.read(4))
    length = keys[-2] + (past[-2] if len(past) == 4 else 0)
    scores = (queries[0], heads, queries[-2], length)
    first = maker.add_tensor(f"{node.name}.scores", scores, node.read(0))
    second = maker.add_tensor(f"{node.name}.softmax", scores, node.read(0))
    yield maker.make(node, "matmul", node.reads[:2], "scores", inner=width, makes=(first,))
    yield maker.make(node, "softmax", (first,), "softmax", axes=(3,), makes=(second,))
    yield maker.make(node, "matmul", (second, node.read(2)), inner=length)


def control(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield a loop, or a branch whose condition is computed: counted only if nothing in it multiplies and adds."""
    operators = {proto.op_type if proto.domain in STANDARD else "" for graph in node.graphs for proto in _list(graph)}
    constants = any(len(graph.initializer) for graph in node.graphs)
    maker.unread.append(f"what is inside of {node.op} '{node.name}'")
    if operators <= FREE and not constants:
        inner = maker.unknown(node, "").reads
        maker.names.discard(node.name)
        yield maker.make(node, "arithmetic", inner, function=node.op.lower())
    else:
        yield maker.unknown(node, f"the operators inside of {node.op} run as often as its inputs say")


def _list(graph: Any) -> Iterator[Any]:
    for proto in graph.node:
        yield proto
        for item in proto.attribute:
            for inner in (*item.graphs, *([item.g] * item.HasField("g"))):
                yield from _list(inner)


FREE = frozenset(
    (
        *("Abs", "Add", "And", "Cast", "Ceil", "Clip", "Concat", "Constant", "ConstantOfShape", "Div", "Equal"),
        *("Exp", "Expand", "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Greater", "GreaterOrEqual"),
        *("Identity", "If", "Less", "LessOrEqual", "Log", "Loop", "Max", "Min", "Mul", "Neg", "NonZero", "Not"),
        *("Or", "Pad", "Pow", "Range", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Relu", "Reshape"),
        *("Round", "Scan", "ScatterElements", "ScatterND", "Shape", "Sigmoid", "Size", "Slice", "Softmax", "Split"),
        *("Sqrt", "Squeeze", "Sub", "Tanh", "Tile", "TopK", "Transpose", "Unsqueeze", "Where", "SequenceInsert"),
        *("SequenceEmpty", "SequenceConstruct", "SequenceAt", "ConcatFromSequence", "NonMaxSuppression"),
    )
)
"""Operators that cost nothing by rule, so that it does not matter how often they run."""
