"""Sigmoid and swish, each with its hard form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import INK, PALETTE, Drawing
from mbcost.questions.plot import REACH, ActivationPair

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROOM = 0.2
"""The share of the height that is added for the formulas above the curves."""
_FORMULAS = {
    "sigmoid": "sigmoid(x) = 1 / (1 + exp(−x))",
    "hard-sigmoid": "hard-sigmoid(x) = ReLU6(x + 3) / 6",
    "swish": "swish(x) = x · sigmoid(x)",
    "hard-swish": "hard-swish(x) = x · ReLU6(x + 3) / 6",
}


def draw_activations(pairs: Sequence[ActivationPair]) -> Drawing:
    """Draw one panel per pair, and mark where its curves are farthest apart."""

    def draw(figure: Figure) -> None:
        for axes, pair in zip(figure.subplots(1, len(pairs)), pairs, strict=True):
            axes.plot(pair.abscissas, pair.smooth.values, color=PALETTE[0], linewidth=1.8,
                      label=_FORMULAS[pair.smooth.name])  # fmt: skip
            axes.plot(pair.abscissas, pair.hard.values, color=PALETTE[5], linewidth=1.8, linestyle=(0, (4, 2)),
                      label=_FORMULAS[pair.hard.name])  # fmt: skip
            gap, abscissa = pair.distance
            index = pair.abscissas.index(abscissa)
            ends = sorted((pair.smooth.values[index], pair.hard.values[index]))
            axes.vlines(abscissa, *ends, color=INK, linewidth=2)
            axes.set_title(f"{pair.smooth.name} and {pair.hard.name}: at most {gap:.3f} apart")
            axes.set_xlabel(f"x; farthest apart at ±{abs(abscissa):g}")
            axes.set_ylabel("value")
            axes.set_xlim(-REACH, REACH)
            axes.grid()
            low, high = axes.get_ylim()
            axes.set_ylim(low, high + _ROOM * (high - low))
            axes.legend(loc="upper left")

    return Drawing(draw, (8.0, 3.2))
