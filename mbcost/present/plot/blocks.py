"""Blocks to the scale of their channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import INK, KINDS, Draw, short
from mbcost.questions.plot import BlockShape, Link

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 2
_MAP = 0.16
"""Width of a map; from one map to the next it is 1."""


def size_of(blocks: Sequence[BlockShape]) -> tuple[float, float]:
    """Inches."""
    return 8.0, 0.4 + 2.4 * -(-len(blocks) // COLUMNS)


def draw_blocks(blocks: Sequence[BlockShape]) -> Draw:
    """One panel a block: a bar a map, as high as it has channels, on one scale; between them the convolutions."""

    def draw(figure: Figure) -> None:
        rows = -(-len(blocks) // COLUMNS)
        panels = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
        reach = max(width for block in blocks for width in block.widths)
        longest = max(len(block.links) for block in blocks)
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

    return draw


def _draw_block(axes: Axes, block: BlockShape, reach: int) -> None:
    widths = block.widths
    axes.set_title(f"{block.network.spec.display_title}, block {block.name}", fontsize=9.5)
    axes.text(
        0, 1.0, f"{block.map[0]}×{block.map[1]} map, {short(block.mult_adds)} mult-adds, {short(block.params)} params",
        transform=axes.transAxes, va="top", fontsize=8.5,
    )  # fmt: skip
    below = -max(widths) / 2 - 0.05 * reach
    for place, (link, before) in enumerate(zip(block.links, widths[:-1], strict=True)):
        left, right = place + _MAP / 2, place + 1 - _MAP / 2
        corners = [(left, before / 2), (right, link.channels / 2), (right, -link.channels / 2), (left, -before / 2)]
        axes.fill(*zip(*corners, strict=True), color=KINDS[link.kind], alpha=0.75, linewidth=0)
        axes.text(place + 0.5, below, _operator(link), ha="center", va="top", fontsize=8)
    for place, width in enumerate(widths):
        axes.bar(place, width, width=_MAP, bottom=-width / 2, color=INK)
        axes.text(place, width / 2 + 0.02 * reach, f"{width}", ha="center", va="bottom", fontsize=8.5)
    if block.squeezed:
        axes.text(len(widths) - 2, below, f"SE\n{block.squeezed}", ha="center", va="top", fontsize=8)
    if block.added:
        top = max(widths) / 2 + 0.16 * reach
        last = len(widths) - 1
        ends = [widths[0] / 2 + 0.14 * reach, widths[-1] / 2 + 0.14 * reach]
        axes.plot([0, 0, last, last], [ends[0], top, top, ends[1]], color=INK, linewidth=1.2)
        axes.plot([last], [ends[1]], marker="v", color=INK, markersize=5)
        axes.text(last / 2, top, "add", ha="center", va="bottom", fontsize=8)


def _operator(link: Link) -> str:
    kernel = "×".join(map(str, link.kernel))
    return f"depthwise\n{kernel}" if link.kind == "depthwise" else f"{link.part}\n{kernel}"
