"""The errors of estimated accuracy on checkpoints that were left out, and of other forms of the surface.

Run with `python -m benchmarks.accuracy`. Every table of checkpoints is treated alike; nothing here is used by mbcost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mbcost.questions.accuracy.surface import Surface, load_surfaces

Array = NDArray[Any]
TRANSFORMS: Mapping[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "top-1": (lambda y: y, lambda z: z),
    "log top-1": (np.log, np.exp),
    "log error": (lambda y: np.log(100 - y), lambda z: 100 - np.exp(z)),
    "logit": (lambda y: np.log(y / (100 - y)), lambda z: 100 / (1 + np.exp(-z))),
}
SCALES: Mapping[str, Callable[[Array], Array]] = {
    "log x": np.log,
    "1/sqrt(x)": lambda x: x**-0.5,
    "1/x": lambda x: 1 / x,
}
SHAPES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "sum": ((0, 0), (1, 0), (0, 1)),
    "product": ((0, 0), (1, 0), (0, 1), (1, 1)),
    "quadratic": ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)),
}


@dataclass(frozen=True)
class Form:
    """A surface that is linear in its coefficients: a transform of top-1 over powers of a scale of alpha and rho."""

    transform: str
    scale: str
    shape: str

    def features(self, alphas: Array, rhos: Array) -> Array:
        """Return [points, terms], without the terms of what does not vary."""
        scale, varies = SCALES[self.scale], (np.ptp(alphas) > 0, np.ptp(rhos) > 0)
        return np.stack(
            [
                scale(alphas) ** powers[0] * scale(rhos) ** powers[1]
                for powers in SHAPES[self.shape]
                if all(varies[axis] or not power for axis, power in enumerate(powers))
            ],
            axis=1,
        )

    def errors(self, surface: Surface, *, whole_alpha: bool = False) -> Array | None:
        """Return the error of every checkpoint, left out alone or with its whole alpha, in points; None if it fails."""
        rows = [(point.alpha, point.resolution / 224, point.top1) for point in surface.checkpoints]
        alphas, rhos, top1 = np.array(rows).T
        features, (forward, back) = self.features(alphas, rhos), TRANSFORMS[self.transform]
        groups = alphas if whole_alpha else np.arange(len(top1))
        estimates = np.empty(len(top1))
        for group in np.unique(groups):
            left = groups == group
            if np.linalg.matrix_rank(features[~left]) < features.shape[1]:
                return None
            weights = np.linalg.lstsq(features[~left], forward(top1[~left]), rcond=None)[0]
            estimates[left] = back(features[left] @ weights)
        errors: Array = np.abs(estimates - top1)
        return errors


FORMS = [Form(transform, scale, shape) for transform in TRANSFORMS for scale in SCALES for shape in SHAPES]
OURS = Form("log top-1", "1/x", "product")


def rate(form: Form, surface: Surface) -> float:
    """Return the mean of the two mean errors, which is infinite if the form cannot be fitted."""
    errors = [form.errors(surface), form.errors(surface, whole_alpha=True)]
    return fmean(float("inf") if error is None else float(error.mean()) for error in errors)


def compare_forms() -> Iterator[str]:
    """Yield the best forms over all tables, and which form the other tables choose for each table."""
    surfaces = [surface for surface in load_surfaces() if surface.fit is not None]
    ratings = {form: [rate(form, surface) for surface in surfaces] for form in FORMS}
    names = [f"{surface.net} {surface.recipe.name}" for surface in surfaces]
    yield f"| form | {' | '.join(names)} | mean |"
    yield f"|---|{'---:|' * (len(names) + 1)}"
    for form in sorted(FORMS, key=lambda form: fmean(ratings[form]))[:8]:
        cells = " | ".join(f"{error:.2f}" for error in (*ratings[form], fmean(ratings[form])))
        yield f"| {form.transform}, {form.shape} in {form.scale} | {cells} |"
    yield ""
    yield "| table | form that is best on the other tables | its error here | least error of all forms |"
    yield "|---|---|---:|---:|"
    for index, name in enumerate(names):
        others = [other for other in range(len(names)) if other != index]
        best = min(FORMS, key=lambda form: fmean(ratings[form][other] for other in others))
        least = min(ratings[form][index] for form in FORMS)
        shown = f"{best.transform}, {best.shape} in {best.scale}"
        yield f"| {name} | {shown} | {ratings[best][index]:.2f} | {least:.2f} |"


def list_errors() -> Iterator[str]:
    """Yield the errors of the surfaces that mbcost uses."""
    yield "| table | checkpoints | left out: mean, worst | a whole alpha left out: mean, worst | inside the interval |"
    yield "|---|---:|---:|---:|---:|"
    for surface in load_surfaces():
        errors, of_alphas = surface.left_out, surface.left_out_alpha
        if errors is None or of_alphas is None:
            continue
        covered = f"{errors.contained} of {errors.tested}" if errors.tested else "no interval"
        yield (
            f"| {surface.net} {surface.recipe.name} | {len(surface.checkpoints)} | {errors.mean:.2f}, "
            f"{errors.worst:.2f} | {of_alphas.mean:.2f}, {of_alphas.worst:.2f} | {covered} |"
        )


if __name__ == "__main__":
    print("\n".join([*list_errors(), "", *compare_forms()]))
