"""The alphas and resolutions between released ones: the convex hull in log alpha and log resolution."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Point = tuple[float, float]
TOLERANCE = 1e-9
"""How far outside a point may be that is meant to be on the border, in units of the logarithms."""


@dataclass(frozen=True)
class Hull:
    """A convex polygon in (log alpha, log resolution). It can be a segment or a single point."""

    corners: tuple[Point, ...]
    """Counterclockwise."""

    def contains(self, alphas: ArrayLike, resolutions: ArrayLike) -> NDArray[Any]:
        """Return whether each alpha with its resolution is inside or on the border; the arrays are broadcast."""
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            x, y = np.broadcast_arrays(np.log(np.asarray(alphas, float)), np.log(np.asarray(resolutions, float)))
            inside: NDArray[Any] = np.isfinite(x) & np.isfinite(y)
            for bounds, values in zip(zip(*self.corners, strict=True), (x, y), strict=True):
                inside &= (values >= min(bounds) - TOLERANCE) & (values <= max(bounds) + TOLERANCE)
            following = (*self.corners[1:], self.corners[0])
            for (x1, y1), (x2, y2) in zip(self.corners, following, strict=True):
                inside &= (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= -TOLERANCE
        return inside


def enclose(settings: Iterable[tuple[float, float]]) -> Hull:
    """Return the hull of pairs of alpha and resolution.

    The corners are those of Andrew's monotone chain (Information Processing Letters 9(5), 1979).
    """
    points = sorted({(log(alpha), log(resolution)) for alpha, resolution in settings})
    lower, upper = _chain(points), _chain(points[::-1])
    return Hull(tuple(lower[:-1] + upper[:-1]) or tuple(points))


def _chain(points: list[Point]) -> list[Point]:
    """Return the corners from the first to the last point, those that turn left."""
    chain: list[Point] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= TOLERANCE**2:
            chain.pop()
        chain.append(point)
    return chain


def _turn(first: Point, second: Point, third: Point) -> float:
    """Return the cross product of two steps, which is positive if they turn left."""
    return (second[0] - first[0]) * (third[1] - second[1]) - (second[1] - first[1]) * (third[0] - second[0])
