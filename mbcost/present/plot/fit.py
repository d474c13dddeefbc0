"""Accuracy over latency or mult-adds: what fits, and what the limits leave out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import FAINT, INK, PALETTE, Drawing, abbreviate_ticks
from mbcost.present.search.words import name_configuration, write_limits
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.search.configurations import Configuration
from mbcost.questions.search.front import Curve, Front, read_cost

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = "steps-post"
"""A line stays at an accuracy until something better costs more."""


def draw_front(front: Front) -> Drawing:
    """Draw the highest accuracy at each cost per network, with the band of its interval, and the area that fits."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_xscale("log")
        _shade(axes, front)
        names = list(dict.fromkeys(curve.network for curve in front.curves))
        colours = {name: PALETTE[index % len(PALETTE)] for index, name in enumerate(names)}
        for curve in front.curves:
            _draw_curve(axes, curve, colours[curve.network])
        _draw_points(axes, front.optimal, colours)
        _draw_released(axes, front, colours)
        if front.best is not None:
            _mark_best(axes, front.best)
        _set_ticks(axes, front)
        axes.grid()
        counted = f"mult-adds, convention {front.rules.convention.name}"
        axes.set_xlabel(counted if front.calibration is None else name_latency_axis(front.calibration))
        axes.set_ylabel("ImageNet top-1, %")
        axes.set_title(f"What fits {write_limits(front.limits)}")
        axes.legend(loc="lower right")

    return Drawing(draw, (8.0, 5.2))


def name_latency_axis(calibration: Calibration) -> str:
    """Return the label of an axis of latencies: the unit, the device and the error."""
    return (
        f"milliseconds on {calibration.device.device}, predicted with a mean error of "
        f"{calibration.left_out.mean:.1%} when left out"
    )


def _set_ticks(axes: Axes, front: Front) -> None:
    """Label 1, 2 and 5 of every power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if front.calibration is not None:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        abbreviate_ticks(axes.xaxis)


def _shade(axes: Axes, front: Front) -> None:
    """Shade the area that the limits of the two axes leave."""
    cost = next((limit.value for limit in front.limits
                 if limit.quantity == ("mult_adds" if front.calibration is None else "latency")), None)  # fmt: skip
    least = next((limit.value for limit in front.limits if limit.quantity == "top1"), None)
    if cost is not None:
        axes.axvline(cost, color=INK, linewidth=0.8, linestyle=":")
    if least is not None:
        axes.axhline(least, color=INK, linewidth=0.8, linestyle=":")
    if cost is not None or least is not None:
        costs = [read_cost(point) for curve in front.curves for point in curve.everything]
        right, bottom = max(costs) if cost is None else cost, 0 if least is None else least
        axes.fill_between([min(costs), right], bottom, 100, color=FAINT, alpha=0.35, linewidth=0, label="within limits")
        tops = [point.estimated.top1 or 0 for curve in front.curves for point in curve.everything]
        axes.set_ylim(max(0, min(tops) - 3), max(tops) + 3)


def _draw_curve(axes: Axes, curve: Curve, colour: str) -> None:
    """Draw what fits as a line with its band, and what there is without limits as a thin one."""
    everything, fitting = curve.everything, curve.fitting
    axes.plot(_costs(everything), _top1(everything), color=colour, linewidth=0.6, linestyle="--", drawstyle=STEPS)
    axes.plot(_costs(fitting), _top1(fitting), color=colour, label=curve.network, drawstyle=STEPS)
    intervals = [(point, known.top1_low, known.top1_high) for point in fitting if (known := point.estimated).top1_low]
    if intervals:
        points, lows, highs = zip(*intervals, strict=True)
        axes.fill_between(_costs(points), lows, highs, color=colour, alpha=0.18, linewidth=0, step="post")


def _draw_points(axes: Axes, points: Sequence[Configuration], colours: dict[str, str]) -> None:
    """Draw what is Pareto-optimal in accuracy, latency, memory and flash as dots."""
    for name, colour in colours.items():
        own = [point for point in points if point.series.spec.name == name]
        axes.plot(_costs(own), _top1(own), ".", color=colour, markersize=2.5)


def _draw_released(axes: Axes, front: Front, colours: dict[str, str]) -> None:
    """Draw released checkpoints as circles, filled if they fit."""
    label: str | None = "released; filled if it fits"
    for name, colour in colours.items():
        for is_fitting in (True, False):
            own = [point for point, fits in front.released if point.series.spec.name == name and fits == is_fitting]
            fill = colour if is_fitting else "white"
            axes.plot(
                _costs(own), _top1(own), "o", markersize=5, markeredgecolor=colour, markerfacecolor=fill,
                label=label,
            )  # fmt: skip
            label = None


def _mark_best(axes: Axes, best: Configuration) -> None:
    position = (read_cost(best), best.estimated.top1 or 0.0)
    axes.plot(*position, "*", color=INK, markersize=11)
    axes.annotate(name_configuration(best), position, xytext=(-6, 8), textcoords="offset points", ha="right")


def _costs(points: Sequence[Configuration]) -> list[float]:
    return [read_cost(point) for point in points]


def _top1(points: Sequence[Configuration]) -> list[float]:
    return [point.estimated.top1 or 0.0 for point in points]
