"""The answer to a query: the simplest explanations first, how far each is to be believed, and what would decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mbcost.analytic.layers import Layer
from mbcost.analytic.network import Network
from mbcost.questions.explain.chance import chances
from mbcost.questions.explain.facts import OTHER_ALPHA, OTHER_RESOLUTION, Fact, Query, Setting, alternatives
from mbcost.questions.explain.readings import Reading, Window, float32_sum, named_readings
from mbcost.questions.explain.search import Candidate, Match, nearest_candidate, search
from mbcost.questions.explain.structures import LEFT_OUT, USUAL_CLASSES, Structure, role_of
from mbcost.questions.explain.trials import Trial, quantity_of, trials
from mbcost.spec.model import Spec, alpha_text
from mbcost.spec.printed import Printed
from mbcost.spec.tally import COUNTS, Tally

Watch = Callable[[Iterator[Trial]], Iterable[Trial]]
CLAIM = 0.05
"""An explanation is claimed where at most this share of random numbers would be explained as cheaply."""
COMPARED = 5
"""How many of the first explanations a further number is to tell apart."""
DISTINCT_ROWS, DISTINCT_DIGITS = 3, 3
"""A table's explanation is claimed where no row misses and so many distinct rows of so many digits agree."""


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
    bits: float
    chance: float
    others: int
    """How many other explanations cost no more, its variants included."""
    variants: tuple[str, ...] = ()
    """Other implementations and numbers of classes of which all the same can be said, at the same cost or more."""

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
        return (*said, *self.structure.says)

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
    def claimed(self) -> bool:
        """Whether it may be called the cause: chance is small, and a table agrees in enough distinct rows."""
        if self.missed or self.chance > CLAIM:
            return False
        rows = {(value.fact.quantity, value.value) for value in self.values}
        digits = [value for value in self.values if value.fact.printed.digits >= DISTINCT_DIGITS]
        table = len({value.fact.row for value in self.values}) > 1
        return not table or (len(rows) >= DISTINCT_ROWS and len({v.value for v in digits}) >= DISTINCT_ROWS)


@dataclass(frozen=True)
class Answer:
    """What was found for a query."""

    query: Query
    explanations: tuple[Explanation, ...]
    """The simplest first."""
    nearest: Explanation | None
    """Where nothing gives the digits: the network, counted in a known way, that comes nearest."""
    advice: str | None
    """What further fact would decide; None where a cause is claimed."""
    rest: Answer | None = None
    """For a table: the rows that the first explanation misses, as a query of their own."""


def explain(query: Query, limit: int = 10, watch: Watch = iter) -> Answer:
    """The `limit` simplest explanations of the facts of `query`; `watch` iterates over the settings that are tried.

    Raises:
        MbcostError: nothing can be built of what is fixed.
    """
    tried = [(each, list(watch(trials(each, bits)))) for each, bits in alternatives(query)]
    found = [(candidate, each) for each, some in tried for candidate in search(each, some) if _holds(each, candidate)]
    found.sort(key=lambda pair: pair[0].bits)
    groups: dict[tuple[object, ...], list[tuple[Candidate, Query]]] = {}
    for candidate, each in found:
        groups.setdefault(_cause(candidate), []).append((candidate, each))
    best = list(groups.values())[:limit]
    explanations = tuple(
        replace(
            _explanation(group[0][1], group[0][0], chance, sum(o.bits <= group[0][0].bits for o, _ in found) - 1),
            variants=_variants([candidate.structure for candidate, _ in group]),
        )
        for group, chance in zip(best, chances(tried, [group[0][0] for group in best]), strict=True)
    )
    nearest = None
    if not any(explanation.exact for explanation in explanations):
        nearest = _explanation(tried[0][0], nearest_candidate(*tried[0]), 1.0, 0)
    rest = None
    if explanations and (missed := tuple(value.fact for value in explanations[0].missed)):
        rest = explain(replace(query, facts=missed, counted=explanations[0].counted), limit)
    return Answer(query, explanations, nearest, _advice(query, explanations), rest)


def _cause(candidate: Candidate) -> tuple[object, ...]:
    """Equal for candidates that differ in no more than implementation, classes and rounding."""
    setting, structure = candidate.setting, candidate.structure
    counted = tuple((match.reading, match.window is None) for match in candidate.matches)
    return setting.spec.name, setting.alpha, setting.resolution, setting.departures, structure.departures, counted


def _variants(structures: Sequence[Structure]) -> tuple[str, ...]:
    """All but the first, without those whose classes are as unlikely as they are indifferent."""
    names = dict.fromkeys(f"{each.implementation}, {each.classes} classes" for each in structures)
    likely = {f"{each.implementation}, {each.classes} classes" for each in structures if each.classes in USUAL_CLASSES}
    return tuple(name for name in list(names)[1:] if name in likely)


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
    return Explanation(setting.spec, query.spec, structure, setting, values, candidate.bits, chance, others)


def _valued(query: Query, candidate: Candidate, match: Match) -> Value:
    """The value from the layers themselves: what the search found in its arrays is worked out again."""
    network = network_of(query, candidate.setting, candidate.structure, match.fact)
    value = sum(amounts(network, candidate.structure, match.reading))
    window = match.window
    assert window is None or window.low <= value <= window.high, f"both forms agree: {candidate}"
    meant = None if window is None or window.rounding != "mistyped" else _print(window, match.fact.printed)
    rounding = None if window is None else window.rounding
    return Value(match.fact, network.alpha, network.resolution, match.reading, rounding, value, meant)


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
    exact = [explanation for explanation in explanations if explanation.exact][:COMPARED]
    if not exact or exact[0].claimed:
        return None
    for fact, what in _further(query, exact[0]):
        predicted: dict[int, list[int]] = {}
        for explanation in exact:
            number = _predicted(query, explanation, fact)
            predicted.setdefault(number, []).append(explanations.index(explanation) + 1)
        if len(predicted) > 1 and (len(exact) < 3 or len(next(iter(predicted.values()))) < len(exact) - 1):
            said = (f"{number:,} by {', '.join(f'#{rank}' for rank in ranks)}" for number, ranks in predicted.items())
            return f"{what} would tell: {'; '.join(said)}"
    if exact[1:]:
        return "a table of its layers would tell"
    return "more digits, or another number of the same network, would tell"


def _further(query: Query, first: Explanation) -> list[tuple[Fact, str]]:
    """Numbers that were not given, with what one calls them."""
    known = {value.fact.quantity for value in first.values}
    base = first.values[0].fact
    alpha, resolution = first.values[0].alpha, first.values[0].resolution
    base = replace(base, alpha=alpha, resolution=resolution)
    facts = []
    if "params" not in known:
        facts.append((replace(base, quantity="params"), "the number of parameters"))
    if "mult_adds" not in known:
        facts.append((replace(base, quantity="mult_adds"), f"the multiply-adds at {_size(resolution)}"))
    if not query.facts[0].printed.digits > 6:
        facts.append((replace(base, quantity=first.values[0].fact.quantity), "the number with all its digits"))
    return facts


def _predicted(query: Query, explanation: Explanation, fact: Fact) -> int:
    """What the explanation says of a number that was not given: in its own reading, else in the default one."""
    given = [value.reading for value in explanation.values if value.fact.quantity == fact.quantity]
    reading = given[0] if given else named_readings(quantity_of(fact))[0]
    network = network_of(query, explanation.setting, explanation.structure, fact)
    return sum(amounts(network, explanation.structure, reading))
