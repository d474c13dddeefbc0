"""Networks side by side: one row of bars a quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbcost.present.names import network_text
from mbcost.present.plot.canvas import PALETTE, Draw, counted, short
from mbcost.questions.compare.nets import SideBySide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PANELS = (("mult_adds", "mult-adds"), ("params", "params"), ("activations", "activations"))


def size_of(answer: SideBySide) -> tuple[float, float]:
    """Inches: higher with every network."""
    return 8.0, 1.1 + 0.32 * len(answer.totals)


def draw_compare(answer: SideBySide) -> Draw:
    """Three panels of bars, one bar a network, each with its number."""

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, len(_PANELS), sharey=True)
        names = [network_text(totals.network) for totals in answer.totals]
        places = range(len(names))
        for axes, (key, word), colour in zip(panels, _PANELS, PALETTE, strict=False):
            counts = [getattr(totals, key) for totals in answer.totals]
            bars = axes.barh(places, list(map(float, counts)), height=0.7, color=colour)
            axes.bar_label(bars, [short(count, 2) for count in counts], padding=3, fontsize=8.5)
            axes.margins(x=0.32)
            axes.set_title(word)
            axes.tick_params(axis="y", length=0)
            axes.locator_params(axis="x", nbins=4)
            counted(axes.xaxis)
        panels[0].set_yticks(places, names)
        panels[0].invert_yaxis()
        figure.supxlabel(f"convention {answer.convention.name}; activations are elements", fontsize=8.5)

    return draw
