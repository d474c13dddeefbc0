"""Published and estimated accuracy against a cost: points and one curve per network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import PALETTE, Drawing, abbreviate_ticks
from mbcost.present.plot.sweep import levels
from mbcost.questions.accuracy.curves import AccuracyCurve, AccuracyPoint
from mbcost.spec.scaling import alpha_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COUNTS = 1000
"""Costs below this are written with all their digits, without K and M."""
_MARKERS = "osD^vPX"
"""One marker per network, in addition to its colour."""


def draw_accuracy(points: Sequence[AccuracyPoint], curves: Sequence[AccuracyCurve], axis: str) -> Drawing:
    """Draw published top-1 over a cost, and the estimates as curves with the band of their intervals.

    Args:
        points: the released checkpoints; a thin line joins the resolutions of one alpha, and is labelled at its
            costlier end.
        curves: the highest estimate at each cost.
        axis: what the cost is, in which unit and how it is counted.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_xscale("log")
        nets = list(dict.fromkeys(point.checkpoint.net for point in points))
        styles = {
            net: (PALETTE[index % len(PALETTE)], _MARKERS[index % len(_MARKERS)]) for index, net in enumerate(nets)
        }
        for curve in curves:
            _draw_curve(axes, curve, styles[curve.net][0])
        for net in nets:
            _draw_points(axes, points, net, *styles[net])
        least, most = (pick(point.cost for point in points) for pick in (min, max))
        if most < _COUNTS:
            axes.xaxis.set_major_formatter("{x:g}")
        else:
            abbreviate_ticks(axes.xaxis)
        axes.set_xticks(list_ticks(least, most))
        axes.minorticks_off()
        axes.grid()
        axes.set_xlabel(axis)
        axes.set_ylabel("ImageNet top-1, %, single crop")
        axes.set_title(_title(curves))
        axes.legend(loc="lower right")

    return Drawing(draw, (8.0, 4.8))


def _draw_curve(axes: Axes, curve: AccuracyCurve, colour: str) -> None:
    axes.plot(curve.costs, curve.top1, color=colour, linewidth=1.4)
    if curve.band is not None:
        axes.fill_between(curve.costs, *curve.band, color=colour, alpha=0.18, linewidth=0)


def _draw_points(axes: Axes, points: Sequence[AccuracyPoint], net: str, colour: str, marker: str) -> None:
    label: str | None = net
    for alpha, line in _lines(points, net).items():
        xs, ys = [point.cost for point in line], [point.checkpoint.top1 for point in line]
        axes.plot(xs, ys, color=colour, marker=marker, markersize=4.5, linewidth=0.5, label=label)
        axes.annotate(alpha_text(alpha), (xs[-1], ys[-1]), xytext=(4, -8), textcoords="offset points", fontsize=7.5)
        label = None


def _title(curves: Sequence[AccuracyCurve]) -> str:
    if not curves:
        return "Published accuracy against cost; a thin line joins the resolutions of one α"
    band = " with its 90 % interval" if any(curve.band for curve in curves) else ""
    return f"Published accuracy against cost; a curve is the highest estimate{band}"


def _lines(points: Sequence[AccuracyPoint], net: str) -> dict[float, list[AccuracyPoint]]:
    """Return the points of each alpha of a network, cheapest first."""
    lines: dict[float, list[AccuracyPoint]] = {}
    for point in sorted(points, key=lambda point: point.cost):
        if point.checkpoint.net == net:
            lines.setdefault(point.checkpoint.alpha, []).append(point)
    return lines


def list_ticks(least: float, most: float) -> list[float]:
    """Return the round costs around and between two costs, of which small ones such as milliseconds have decimals.

    >>> list_ticks(0.7, 12.5)
    [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    """
    scale = 1 if least >= _COUNTS else _COUNTS
    return [level / scale for level in levels(int(least * scale) // 2, int(2 * most * scale))]
