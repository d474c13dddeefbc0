"""Networks of which only the last layers are trained, as in transfer learning: the layers before them are frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from mbcost.analytic.layers import BatchNorm, Layer
from mbcost.questions.explain.columns import TRAINED_COLUMN, columns_of
from mbcost.questions.explain.facts import Setting
from mbcost.questions.explain.families import Families
from mbcost.questions.explain.structures import CLASSIFIER, Choices, Structure
from mbcost.spec.table import CLASSES, Spec

KEPT = 128
"""The sums of so many networks are kept for further queries."""


def list_tails(
    setting: Setting,
    families: Families,
    alphas: Sequence[float],
    is_params: Sequence[bool],
    choices: Choices,
    in_channels: int | None = None,
) -> Families:
    """Return each family with every number of last layers trained, the classifier alone first.

    Args:
        setting: the setting.
        families: unmodified structures with any number of classes, all of them trained.
        alphas: for each fact, its width multiplier.
        is_params: for each fact, whether it counts parameters; nothing else depends on training.
        choices: what is given.
        in_channels: the channels of the input; None if they are the table's own.
    """
    import numpy as np

    spec = setting.spec
    structures: list[Structure] = []
    rows: list[int] = []
    trained: list[tuple[int, ...]] = []
    for family, structure in enumerate(families.structures):
        sums = [_sum_tails(spec, structure.implementation, alpha, in_channels) for alpha in alphas]
        for name, *values in zip(sums[0][0], *(values for _, values in sums), strict=True):
            structures.append(replace(structure, trained_from=name))
            rows.append(family)
            trained.append(tuple(values))
    counts = []
    for index, all_trained in enumerate(families.counts):
        copied = all_trained[rows]
        if is_params[index]:
            copied[:, TRAINED_COLUMN] = np.array([values[index] for values in trained], dtype=np.int64)
        counts.append(copied)
    costs = np.array([structure.cost(spec, choices) for structure in structures], dtype=np.int64)
    whole = np.array([structure.cost(spec, choices) for structure in families.structures], dtype=np.int64)
    return Families(
        tuple(structures),
        tuple(counts),
        tuple(one[rows] for one in families.per_class),
        families.cost[rows] + costs - whole[rows],
        np.ones(len(rows), dtype=bool),
        np.ones(len(rows), dtype=bool),
    )


def name_trained(layer: Layer) -> str:
    """Return what a layer with parameters is called as the first one that is trained."""
    return f"the norm of {layer.name}" if isinstance(layer, BatchNorm) else layer.name


@lru_cache(maxsize=KEPT)
def _sum_tails(
    spec: Spec, implementation: str, alpha: float, in_channels: int | None
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the layers from which on a network can be trained, and the trained values before its classifier."""
    structure = Structure(implementation, CLASSES)
    layers = structure.draft(spec).network(alpha, spec.resolution, CLASSES, in_channels).layers
    names, sums, total = [], [], 0
    for layer in reversed(layers):
        amount = columns_of(layer.tally(), trained=True)[TRAINED_COLUMN]
        if not amount:
            continue
        if not layer.name.endswith(CLASSIFIER):
            total += amount
        names.append(name_trained(layer))
        sums.append(total)
    # From the first layer on, the whole network is trained.
    return tuple(names[:-1]), tuple(sums[:-1])
