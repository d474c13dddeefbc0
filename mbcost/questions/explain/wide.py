"""A wide search: every input size and every alpha in hundredths, for numbers with enough digits to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import Array
from mbcost.questions.explain.columns import with_columns
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import (
    OTHER_ALPHA,
    OTHER_RESOLUTION,
    Query,
    Setting,
    list_settings,
    quantity_of,
)
from mbcost.questions.explain.stacks import load_stack
from mbcost.questions.explain.structures import Choices, Stack, Structure, build_stack
from mbcost.questions.explain.trials import Trial, is_long
from mbcost.spec.table import CLASSES, Spec

SIDES = range(32, 1201)
"""The input sizes that are tried, in pixels."""
ALPHAS = tuple(hundredths / 100 for hundredths in range(5, 201))
"""The width multipliers that are tried."""


def build_wide_trials(query: Query, cost: int) -> Iterator[Trial]:
    """Yield a trial with every size for each alpha, and one with every alpha for each network.

    All facts that need one have the same resolution, and the same alpha, or leave it open. A claimed one may be wrong.
    """
    if not any(is_long(fact.printed) for fact in query.facts):
        return
    settings = [setting for setting in list_settings(query) if not setting.departures]
    sizes = {fact.resolution for fact in query.facts if fact.needs_resolution}
    if len(sizes) == 1:
        for setting in _unique(settings, by_alpha=True):
            yield from _try(_build_sizes(query, setting, cost, claimed=sizes != {None}))
    if len({fact.alpha for fact in query.facts}) == 1:
        for setting in _unique(settings, by_alpha=False):
            yield from _try(_build_alphas(query, setting, cost, claimed=query.facts[0].alpha is not None))


def _try(trials: Iterator[Trial]) -> Iterator[Trial]:
    """Yield the trials up to the first that cannot be built."""
    try:
        yield from trials
    except MbcostError:
        return


def _unique(settings: Sequence[Setting], *, by_alpha: bool) -> Iterator[Setting]:
    """Yield the first setting of each network, and with `by_alpha` of each alpha."""
    seen: set[tuple[int, float | None]] = set()
    for setting in settings:
        key = id(setting.spec), setting.alpha if by_alpha else None
        if key not in seen:
            seen.add(key)
            yield setting


def _choices(query: Query, implementation: str | None) -> Choices:
    return Choices(implementation, query.classes, query.in_channels, 0)


def _build_sizes(query: Query, setting: Setting, cost: int, *, claimed: bool) -> Iterator[Trial]:
    """Yield the trial with every size: each network at the alpha of the setting occurs once per size."""
    import numpy as np

    choices = _choices(query, query.implementation)
    stacks = [load_stack(setting.spec, setting.alpha_of(fact), choices) for fact in query.facts]
    structures, kept, more = _expand(stacks, choices, setting.spec)
    sides = [side for side in SIDES if all(side not in (fact.resolution or ()) for fact in query.facts)]
    departures = (OTHER_RESOLUTION,) if claimed else ()
    price = setting.cost + cost + cost_of("settings", "any_resolution")
    settings = [replace(setting, resolution=(side, side), cost=price, departures=departures) for side in sides]
    counts = []
    for fact, stack in zip(query.facts, stacks, strict=True):
        one = replace(stack.select(kept), structures=tuple(structures))
        rows = [_count(one, quantity_of(fact), (side, side), more) for side in sides]
        counts.append(np.concatenate(rows))
    costs = np.array([structure.cost(setting.spec, choices) for structure in structures], dtype=np.int64) + price
    yield _make_trial(settings, structures, counts, np.tile(costs, len(sides)))


def _build_alphas(query: Query, setting: Setting, cost: int, *, claimed: bool) -> Iterator[Trial]:
    """Yield the trial with every alpha: the network of the main implementation occurs once per alpha."""
    import numpy as np

    spec = setting.spec
    choices = _choices(query, query.implementation or spec.default_implementation)
    known = {fact.alpha for fact in query.facts} | set(spec.published_alphas)
    alphas = [alpha for alpha in ALPHAS if alpha not in known]
    departures = (OTHER_ALPHA,) if claimed else ()
    price = setting.cost + cost + cost_of("settings", "any_alpha")
    settings = [replace(setting, alpha=alpha, cost=price, departures=departures) for alpha in alphas]
    counts: list[list[Array]] = [[] for _ in query.facts]
    structures: list[Structure] = []
    for one in settings:
        stack = build_stack(spec, one.alpha_of(query.facts[0]), choices)
        structures, kept, more = _expand([stack], choices, spec)
        for rows, fact in zip(counts, query.facts, strict=True):
            rows.append(_count(stack.select(kept), quantity_of(fact), one.resolution_of(fact), more))
    costs = np.array([structure.cost(spec, choices) for structure in structures], dtype=np.int64) + price
    yield _make_trial(settings, structures, [np.concatenate(rows) for rows in counts], np.tile(costs, len(alphas)))


def _expand(stacks: Sequence[Stack], choices: Choices, spec: Spec) -> tuple[list[Structure], list[int], int]:
    """Return the unmodified structures, each network once, their indices, and the classes besides `CLASSES`."""
    import numpy as np

    costs = np.array([structure.cost(spec, choices) for structure in stacks[0].structures], dtype=np.int64)
    order = np.argsort(costs, kind="stable")
    rows = [array.reshape(len(order), -1)[order] for stack in stacks for array in (stack.mult_adds, stack.params)]
    kept = np.sort(order[np.unique(np.column_stack(rows), axis=0, return_index=True)[1]]).tolist()
    classes = choices.classes or CLASSES
    structures = [replace(stacks[0].structures[index], classes=classes) for index in kept]
    return structures, kept, classes - CLASSES


def _count(stack: Stack, quantity: str, resolution: tuple[int, int], more: int) -> Array:
    counts, per_class = stack.counts(quantity, resolution)
    return with_columns(counts + more * per_class)


def _make_trial(
    settings: Sequence[Setting], structures: Sequence[Structure], counts: Sequence[Array], costs: Array
) -> Trial:
    """Return the trial whose rows are all structures under each setting."""
    return Trial(
        settings[0],
        tuple(structures) * len(settings),
        tuple(counts),
        costs,
        0,
        None,
        tuple(setting for setting in settings for _ in structures),
    )
