"""Settings with their structures: the networks that are tried, as arrays of counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import Array, TooLarge, magnitude
from mbcost.questions.explain.expanded import Expanded, Stacks, build_once
from mbcost.questions.explain.facts import Query, Setting, list_settings, quantity_of
from mbcost.questions.explain.families import (
    MOST_PER_CLASS,
    Families,
    join_families,
    list_families,
    list_mistaken,
    narrow_families,
)
from mbcost.questions.explain.heads import list_heads
from mbcost.questions.explain.solve import solve
from mbcost.questions.explain.stack import Stack
from mbcost.questions.explain.structures import (
    PAIR_DIGITS,
    Choices,
    Structure,
)
from mbcost.questions.explain.tails import list_tails
from mbcost.spec.operators import TOPS
from mbcost.spec.printed import Printed

LONG = 5
"""A number of so many digits, or a whole one, can tell from which layer on a network is trained, and its head."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One setting with its structures, their counts for every fact, and their costs."""

    setting: Setting
    structures: tuple[Structure, ...]
    counts: tuple[Array, ...]
    """For each fact, structure x column."""
    cost: Array
    """The cost of each structure with the setting, in hundredths of a bit."""
    plain: int
    """How many structures are unmodified, with usual numbers of classes: they come first."""
    families: Families | None = None
    """What can be solved for its classes: `structures` has only the solutions for the facts themselves."""

    settings: tuple[Setting, ...] = ()
    """For each structure, its setting; empty if all have the same one."""

    def setting_of(self, index: int) -> Setting:
        """Return the setting of the structure at `index`."""
        return self.settings[index] if self.settings else self.setting

    def restrict(self, facts: Sequence[int]) -> Trial:
        """Return the trial with only some of the facts, which are given by their indices."""
        return replace(self, counts=tuple(self.counts[index] for index in facts))


def build_trials(query: Query, cost: int = 0, stacks: Stacks | None = None) -> Iterator[Trial]:
    """Yield a trial for every setting of the query that can be built.

    Args:
        query: every fact has a quantity.
        cost: what to add to the cost of every structure.
        stacks: keeps the stacks that are built, so that they are built once.

    Raises:
        MbcostError: no setting can be built.
        TooLarge: a count can be above the arrays' bound.
    """
    known: Stacks = {} if stacks is None else stacks
    allowed = allowed_choices(query)
    failure = MbcostError("no network fits what is given: leave out an option")
    built_any = False
    for setting in list_settings(query):
        choices = choices_of(query, setting, allowed)
        try:
            built = [build_once(known, setting.spec, setting.alpha_of(fact), choices) for fact in query.facts]
        except TooLarge:
            raise
        except MbcostError as error:
            failure = error
            continue
        built_any = True
        yield _build_trial(query, setting, choices, built, cost)
    if not built_any:
        raise failure


def allowed_choices(query: Query) -> Choices:
    """Return what the query allows in a setting that departs from nothing."""
    mistakes = 0 if query.plain else 2 if query.deep else 1
    pairs = mistakes > 0 and any(fact.printed.digits >= PAIR_DIGITS for fact in query.facts)
    rare = not query.plain or query.implementation is not None
    return Choices(query.implementation, query.classes, query.in_channels, mistakes, pairs, rare, query.force)


def choices_of(query: Query, setting: Setting, allowed: Choices) -> Choices:
    """Return what is tried in a setting, of what the query allows."""
    choices = replace(allowed, mistakes=0, pairs=False) if setting.departures else allowed
    if query.deep and not _is_main(query, setting):
        return replace(choices, mistakes=min(1, choices.mistakes))
    return choices


def _is_main(query: Query, setting: Setting) -> bool:
    """Return whether a deep search is for this setting: the network of the query, at alpha 1 if alpha is open."""
    return setting.spec is query.spec and setting.alpha in (None, 1.0)


def _build_trial(query: Query, setting: Setting, choices: Choices, built: Sequence[Expanded], cost: int) -> Trial:
    import numpy as np

    common = _common(built)
    kept = [_indices(expanded, common) for expanded in built]
    known: dict[tuple[object, ...], Array] = {}  # facts about one count share its array
    keys = []
    for fact, expanded, indices in zip(query.facts, built, kept, strict=True):
        keys.append((quantity_of(fact), setting.resolution_of(fact), id(expanded)))
        if keys[-1] not in known:
            known[keys[-1]] = expanded.counts(quantity_of(fact), setting.resolution_of(fact))[indices]
    counts = tuple(known[key] for key in keys)
    costs = built[0].cost[kept[0]] + setting.cost + cost
    plain = sum(not structure.departures for structure in common)
    trial = Trial(setting, common, counts, costs, plain)
    if query.plain or setting.departures:
        return trial
    families = _list_families(query, setting, choices, [expanded.stack for expanded in built], cost)
    if families is None:
        return trial
    solved = solve(query, families, choices)
    families.forget_values()
    if not solved.structures:
        return replace(trial, families=families)
    return Trial(
        setting,
        (*common[:plain], *solved.structures, *common[plain:]),
        tuple(_insert_shared(counts, solved.counts, plain)),
        np.insert(costs, plain, solved.cost),
        plain,
        families,
    )


def _insert_shared(counts: Sequence[Array], solved: Sequence[Array], plain: int) -> Iterator[Array]:
    """Yield the counts of each fact with those of the solutions after the unmodified structures."""
    import numpy as np

    known: dict[int, Array] = {}
    for rows, more in zip(counts, solved, strict=True):
        if id(rows) not in known:
            known[id(rows)] = np.insert(rows, plain, more, axis=0)
        yield known[id(rows)]


def _list_families(
    query: Query, setting: Setting, choices: Choices, stacks: Sequence[Stack], cost: int
) -> Families | None:
    """Return everything that can be solved for its classes; None if a class costs too much for the arrays.

    Facts about one count share the arrays, which are built for the first of these facts, or for one with all digits.
    """
    keys = [
        (quantity_of(fact), fact.alpha, setting.resolution_of(fact), id(stack))
        for fact, stack in zip(query.facts, stacks, strict=True)
    ]
    first: dict[tuple[object, ...], int] = {}
    printed = [fact.printed for fact in query.facts]
    for index in sorted(range(len(keys)), key=lambda index: (printed[index].step != 1, not is_long(printed[index]))):
        first.setdefault(keys[index], index)
    kept = sorted(first.values())
    few = replace(query, facts=tuple(query.facts[index] for index in kept))
    families = _list_distinct(few, setting, choices, [stacks[index] for index in kept], cost)
    return None if families is None else families.spread([kept.index(first[key]) for key in keys])


def _list_distinct(
    query: Query, setting: Setting, choices: Choices, stacks: Sequence[Stack], cost: int
) -> Families | None:
    """Return the families for facts about different counts."""
    quantities = [quantity_of(fact) for fact in query.facts]
    sizes = [(name, setting.resolution_of(fact)) for name, fact in zip(quantities, query.facts, strict=True)]
    per_class = (stack.counts(*size)[1] for stack, size in zip(stacks, sizes, strict=True))
    if any(magnitude(one) >= MOST_PER_CLASS for one in per_class):
        return None
    families = list_families(setting.spec, stacks, sizes, choices, setting.cost + cost)
    parts = [families]
    if choices.pairs:
        parts.append(list_mistaken(setting.spec, stacks, sizes, choices, setting.cost + cost))
    if any(fact.quantity == "params" and is_long(fact.printed) for fact in query.facts):
        alphas = [setting.alpha_of(fact) for fact in query.facts]
        has_top = any(row.operator in TOPS for row in setting.spec.rows)
        if has_top and query.spec in (None, setting.spec):
            parts += list_heads(query, setting, sizes, choices, families, setting.cost + cost)
        counts_params = [name == "params" for name in quantities]
        parts.append(list_tails(setting, families, alphas, counts_params, choices, query.in_channels))
    return join_families([narrow_families(part, quantities) for part in parts])


def is_long(printed: Printed) -> bool:
    """Return whether a number can tell settings apart that differ little."""
    return printed.digits >= LONG or (printed.step == 1 and not printed.relation)


def quantities_of(query: Query) -> tuple[str, ...]:
    """Return the quantities of the facts, each once."""
    return tuple(dict.fromkeys(map(quantity_of, query.facts)))


def _common(built: Sequence[Expanded]) -> tuple[Structure, ...]:
    first = built[0].structures
    if all(expanded.structures is first or expanded.structures == first for expanded in built):
        return first
    shared = set.intersection(*(set(expanded.structures) for expanded in built))
    return tuple(structure for structure in first if structure in shared)


def _indices(expanded: Expanded, structures: tuple[Structure, ...]) -> slice | list[int]:
    """Return what selects the rows of `structures` from the arrays of the stack."""
    if structures is expanded.structures:
        return slice(None)
    if structures == expanded.structures[: len(structures)]:
        return slice(len(structures))
    indices = {structure: index for index, structure in enumerate(expanded.structures)}
    return [indices[structure] for structure in structures]
