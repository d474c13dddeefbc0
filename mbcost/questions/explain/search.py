"""The search: every structure in every setting, counted in every way, against the printed digits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.questions.explain.facts import Fact, Query, Setting, is_built_in, settings
from mbcost.questions.explain.packed import packed_stack
from mbcost.questions.explain.readings import (
    Reading,
    Window,
    deep_windows,
    misprints,
    multiply_adds_only,
    named_readings,
    other_readings,
    windows,
)
from mbcost.questions.explain.structures import USUAL_CLASSES, Choices, Stack, Structure, build_stack
from mbcost.spec.library import load_spec
from mbcost.spec.model import Spec
from mbcost.spec.tally import COUNTS
from mbcost.spec.weights import load_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]
    Bits = NDArray[np.float64]
    Flags = NDArray[np.bool_]
else:
    Array = Bits = Flags = Any

KEPT = 200
"""Candidates of one setting that are compared; the cheapest ones."""
PLAIN_ROUNDINGS = ("rounds", "floors", "binary bytes", ">", "<")
"""How numbers are shortened that are published without an error."""
SLACK = 2
"""How many rows fewer than the most a way may explain and still be compared."""
BEST = 6
"""Ways to count one quantity that are combined with those of the other, a structure."""


@dataclass(frozen=True)
class Match:
    """One fact under a candidate: how it is counted and printed; no window where it is missed."""

    fact: Fact
    reading: Reading
    window: Window | None


@dataclass(frozen=True)
class Candidate:
    """A network and a way to count it that gives the printed digits of all facts, or of most of them."""

    setting: Setting
    structure: Structure
    matches: tuple[Match, ...]
    bits: float

    @property
    def missed(self) -> tuple[int, ...]:
        """Places of the facts that it does not explain."""
        return tuple(place for place, match in enumerate(self.matches) if match.window is None)


@dataclass(frozen=True, eq=False)
class Trial:
    """One setting with its structures, the counts of them for every fact, and what they cost."""

    setting: Setting
    structures: tuple[Structure, ...]
    counts: tuple[Array, ...]
    """For each fact, structure x count."""
    bits: Bits
    """Of each structure, the setting's included."""
    plain: int
    """How many of the structures, at the front, have neither mistakes nor left-out parts."""


def trials(query: Query, bits: float = 0.0) -> Iterator[Trial]:
    """Every setting of the query that can be built, each at so many bits more.

    Raises:
        MbcostError: none can.
    """
    import numpy as np

    weights = load_weights()
    mistakes = 0 if query.plain else 2 if query.deep else 1
    every = Choices(query.implementation, query.classes, query.in_channels, mistakes)
    failure: MbcostError | None = None
    found = False
    for setting in settings(query):
        choices = replace(every, mistakes=0) if setting.departures else every
        try:
            stacks = [stack(setting.spec, setting.alpha_of(fact), choices) for fact in query.facts]
        except MbcostError as error:
            failure = error
            continue
        common = _common(stacks)
        plain = sum(not structure.departures for structure in common)
        counts = tuple(
            each.counts(quantity_of(fact), setting.resolution_of(fact))[_places(each, common)]
            for fact, each in zip(query.facts, stacks, strict=True)
        )
        costs = np.array([structure.bits(weights, choices) for structure in common]) + setting.bits + bits
        found = True
        yield Trial(setting, common, counts, costs, plain)
    if not found:
        raise failure or MbcostError("no network fits what is fixed: leave something open")


def quantity_of(fact: Fact) -> str:
    """Its quantity, which the alternatives of a query have filled in."""
    assert fact.quantity is not None, "alternatives fill it in"
    return fact.quantity


def quantities_of(query: Query) -> tuple[str, ...]:
    """The quantities of its facts, each once."""
    return tuple(dict.fromkeys(map(quantity_of, query.facts)))


def stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """The structures of `spec` at `alpha`, those without departures in front.

    Raises:
        MbcostError: alpha is so small that no network can be built.
    """
    if is_built_in(spec):
        return _built_in_stack(spec.name, alpha, choices)
    return build_stack(spec, alpha, choices)


@cache
def _built_in_stack(name: str, alpha: float, choices: Choices) -> Stack:
    """From what is built ahead, as far as that goes."""
    every = _packed(name, alpha) if choices.mistakes < 2 and choices.in_channels is None else None
    if every is None or choices.classes not in (None, *USUAL_CLASSES):
        return build_stack(load_spec(name), alpha, choices)
    found = [(kept, place) for place, each in enumerate(every.structures) if (kept := choices.keep(each)) is not None]
    found.sort(key=lambda pair: bool(pair[0].departures))
    places = [place for _, place in found]
    return Stack(tuple(kept for kept, _ in found), every.scales, every.mult_adds[places], every.params[places])


@cache
def _packed(name: str, alpha: float) -> Stack | None:
    return packed_stack(name, alpha)


def _common(stacks: list[Stack]) -> tuple[Structure, ...]:
    first = stacks[0].structures
    if all(each.structures is first or each.structures == first for each in stacks):
        return first
    shared = set.intersection(*(set(each.structures) for each in stacks))
    return tuple(structure for structure in first if structure in shared)


def _places(each: Stack, structures: tuple[Structure, ...]) -> Any:
    if structures is each.structures:
        return slice(None)
    if structures == each.structures[: len(structures)]:
        return slice(len(structures))
    places = {structure: place for place, structure in enumerate(each.structures)}
    return [places[structure] for structure in structures]


@dataclass(frozen=True, eq=False)
class Ways:
    """Readings of one quantity, and the same as arrays."""

    readings: tuple[Reading, ...]
    coefficients: Array
    """Count x reading."""
    bits: Bits


@cache
def ways(quantity: str, *, named: bool) -> Ways:
    """The conventions for `quantity`, or the other ways to count it."""
    return _only(named_readings(quantity) if named else other_readings(quantity))


@cache
def _only(found: tuple[Reading, ...]) -> Ways:
    import numpy as np

    rows = np.array([reading.row for reading in found], dtype=np.int64).reshape(-1, len(COUNTS))
    return Ways(found, rows.T, np.array([reading.bits for reading in found]))


def passes(query: Query, trial: Trial, quantity: str) -> Iterator[tuple[int, Ways]]:
    """How many of the structures are counted in which ways: mistakes in named ones only, but in a deep search."""
    known = tuple(reading for reading in query.counted if reading.quantity == quantity)
    if known:
        yield len(trial.structures), _only(known)
        return
    if not query.by_tool:
        yield len(trial.structures), _only(multiply_adds_only(quantity))
        return
    yield len(trial.structures), ways(quantity, named=True)
    if not (query.plain or trial.setting.departures):
        yield len(trial.structures) if query.deep else trial.plain, ways(quantity, named=False)


@dataclass(frozen=True, eq=False)
class Hits:
    """Ways of one quantity that give digits of its facts in one trial: parallel arrays, one place a hit."""

    facts: tuple[int, ...]
    """Places of the quantity's facts in the query."""
    structures: Array
    ways: Ways
    reading: Array
    roundings: tuple[tuple[Window, ...], ...]
    """The windows of the facts, by kind of rounding."""
    rounding: Array
    explained: Flags
    """Hit x fact: whether it gives the digits."""
    bits: Bits
    """What reading, rounding and misses cost, the structure aside."""


def hits(query: Query, trial: Trial, quantity: str) -> list[Hits]:
    """All of them, pass by pass."""
    places = tuple(place for place, fact in enumerate(query.facts) if fact.quantity == quantity)
    found: list[Hits] = []
    if not rounding_kinds(query, places):  # no whole number is printed like this
        return found
    for number, some in passes(query, trial, quantity):
        values = [trial.counts[place][:number] @ some.coefficients for place in places]
        found.append(_inside(query, places, some, values))
        if len(query.facts) == 1 and number == len(trial.structures):
            found.append(_mistyped(query, some, values[0][: trial.plain]))
    return found


def _inside(query: Query, places: tuple[int, ...], some: Ways, values: list[Array]) -> Hits:
    """Hits in the windows of the facts: all are shortened alike, and the most of them must be right, or nearly."""
    import numpy as np

    kinds = rounding_kinds(query, places)
    groups = [np.stack([(w.low <= v) & (v <= w.high) for w, v in zip(g, values, strict=True)]) for g in kinds]
    most = max((int(inside.sum(axis=0).max(initial=0)) for inside in groups), default=0)
    missed = np.array([missed_bits(query, query.facts[place]) for place in places])
    parts = []
    for kind, (group, inside) in enumerate(zip(kinds, groups, strict=True)):
        structure, reading = np.nonzero(inside.sum(axis=0) >= max(most - SLACK, 1))
        explained = inside[:, structure, reading].T
        bits = some.bits[reading] + group[0].bits + ~explained @ missed
        parts.append((structure, reading, np.full(len(structure), kind), explained, bits))
    structures, reading, rounding, explained, bits = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Hits(places, structures, some, reading, kinds, rounding, explained, bits)


def missed_bits(query: Query, fact: Fact) -> float:
    """What it costs not to explain `fact`: nothing where it stands in the query before, less where it is copied.

    A number that another row has for another network, or for another size of its input, is a copy.
    """
    for other in query.facts:
        if other is fact:
            break
        if other.quantity == fact.quantity and other.printed.number == fact.printed.number:
            same = other.alpha == fact.alpha and (not fact.needs_resolution or other.resolution == fact.resolution)
            return 0.0 if same else load_weights().bits("tables", "copied")
    return load_weights().bits("tables", "missed")


def _mistyped(query: Query, some: Ways, values: Array) -> Hits:
    """Hits of a single fact in one of the windows that a typing error would make of it."""
    import numpy as np

    slips = misprints(query.facts[0].printed)
    low, high = (np.array([getattr(slip, end) for slip in slips], dtype=np.int64) for end in ("low", "high"))
    nearest = np.searchsorted(low, values, side="right") - 1
    structure, reading = np.nonzero((nearest >= 0) & (values <= high[nearest])) if slips else np.nonzero(values < 0)
    bits = some.bits[reading] + (slips[0].bits if slips else 0)
    explained = np.ones((len(structure), 1), dtype=bool)
    return Hits(
        (0,), structure, some, reading, tuple((slip,) for slip in slips), nearest[structure, reading], explained, bits
    )


def rounding_kinds(query: Query, places: tuple[int, ...]) -> tuple[tuple[Window, ...], ...]:
    """Groups with a window for every one of the facts, shortened alike."""
    every = [_windows(query, query.facts[place]) for place in places]
    if len(every) == 1:
        return tuple((window,) for window in every[0])
    return tuple(
        tuple(next(window for window in each if window.rounding == name) for each in every)
        for name in ("rounds", "floors", "ceils", ">", "<")
        if all(any(window.rounding == name for window in each) for each in every)
    )


def _windows(query: Query, fact: Fact) -> tuple[Window, ...]:
    every = windows(fact.printed, quantity_of(fact))
    if query.plain:
        return tuple(window for window in every if window.rounding in PLAIN_ROUNDINGS)
    return (*every, *deep_windows(fact.printed, quantity_of(fact))) if query.deep else every


def search(query: Query, tried: list[Trial]) -> list[Candidate]:
    """The cheapest candidates that give all digits, or most where there are many facts; each network and sum once."""
    quantities = quantities_of(query)
    found: list[tuple[float, Trial, int, tuple[Match, ...]]] = []
    for trial in tried:
        each = [hits(query, trial, quantity) for quantity in quantities]
        found += _single(query, trial, each[0]) if len(each) == 1 else _joint(query, trial, each)
    unique: dict[tuple[Any, ...], Candidate] = {}
    for bits, trial, structure, matches in sorted(found, key=lambda one: one[0])[: 10 * KEPT]:
        candidate = Candidate(trial.setting, trial.structures[structure], matches, bits)
        unique.setdefault(_identity(trial, structure, matches), candidate)
    return list(unique.values())


Option = tuple[float, tuple[Match, ...]]
"""A way to count the facts of one quantity, and its cost."""
Found = tuple[float, Trial, int, tuple[Match, ...]]
"""The cost of a candidate, where it was found, and its facts."""


def _single(query: Query, trial: Trial, every: list[Hits]) -> Iterator[Found]:
    for each in every:
        total = trial.bits[each.structures] + each.bits
        for place in _lowest(total, KEPT):
            yield float(total[place]), trial, int(each.structures[place]), _matches(query, each, place)


def _joint(query: Query, trial: Trial, every: list[list[Hits]]) -> Iterator[Found]:
    """Structures with the cheapest ways of each quantity; one of which nothing is explained costs all its facts."""
    options: list[dict[int, list[Option]]] = []
    for group in every:
        by_structure: dict[int, list[Option]] = {}
        for each in group:
            for place in _lowest(each.bits + trial.bits[each.structures], 10 * KEPT):
                some = by_structure.setdefault(int(each.structures[place]), [])
                if len(some) < BEST:
                    some.append((float(each.bits[place]), _matches(query, each, place)))
        options.append(by_structure)
    none = [[_unexplained(query, quantity)] for quantity in quantities_of(query)]
    for structure in set.union(*(set(each) for each in options)):
        choices = (each.get(structure, nothing) for each, nothing in zip(options, none, strict=True))
        for combined in product(*choices):
            bits = float(trial.bits[structure]) + sum(cost for cost, _ in combined)
            matches = sorted((match for _, some in combined for match in some), key=lambda m: query.facts.index(m.fact))
            yield bits, trial, structure, tuple(matches)


def _unexplained(query: Query, quantity: str) -> Option:
    facts = [fact for fact in query.facts if fact.quantity == quantity]
    cost = sum(missed_bits(query, fact) for fact in facts)
    return cost, tuple(Match(fact, named_readings(quantity)[0], None) for fact in facts)


def _lowest(bits: Bits, number: int) -> list[int]:
    import numpy as np

    if len(bits) > number:
        few = np.argpartition(bits, number)[:number]
        return [int(place) for place in few[np.argsort(bits[few], kind="stable")]]
    return [int(place) for place in np.argsort(bits, kind="stable")]


def _matches(query: Query, each: Hits, place: int) -> tuple[Match, ...]:
    group, reading = each.roundings[int(each.rounding[place])], each.ways.readings[int(each.reading[place])]
    return tuple(
        Match(query.facts[fact], reading, window if right else None)
        for fact, window, right in zip(each.facts, group, each.explained[place], strict=True)
    )


def _identity(trial: Trial, structure: int, matches: tuple[Match, ...]) -> tuple[Any, ...]:
    """Equal where the same network gives the same numbers, whatever it is called."""
    return tuple(
        (
            *(int(counts[structure] @ basis) for basis in _bases(quantity_of(match.fact))),
            _value(counts[structure], match),
        )
        for counts, match in zip(trial.counts, matches, strict=True)
    )


def _value(counts: Array, match: Match) -> int | None:
    return (
        None
        if match.window is None
        else sum(int(count) * factor for count, factor in zip(counts, match.reading.row, strict=True))
    )


@cache
def _bases(quantity: str) -> tuple[Array, ...]:
    """What makes two networks the same, as far as a quantity goes."""
    import numpy as np

    sums = (("conv_macs", "linear_macs"),) if quantity in ("mult_adds", "activations") else (
        ("weights",), ("biases",), ("plain_norm_channels", "fused_norm_channels"),
    )  # fmt: skip
    return tuple(np.array([int(count in names) for count in COUNTS], dtype=np.int64) for names in sums)


def nearest_candidate(query: Query, tried: list[Trial]) -> Candidate:
    """The network that comes nearest to the facts when it is counted as a convention says; it misses all of them."""
    import numpy as np

    quantities = quantities_of(query)
    best: tuple[float, Trial, int, dict[str, Reading]] | None = None
    for trial in tried:
        distance, chosen = np.zeros(len(trial.structures)), {}
        for quantity in quantities:
            some = ways(quantity, named=True)
            away = np.zeros((len(trial.structures), len(some.readings)))
            for fact, counts in zip(query.facts, trial.counts, strict=True):
                if fact.quantity == quantity:
                    away += np.abs((counts @ some.coefficients) / float(fact.printed.number) - 1)
            chosen[quantity] = away.argmin(axis=1)
            distance += away.min(axis=1)
        place = int(distance.argmin())
        if best is None or distance[place] < best[0]:
            found = {name: ways(name, named=True).readings[int(at[place])] for name, at in chosen.items()}
            best = float(distance[place]), trial, place, found
    assert best is not None, "there is at least one trial"
    _, trial, place, found = best
    matches = tuple(Match(fact, found[quantity_of(fact)], None) for fact in query.facts)
    return Candidate(trial.setting, trial.structures[place], matches, float(trial.bits[place]))
