"""Sigmoid and swish beside their hard forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.present.plot.canvas import INK, PALETTE, Draw
from mbcost.questions.plot import REACH, ActivationPair

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (8.0, 3.2)
_ROOM = 0.2
"""Of the height, for the formulas above the curves."""
_FORMULAS = {
    "sigmoid": "sigmoid(x) = 1 / (1 + exp(−x))",
    "hard-sigmoid": "hard-sigmoid(x) = ReLU6(x + 3) / 6",
    "swish": "swish(x) = x · sigmoid(x)",
    "hard-swish": "hard-swish(x) = x · ReLU6(x + 3) / 6",
}


def draw_activations(pairs: Sequence[ActivationPair]) -> Draw:
    """One panel a pair, with the place where the two are farthest apart."""

    def draw(figure: Figure) -> None:
        for axes, pair in zip(figure.subplots(1, len(pairs)), pairs, strict=True):
            axes.plot(pair.abscissas, pair.smooth.values, color=PALETTE[0], linewidth=1.8,
                      label=_FORMULAS[pair.smooth.name])  # fmt: skip
            axes.plot(pair.abscissas, pair.hard.values, color=PALETTE[5], linewidth=1.8, linestyle=(0, (4, 2)),
                      label=_FORMULAS[pair.hard.name])  # fmt: skip
            gap, place = pair.distance
            here = pair.abscissas.index(place)
            axes.vlines(place, *sorted((pair.smooth.values[here], pair.hard.values[here])), color=INK, linewidth=2)
            axes.set_title(f"{pair.smooth.name} and {pair.hard.name}: at most {gap:.3f} apart")
            axes.set_xlabel(f"x; farthest apart at ±{abs(place):g}")
            axes.set_ylabel("value")
            axes.set_xlim(-REACH, REACH)
            axes.grid()
            low, high = axes.get_ylim()
            axes.set_ylim(low, high + _ROOM * (high - low))
            axes.legend(loc="upper left")

    return draw
