"""Blocks drawn to the scale of their channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import INK, KINDS, Drawing, abbreviate
from mbcost.questions.plot import BlockConvolution, BlockShape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 2
_MAP = 0.16
"""The width of a map's bar, where the distance from one map to the next is 1."""


def draw_blocks(blocks: Sequence[BlockShape]) -> Drawing:
    """Draw one panel per block: a bar for each map, as high as its number of channels, joined by the convolutions."""
    rows = -(-len(blocks) // COLUMNS)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
        reach = max(width for block in blocks for width in block.widths)
        longest = max(len(block.convolutions) for block in blocks)
        for axes in panels:
            axes.set_axis_off()
        for axes, block in zip(panels, blocks, strict=False):
            _draw_block(axes, block, reach)
            axes.set_xlim(-0.35, longest + 0.35)
            axes.set_ylim(-0.62 * reach, 0.86 * reach)
        figure.supxlabel(
            "height = channels, on one scale; SE = squeeze-and-excite, with the channels inside it\n"
            f"norms and activations are not drawn; convention {blocks[0].convention.name}",
            fontsize=8.5,
        )

    return Drawing(draw, (8.0, 0.4 + 2.4 * rows))


def _draw_block(axes: Axes, block: BlockShape, reach: int) -> None:
    widths = block.widths
    axes.set_title(f"{block.network.spec.display_title}, block {block.name}", fontsize=9.5)
    height, width = block.map
    cost = f"{height}×{width} map, {abbreviate(block.mult_adds)} mult-adds, {abbreviate(block.params)} params"
    axes.text(0, 1.0, cost, transform=axes.transAxes, va="top", fontsize=8.5)
    below = -max(widths) / 2 - 0.05 * reach
    for x, (convolution, inputs) in enumerate(zip(block.convolutions, widths[:-1], strict=True)):
        left, right, outputs = x + _MAP / 2, x + 1 - _MAP / 2, convolution.channels
        corners = [(left, inputs / 2), (right, outputs / 2), (right, -outputs / 2), (left, -inputs / 2)]
        axes.fill(*zip(*corners, strict=True), color=KINDS[convolution.kind], alpha=0.75, linewidth=0)
        axes.text(x + 0.5, below, _operator(convolution), ha="center", va="top", fontsize=8)
    for x, width in enumerate(widths):
        axes.bar(x, width, width=_MAP, bottom=-width / 2, color=INK)
        axes.text(x, width / 2 + 0.02 * reach, f"{width}", ha="center", va="bottom", fontsize=8.5)
    if block.squeezed:
        axes.text(len(widths) - 2, below, f"SE\n{block.squeezed}", ha="center", va="top", fontsize=8)
    if block.added:
        top = max(widths) / 2 + 0.16 * reach
        last = len(widths) - 1
        ends = [widths[0] / 2 + 0.14 * reach, widths[-1] / 2 + 0.14 * reach]
        axes.plot([0, 0, last, last], [ends[0], top, top, ends[1]], color=INK, linewidth=1.2)
        axes.plot([last], [ends[1]], marker="v", color=INK, markersize=5)
        axes.text(last / 2, top, "add", ha="center", va="bottom", fontsize=8)


def _operator(convolution: BlockConvolution) -> str:
    name = "depthwise" if convolution.kind == "depthwise" else convolution.part
    return f"{name}\n{'×'.join(map(str, convolution.kernel))}"
