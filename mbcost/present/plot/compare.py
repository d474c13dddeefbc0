"""Networks side by side: one panel of bars per quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbcost.present.names import network_text
from mbcost.present.plot.canvas import PALETTE, Drawing, abbreviate, abbreviate_ticks
from mbcost.questions.compare.compare import SideBySide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PANELS = (("mult_adds", "mult-adds"), ("params", "params"), ("activations", "activations"))


def draw_comparison(answer: SideBySide) -> Drawing:
    """Draw three panels with one bar per network, each with its number."""

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, len(_PANELS), sharey=True)
        names = [network_text(totals.network) for totals in answer.totals]
        positions = range(len(names))
        for axes, (key, word), colour in zip(panels, _PANELS, PALETTE, strict=False):
            counts = [getattr(totals, key) for totals in answer.totals]
            bars = axes.barh(positions, list(map(float, counts)), height=0.7, color=colour)
            axes.bar_label(bars, [abbreviate(count, 2) for count in counts], padding=3, fontsize=8.5)
            axes.margins(x=0.32)
            axes.set_title(word)
            axes.tick_params(axis="y", length=0)
            axes.locator_params(axis="x", nbins=4)
            abbreviate_ticks(axes.xaxis)
        panels[0].set_yticks(positions, names)
        panels[0].invert_yaxis()
        figure.supxlabel(f"convention {answer.convention.name}; activations are elements", fontsize=8.5)

    return Drawing(draw, (8.0, 1.1 + 0.32 * len(answer.totals)))
