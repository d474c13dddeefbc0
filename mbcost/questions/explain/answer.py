"""The answer to a query: explanations with the chance of each number, and what would decide between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mbcost.questions.explain.facts import OTHER_ALPHA, OTHER_RESOLUTION, Fact, Query, Setting
from mbcost.questions.explain.readings import Reading
from mbcost.questions.explain.structures import Structure
from mbcost.spec.catalogue.reference import reference_text
from mbcost.spec.head import Head
from mbcost.spec.scaling import alpha_text
from mbcost.spec.shown import count, show
from mbcost.spec.table import Spec

CLAIM = 0.05
"""A cause is claimed if at most this share of similar random numbers would get an equally simple explanation."""
MARGIN = 200
"""A cause is claimed if every other one costs over 2 bits more, in hundredths: a small chance says that one of them is
true, not which one."""
DISTINCT_ROWS, DISTINCT_DIGITS = 3, 3
"""The explanation of a table needs so many distinct rows of so many digits that agree, besides a small chance."""


@dataclass(frozen=True)
class Value:
    """One fact, and the count that the explanation gives for it."""

    fact: Fact
    alpha: float
    resolution: tuple[int, int]
    reading: Reading
    rounding: str | None
    """How the number is printed; None if the explanation misses it."""
    value: int
    meant: str | None
    """The number that should have been printed, if a digit is mistyped."""
    copied: int | None = None
    """The row whose number is printed instead, if the explanation misses the fact."""
    chance: float = 1.0
    """The share of similar random numbers in its place that would get an equally simple explanation."""
    coefficients: tuple[tuple[str, int], ...] = ()
    """How the value is counted: the name and coefficient of each column that the network has."""
    counted_by: tuple[str, ...] = ()
    """The conventions that give the same value for this network, that of the reading first."""
    explained: bool = False
    """Whether a claim covers the number: see `Explanation.provable` and `Answer.claimed_by`."""

    @property
    def exact(self) -> bool:
        """Whether the value has the printed digits."""
        return self.rounding not in (None, "off by one", "mistyped")


@dataclass(frozen=True)
class SameSums:
    """Another cause that has the same sums for this network: no number can tell the two apart."""

    implementation: str
    conventions: tuple[str, ...]
    """For each value, how it is counted."""
    clauses: tuple[str, ...]
    """The departures in words."""


@dataclass(frozen=True)
class Explanation:
    """A network and its readings, with the exact numbers that they give."""

    spec: Spec
    asked: Spec | None
    """The network of the query; the network that explains it can be an earlier version."""
    structure: Structure
    setting: Setting
    values: tuple[Value, ...]
    cost: int
    """In hundredths of a bit."""
    others: int
    """How many other explanations cost no more, with the variants."""
    variants: tuple[str, ...] = ()
    """Other implementations that build the same network, as far as its numbers show."""
    same_sums: tuple[SameSums, ...] = ()
    """Other causes with the same sums, the simplest first."""
    claimed: bool = False
    """Whether it may be called the cause of the numbers that it explains."""

    @property
    def departures(self) -> tuple[str, ...]:
        """The names of mistakes, left-out parts, and differences from what is claimed."""
        return (*self.setting.departures, *self.structure.departures)

    @property
    def clauses(self) -> tuple[str, ...]:
        """The departures in words, and the name of the table if it is not the one that was asked about."""
        clauses: list[str] = []
        if self.asked is not None and self.asked is not self.spec:
            clauses.append(f"the table is from {self.spec.display_title}")
        first = self.values[0]
        if OTHER_ALPHA in self.setting.departures:
            claimed_alpha = 1.0 if first.fact.alpha is None else first.fact.alpha
            clauses.append(f"alpha is {alpha_text(first.alpha)}, not {alpha_text(claimed_alpha)}")
        if OTHER_RESOLUTION in self.setting.departures:
            claimed = next(value.fact.resolution for value in self.values if value.fact.resolution)
            clauses.append(f"the resolution is {size_text(first.resolution)}, not {size_text(claimed)}")
        return (*clauses, *self.structure.clauses(self.spec))

    @property
    def claim(self) -> Explanation:
        """The explanation of only the numbers that a claim covers, without a resolution on which none depends."""
        sized = any(value.fact.needs_resolution for value in self.explained)
        departures = tuple(name for name in self.setting.departures if sized or name != OTHER_RESOLUTION)
        return replace(self, values=self.explained, setting=replace(self.setting, departures=departures))

    @property
    def head(self) -> str | None:
        """The head that replaces the table's own, given or found, such as `512,bn,26`."""
        if self.structure.head is not None:
            return str(Head((*self.structure.head, self.structure.classes)))
        return self.spec.head or None

    @property
    def counted(self) -> tuple[Reading, ...]:
        """The readings of the quantities of which it explains at least one number."""
        return tuple(dict.fromkeys(value.reading for value in self.values if value.rounding is not None))

    @property
    def exact(self) -> bool:
        """Whether every value has the printed digits."""
        return all(value.exact for value in self.values)

    @property
    def missed(self) -> tuple[Value, ...]:
        """The facts that it does not explain."""
        return tuple(value for value in self.values if value.rounding is None)

    @property
    def chance(self) -> float:
        """The largest chance of a number that it gives; 1 if it gives none."""
        return max((value.chance for value in self.values if value.rounding is not None), default=1.0)

    @property
    def provable(self) -> tuple[int, ...]:
        """The indices of the values that are hardly a coincidence: exact, with a small chance, in enough rows."""
        good = tuple(index for index, value in enumerate(self.values) if value.exact and value.chance <= CLAIM)
        return good if self.is_one_row or self.distinct_rows(good) >= DISTINCT_ROWS else ()

    @property
    def is_one_row(self) -> bool:
        """Whether all numbers are about one network at one resolution, so that the rule for tables does not apply."""
        return len({value.fact.row for value in self.values}) == 1

    def distinct_rows(self, indices: Iterable[int]) -> int:
        """Return how many distinct values of enough digits there are."""
        values = [self.values[index] for index in indices]
        return len({value.value for value in values if value.fact.printed.digits >= DISTINCT_DIGITS})

    @property
    def explained(self) -> tuple[Value, ...]:
        """The values that a claim covers."""
        return tuple(value for value in self.values if value.explained)

    @property
    def label(self) -> str:
        """The network, its departures, and each number with its exact value."""
        first = self.values[0]
        network = reference_text(self.spec.name, first.alpha, first.resolution, self.structure.implementation)
        numbers = (
            f"{value.fact.printed.text} is{'' if value.rounding else ' not'} {value.value:,} by {value.reading.name}"
            for value in self.values
        )
        return ", ".join((network, *self.departures, *numbers))

    def __repr__(self) -> str:
        return show(self, self.label)


def size_text(resolution: tuple[int, int]) -> str:
    """Return `224`, or `224x160` if the sides differ."""
    return "x".join(map(str, dict.fromkeys(resolution)))


@dataclass(frozen=True)
class Difference:
    """A printed number less that of a network."""

    amount: int
    named: str | None
    """What the difference is, if it is a product of the network's own numbers."""


@dataclass(frozen=True)
class Nearby:
    """A network that is near to numbers that it does not explain."""

    explanation: Explanation
    differences: tuple[Difference, ...]
    """For each fact."""


@dataclass(frozen=True)
class Answer:
    """The explanations of a query."""

    query: Query
    explanations: tuple[Explanation, ...]
    """The simplest first."""
    fits: bool
    """Whether some explanation, listed or not, gives the digits of all facts."""
    nearest: tuple[Nearby, ...]
    """If nothing explains a fact without a mistyped digit: the unmodified networks that are nearest to the facts."""
    advice: str | None
    """What further fact would decide, as a clause with a verb; None if a cause is claimed."""
    rest: Answer | None = None
    """For a table: the answer about the rows that the first explanation misses."""
    claimed_by: tuple[int, ...] = ()
    """The ranks, from 1, of the explanations of which one must be the cause; empty if no cause is claimed.

    Each of them gives every number that the claim covers. A rank can be beyond the explanations that are listed.
    """

    def __repr__(self) -> str:
        best = f", best: {self.explanations[0].label}" if self.explanations else ""
        return show(self, f"{count(self.explanations, 'explanation')}{best}")
