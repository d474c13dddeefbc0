"""The shapes that an operator makes of the shapes that it reads: `RULES` at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from mbcost.files.tflite.node import Node
from mbcost.files.tflite.products import broadcast
from mbcost.files.tflite.windows import check_moves, read_moves, read_moves_of_pool, slide

Sides = tuple[int, ...]
Rule = Callable[[Node], "list[Sides] | None"]
"""Returns the shape of each tensor that an operator makes; None if it is not known."""


def _same(node: Node) -> list[Sides] | None:
    return [node.input(0).shape]


def _broadcast(node: Node) -> list[Sides] | None:
    shape: Sides | None = ()
    for tensor in node.inputs:
        shape = None if shape is None or tensor is None else broadcast(shape, tensor.shape)
    return None if shape is None else [shape]


def _conv(node: Node) -> list[Sides] | None:
    (batch, height, width, _), weights = node.sides(node.input(0), 4), node.sides(node.input(1), 4)
    moves = read_moves(node, (weights[1], weights[2]))
    channels = weights[3] if node.written == "DEPTHWISE_CONV_2D" else weights[0]
    return [(batch, *slide(moves, (height, width)), channels)]


def _conv_3d(node: Node) -> list[Sides] | None:
    (batch, *sides, _), weights = node.sides(node.input(0), 5), node.sides(node.input(1), 5)
    moves = read_moves(node, (weights[1], weights[2]))
    dilation = node.option("DilationDFactor", default=1)
    depth = check_moves(node, (weights[0], 1), (node.option("StrideD"), 1), (dilation, 1))
    return [(batch, slide(depth, (sides[0], 1))[0], *slide(moves, (sides[1], sides[2])), weights[4])]


def _pool(node: Node) -> list[Sides] | None:
    batch, height, width, channels = node.sides(node.input(0), 4)
    return [(batch, *slide(read_moves_of_pool(node), (height, width)), channels)]


def _linear(node: Node) -> list[Sides] | None:
    source, (outputs, inputs) = node.input(0), node.sides(node.input(1), 2)
    if node.option("KeepNumDims", "?"):
        return [(*source.shape[:-1], outputs)]
    return [(source.elements // inputs, outputs)] if inputs else None


def _matmul(node: Node) -> list[Sides] | None:
    first, second = node.input(0).shape, node.input(1).shape
    if min(len(first), len(second)) < 2:
        return None
    batch = broadcast(first[:-2], second[:-2])
    rows = first[-1 if node.option("AdjX", "?") else -2]
    columns = second[-2 if node.option("AdjY", "?") else -1]
    return None if batch is None else [(*batch, rows, columns)]


def _concat(node: Node) -> list[Sides] | None:
    shapes = [tensor.shape for tensor in node.inputs if tensor]
    rank = len(shapes[0]) if shapes else 0
    axis = node.axis(node.option("Axis"), rank)
    if any(len(shape) != rank or _without(shape, axis) != _without(shapes[0], axis) for shape in shapes):
        raise node.refuse(f"joins the shapes {', '.join(map(str, map(list, shapes)))}")
    return [(*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])]


def _without(shape: Sides, axis: int) -> Sides:
    return shape[:axis] + shape[axis + 1 :]


def _pack(node: Node) -> list[Sides] | None:
    shape = node.input(0).shape
    axis = node.axis(node.option("Axis"), len(shape) + 1)
    return [(*shape[:axis], len(node.inputs), *shape[axis:])]


def _unpack(node: Node) -> list[Sides] | None:
    shape = node.input(0).shape
    return [_without(shape, node.axis(node.option("Axis"), len(shape)))] * len(node.outputs)


def _split(node: Node) -> list[Sides] | None:
    shape, axes, parts = node.input(1).shape, node.axes(0, len(node.input(1).shape)), len(node.outputs)
    if not axes or not parts or shape[axes[0]] % parts:
        return None
    return [(*shape[: axes[0]], shape[axes[0]] // parts, *shape[axes[0] + 1 :])] * parts


def _reduce(node: Node) -> list[Sides] | None:
    shape, kept = node.input(0).shape, bool(node.option("KeepDims", "?"))
    axes = node.axes(1, len(shape))
    if axes is None:
        return None
    return [tuple(1 if axis in axes else side for axis, side in enumerate(shape) if kept or axis not in axes)]


def _arg(node: Node) -> list[Sides] | None:
    shape = node.input(0).shape
    axes = node.axes(1, len(shape))
    return None if not axes else [_without(shape, axes[0])]


def _reshape(node: Node) -> list[Sides] | None:
    source, target = node.input(0), node.integers(1)
    if target is None and node.optional(1) is None and node.options is not None:
        target = node.options.vector("NewShape", "i", 32).numbers("i")
    if target is None:
        return None
    shape = _fill_in(target, source.elements)
    if shape is None:
        raise node.cannot_resize(f"{list(source.shape)} does not have as many values as {list(target)}")
    return [shape]


def _fill_in(target: Sides, elements: int) -> Sides | None:
    """Return the target with the one side that is -1 computed, None if it does not have as many elements."""
    known = prod(side for side in target if side != -1)
    if target.count(-1) > 1 or not known or elements % known:
        return None
    shape = tuple(elements // known if side == -1 else side for side in target)
    return shape if prod(shape) == elements else None


def _squeeze(node: Node) -> list[Sides] | None:
    shape = node.input(0).shape
    listed = () if node.options is None else node.options.vector("SqueezeDims", "i", 32).numbers("i")
    axes = {node.axis(axis, len(shape)) for axis in listed} or {axis for axis, side in enumerate(shape) if side == 1}
    return [tuple(side for axis, side in enumerate(shape) if axis not in axes)]


def _expand(node: Node) -> list[Sides] | None:
    shape = node.input(0).shape
    axes = node.axes(1, len(shape) + 1)
    return None if not axes else [(*shape[: axes[0]], 1, *shape[axes[0] :])]


def _transpose(node: Node) -> list[Sides] | None:
    shape = node.input(0).shape
    axes = node.axes(1, len(shape))
    return None if axes is None or len(axes) != len(shape) else [tuple(shape[axis] for axis in axes)]


def _pad(node: Node) -> list[Sides] | None:
    shape, zeros = node.input(0).shape, node.integers(1)
    if zeros is None or len(zeros) != 2 * len(shape):
        return None
    return [tuple(side + zeros[2 * axis] + zeros[2 * axis + 1] for axis, side in enumerate(shape))]


def _resize(node: Node) -> list[Sides] | None:
    (batch, _, _, channels), size = node.sides(node.input(0), 4), node.integers(1)
    return None if size is None or len(size) != 2 else [(batch, *size, channels)]


def _slice(node: Node) -> list[Sides] | None:
    shape, begins, sizes = node.input(0).shape, node.integers(1), node.integers(2)
    if begins is None or sizes is None or not len(begins) == len(sizes) == len(shape):
        return None
    parts = zip(shape, begins, sizes, strict=True)
    return [tuple(side - begin if size == -1 else size for side, begin, size in parts)]


def _strided_slice(node: Node) -> list[Sides] | None:
    shape, bounds = node.input(0).shape, [node.integers(index) for index in (1, 2, 3)]
    begins, ends, steps = bounds
    if begins is None or ends is None or steps is None or not len(begins) == len(ends) == len(steps) <= len(shape):
        return None
    if node.option("EllipsisMask") or node.option("NewAxisMask") or 0 in steps:
        return None
    made: list[int] = []
    for axis, side in enumerate(shape):
        bit = 1 << axis
        if axis >= len(begins):
            made.append(side)
        elif not node.option("ShrinkAxisMask") & bit:
            start = None if node.option("BeginMask") & bit else begins[axis]
            stop = None if node.option("EndMask") & bit else ends[axis]
            made.append(len(range(*slice(start, stop, steps[axis]).indices(side))))
    return [tuple(made)]


def _shape(node: Node) -> list[Sides] | None:
    return [(len(node.input(0).shape),)]


def _gather(node: Node) -> list[Sides] | None:
    shape, indices = node.input(0).shape, node.input(1).shape
    if node.option("BatchDims"):
        return None
    axis = node.axis(node.option("Axis"), len(shape))
    return [(*shape[:axis], *indices, *shape[axis + 1 :])]


def _blocks(node: Node) -> list[Sides] | None:
    (batch, height, width, channels), block = node.sides(node.input(0), 4), node.option("BlockSize")
    if block < 1:
        return None
    if node.written == "DEPTH_TO_SPACE":
        return [(batch, height * block, width * block, channels // block**2)]
    return [(batch, height // block, width // block, channels * block**2)]


def _target(index: int) -> Rule:
    """Return the rule for an operator that reads the shape of what it makes."""

    def rule(node: Node) -> list[Sides] | None:
        shape = node.integers(index)
        return None if shape is None else [shape]

    return rule


def _tile(node: Node) -> list[Sides] | None:
    shape, times = node.input(0).shape, node.integers(1)
    if times is None or len(times) != len(shape):
        return None
    return [tuple(side * time for side, time in zip(shape, times, strict=True))]


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        (
            "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "TANH", "LOGISTIC", "HARD_SWISH", "LEAKY_RELU", "ELU",
            "GELU", "PRELU", "SOFTMAX", "LOG_SOFTMAX", "QUANTIZE", "DEQUANTIZE", "FAKE_QUANT", "CAST", "ABS", "CEIL",
            "COS", "EXP", "FLOOR", "LOG", "LOGICAL_NOT", "NEG", "ROUND", "RSQRT", "SIGN", "SIN", "SQRT", "SQUARE",
            "CUMSUM", "L2_NORMALIZATION", "LOCAL_RESPONSE_NORMALIZATION", "REVERSE_V2", "ZEROS_LIKE",
        ),
        _same,
    ),
    **dict.fromkeys(
        (
            "ADD", "MUL", "SUB", "DIV", "ADD_N", "MAXIMUM", "MINIMUM", "POW", "SQUARED_DIFFERENCE", "FLOOR_DIV",
            "FLOOR_MOD", "EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "LOGICAL_AND",
            "LOGICAL_OR", "SELECT_V2",
        ),
        _broadcast,
    ),
    "CONV_2D": _conv, "DEPTHWISE_CONV_2D": _conv, "CONV_3D": _conv_3d, "TRANSPOSE_CONV": _target(0),
    "AVERAGE_POOL_2D": _pool, "MAX_POOL_2D": _pool, "FULLY_CONNECTED": _linear, "BATCH_MATMUL": _matmul,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL"), _reduce),
    "ARG_MAX": _arg, "ARG_MIN": _arg, "CONCATENATION": _concat, "PACK": _pack, "UNPACK": _unpack, "SPLIT": _split,
    "RESHAPE": _reshape, "SQUEEZE": _squeeze, "EXPAND_DIMS": _expand, "TRANSPOSE": _transpose, "PAD": _pad,
    "PADV2": _pad, "MIRROR_PAD": _pad, "RESIZE_BILINEAR": _resize, "RESIZE_NEAREST_NEIGHBOR": _resize, "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice, "SHAPE": _shape, "GATHER": _gather, "DEPTH_TO_SPACE": _blocks,
    "SPACE_TO_DEPTH": _blocks, "BROADCAST_TO": _target(1), "FILL": _target(0), "TILE": _tile,
}  # fmt: skip
"""Each builtin operator whose shapes are known, and its rule."""
