"""The cost along a network: three rows of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbcost.present.names import name_text
from mbcost.present.plot.canvas import INK, KINDS, Drawing, abbreviate_ticks
from mbcost.questions.plot import Profile
from mbcost.spec.scaling import alpha_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mbcost.analytic.network import Network

_CLOSE = 2
"""The number of layers between two stages at which their labels would touch."""
_ROWS = (("mult_adds", "mult-adds"), ("params", "params"), ("activations", "activations"))


def draw_layers(answer: Profile) -> Drawing:
    """Draw the multiply-adds, params and activations of every layer, in order, coloured by the kind of layer."""

    def draw(figure: Figure) -> None:
        from matplotlib.patches import Patch

        panels = figure.subplots(len(_ROWS), 1, sharex=True)
        positions = range(len(answer.bars))
        colours = [KINDS.get(bar.kind, INK) for bar in answer.bars]
        for axes, (key, word) in zip(panels, _ROWS, strict=True):
            counts = [getattr(bar, key) for bar in answer.bars]
            axes.bar(positions, list(map(float, counts)), width=0.85, color=colours)
            axes.set_ylabel(word)
            axes.set_title(f"{sum(counts):,} {word}", fontsize=9, fontweight="normal", loc="right", pad=3)
            axes.grid(axis="y")
            axes.set_xlim(-0.6, len(answer.bars) - 0.4)
            abbreviate_ticks(axes.yaxis)
        starts = _starts(answer)
        panels[-1].set_xticks(list(starts), _labels(starts))
        panels[-1].set_xlabel(f"layers in order, numbered by the row of the table; convention {answer.convention.name}")
        kinds = list(dict.fromkeys(bar.kind for bar in answer.bars))
        figure.suptitle(_title(answer.network), x=0.01, ha="left", fontsize=11, fontweight="bold")
        panels[0].legend(
            handles=[Patch(color=KINDS.get(kind, INK), label=kind.replace("_", " ")) for kind in kinds],
            loc="lower left", bbox_to_anchor=(0, 0.98), ncols=len(kinds), borderaxespad=0, handlelength=1,
        )  # fmt: skip

    return Drawing(draw, (8.0, 5.6))


def _title(network: Network) -> str:
    height, width = network.resolution
    if network.graph is not None:
        return f"{name_text(network)}, {height}×{width}"
    return (
        f"{network.spec.display_title}, α = {alpha_text(network.alpha)}, {height}×{width}, "
        f"implementation {network.implementation}"
    )


def _starts(answer: Profile) -> dict[int, str]:
    """Return the position of every stage's first layer, with the stage."""
    stages = [bar.stage for bar in answer.bars]
    return {stages.index(stage): stage for stage in dict.fromkeys(stages)}


def _labels(starts: dict[int, str]) -> list[str]:
    """Return the labels of the stages, one line lower if they are close to the label before."""
    labels: list[str] = []
    previous = -_CLOSE
    for position, stage in starts.items():
        lower = position - previous < _CLOSE and not labels[-1].startswith("\n")
        labels.append(f"\n{stage}" if lower else stage)
        previous = position
    return labels
