"""Published accuracy against cost: one line per network and alpha."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import PALETTE, Drawing, abbreviate_ticks
from mbcost.present.plot.sweep import levels
from mbcost.questions.plot import AccuracyPoint
from mbcost.spec.scaling import alpha_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKERS = "osD^vPX"
"""One marker per network, in addition to its colour."""


def draw_accuracy(points: Sequence[AccuracyPoint], convention: str) -> Drawing:
    """Draw top-1 over multiply-adds; a line joins the resolutions of one alpha and is labelled at its costlier end."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_xscale("log")
        nets = list(dict.fromkeys(point.checkpoint.net for point in points))
        for index, net in enumerate(nets):
            colour, marker = PALETTE[index % len(PALETTE)], _MARKERS[index % len(_MARKERS)]
            label: str | None = net
            for alpha, line in _lines(points, net).items():
                xs, ys = [point.mult_adds for point in line], [point.checkpoint.top1 for point in line]
                axes.plot(xs, ys, color=colour, marker=marker, markersize=4.5, linewidth=1, label=label)
                axes.annotate(
                    alpha_text(alpha), (xs[-1], ys[-1]), xytext=(4, -8), textcoords="offset points", fontsize=7.5
                )
                label = None
        abbreviate_ticks(axes.xaxis)
        ticks = _ticks(min(point.mult_adds for point in points), max(point.mult_adds for point in points))
        axes.set_xticks(ticks)
        axes.minorticks_off()
        axes.grid()
        axes.set_xlabel(f"mult-adds, 1000 classes, convention {convention}")
        axes.set_ylabel("ImageNet top-1, %, single crop")
        axes.set_title("Published accuracy against cost; a line joins the resolutions of one α")
        axes.legend(loc="lower right")

    return Drawing(draw, (8.0, 4.8))


def _lines(points: Sequence[AccuracyPoint], net: str) -> dict[float, list[AccuracyPoint]]:
    """Return the points of each alpha of a network, cheapest first."""
    lines: dict[float, list[AccuracyPoint]] = {}
    for point in sorted(points, key=lambda point: point.mult_adds):
        if point.checkpoint.net == net:
            lines.setdefault(point.checkpoint.alpha, []).append(point)
    return lines


def _ticks(least: int, most: int) -> list[int]:
    """Return the round costs around and between two costs."""
    return levels(least // 2, 2 * most)
