"""Cost over alpha and resolution: a heat map with lines of equal cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import INK, Drawing, abbreviate, count_formatter
from mbcost.questions.plot import CostGrid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STEPS = (1, 2, 5)
"""Lines of equal cost are drawn at 1, 2 and 5 times a power of ten, which gives about equal distances."""
_MOST_CELLS_AS_SHAPES = 1_500
"""A finer map is drawn as dots, because shapes would make a large file."""


def levels(least: int, most: int) -> list[int]:
    """Return the round costs strictly between two costs.

    >>> levels(9_000_000, 120_000_000)
    [10000000, 20000000, 50000000, 100000000]
    """
    powers = range(len(str(least)) - 1, len(str(most)))
    return [level for power in powers for step in _STEPS if least < (level := step * 10**power) < most]


def draw_sweep(answer: CostGrid) -> Drawing:
    """Draw one cell per configuration, darker if it costs more, and lines of equal cost."""

    def draw(figure: Figure) -> None:
        from matplotlib.colors import LogNorm

        axes = figure.subplots()
        costs = [[float(cost) for cost in row] for row in answer.mult_adds]  # matplotlib has no integers above 2^63
        least, most = (pick(map(pick, answer.mult_adds)) for pick in (min, max))
        points = len(answer.alphas) * len(answer.resolutions)
        mesh = axes.pcolormesh(
            answer.resolutions, answer.alphas, costs, cmap="cividis_r", shading="nearest",
            norm=LogNorm(least, most) if 0 < least < most else None, rasterized=points > _MOST_CELLS_AS_SHAPES,
            edgecolors="face", linewidth=0.3,  # without edges, hairlines show between the cells
        )  # fmt: skip
        lines = list(map(float, levels(least, most)))
        if len(answer.alphas) > 1 and len(answer.resolutions) > 1 and lines:
            colours = ["white" if line * line > least * most else INK for line in lines]
            contours = axes.contour(
                answer.resolutions, answer.alphas, costs, levels=lines, colors=colours, linewidths=1.2
            )
            axes.clabel(contours, fmt=lambda level: abbreviate(level, 0), fontsize=8.5, inline_spacing=3)
        bar = figure.colorbar(mesh, ax=axes, label="mult-adds", format=count_formatter(), ticks=lines or None, pad=0.01)
        bar.minorticks_off()
        bar.outline.set_visible(False)
        axes.set_xlabel("resolution, pixels per side")
        axes.set_ylabel("width multiplier α")
        axes.set_title(
            f"{answer.spec.display_title}: mult-adds over α and resolution, "
            f"implementation {answer.implementation}, convention {answer.convention.name}"
        )

    return Drawing(draw, (8.0, 4.6))
