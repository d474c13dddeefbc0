"""The answer to a query: the simplest explanations first, how far each is to be believed, and what would decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mbcost.analytic.layers import Layer
from mbcost.analytic.network import Network
from mbcost.questions.explain.chance import chances
from mbcost.questions.explain.facts import OTHER_ALPHA, OTHER_RESOLUTION, Fact, Query, Setting, alternatives
from mbcost.questions.explain.hits import copied_from
from mbcost.questions.explain.readings import Reading, Window, float32_sum, named_readings
from mbcost.questions.explain.search import Candidate, Match, nearest_candidate, search
from mbcost.questions.explain.structures import LEFT_OUT, Structure, role_of
from mbcost.questions.explain.trials import Stacks, Trial, trials
from mbcost.spec.printed import Printed
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec
from mbcost.spec.tally import COUNTS, Tally

Watch = Callable[[Iterator[Trial]], Iterable[Trial]]
CLAIM = 0.05
"""Something is held to be explained where at most this share of random numbers would be explained as cheaply."""
MARGIN = 200
"""One cause is claimed where every other costs more by over 2 bits, in hundredths: chance says that one of them holds,
not which one."""
COMPARED = 5
"""How many of the first explanations a further number is to tell apart."""
DISTINCT_ROWS, DISTINCT_DIGITS = 3, 3
"""So many distinct rows of so many digits that agree make a table's explanation worth claiming, at a small chance."""


@dataclass(frozen=True)
class Value:
    """One fact and what the explanation makes of it."""

    fact: Fact
    alpha: float
    resolution: tuple[int, int]
    reading: Reading
    rounding: str | None
    """How the number is printed; None where the explanation misses it."""
    value: int
    meant: str | None
    """The number that is printed for it, where a digit was mistyped."""
    copied: int | None = None
    """The row whose number stands in its place, where it is missed."""

    @property
    def exact(self) -> bool:
        """Whether the value has the printed digits."""
        return self.rounding not in (None, "off by one", "mistyped")


@dataclass(frozen=True)
class Explanation:
    """A network and a way to count it, with the exact numbers that they give."""

    spec: Spec
    asked: Spec | None
    """The network that was asked about; the one that explains it can be an earlier version of it."""
    structure: Structure
    setting: Setting
    values: tuple[Value, ...]
    cost: int
    """In hundredths of a bit."""
    chance: float
    others: int
    """How many other explanations cost no more, its variants included."""
    variants: tuple[str, ...] = ()
    """Other implementations that build the same network, as far as its numbers go."""
    claimed: bool = False
    """Whether it may be called the cause."""

    @property
    def departures(self) -> tuple[str, ...]:
        """Mistakes and left-out parts, and what is other than claimed."""
        return (*self.setting.departures, *self.structure.departures)

    @property
    def clauses(self) -> tuple[str, ...]:
        """The departures in words."""
        said = (
            [] if self.asked is None or self.asked is self.spec else [f"the table is that of {self.spec.display_title}"]
        )
        first = self.values[0]
        if OTHER_ALPHA in self.setting.departures:
            claimed_alpha = 1.0 if first.fact.alpha is None else first.fact.alpha
            said.append(f"alpha is {alpha_text(first.alpha)}, not {alpha_text(claimed_alpha)}")
        if OTHER_RESOLUTION in self.setting.departures:
            claimed = next(value.fact.resolution for value in self.values if value.fact.resolution)
            said.append(f"the resolution is {_size(first.resolution)}, not {_size(claimed)}")
        return (*said, *self.structure.says(self.spec))

    @property
    def counted(self) -> tuple[Reading, ...]:
        """How it counts, each quantity of which it explains something."""
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
    def proved(self) -> bool:
        """Whether something must be there: it gives all digits, chance is small, and a table agrees in enough rows."""
        if not self.exact or self.chance > CLAIM:
            return False
        digits = {value.value for value in self.values if value.fact.printed.digits >= DISTINCT_DIGITS}
        return len({value.fact.row for value in self.values}) == 1 or len(digits) >= DISTINCT_ROWS


@dataclass(frozen=True)
class Answer:
    """What was found for a query."""

    query: Query
    explanations: tuple[Explanation, ...]
    """The simplest first."""
    fits: bool
    """Whether something gives the digits of all facts, also beyond the explanations that are listed."""
    nearest: Explanation | None
    """Where nothing does: the network as published, counted by a convention, that comes nearest."""
    advice: str | None
    """What further fact would decide; None where a cause is claimed."""
    rest: Answer | None = None
    """For a table: the rows that the first explanation misses, as a query of their own."""


def explain(query: Query, limit: int = 10, watch: Watch = iter) -> Answer:
    """The `limit` simplest explanations of the facts of `query`; `watch` iterates over the settings that are tried.

    Raises:
        MbcostError: nothing can be built of what is fixed.
    """
    stacks: Stacks = {}
    tried = [(each, list(watch(trials(each, cost, stacks)))) for each, cost in alternatives(query)]
    found = [(candidate, each) for each, some in tried for candidate in search(each, some) if _holds(each, candidate)]
    found.sort(key=lambda pair: pair[0].order)
    causes: dict[tuple[object, ...], tuple[Candidate, Query]] = {}
    for pair in found:
        causes.setdefault(_cause(pair[0]), pair)
    best = list(causes.values())[:limit]
    explanations = [
        _explanation(each, candidate, chance, sum(other.cost <= candidate.cost for other, _ in found) - 1)
        for (candidate, each), chance in zip(best, chances(tried, [one for one, _ in best]), strict=True)
    ]
    if explanations and explanations[0].proved:
        rivals = [candidate for candidate, _ in list(causes.values())[1:] if not candidate.missed]
        alone = all(rival.cost > explanations[0].cost + MARGIN for rival in rivals)
        explanations[0] = replace(explanations[0], claimed=alone)
    fits = any(_gives_digits(candidate) for candidate, _ in found)
    nearest = None if fits else _explanation(*nearest_candidate(tried), 1.0, 0)
    rest = None
    if explanations and (missed := _left(explanations[0])):
        rest = explain(replace(query, facts=missed, counted=explanations[0].counted), limit, watch)
    return Answer(query, tuple(explanations), fits, nearest, _advice(query, explanations), rest)


def _left(explanation: Explanation) -> tuple[Fact, ...]:
    """What it misses, apart from copies."""
    return tuple(value.fact for value in explanation.missed if value.copied is None)


def _gives_digits(candidate: Candidate) -> bool:
    return all(match.window is not None and match.window.exact for match in candidate.matches)


def _cause(candidate: Candidate) -> tuple[object, ...]:
    """Equal for candidates that differ in no more than implementation, classes and rounding."""
    setting, structure = candidate.setting, candidate.structure
    counted = tuple((match.reading, match.window is None) for match in candidate.matches)
    return setting.spec.name, setting.alpha, setting.resolution, setting.departures, structure.departures, counted


def network_of(query: Query, setting: Setting, structure: Structure, fact: Fact) -> Network:
    """The network that the fact is explained with, as layers; left-out parts are still in it.

    Raises:
        MbcostError: a map is empty.
    """
    draft = structure.draft(setting.spec)
    resolution = setting.resolution_of(fact)
    return draft.network(setting.alpha_of(fact), resolution, structure.classes, query.in_channels)


def amounts(network: Network, structure: Structure, reading: Reading) -> list[int]:
    """What each layer adds to the number, in order of execution; what is counted twice comes at the end."""
    first, more = [], []
    for layer in network.layers:
        amount = _weigh(layer.tally(), reading)
        times = _times(network.spec, layer, structure, reading.quantity)
        first.append(amount if times >= 0 else 0)
        more += [amount] * max(times, 0)
    return first + more


def _times(spec: Spec, layer: Layer, structure: Structure, quantity: str) -> int:
    """How often a layer counts beside once: -1 where it is left out."""
    if structure.left_out is None:
        return 0
    _, parts, times = LEFT_OUT[structure.left_out]
    counted_as = "params" if quantity in ("params", "bytes") else "mult_adds"
    if structure.only not in (None, counted_as):
        return 0
    return times if role_of(spec, int(layer.name.split(".", 1)[0])) in parts else 0


def _weigh(tally: Tally, reading: Reading) -> int:
    return sum(getattr(tally, count) * factor for count, factor in zip(COUNTS, reading.row, strict=True) if factor)


def _holds(query: Query, candidate: Candidate) -> bool:
    """Whether a sum in float32 really comes to what is printed; the search only looked in its neighbourhood."""
    for match in candidate.matches:
        if match.window is not None and match.window.rounding == "float32":
            network = network_of(query, candidate.setting, candidate.structure, match.fact)
            if float32_sum(amounts(network, candidate.structure, match.reading)) != match.fact.printed.number:
                return False
    return True


def _explanation(query: Query, candidate: Candidate, chance: float, others: int) -> Explanation:
    values = tuple(_valued(query, candidate, match) for match in candidate.matches)
    setting, structure = candidate.setting, candidate.structure
    names = dict.fromkeys(each.implementation for each in candidate.equals if each.departures == structure.departures)
    variants = tuple(name for name in names if name != structure.implementation)
    return Explanation(setting.spec, query.spec, structure, setting, values, candidate.cost, chance, others, variants)


def _valued(query: Query, candidate: Candidate, match: Match) -> Value:
    """The value from the layers themselves: what the search found in its arrays is worked out again."""
    network = network_of(query, candidate.setting, candidate.structure, match.fact)
    value = sum(amounts(network, candidate.structure, match.reading))
    window, copied = match.window, None
    if window is None:
        explained = [other.fact for other in candidate.matches if other.window is not None]
        first = copied_from(explained, match.fact)
        copied = None if first is None else first.row
        return Value(match.fact, network.alpha, network.resolution, match.reading, None, value, None, copied)
    assert window.low <= value <= window.high or window.rounding == "float32", f"both forms agree: {candidate}"
    meant = _print(window, match.fact.printed) if window.rounding == "mistyped" else None
    return Value(match.fact, network.alpha, network.resolution, match.reading, window.rounding, value, meant)


def _print(window: Window, printed: Printed) -> str:
    """The number that was meant, in the form of the one that is printed."""
    digits = list(str(int(window.printed.number / window.printed.step)))
    text = list(printed.text)
    for place in reversed(range(len(text))):
        if digits and text[place].isdigit():
            text[place] = digits.pop()
    return "".join(text)


def _size(resolution: tuple[int, int]) -> str:
    return f"{resolution[0]}x{resolution[1]}" if resolution[0] != resolution[1] else str(resolution[0])


def _advice(query: Query, explanations: Sequence[Explanation]) -> str | None:
    """What further number would tell the first explanations apart, and what each of them says of it."""
    ranked = [(rank, explanation) for rank, explanation in enumerate(explanations, 1) if explanation.exact][:COMPARED]
    if not ranked or explanations[0].claimed:
        return None
    best: tuple[int, str] | None = None
    for what, number in _further(query, ranked[0][1]):
        predicted: dict[int, list[str]] = {}
        for rank, explanation in ranked:
            predicted.setdefault(number(explanation), []).append(f"#{rank}")
        apart = any("#2" in ranks and "#1" not in ranks for ranks in predicted.values())
        if apart and (best is None or len(predicted) > best[0]):
            said = "; ".join(f"{count:,} by {', '.join(ranks)}" for count, ranks in predicted.items())
            best = len(predicted), f"{what} would tell: {said}"
    if best is not None:
        return best[1]
    if len(ranked) > 1:
        return "a table of its layers would tell"
    return "more digits, or another number of the same network, would tell"


def _further(query: Query, first: Explanation) -> Iterator[tuple[str, Callable[[Explanation], int]]]:
    """Numbers that were not given: what one calls them, and what an explanation says of them."""
    known = {value.fact.quantity for value in first.values}
    for quantity, what in (("params", "the number of parameters"), ("mult_adds", "the multiply-adds")):
        if quantity not in known:
            yield what, partial(_predicted, query, quantity)
    for place, value in enumerate(first.values[:COMPARED]):
        if value.fact.printed.step > 1:
            named = "the number" if len(first.values) == 1 else value.fact.printed.text
            yield f"{named} with all its digits", partial(_all_digits, place)


def _all_digits(place: int, explanation: Explanation) -> int:
    return explanation.values[place].value


def _predicted(query: Query, quantity: str, explanation: Explanation) -> int:
    """What the explanation says of a quantity that was not given, of its own network, in the default convention."""
    first = explanation.values[0]
    fact = replace(first.fact, quantity=quantity, alpha=first.alpha, resolution=first.resolution)
    network = network_of(query, explanation.setting, explanation.structure, fact)
    return sum(amounts(network, explanation.structure, named_readings(quantity)[0]))
