"""The curve that is fitted to published accuracies, and its interval from left-out checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Term = tuple[int, int]
"""The powers of 1/alpha and of 1/rho."""
SURFACE: tuple[Term, ...] = ((0, 0), (1, 0), (0, 1), (1, 1))
"""log top-1 = a + b/alpha + c/rho + d/(alpha rho)."""
PRINTED = 224
"""The resolution at which rho is 1."""
HIGHEST = 99.99
"""An estimate is at most this many percent."""
PROMISED = 90
"""The percentage of new checkpoints that an interval promises to contain."""
SPARE = 2
"""A curve needs so many more points than coefficients: without one point, there is still a residual."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A least-squares fit of log top-1 on terms of alpha and resolution."""

    terms: tuple[Term, ...]
    weights: NDArray[Any]
    triangle: NDArray[Any]
    """R of the QR decomposition of the features, from which leverages follow."""
    scores: NDArray[Any]
    """The errors in logit of the points, each left out, divided by sqrt(1 + leverage); sorted, without sign."""

    def predict(
        self, alphas: NDArray[Any], resolutions: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return top-1 in percent and the ends of its interval, which are NaN if there are too few points."""
        import numpy as np

        features = build_features(self.terms, alphas, resolutions)
        solved = np.linalg.solve(self.triangle.T, features.T)
        half = self.quantile * np.sqrt(1 + (solved**2).sum(axis=0))
        top1 = np.minimum(np.exp(features @ self.weights), HIGHEST)
        odds = top1 / (100 - top1)
        low, high = (100 * shifted / (1 + shifted) for shifted in (odds * np.exp(-half), odds * np.exp(half)))
        return top1, low, high

    @property
    def quantile(self) -> float:
        """The score that the promised share of new points stays below, or NaN if so few points cannot promise it.

        It is the ceil(0.9 (n + 1))-th smallest of n, as in conformal prediction (Vovk, Gammerman and Shafer, 2005).
        """
        rank = -(-PROMISED * (len(self.scores) + 1) // 100)
        return float(self.scores[rank - 1]) if rank <= len(self.scores) else float("nan")


def fewest_points() -> int:
    """Return the smallest number of points that can promise the interval.

    >>> fewest_points()
    9
    """
    return -(-PROMISED // (100 - PROMISED))


def choose_terms(alphas: ArrayLike, resolutions: ArrayLike) -> tuple[Term, ...]:
    """Return the terms of the surface that vary among these points: at one resolution, a curve over alpha."""
    import numpy as np

    varies = (np.ptp(alphas) > 0, np.ptp(resolutions) > 0)
    return tuple(term for term in SURFACE if all(varies[axis] or not power for axis, power in enumerate(term)))


def build_features(terms: tuple[Term, ...], alphas: NDArray[Any], resolutions: NDArray[Any]) -> NDArray[Any]:
    """Return the terms of each point as [points, terms]."""
    import numpy as np

    rho = resolutions / PRINTED
    return np.stack([alphas**-alpha_power * rho**-rho_power for alpha_power, rho_power in terms], axis=1)


def fit_points(
    terms: tuple[Term, ...], alphas: NDArray[Any], resolutions: NDArray[Any], top1: NDArray[Any]
) -> Fit | None:
    """Return the fit to points, or None if they do not determine it when one of them is left out.

    Args:
        terms: the terms of the curve.
        alphas: width multipliers, floats [points], as are the others.
        resolutions: sides of the square inputs in pixels.
        top1: accuracies in percent.
    """
    import numpy as np

    if len(top1) < len(terms) + SPARE:
        return None
    features = build_features(terms, alphas, resolutions)
    orthogonal, triangle = np.linalg.qr(features)
    diagonal = np.abs(np.diag(triangle))
    if diagonal.min() <= 1e-9 * diagonal.max():
        return None
    leverage = (orthogonal**2).sum(axis=1)
    if leverage.max() >= 1 - 1e-9:  # without this point, the others do not determine the curve
        return None
    logarithms = np.log(top1)
    projected = orthogonal.T @ logarithms
    residuals = logarithms - orthogonal @ projected
    # Of a point that is left out, the residual is e / (1 - h) and 1 + leverage is 1 / (1 - h).
    estimates = np.minimum(np.exp(logarithms - residuals / (1 - leverage)), HIGHEST)
    errors = np.log(top1 / (100 - top1)) - np.log(estimates / (100 - estimates))
    scores = np.sort(np.abs(errors) * np.sqrt(1 - leverage))
    return Fit(terms, np.linalg.solve(triangle, projected), triangle, scores)
