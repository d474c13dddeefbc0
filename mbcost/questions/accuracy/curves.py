"""Published and estimated accuracy over a cost, such as mult-adds or milliseconds: what a picture of it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mbcost.errors import unknown
from mbcost.questions.accuracy.surface import Surface, load_surfaces
from mbcost.spec.catalogue.checkpoints import Checkpoint, Recipe
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.table import Spec

Costs = Callable[[Spec, str, Sequence[float], Sequence[int]], Sequence[Sequence[float]]]
"""The costs of the networks of a spec and an implementation, one row per alpha, one column per side of the input."""
ALPHAS = 60
"""The number of alphas of a curve."""
STEP = 16
"""The step of its resolutions."""


@dataclass(frozen=True)
class AccuracyPoint:
    """A released checkpoint and the cost of its network."""

    checkpoint: Checkpoint
    cost: float


@dataclass(frozen=True)
class AccuracyCurve:
    """The highest estimated accuracy of one network's family at each cost, over all alphas and resolutions."""

    net: str
    costs: tuple[float, ...]
    """In ascending order, as is `top1`."""
    top1: tuple[float, ...]
    """Percent."""
    band: tuple[tuple[float, ...], tuple[float, ...]] | None
    """The lower and the upper ends of the intervals; None if there are too few checkpoints for intervals."""


def list_accuracy_points(recipe: Recipe, costs: Costs, nets: Sequence[str] = ()) -> tuple[AccuracyPoint, ...]:
    """Return the published accuracies of a recipe and the costs of its networks, for `nets` or for all.

    Raises:
        MbcostError: one of `nets` has no checkpoint.
    """
    for net in nets:
        if net not in recipe.nets:
            raise unknown("network with published checkpoints", net, recipe.nets)
    points = {}
    for net in recipe.nets:
        if net not in (nets or recipe.nets):
            continue
        checkpoints = recipe.of(net)
        alphas = sorted({checkpoint.alpha for checkpoint in checkpoints})
        sides = sorted({checkpoint.resolution for checkpoint in checkpoints})
        grid = costs(load_spec(net), recipe.implementation, alphas, sides)
        for checkpoint in checkpoints:
            row, column = alphas.index(checkpoint.alpha), sides.index(checkpoint.resolution)
            points[checkpoint.net, checkpoint.alpha, checkpoint.resolution] = AccuracyPoint(
                checkpoint, grid[row][column]
            )
    return tuple(points.values())


def trace_accuracy(recipe: Recipe, costs: Costs, nets: Sequence[str] = ()) -> tuple[AccuracyCurve, ...]:
    """Return the curve of each network's family that has estimates, for `nets` or for all."""
    return tuple(
        _trace(surface, costs)
        for surface in load_surfaces()
        if surface.recipe is recipe and surface.fit is not None and surface.net in (nets or recipe.nets)
    )


def _trace(surface: Surface, costs: Costs) -> AccuracyCurve:
    """Return the Pareto front of cost and estimate over alphas in equal ratios and resolutions in steps."""
    least, most = surface.alphas[0], surface.alphas[-1]
    steps = (least * (most / least) ** (index / (ALPHAS - 1)) for index in range(ALPHAS))
    alphas = sorted({*surface.alphas, *(min(max(alpha, least), most) for alpha in steps)})
    sides = sorted({*surface.resolutions, *range(surface.resolutions[0], surface.resolutions[-1], STEP)})
    grid = costs(load_spec(surface.net), surface.recipe.implementation, alphas, sides)
    top1, low, high = surface.predict([[alpha] for alpha in alphas], [sides])
    candidates = sorted(
        (cost, -float(top1[row, column]), float(low[row, column]), float(high[row, column]))
        for row, line in enumerate(grid)
        for column, cost in enumerate(line)
        if top1[row, column] > 0  # NaN outside of the hull
    )
    front: list[tuple[float, float, float, float]] = []
    for candidate in candidates:
        if not front or candidate[1] < front[-1][1]:
            front.append(candidate)
    xs, negative, lows, highs = zip(*front, strict=True)
    band = None if surface.why_no_interval else (lows, highs)
    return AccuracyCurve(surface.net, xs, tuple(-value for value in negative), band)
