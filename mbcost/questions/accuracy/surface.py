"""Top-1 accuracy over alpha and resolution, fitted to the released checkpoints of one recipe and one network."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from mbcost.questions.accuracy.fitting import PROMISED, SPARE, Fit, choose_terms, fewest_points, fit_points
from mbcost.questions.accuracy.hull import Hull, enclose
from mbcost.spec.catalogue.checkpoints import Checkpoint, Recipe, load_recipes
from mbcost.spec.shown import count, show

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class LeftOut:
    """Errors of estimates of checkpoints that were not used for them, in percentage points of top-1."""

    mean: float
    worst: float
    contained: int
    """How many checkpoints are inside the interval of the fit without them."""
    tested: int
    """How many checkpoints have such an interval."""


@dataclass(frozen=True, eq=False)
class Surface:
    """The released checkpoints of one recipe and one network, and the surface through them if there are enough."""

    recipe: Recipe
    net: str
    checkpoints: tuple[Checkpoint, ...]

    @cached_property
    def hull(self) -> Hull:
        """The alphas and resolutions for which there is an estimate."""
        return enclose((checkpoint.alpha, checkpoint.resolution) for checkpoint in self.checkpoints)

    @property
    def alphas(self) -> tuple[float, ...]:
        """The released alphas, smallest first."""
        return tuple(sorted({checkpoint.alpha for checkpoint in self.checkpoints}))

    @property
    def resolutions(self) -> tuple[int, ...]:
        """The released resolutions, smallest first."""
        return tuple(sorted({checkpoint.resolution for checkpoint in self.checkpoints}))

    @cached_property
    def fit(self) -> Fit | None:
        """The fitted surface; None if the checkpoints are too few for one whose error is known."""
        return fit_points(self._terms, *self._points)

    @property
    def why_no_estimate(self) -> str:
        """The reason if there is no surface, else nothing."""
        if self.fit is not None:
            return ""
        released = f"{self.recipe.name} released {count(self.checkpoints, 'checkpoint')} of {self.net}"
        needed = max(2, len(self._terms)) + SPARE
        if len(self.checkpoints) < needed:
            return f"{released}, and at least {needed} are needed for a curve whose error is known"
        return f"{released}, whose alphas and resolutions do not determine a surface if one of them is left out"

    @property
    def why_no_interval(self) -> str:
        """The reason if a surface does not have an interval, else nothing."""
        released = len(self.checkpoints)
        if released >= fewest_points():
            return ""
        return (
            f"no {PROMISED}% interval: the errors of {count(self.checkpoints, 'checkpoint')} bound at most {released} "
            f"of {released + 1} new ones, so at least {fewest_points()} are needed"
        )

    def predict(self, alphas: ArrayLike, resolutions: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return top-1 and the ends of its 90 % interval, in percent, at many alphas and resolutions.

        The arrays are broadcast. The values are NaN outside of the hull of the released alphas and resolutions, and the
        ends also if there are too few checkpoints. At a released checkpoint, these are the surface's values; the
        published one is exact.

        Args:
            alphas: width multipliers.
            resolutions: sides of square inputs in pixels.
        """
        import numpy as np

        alpha, side = np.broadcast_arrays(np.asarray(alphas, float), np.asarray(resolutions, float))
        top1, low, high = (np.full(alpha.shape, np.nan) for _ in range(3))
        if self.fit is not None:
            inside = self.hull.contains(alpha, side)
            top1[inside], low[inside], high[inside] = self.fit.predict(alpha[inside], side[inside])
        return top1, low, high

    @cached_property
    def left_out(self) -> LeftOut | None:
        """The errors with each checkpoint left out in turn."""
        return self._leave_out(range(len(self.checkpoints)))

    @cached_property
    def left_out_alpha(self) -> LeftOut | None:
        """The errors with all checkpoints of each alpha left out in turn; None if a fit needs all alphas."""
        return self._leave_out([checkpoint.alpha for checkpoint in self.checkpoints])

    @cached_property
    def _points(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The alphas, the resolutions and the accuracies."""
        import numpy as np

        rows = [(checkpoint.alpha, checkpoint.resolution, checkpoint.top1) for checkpoint in self.checkpoints]
        alphas, resolutions, top1 = np.array(rows, float).T
        return alphas, resolutions, top1

    @cached_property
    def _terms(self) -> tuple[tuple[int, int], ...]:
        return choose_terms(*self._points[:2])

    def _leave_out(self, groups: Sequence[Hashable]) -> LeftOut | None:
        """Return the errors with all checkpoints of each group left out in turn."""
        import numpy as np

        if self.fit is None:
            return None
        errors: list[float] = []
        contained: list[bool] = []
        for group in dict.fromkeys(groups):
            left = np.array([other == group for other in groups])
            fit = fit_points(self._terms, *(values[~left] for values in self._points))
            if fit is None:
                return None
            alphas, resolutions, top1 = (values[left] for values in self._points)
            estimate, low, high = fit.predict(alphas, resolutions)
            errors += np.abs(estimate - top1).tolist()
            contained += ((low <= top1) & (top1 <= high))[~np.isnan(low)].tolist()
        return LeftOut(sum(errors) / len(errors), max(errors), sum(contained), len(contained))

    def __repr__(self) -> str:
        return show(self, f"{self.net} by {self.recipe.name}: {count(self.checkpoints, 'checkpoint')}")


@cache
def load_surfaces() -> tuple[Surface, ...]:
    """Return the surface of every recipe and network with released checkpoints, also of those with too few of them.

    >>> [surface.net for surface in load_surfaces() if surface.fit and not surface.why_no_interval]
    ['v1', 'v2']
    """
    return tuple(Surface(recipe, net, recipe.of(net)) for recipe in load_recipes().values() for net in recipe.nets)


def find_surface(recipe: Recipe | None, net: str) -> Surface | None:
    """Return the surface of a network and a recipe; None if no checkpoint of the network was released with it."""
    surfaces = (surface for surface in load_surfaces() if surface.recipe is recipe)
    return next((surface for surface in surfaces if surface.net == net), None)
