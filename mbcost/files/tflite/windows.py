"""Convolutions and pools, whose padding becomes explicit, and whose shapes have to agree with their window.

TensorFlow's rule: SAME makes ceil(map / stride) positions, with the zeros that this needs, the odd one after the map;
VALID makes ceil((map - window + 1) / stride), without zeros.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mbcost.files.tflite.node import Node
from mbcost.files.tflite.schema import SAME, VALID
from mbcost.spec.graph import Operator, Sides, Tensor, Window


@dataclass(frozen=True)
class Moves:
    """How a window moves along the height and width of a map."""

    kernel: Sides
    stride: Sides
    dilation: Sides
    same: bool


def read_moves(node: Node, kernel: Sides) -> Moves:
    """Return how the window of an operator moves.

    Raises:
        MbcostError: a number is not positive, or the padding is unknown.
    """
    dilation = node.option("DilationHFactor", default=1), node.option("DilationWFactor", default=1)
    return check_moves(node, kernel, (node.option("StrideH"), node.option("StrideW")), dilation)


def check_moves(node: Node, kernel: Sides, stride: Sides, dilation: Sides) -> Moves:
    """Return how a window moves.

    Raises:
        MbcostError: a number is not positive, or the padding is unknown.
    """
    if min(*kernel, *stride, *dilation) < 1:
        raise node.refuse(f"has a window of {kernel}, a stride of {stride} and a dilation of {dilation}")
    padding = node.option("Padding", "b")
    if padding not in (SAME, VALID):
        raise node.refuse(f"has the unknown padding {padding}")
    return Moves(kernel, stride, dilation, padding == SAME)


def slide(moves: Moves, sides: Sides) -> Sides:
    """Return the height and width that a window makes of a map; less than 1 if the map is smaller than the window.

    >>> slide(Moves((3, 3), (2, 2), (1, 1), same=True), (224, 7)), slide(Moves((3, 3), (2, 2), (1, 1), False), (224, 7))
    ((112, 4), (111, 3))
    """
    covered = (1, 1) if moves.same else _cover(moves)
    height, width = (
        -(-(side - cover + 1) // step) for side, cover, step in zip(sides, covered, moves.stride, strict=True)
    )
    return height, width


def pad(moves: Moves, sides: Sides) -> Window:
    """Return the window with the zeros around a map of this height and width.

    >>> pad(Moves((3, 3), (2, 2), (1, 1), same=True), (224, 7)).padding
    (0, 1, 1, 1)
    """
    if not moves.same:
        return Window(moves.kernel, moves.stride, moves.dilation)
    zeros = [
        max((-(-side // step) - 1) * step + cover - side, 0)
        for side, cover, step in zip(sides, _cover(moves), moves.stride, strict=True)
    ]
    top, left = (number // 2 for number in zeros)
    return Window(moves.kernel, moves.stride, moves.dilation, (top, left, zeros[0] - top, zeros[1] - left))


def _cover(moves: Moves) -> Sides:
    height, width = ((kernel - 1) * dilation + 1 for kernel, dilation in zip(moves.kernel, moves.dilation, strict=True))
    return height, width


def check_shape(node: Node, tensor: Tensor, expected: tuple[int, ...]) -> None:
    """Refuse an operator with a tensor of another shape than expected, or with nothing in it.

    Raises:
        MbcostError: it has.
    """
    if tensor.shape != expected or 0 in expected:
        raise node.refuse(f"has the shape {list(tensor.shape)} for '{tensor.name}', expected {list(expected)}")


def check_bias(node: Node, bias: Tensor | None, channels: int) -> None:
    """Refuse a bias that does not have a value per channel.

    Raises:
        MbcostError: it does not.
    """
    if bias is not None and bias.elements != channels:
        raise node.refuse(f"has a bias of {bias.elements} values for {channels} channels")


def conv(node: Node) -> Operator:
    """Return a convolution. Its weights have the shape (outputs, height, width, inputs / groups)."""
    node.need("Conv2DOptions")
    source, weights, made = node.input(0), node.input(1), node.output()
    (batch, height, width, channels), sides = node.sides(source, 4), node.sides(weights, 4)
    groups = _count_groups(node, channels, sides[3], sides[0])
    return _finish(node, made, (batch, height, width), sides[0], (sides[1], sides[2]), groups)


def _count_groups(node: Node, channels: int, inputs: int, outputs: int) -> int:
    """Return the number of groups, each of which reads `inputs` of the channels.

    Raises:
        MbcostError: they are not a whole number, or there is nothing.
    """
    if min(channels, inputs, outputs) < 1 or channels % inputs or outputs % (channels // inputs):
        raise node.refuse(f"has weights for {inputs} inputs and {outputs} outputs, and a map of {channels} channels")
    return channels // inputs


def depthwise(node: Node) -> Operator:
    """Return a depthwise convolution, whose weights have the shape (1, height, width, channels * multiplier)."""
    node.need("DepthwiseConv2DOptions")
    source, weights, made = node.input(0), node.input(1), node.output()
    (batch, height, width, channels), sides = node.sides(source, 4), node.sides(weights, 4)
    if sides[0] != 1 or not channels or sides[3] % channels:
        raise node.refuse(f"has weights of the shape {list(sides)} for {channels} channels")
    return _finish(node, made, (batch, height, width), sides[3], (sides[1], sides[2]), channels)


def _finish(
    node: Node, made: Tensor, image: tuple[int, int, int], channels: int, kernel: Sides, groups: int
) -> Operator:
    """Return a convolution whose weights fit, if its output does."""
    moves = read_moves(node, kernel)
    check_shape(node, made, (image[0], *slide(moves, (image[1], image[2])), channels))
    check_bias(node, node.optional(2), channels)
    operator = node.make("conv", function=node.fused())
    return replace(operator, window=pad(moves, (image[1], image[2])), groups=groups)


def transposed(node: Node) -> Operator:
    """Return a transposed convolution, which reads its output's shape, weights, a map and perhaps a bias."""
    node.need("TransposeConvOptions")
    weights, source, made, bias = node.input(1), node.input(2), node.output(), node.optional(3)
    sides = node.sides(weights, 4)
    moves = check_moves(node, (sides[1], sides[2]), (node.option("StrideH"), node.option("StrideW")), (1, 1))
    if node.integers(0) not in (None, made.shape):
        raise node.refuse(f"makes the shape {list(made.shape)}, expected {list(node.integers(0) or ())}")
    check_transposed(node, moves, source, weights, bias)
    operator = node.make("transposed_conv", (source, weights, bias, node.input(0)), node.fused())
    return replace(operator, window=pad(moves, (made.shape[1], made.shape[2])))


def transposed_with_bias(node: Node) -> Operator:
    """Return MediaPipe's custom operator Convolution2DTransposeBias: a map, weights and a bias.

    Its options are three numbers of 32 bits: the padding (1 is SAME, 2 is VALID), the stride along the width and the
    height.
    """
    options = node.operator.table.vector("CustomOptions", "B")
    if options.count < 12 or len(node.inputs) != 3:
        return node.give_up("a custom operator whose options are not those that MediaPipe writes")
    file = node.operator.table.file
    padding, width, height = (file.read("i", options.at + 4 * index, "an option") for index in range(3))
    source, weights, bias, made = node.input(0), node.input(1), node.input(2), node.output()
    sides = node.sides(weights, 4)
    if padding not in (1, 2) or min(width, height, *sides) < 1:
        raise node.refuse(f"has the padding {padding}, the stride {(height, width)} and weights {list(sides)}")
    moves = Moves((sides[1], sides[2]), (height, width), (1, 1), same=padding == 1)
    check_transposed(node, moves, source, weights, bias)
    return replace(node.make("transposed_conv"), window=pad(moves, (made.shape[1], made.shape[2])))


def check_transposed(node: Node, moves: Moves, source: Tensor, weights: Tensor, bias: Tensor | None) -> None:
    """Refuse a transposed convolution whose output, moved over by the same window, is not as large as its input.

    Its weights have the shape (outputs, height, width, inputs).

    Raises:
        MbcostError: it is not, or channels do not fit.
    """
    (batch, _, _, channels), sides = node.sides(source, 4), node.sides(weights, 4)
    shape = node.sides(node.output(), 4)
    if sides[3] != channels:
        raise node.refuse(f"has weights of the shape {list(sides)} for {channels} channels")
    check_shape(node, source, (batch, *slide(moves, (shape[1], shape[2])), channels))
    check_shape(node, node.output(), (batch, shape[1], shape[2], sides[0]))
    check_bias(node, bias, sides[0])


def conv_3d(node: Node) -> Operator:
    """Return a convolution in three dimensions, whose weights are (depth, height, width, inputs / groups, outputs).

    A graph has height and width only, so the depth of the window counts with its height.
    """
    node.need("Conv3DOptions")
    back = node.written == "CONV_3D_TRANSPOSE"
    source, weights, made = node.input(2 if back else 0), node.input(1), node.output()
    shape, sides, made_shape = node.sides(source, 5), node.sides(weights, 5), node.sides(made, 5)
    inputs, outputs = (sides[4], sides[3]) if back else (sides[3], sides[4])
    groups = _count_groups(node, shape[4], inputs, outputs)
    moves = read_moves(node, (sides[1], sides[2]))
    dilation = node.option("DilationDFactor", default=1)
    depth = check_moves(node, (sides[0], 1), (node.option("StrideD"), 1), (dilation, 1))
    large, small = (made_shape, shape) if back else (shape, made_shape)
    expected = (slide(depth, (large[1], 1))[0], *slide(moves, (large[2], large[3])))
    check_shape(node, source if back else made, (large[0], *expected, shape[4] if back else outputs))
    if made_shape[0] != shape[0] or made_shape[4] != outputs or 0 in small:
        raise node.refuse(f"makes the shape {list(made_shape)} of {list(shape)} with weights {list(sides)}")
    bias = node.optional(3 if back else 2)
    check_bias(node, bias, outputs)
    reads = (source, weights, bias, node.input(0)) if back else None
    operator = node.make("transposed_conv" if back else "conv", reads, node.fused())
    window = pad(moves, (large[2], large[3]))
    return replace(operator, window=replace(window, kernel=(sides[0] * sides[1], sides[2])), groups=groups)


def pool(node: Node) -> Operator:
    """Return a pool; the average over the whole map without padding is a global one."""
    node.need("Pool2DOptions")
    source, made = node.input(0), node.output()
    batch, height, width, channels = node.sides(source, 4)
    moves = read_moves_of_pool(node)
    check_shape(node, made, (batch, *slide(moves, (height, width)), channels))
    average = node.written == "AVERAGE_POOL_2D"
    if average and moves.kernel == (height, width) and not any(pad(moves, (height, width)).padding):
        return node.make("global_pool", function=node.fused())
    operator = node.make("average_pool" if average else "max_pool", function=node.fused())
    return replace(operator, window=pad(moves, (height, width)))


def read_moves_of_pool(node: Node) -> Moves:
    """Return how the window of a pool moves.

    Raises:
        MbcostError: a number is not positive, or the padding is unknown.
    """
    kernel = node.option("FilterHeight"), node.option("FilterWidth")
    return check_moves(node, kernel, (node.option("StrideH"), node.option("StrideW")), (1, 1))
