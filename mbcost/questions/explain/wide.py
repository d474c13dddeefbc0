"""Networks at many input sizes, or at many alphas: each is one trial, with a row for every size or alpha.

Usual sizes are always tried. Every other size, and every alpha in hundredths, is tried in a wide search, for numbers
with enough digits to tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import Array, TooLarge, check_count, distinct, magnitude
from mbcost.questions.explain.columns import with_columns
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import (
    OTHER_ALPHA,
    OTHER_RESOLUTION,
    USUAL_RESOLUTIONS,
    Query,
    Setting,
    list_settings,
    quantity_of,
)
from mbcost.questions.explain.packed import load_stack
from mbcost.questions.explain.stack import Stack
from mbcost.questions.explain.structures import Choices, Structure
from mbcost.questions.explain.trials import Trial, is_long
from mbcost.spec.table import CLASSES, Spec

SIDES = range(32, 1201)
"""The input sizes that are tried, in pixels."""
ALPHAS = tuple(hundredths / 100 for hundredths in range(5, 201))
"""The width multipliers that are tried."""


def build_wide_trials(query: Query, cost: int) -> Iterator[Trial]:
    """Yield a trial with many sizes for each alpha, and in a wide search one with many alphas for each network.

    All facts that need one have the same resolution, and the same alpha, or leave it open. A claimed one may be wrong.
    """
    if query.plain:
        return
    wide = query.wide and any(is_long(fact.printed) for fact in query.facts)
    settings = [setting for setting in list_settings(query) if not setting.departures]
    if wide and query.spec is not None:
        settings = [setting for setting in settings if setting.spec is query.spec]
    sizes = {fact.resolution for fact in query.facts if fact.needs_resolution}
    if len(sizes) == 1:
        for setting in _unique(settings, by_alpha=True):
            yield from _try(_build_sizes(query, setting, cost, SIDES if wide else USUAL_RESOLUTIONS))
    if wide and len({fact.alpha for fact in query.facts}) == 1:
        for setting in _unique(settings, by_alpha=False):
            yield from _try(_build_alphas(query, setting, cost, claimed=query.facts[0].alpha is not None))


def _size_cost(side: int) -> int:
    """Return what it costs that somebody measured at this size."""
    usual = side in USUAL_RESOLUTIONS
    return cost_of(
        "settings", "other_resolution" if usual else "any_even_resolution" if side % 8 == 0 else "any_resolution"
    )


def _try(trials: Iterator[Trial]) -> Iterator[Trial]:
    """Yield the trials up to the first that cannot be built.

    Raises:
        TooLarge: a count can be above the arrays' bound.
    """
    try:
        yield from trials
    except TooLarge:
        raise
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
    return Choices(implementation, query.classes, query.in_channels, 0, force=query.force)


def _build_sizes(query: Query, setting: Setting, cost: int, sides: Sequence[int]) -> Iterator[Trial]:
    """Yield the trial with every size: each network at the alpha of the setting occurs once per size."""
    import numpy as np

    choices = _choices(query, query.implementation)
    stacks = [load_stack(setting.spec, setting.alpha_of(fact), choices) for fact in query.facts]
    structures, kept, more = _expand(stacks, choices, setting.spec)
    claimed = {side for fact in query.facts for side in fact.resolution or ()}
    tried = set(setting.spec.resolution) | set(setting.spec.published_resolutions)
    sides = [side for side in sides if side not in (claimed or tried)]
    departures = (OTHER_RESOLUTION,) if claimed else ()
    prices = np.array([setting.cost + cost + _size_cost(side) for side in sides], dtype=np.int64)
    settings = [replace(setting, resolution=(side, side), departures=departures) for side in sides]
    known: dict[tuple[object, ...], Array] = {}  # facts about one count share its array
    keys = [(id(stack), quantity_of(fact)) for fact, stack in zip(query.facts, stacks, strict=True)]
    for key, fact, stack in zip(keys, query.facts, stacks, strict=True):
        if key not in known:
            total, one = stack.select(kept).counts_at(quantity_of(fact), sides)
            check_count(magnitude(total) + abs(more) * max(1, magnitude(one)))
            known[key] = with_columns((total + more * one).reshape(len(sides) * len(kept), -1))
    counts = [known[key] for key in keys]
    costs = np.array([structure.cost(setting.spec, choices) for structure in structures], dtype=np.int64)
    yield _make_trial(settings, structures, counts, np.add.outer(prices, costs).ravel())


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
    sizes = [(quantity_of(fact), settings[0].resolution_of(fact)) for fact in query.facts]
    # Facts about one count share its arrays.
    shared: dict[tuple[str, tuple[int, int]], list[Array]] = {size: [] for size in sizes}
    structures: list[Structure] = []
    for one in settings:
        stack = load_stack(spec, one.alpha_of(query.facts[0]), choices)
        structures, kept, more = _expand([stack], choices, spec)
        for size, rows in shared.items():
            rows.append(_count(stack.select(kept), *size, more))
    counts = {size: np.concatenate(rows) for size, rows in shared.items()}
    costs = np.array([structure.cost(spec, choices) for structure in structures], dtype=np.int64) + price
    yield _make_trial(settings, structures, [counts[size] for size in sizes], np.tile(costs, len(alphas)))


def _expand(stacks: Sequence[Stack], choices: Choices, spec: Spec) -> tuple[list[Structure], list[int], int]:
    """Return the unmodified structures, each network once, their indices, and the classes besides `CLASSES`."""
    import numpy as np

    classes = choices.classes or CLASSES
    if len(stacks[0].structures) == 1:
        return [replace(stacks[0].structures[0], classes=classes)], [0], classes - CLASSES
    costs = np.array([structure.cost(spec, choices) for structure in stacks[0].structures], dtype=np.int64)
    order = np.argsort(costs, kind="stable")
    arrays = distinct(array for stack in stacks for array in (stack.mult_adds, stack.params))
    rows = [array.reshape(len(order), -1)[order] for array in arrays]
    kept = np.sort(order[np.unique(np.column_stack(rows), axis=0, return_index=True)[1]]).tolist()
    structures = [replace(stacks[0].structures[index], classes=classes) for index in kept]
    return structures, kept, classes - CLASSES


def _count(stack: Stack, quantity: str, resolution: tuple[int, int], more: int) -> Array:
    counts, per_class = stack.counts(quantity, resolution)
    check_count(magnitude(counts) + abs(more) * max(1, magnitude(per_class)))
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
