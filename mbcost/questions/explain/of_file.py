"""Which way to count and to print gives a printed number for one network whose layers are known, such as a file?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS, count_live_elements
from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings
from mbcost.errors import MbcostError
from mbcost.questions.explain.answer import Answer, Value
from mbcost.questions.explain.columns import COLUMNS, columns_of
from mbcost.questions.explain.evaluate import list_counters
from mbcost.questions.explain.explain import explain
from mbcost.questions.explain.facts import Fact, Query, fill_quantities, quantity_of
from mbcost.questions.explain.peaks import PEAKS
from mbcost.questions.explain.query import Claim, make_query
from mbcost.questions.explain.readings import Reading, named_readings, other_readings
from mbcost.questions.explain.windows import PrintWindow, float32_sum, list_deep_windows, list_windows
from mbcost.questions.verify.twin import find_twin
from mbcost.spec.catalogue.reference import reference_text
from mbcost.spec.shown import show

NEAREST = 3
"""So many of the nearest values are shown if nothing gives the digits."""


@dataclass(frozen=True)
class Counted:
    """The number as one way to count gives it."""

    value: Value
    cost: int
    """In hundredths of a bit: of the quantity, if it was open, the way to count, and the way to print."""


@dataclass(frozen=True)
class Number:
    """A printed number, and what gives it."""

    text: str
    explanations: tuple[Counted, ...]
    """What gives the digits, the simplest first, each value once per quantity."""
    others: int
    """How many more there are than those that are listed."""
    nearest: tuple[Counted, ...]
    """If nothing does: the conventions whose values are nearest."""


@dataclass(frozen=True)
class FileAnswer:
    """The printed numbers of a file."""

    network: Network
    numbers: tuple[Number, ...]
    as_network: Answer | None = None
    """The explanations for the built-in network that has its layers, if the file alone does not give every number."""

    @property
    def fits(self) -> bool:
        """Whether every number has its digits, or is explained beyond chance for the built-in network."""
        return all(number.explanations for number in self.numbers) or (
            self.as_network is not None and bool(self.as_network.claimed_by)
        )

    def __repr__(self) -> str:
        return show(self, ", ".join(f"{number.text}: {len(number.explanations)}" for number in self.numbers))


def explain_file(
    network: Network, claim: Claim, convention: str | None = None, limit: int = 10, *, deep: bool = False
) -> FileAnswer:
    """Return the ways to count and to print a file that give the printed numbers, the simplest first.

    If they do not give all of them, and the file has exactly the layers of a built-in network, the numbers are also
    explained for that network: with norms that the file has folded, for example, or with known mistakes.

    Args:
        network: the network of a file.
        claim: the numbers, each with its quantity or None.
        convention: the name of the convention that counts them; None if it is open.
        limit: how many explanations of a number to list.
        deep: whether to try also batches of images and powers of 1024.

    Raises:
        MbcostError: there is no such convention.
    """
    query = make_query(None, [claim], Settings(), convention, deep=deep)
    numbers = tuple(_explain_number(network, replace(query, facts=(fact,)), limit) for fact in query.facts)
    answer = FileAnswer(network, numbers)
    if answer.fits or (twin := find_twin(network).twin) is None:
        return answer
    reference = reference_text(twin.spec.name, twin.alpha, twin.resolution, twin.implementation)
    settings = Settings(classes=twin.classes, in_channels=twin.in_channels)
    return replace(answer, as_network=explain(make_query(reference, [claim], settings, convention), limit))


def _explain_number(network: Network, query: Query, limit: int) -> Number:
    counts = _count_columns(network)
    hits = sorted(_list_hits(network, query, counts), key=lambda hit: (hit.cost, hit.value.reading.rank))
    distinct = {(hit.value.fact.quantity, hit.value.value): hit for hit in reversed(hits)}
    kept = sorted(distinct.values(), key=lambda hit: (hit.cost, hit.value.reading.rank))
    nearest = () if kept else tuple(_list_nearest(network, query, counts))
    return Number(query.facts[0].printed.text, tuple(kept[:limit]), len(kept[limit:]), nearest)


def _list_hits(network: Network, query: Query, counts: Sequence[int]) -> Iterator[Counted]:
    """Yield every way to count with every way to print that gives the number."""
    for filled, cost in fill_quantities(query):
        (fact,) = filled.facts
        quantity = quantity_of(fact)
        windows = [*list_windows(fact.printed, quantity), *(list_deep_windows(fact.printed, quantity) * query.deep)]
        for reading in _list_readings(query, quantity):
            count = reading.weigh(counts)
            for window in windows:
                if window.low <= count <= window.high and _confirms(network, fact, reading, window):
                    value = _make_value(network, fact, reading, counts)
                    yield Counted(replace(value, rounding=window.rounding), cost + reading.cost + window.cost)
                    break


def _list_readings(query: Query, quantity: str) -> list[Reading]:
    """Return the ways to count a quantity; a peak of memory only if it is counted."""
    if query.counted:
        return [reading for reading in query.counted if reading.quantity == quantity]
    return [*named_readings(quantity), *other_readings(quantity)]


def _confirms(network: Network, fact: Fact, reading: Reading, window: PrintWindow) -> bool:
    """Return whether a sum in float32 is the printed number; other ways to print need no second look."""
    if window.rounding != "float32":
        return True
    amounts = [reading.weigh(columns_of(layer.tally(), trained=True)) for layer in network.layers]
    return float32_sum([*amounts, reading.row[COLUMNS.index("networks")]]) == fact.printed.number


def _list_nearest(network: Network, query: Query, counts: Sequence[int]) -> Iterator[Counted]:
    """Yield the conventions whose values are nearest to the number, each value once."""
    nearest: dict[int, Counted] = {}
    for filled, cost in fill_quantities(query):
        (fact,) = filled.facts
        for reading in _list_readings(query, quantity_of(fact)):
            if reading.named or query.counted:
                value = _make_value(network, fact, reading, counts)
                nearest.setdefault(value.value, Counted(value, cost + reading.cost))
    printed = query.facts[0].printed.number
    yield from sorted(nearest.values(), key=lambda item: (abs(item.value.value - printed), item.cost))[:NEAREST]


def _make_value(network: Network, fact: Fact, reading: Reading, counts: Sequence[int]) -> Value:
    count = reading.weigh(counts)
    coefficients = tuple(
        (name, factor) for name, factor, number in zip(COLUMNS, reading.row, counts, strict=True) if factor and number
    )
    return Value(
        fact, network.alpha, network.resolution, reading, None, count, None, coefficients=coefficients,
        counted_by=list_counters(reading, counts, count),
    )  # fmt: skip


def _count_columns(network: Network) -> tuple[int, ...]:
    """Return the counts of a network, one for each of `COLUMNS`; peaks are 0 if its maps do not tell them."""
    totals = list(columns_of(network.tally(), trained=True))
    totals[COLUMNS.index("networks")] = 1
    try:
        peaks = [max(count_live_elements(network, allocator)) for allocator in WITHOUT_OFFSETS]
    except MbcostError:  # a list of layers, which does not say what a later layer reads
        peaks = [0] * len(PEAKS)
    totals[COLUMNS.index(PEAKS[0]) :] = peaks
    return tuple(totals)
