"""The windows of convolutions and pools: their attributes, their padding, and the shape of what they make.

Formulas: ONNX's Operators.md, Conv, ConvTranspose and MaxPool.
"""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.files.onnx.nodes import Facts, Node, Shape
from mbcost.spec.graph import Window

LARGEST_SIDE = 1 << 31


@dataclass(frozen=True)
class Geometry:
    """A window in as many dimensions as the map has besides batch and channels."""

    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    after: Shape
    """Padding; negative numbers cut."""
    automatic: str
    """How the padding follows from the shapes: `SAME_UPPER`, `SAME_LOWER` or `VALID`; else empty."""

    @property
    def reach(self) -> Shape:
        """How far a window goes."""
        return tuple((side - 1) * gap + 1 for side, gap in zip(self.kernel, self.dilation, strict=False))

    def output(self, sides: Shape, *, ceiling: bool = False) -> Shape:
        """Return the sides of what a convolution or pool makes."""
        if self.automatic.startswith("SAME"):
            return tuple(-(-side // stride) for side, stride in zip(sides, self.stride, strict=False))
        room = [
            side + before + after - reach
            for side, before, after, reach in zip(sides, self.before, self.after, self.reach, strict=False)
        ]
        steps = [
            -(-space // stride) if ceiling else space // stride
            for space, stride in zip(room, self.stride, strict=False)
        ]
        if ceiling:  # a window that starts in the padding after the map is left out
            starts = [side + before for side, before in zip(sides, self.before, strict=False)]
            steps = [
                step - (step * stride >= start) for step, stride, start in zip(steps, self.stride, starts, strict=False)
            ]
        return tuple(max(0, step + 1) for step in steps)

    def spread(self, sides: Shape, extra: Shape) -> Shape:
        """Return the sides of what a transposed convolution makes; `extra` is its `output_padding`."""
        if self.automatic.startswith("SAME"):
            return tuple(side * stride for side, stride in zip(sides, self.stride, strict=False))
        return tuple(
            max(0, stride * (side - 1) + more + reach - before - after)
            for side, stride, more, reach, before, after in zip(
                sides, self.stride, extra, self.reach, self.before, self.after, strict=False
            )
        )

    def explicit(self, sides: Shape, outputs: Shape, *, transposed: bool = False) -> tuple[Shape, Shape]:
        """Return the padding before and after, also where the file leaves it to the shapes."""
        if not self.automatic.startswith("SAME"):
            return self.before, self.after
        if transposed:
            sides, outputs = outputs, sides
        totals = [
            max(0, (output - 1) * stride + reach - side)
            for side, output, stride, reach in zip(sides, outputs, self.stride, self.reach, strict=False)
        ]
        small, large = tuple(total // 2 for total in totals), tuple(total - total // 2 for total in totals)
        return (small, large) if self.automatic == "SAME_UPPER" else (large, small)

    def window(self, sides: Shape, outputs: Shape, *, transposed: bool = False) -> Window | None:
        """Return the window in two dimensions; one dimension is its width. None if there are more."""
        if len(self.kernel) > 2:
            return None
        before, after = self.explicit(sides, outputs, transposed=transposed)
        (top, left), (bottom, right) = _pair(before, 0), _pair(after, 0)
        kernel, stride, dilation = _pair(self.kernel, 1), _pair(self.stride, 1), _pair(self.dilation, 1)
        return Window(kernel, stride, dilation, (top, left, bottom, right))


def _pair(numbers: Shape, single: int) -> tuple[int, int]:
    height, width = (single, *numbers)[-2:]
    return height, width


def read_geometry(node: Node, facts: Facts, rank: int, kernel: Shape | None = None) -> Geometry:
    """Return the window of a node.

    Args:
        node: a convolution or pool.
        facts: for messages.
        rank: the dimensions of the map besides batch and channels.
        kernel: the sides of the weights, if it has weights.

    Raises:
        MbcostError: an attribute is not possible.
    """
    sides = node.numbers("kernel_shape") or kernel or (1,) * rank
    stride = node.numbers("strides") or (1,) * rank
    dilation = node.numbers("dilations") or (1,) * rank
    pads = node.numbers("pads") or (0,) * (2 * rank)
    automatic = node.text("auto_pad", "NOTSET")
    for name, numbers in {"kernel_shape": sides, "strides": stride, "dilations": dilation}.items():
        if len(numbers) != rank or not all(1 <= number < LARGEST_SIDE for number in numbers):
            raise facts.refuse(node, f"has {name} {_spell(numbers)} for {rank} dimensions")
    if len(pads) != 2 * rank or not all(abs(number) < LARGEST_SIDE for number in pads):
        raise facts.refuse(node, f"has pads {_spell(pads)} for {rank} dimensions")
    if kernel is not None and sides != kernel:
        raise facts.refuse(node, f"has kernel_shape {_spell(sides)}, and weights of {_spell(kernel)}")
    if automatic == "VALID":
        pads = (0,) * (2 * rank)
    if automatic not in ("NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise facts.refuse(node, "has an auto_pad that ONNX does not have")
    automatic = "" if automatic == "NOTSET" else automatic
    return Geometry(sides, stride, dilation, pads[:rank], pads[rank:], automatic)


def _spell(numbers: Shape) -> str:
    return f"[{', '.join(map(str, numbers[:8]))}{', …' if len(numbers) > 8 else ''}]"
