"""Released checkpoints and the surfaces through them for the interactive page: what top-1 is computed from."""

from __future__ import annotations

from collections.abc import Iterator
from math import nextafter
from typing import Any

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.many.changes import find_changes
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.estimate import NOT_SQUARE, OTHER_CLASSES, explain_outside
from mbcost.questions.accuracy.fitting import HIGHEST, PRINTED, PROMISED, Fit
from mbcost.questions.accuracy.hull import TOLERANCE
from mbcost.questions.accuracy.surface import LeftOut, Surface
from mbcost.questions.page.digits import shorten
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import CLASSES

REACH = 2.0
"""The networks that are equal to a checkpoint's are looked for at alphas up to so many times smaller or larger."""


def describe_fits() -> dict[str, Any]:
    """Return what all surfaces have in common: the largest estimate, the promise of intervals, and texts."""
    return {
        "highest": HIGHEST,
        "printed": PRINTED,
        "promised": PROMISED,
        "tolerance": TOLERANCE,
        "not_square": NOT_SQUARE,
        "other_classes": OTHER_CLASSES,
    }


def describe_surface(surface: Surface) -> dict[str, Any]:
    """Return the released checkpoints of one recipe and one network, and the surface through them, as a dict of JSON.

    A checkpoint is its alpha, the side of its input and its top-1 in percent. `equal` has, for each of the alphas, the
    least and the largest alpha whose network has the same layers.
    """
    return {
        "recipe": surface.recipe.name,
        "sources": list(surface.recipe.sources),
        "classes": [CLASSES, surface.recipe.classes],
        "checkpoints": [[shorten(one.alpha), one.resolution, shorten(one.top1)] for one in surface.checkpoints],
        "equal": [[shorten(alpha), *_find_equal_alphas(surface, alpha)] for alpha in surface.alphas],
        "alphas": [surface.alphas[0], surface.alphas[-1]],
        "sides": [surface.resolutions[0], surface.resolutions[-1]],
        "hull": [list(map(shorten, corner)) for corner in surface.hull.corners],
        "outside": explain_outside(surface, inside_both=False),
        "corner": explain_outside(surface, inside_both=True),
        "why_no_estimate": surface.why_no_estimate,
        "why_no_interval": surface.why_no_interval,
        "left_out": None if surface.left_out is None else _describe_errors(surface.left_out),
        "fit": None if surface.fit is None else _describe_fit(surface.fit),
    }


def _describe_errors(errors: LeftOut) -> dict[str, float]:
    """Return how wrong the surface is about checkpoints that had no part in it, in points."""
    return {"mean": shorten(errors.mean), "worst": shorten(errors.worst)}


def _describe_fit(fit: Fit) -> dict[str, Any]:
    """Return the coefficients of a surface: of its logarithm, and of the vector whose squared length is the leverage.

    The latter are a triangular matrix, of which only the lower triangle is there.
    """
    import numpy as np

    quantile = fit.quantile
    inverse = np.linalg.inv(fit.triangle.T).tolist()
    return {
        "terms": [list(term) for term in fit.terms],
        "weights": list(map(shorten, fit.weights.tolist())),
        "leverage": [list(map(shorten, row[: index + 1])) for index, row in enumerate(inverse)],
        "quantile": None if quantile != quantile else shorten(quantile),
    }


def _find_equal_alphas(surface: Surface, alpha: float) -> tuple[float, float]:
    """Return the least and the largest alpha at which the network has the same layers as at an alpha."""
    spec = load_spec(surface.net)
    rules = spec.implementation(surface.recipe.implementation)

    def plan_at(other: float) -> tuple[Block, ...] | None:
        try:
            return plan(Scaling(spec, rules, other, CLASSES), spec.channels)
        except MbcostError:
            return None

    def list_changes(low: float, high: float) -> Iterator[float]:
        return find_changes(spec, rules).list_in_order(low, high)

    blocks = plan_at(alpha)
    below = reversed(list(list_changes(alpha / REACH, alpha)))
    least = next((change for change in below if plan_at(nextafter(change, 0)) != blocks), alpha / REACH)
    above = list_changes(alpha, alpha * REACH)
    end = next((change for change in above if plan_at(change) != blocks), alpha * REACH)
    return least, nextafter(end, 0)
