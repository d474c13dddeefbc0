"""The answer to a query: the simplest explanations first, the chance of each, and what would decide between them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mbcost.analytic.layers import Layer
from mbcost.analytic.network import Network
from mbcost.questions.explain.chance import compute_chances
from mbcost.questions.explain.columns import COLUMNS, columns_of
from mbcost.questions.explain.facts import OTHER_ALPHA, OTHER_RESOLUTION, Fact, Query, Setting, fill_quantities
from mbcost.questions.explain.hits import find_original
from mbcost.questions.explain.readings import Reading, named_readings
from mbcost.questions.explain.search import Candidate, Match, find_candidates, find_nearest
from mbcost.questions.explain.structures import LEFT_OUT, Structure, role_of
from mbcost.questions.explain.tails import name_trained
from mbcost.questions.explain.trials import Stacks, Trial, build_trials
from mbcost.questions.explain.wide import build_wide_trials
from mbcost.questions.explain.windows import PrintWindow, float32_sum
from mbcost.spec.printed import Printed
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec

Watch = Callable[[Iterator[Trial]], Iterable[Trial]]
CLAIM = 0.05
"""A cause is claimed if at most this share of similar random numbers would get an equally simple explanation."""
MARGIN = 200
"""A cause is claimed if every other one costs over 2 bits more, in hundredths: a small chance says that one of them is
true, not which one."""
WIDE = 1200
"""What only a wide search tries costs at least this, in hundredths of a bit: it is left out if a simpler cause fits."""
COMPARED = 5
"""A further number is to decide between so many of the first explanations."""
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
    explained: bool = False
    """Whether a claim covers the number: see `Explanation.provable` and `Answer.claimed_by`."""

    @property
    def exact(self) -> bool:
        """Whether the value has the printed digits."""
        return self.rounding not in (None, "off by one", "mistyped")


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
            clauses.append(f"the resolution is {_resolution_text(first.resolution)}, not {_resolution_text(claimed)}")
        return (*clauses, *self.structure.clauses(self.spec))

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


@dataclass(frozen=True)
class Answer:
    """The explanations of a query."""

    query: Query
    explanations: tuple[Explanation, ...]
    """The simplest first."""
    fits: bool
    """Whether some explanation, listed or not, gives the digits of all facts."""
    nearest: Explanation | None
    """If no explanation does: the unmodified network, counted by a convention, that is nearest to the facts."""
    advice: str | None
    """What further fact would decide, as a clause with a verb; None if a cause is claimed."""
    rest: Answer | None = None
    """For a table: the answer about the rows that the first explanation misses."""
    claimed_by: tuple[int, ...] = ()
    """The ranks, from 1, of the explanations of which one must be the cause; empty if no cause is claimed.

    Each of them gives every number that the claim covers.
    """


def explain(query: Query, limit: int = 10, watch: Watch = iter) -> Answer:
    """Return the `limit` simplest explanations of the facts of `query`.

    Args:
        query: what to explain.
        limit: how many explanations to list.
        watch: iterates over the trials, and can show the progress.

    Raises:
        MbcostError: no network can be built as the query says.
    """
    tried, confirmed = _search(query, watch)
    if not (query.plain or query.deep) and not (confirmed and confirmed[0][0].cost + MARGIN <= WIDE):
        tried, confirmed = _search(replace(query, wide=True), watch)
    causes: dict[tuple[object, ...], tuple[Candidate, Query]] = {}
    for candidate, filled in confirmed:
        causes.setdefault(_cause(candidate), (candidate, filled))
    simplest = list(causes.values())[:limit]
    chances = compute_chances(tried, [candidate for candidate, _ in simplest])
    explanations = [
        _explanation(filled, candidate, chance, sum(other.cost <= candidate.cost for other, _ in confirmed) - 1)
        for (candidate, filled), chance in zip(simplest, chances, strict=True)
    ]
    explanations, claimed_by = _claim(explanations, [candidate for candidate, _ in causes.values()])
    fits = any(_gives_digits(candidate) for candidate, _ in confirmed)
    nearest = None if fits else _explanation(*find_nearest(tried), {}, 0)
    rest = None
    if explanations and (missed := _left(explanations[0])):
        rest = explain(replace(query, facts=missed, counted=explanations[0].counted), limit, watch)
    return Answer(query, tuple(explanations), fits, nearest, _advise(query, explanations), rest, claimed_by)


def _search(query: Query, watch: Watch) -> tuple[list[tuple[Query, list[Trial]]], list[tuple[Candidate, Query]]]:
    """Return the trials, and the candidates that give the facts, the simplest first, with their quantities."""
    stacks: Stacks = {}
    tried = [(filled, list(watch(_build_trials(filled, cost, stacks)))) for filled, cost in fill_quantities(query)]
    confirmed = [
        (candidate, filled)
        for filled, trials in tried
        for candidate in find_candidates(filled, trials)
        if _confirm(filled, candidate)
    ]
    # A mistyped digit explains almost anything, so it is only offered if nothing else fits.
    confirmed = [pair for pair in confirmed if not pair[0].mistyped] or confirmed
    return tried, sorted(confirmed, key=lambda pair: pair[0].order)


def _build_trials(query: Query, cost: int, stacks: Stacks) -> Iterator[Trial]:
    yield from build_trials(query, cost, stacks)
    yield from build_wide_trials(query, cost)


def _claim(
    explanations: list[Explanation], candidates: Sequence[Candidate]
) -> tuple[list[Explanation], tuple[int, ...]]:
    """Return the explanations, marked with what the first one explains, and the ranks of those that explain the same.

    A number is explained if its chance is small and no explanation that misses it is about as simple.

    Args:
        explanations: the simplest first.
        candidates: every cause that fits, in the same order; also those that are not listed.
    """
    if not explanations:
        return explanations, ()
    first, *others = explanations
    near = [candidate for candidate in candidates[1:] if candidate.cost <= first.cost + MARGIN]
    covered = {index for index in first.provable if not any(index in candidate.missed for candidate in near)}
    if not covered:
        return explanations, ()
    cause = _cause(candidates[0], covered)
    rivals = [
        rank
        for rank, candidate in enumerate(near, 2)
        if covered.isdisjoint(candidate.missed) and _cause(candidate, covered) != cause
    ]
    values = tuple(replace(value, explained=index in covered) for index, value in enumerate(first.values))
    first = replace(first, values=values, claimed=not rivals)
    return [first, *others], (1, *(rank for rank in rivals if rank <= len(explanations)))


def _left(explanation: Explanation) -> tuple[Fact, ...]:
    """Return the facts that the explanation misses and that are not copies."""
    return tuple(value.fact for value in explanation.missed if value.copied is None)


def _gives_digits(candidate: Candidate) -> bool:
    return all(match.window is not None and match.window.exact for match in candidate.matches)


def _cause(candidate: Candidate, facts: Container[int] | None = None) -> tuple[object, ...]:
    """Return the key that candidates share if only their implementation, classes or rounding differ.

    With `facts`, candidates that say the same about these facts share it.
    """
    setting, structure = candidate.setting, candidate.structure
    counted = tuple(
        (match.reading, match.window is None)
        for index, match in enumerate(candidate.matches)
        if facts is None or index in facts
    )
    return setting.spec.name, setting.alpha, setting.resolution, setting.departures, structure.departures, counted


def network_of(query: Query, setting: Setting, structure: Structure, fact: Fact) -> Network:
    """Return the network that explains the fact; it still has the parts that the structure leaves out.

    Raises:
        MbcostError: a feature map is empty.
    """
    draft = structure.draft(setting.spec)
    resolution = setting.resolution_of(fact)
    return draft.network(setting.alpha_of(fact), resolution, structure.classes, query.in_channels)


def list_amounts(network: Network, structure: Structure, reading: Reading) -> list[int]:
    """Return what each layer adds to the number, in order of execution; what is counted twice is added at the end."""
    amounts, repeated = [], []
    trained = structure.trained_from is None
    for layer in network.layers:
        trained = trained or name_trained(layer) == structure.trained_from
        amount = reading.weigh(columns_of(layer.tally(), trained=trained))
        times = _times(network.spec, layer, structure, reading.quantity)
        amounts.append(amount if times >= 0 else 0)
        repeated += [amount] * max(times, 0)
    return [*amounts, *repeated, reading.row[COLUMNS.index("networks")]]


def _times(spec: Spec, layer: Layer, structure: Structure, quantity: str) -> int:
    """Return how many times more the layer is counted: -1 if it is left out."""
    if structure.left_out is None:
        return 0
    counted_as = "params" if quantity in ("params", "bytes") else "mult_adds"
    if structure.only not in (None, counted_as):
        return 0
    miscount = LEFT_OUT[structure.left_out]
    return miscount.times if role_of(spec, int(layer.name.split(".", 1)[0])) in miscount.roles else 0


def _confirm(query: Query, candidate: Candidate) -> bool:
    """Return whether each sum in float32 is the printed number; the search accepts all numbers near to it."""
    for match in candidate.matches:
        if match.window is not None and match.window.rounding == "float32":
            network = network_of(query, candidate.setting, candidate.structure, match.fact)
            if float32_sum(list_amounts(network, candidate.structure, match.reading)) != match.fact.printed.number:
                return False
    return True


def _explanation(query: Query, candidate: Candidate, chances: Mapping[int, float], others: int) -> Explanation:
    values = tuple(
        replace(_evaluate(query, candidate, match), chance=chances.get(index, 1.0))
        for index, match in enumerate(candidate.matches)
    )
    setting, structure = candidate.setting, candidate.structure
    same = [equal.implementation for equal in candidate.equals if equal.departures == structure.departures]
    variants = tuple(name for name in dict.fromkeys(same) if name != structure.implementation)
    return Explanation(setting.spec, query.spec, structure, setting, values, candidate.cost, others, variants)


def _evaluate(query: Query, candidate: Candidate, match: Match) -> Value:
    """Return the value from the layers themselves: what the search saw in its arrays is worked out again."""
    network = network_of(query, candidate.setting, candidate.structure, match.fact)
    count = sum(list_amounts(network, candidate.structure, match.reading))
    window = match.window
    value = Value(match.fact, network.alpha, network.resolution, match.reading, None, count, None)
    if window is None:
        original = find_original([other.fact for other in candidate.matches if other.window is not None], match.fact)
        return replace(value, copied=None if original is None else original.row)
    assert window.low <= count <= window.high or window.rounding == "float32", f"both forms agree: {candidate}"
    meant = _print(window, match.fact.printed) if window.rounding == "mistyped" else None
    return replace(value, rounding=window.rounding, meant=meant)


def _print(window: PrintWindow, printed: Printed) -> str:
    """Return the number that was meant, in the form of the printed one."""
    digits = list(str(int(window.printed.number / window.printed.step)))
    text = list(printed.text)
    for index in reversed(range(len(text))):
        if digits and text[index].isdigit():
            text[index] = digits.pop()
    return "".join(text)


def _resolution_text(resolution: tuple[int, int]) -> str:
    return "x".join(map(str, dict.fromkeys(resolution)))


def _advise(query: Query, explanations: Sequence[Explanation]) -> str | None:
    """Return which further number would decide between the first explanations, with the value for each of them."""
    ranked = [(rank, explanation) for rank, explanation in enumerate(explanations, 1) if explanation.exact][:COMPARED]
    if not ranked or (explanations[0].claimed and all(value.explained for value in explanations[0].values)):
        return None
    best: tuple[int, str] | None = None
    for number, predict in _further_numbers(query, ranked[0][1]):
        ranks_by_count: dict[int, list[str]] = {}
        for rank, explanation in ranked:
            ranks_by_count.setdefault(predict(explanation), []).append(f"#{rank}")
        apart = any("#2" in ranks and "#1" not in ranks for ranks in ranks_by_count.values())
        if apart and (best is None or len(ranks_by_count) > best[0]):
            counts = "; ".join(f"{count:,} if {' or '.join(ranks)} is right" for count, ranks in ranks_by_count.items())
            best = len(ranks_by_count), f"find {number}: {counts}"
    if best is not None:
        return best[1]
    return "find the cost of each layer" if len(ranked) > 1 else "find more digits, or another number of this network"


def _further_numbers(query: Query, first: Explanation) -> Iterator[tuple[str, Callable[[Explanation], int]]]:
    """Yield numbers that the query does not give: the name of each, and its value under an explanation."""
    known = {value.fact.quantity for value in first.values}
    for quantity, name in (("params", "the number of parameters"), ("mult_adds", "the number of multiply-adds")):
        if quantity not in known:
            yield name, partial(_predict, query, quantity)
    for index, value in enumerate(first.values[:COMPARED]):
        if value.fact.printed.step > 1:
            name = "the number" if len(first.values) == 1 else value.fact.printed.text
            yield f"{name} with all its digits", partial(_full_digits, index)


def _full_digits(index: int, explanation: Explanation) -> int:
    return explanation.values[index].value


def _predict(query: Query, quantity: str, explanation: Explanation) -> int:
    """Return the explanation's count of a quantity that the query does not give, by the default convention."""
    first = explanation.values[0]
    fact = replace(first.fact, quantity=quantity, alpha=first.alpha, resolution=first.resolution)
    network = network_of(query, explanation.setting, explanation.structure, fact)
    return sum(list_amounts(network, explanation.structure, named_readings(quantity)[0]))
