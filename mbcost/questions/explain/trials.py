"""Settings with their structures: the networks that are tried, as arrays of counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import LARGEST, Array, TooLarge, check_count, magnitude
from mbcost.questions.explain.columns import COLUMNS, with_columns
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
from mbcost.questions.explain.packed import load_stack
from mbcost.questions.explain.peaks import PEAKS, list_peaks
from mbcost.questions.explain.solve import solve
from mbcost.questions.explain.stack import Stack
from mbcost.questions.explain.structures import (
    OTHER_CLASSES,
    PAIR_DIGITS,
    USUAL_CLASSES,
    Choices,
    Structure,
    class_cost,
)
from mbcost.questions.explain.tails import list_tails
from mbcost.spec.operators import TOPS
from mbcost.spec.printed import Printed
from mbcost.spec.table import CLASSES, Spec

PEAK_COLUMNS = slice(COLUMNS.index(PEAKS[0]), COLUMNS.index(PEAKS[-1]) + 1)
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


class Kept:
    """The trials of a search that are kept: equal arrays of their families are stored once, in few bytes.

    Params do not depend on the resolution, and most counts fit 32 bits.
    """

    def __init__(self) -> None:
        self.size = 0
        """The bytes of all arrays."""
        self._arrays: dict[tuple[object, ...], Array] = {}

    def add(self, trial: Trial) -> Trial:
        """Return the trial with stored arrays in its families. Sums of these are computed in 64 bits."""
        self.size += sum({id(array): array.nbytes for array in trial.counts}.values())
        if trial.families is None:
            return trial
        counts, per_class = (
            tuple(map(self._store, rows)) for rows in (trial.families.counts, trial.families.per_class)
        )
        return replace(trial, families=replace(trial.families, counts=counts, per_class=per_class, _values={}))

    def _store(self, array: Array) -> Array:
        import numpy as np

        small: Array = array.astype(np.int32) if magnitude(array) < 2**31 else array
        key = small.shape, small.dtype.str, hash(small.tobytes())
        known = self._arrays.get(key)
        if known is not None and np.array_equal(known, small):
            return known
        self._arrays[key] = small
        self.size += small.nbytes
        return small


@dataclass(frozen=True, eq=False)
class Expanded:
    """The structures of a stack with every number of classes that is tried."""

    spec: Spec
    alpha: float
    in_channels: int | None
    stack: Stack
    structures: tuple[Structure, ...]
    index: Array
    """For each structure, its index in the stack."""
    more: Array
    """For each structure, its classes besides `CLASSES`."""
    cost: Array

    def counts(self, quantity: str, resolution: tuple[int, int]) -> Array:
        """Return structure x column at `resolution`.

        Raises:
            TooLarge: a count can be above the arrays' bound.
        """
        counts, per_class = self.stack.counts(quantity, resolution)
        check_count(magnitude(counts) + magnitude(self.more) * max(1, magnitude(per_class)))
        rows = with_columns(counts[self.index] + self.more[:, None] * per_class[self.index])
        if quantity == "activation_bytes":
            rows[:, PEAK_COLUMNS] = self._count_peaks(resolution)
        return rows

    def _count_peaks(self, resolution: tuple[int, int]) -> Array:
        """Return structure x peak; the peaks of a network with a mistake are not known, and 0."""
        import numpy as np

        known: dict[str, tuple[int, ...]] = {}
        for structure in self.structures:
            if not structure.departures and structure.implementation not in known:
                known[structure.implementation] = list_peaks(
                    self.spec, structure.implementation, self.alpha, structure.classes, self.in_channels, resolution
                )
                check_count(max(known[structure.implementation]), "the peak of the activations")
        none = (0,) * len(PEAKS)
        rows = (none if structure.departures else known[structure.implementation] for structure in self.structures)
        return np.array(list(rows), dtype=np.int64).reshape(-1, len(PEAKS))


Stacks = dict[tuple[int, float, Choices], Expanded]
"""Stacks with every number of classes.

The key has the identity of the spec, so that a dictionary is valid only as long as the query that it is made for.
"""


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
            built = [_build_once(known, setting.spec, setting.alpha_of(fact), choices) for fact in query.facts]
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


def _build_once(stacks: Stacks, spec: Spec, alpha: float, choices: Choices) -> Expanded:
    key = id(spec), alpha, choices
    if key not in stacks:
        stacks[key] = _expand(spec, alpha, load_stack(spec, alpha, choices), choices)
    return stacks[key]


def _expand(spec: Spec, alpha: float, stack: Stack, choices: Choices) -> Expanded:
    import numpy as np

    entries = []
    for index, base in enumerate(stack.structures):
        fixed = base.cost(spec, choices) - class_cost(base.classes, choices)
        for classes in _list_classes(choices, unmodified=not base.departures):
            structure = choices.keep(base if classes == base.classes else replace(base, classes=classes))
            if structure is not None:
                entries.append((structure, index, fixed + class_cost(classes, choices)))
    entries.sort(key=lambda entry: bool(entry[0].departures))
    structures = tuple(structure for structure, *_ in entries)
    return Expanded(
        spec,
        alpha,
        choices.in_channels,
        stack,
        structures,
        np.array([index for _, index, _ in entries], dtype=np.int64),
        np.array([min(structure.classes - CLASSES, LARGEST + 1) for structure in structures], dtype=np.int64),
        np.array([cost for *_, cost in entries], dtype=np.int64),
    )


def _list_classes(choices: Choices, *, unmodified: bool) -> tuple[int, ...]:
    if choices.classes is None:
        return USUAL_CLASSES + OTHER_CLASSES if unmodified else USUAL_CLASSES
    return tuple(dict.fromkeys((choices.classes, *USUAL_CLASSES))) if unmodified else (choices.classes,)


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
