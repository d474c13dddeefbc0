"""The numbers of an explanation, counted from the layers: what the search saw in its arrays is worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from mbcost.analytic.layers import Layer
from mbcost.analytic.network import Network
from mbcost.questions.explain.answer import Explanation, SameSums, Value, size_text
from mbcost.questions.explain.columns import COLUMNS, columns_of
from mbcost.questions.explain.facts import Fact, Query, Setting, quantity_of
from mbcost.questions.explain.hits import find_original
from mbcost.questions.explain.peaks import PEAKS, list_peaks
from mbcost.questions.explain.readings import Reading, list_conventions, named_readings
from mbcost.questions.explain.search import Candidate, Match
from mbcost.questions.explain.structures import LEFT_OUT, Structure, role_of
from mbcost.questions.explain.tails import name_trained
from mbcost.questions.explain.windows import PrintWindow, float32_sum
from mbcost.spec.printed import Printed
from mbcost.spec.table import Spec
from mbcost.spec.tally import Tally, counts_of

MOST_SAME = 3
"""At most so many other causes with the same sums are named."""
SAME_MARGIN = 400
"""Another cause with the same sums is named if it costs at most 4 bits more, in hundredths."""
COUNTED = 1024
"""The counts of so many networks are kept, because several explanations are about one network."""


def network_of(query: Query, setting: Setting, structure: Structure, fact: Fact) -> Network:
    """Return the network that explains the fact; it still has the parts that the structure leaves out.

    Raises:
        MbcostError: a feature map is empty.
    """
    draft = structure.draft(setting.spec)
    resolution = setting.resolution_of(fact)
    return draft.network(setting.alpha_of(fact), resolution, structure.classes, query.in_channels)


def count_network(query: Query, setting: Setting, structure: Structure, fact: Fact) -> tuple[int, ...]:
    """Return the counts of the network that explains the fact, as `sum_columns` sums them.

    Raises:
        MbcostError: a feature map is empty.
    """
    quantity = quantity_of(fact)
    if structure.only is None and quantity != "activation_bytes":
        quantity = "params"  # the counts are the same for every quantity
    alpha, resolution = setting.alpha_of(fact), setting.resolution_of(fact)
    return _count(setting.spec, replace(structure, other_classes=False), alpha, resolution, query.in_channels, quantity)


@lru_cache(maxsize=COUNTED)
def _count(
    spec: Spec, structure: Structure, alpha: float, resolution: tuple[int, int], in_channels: int | None, quantity: str
) -> tuple[int, ...]:
    network = structure.draft(spec).network(alpha, resolution, structure.classes, in_channels)
    return sum_columns(network, structure, quantity)


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


def sum_columns(network: Network, structure: Structure, quantity: str) -> tuple[int, ...]:
    """Return the counts of the whole network, one for each of `COLUMNS`, as the structure counts a quantity."""
    groups: dict[tuple[int, bool], list[tuple[int, ...]]] = {}
    trained = structure.trained_from is None
    for layer in network.layers:
        trained = trained or name_trained(layer) == structure.trained_from
        factor = 1 + _times(network.spec, layer, structure, quantity)
        groups.setdefault((factor, trained), []).append(counts_of(layer.tally()))
    totals = [0] * len(COLUMNS)
    for (factor, is_trained), rows in groups.items():
        columns = columns_of(Tally(*map(sum, zip(*rows, strict=True))), trained=is_trained)
        totals = [total + factor * count for total, count in zip(totals, columns, strict=True)]
    totals[COLUMNS.index("networks")] = 1
    if quantity == "activation_bytes" and not structure.departures:
        peaks = list_peaks(
            network.spec,
            structure.implementation,
            network.alpha,
            network.classes,
            network.in_channels,
            network.resolution,
        )
        totals[COLUMNS.index(PEAKS[0]) :] = peaks
    return tuple(totals)


def _times(spec: Spec, layer: Layer, structure: Structure, quantity: str) -> int:
    """Return how many times more the layer is counted: -1 if it is left out."""
    if structure.left_out is None:
        return 0
    counted_as = "params" if quantity in ("params", "bytes") else "mult_adds"
    if structure.only not in (None, counted_as):
        return 0
    miscount = LEFT_OUT[structure.left_out]
    return miscount.times if role_of(spec, int(layer.name.split(".", 1)[0])) in miscount.roles else 0


def confirm(query: Query, candidate: Candidate) -> bool:
    """Return whether each sum in float32 is the printed number; the search accepts all numbers near to it."""
    for match in candidate.matches:
        if match.window is not None and match.window.rounding == "float32":
            network = network_of(query, candidate.setting, candidate.structure, match.fact)
            if float32_sum(list_amounts(network, candidate.structure, match.reading)) != match.fact.printed.number:
                return False
    return True


def make_explanation(query: Query, candidate: Candidate, chances: Mapping[int, float], others: int) -> Explanation:
    """Return the explanation that a candidate is, with the chance of each fact by its index."""
    values = tuple(
        replace(_evaluate(query, candidate, match), chance=chances.get(index, 1.0))
        for index, match in enumerate(candidate.matches)
    )
    setting, structure = candidate.setting, candidate.structure
    same = [equal for equal in candidate.equals if _departures(equal) == _departures(candidate)]
    variants = dict.fromkeys(equal.structure.implementation for equal in same if _names(equal) == _names(candidate))
    variants.pop(structure.implementation, None)
    return Explanation(
        setting.spec,
        query.spec,
        structure,
        setting,
        values,
        candidate.cost,
        others,
        tuple(variants),
        tuple(islice(_list_same_sums(candidate, values), MOST_SAME)),
    )


def _list_same_sums(candidate: Candidate, values: Sequence[Value]) -> Iterator[SameSums]:
    """Yield other causes that are about as simple and have the same sums, each mechanism once.

    A modification that changes nothing of an implementation's network is not a cause.
    """
    group = [candidate, *candidate.equals]
    unmodified = {member.structure.implementation for member in group if not _departures(member)}
    seen = {(_names(candidate), candidate.structure.clauses(candidate.setting.spec))}
    for equal in candidate.equals:
        changes_nothing = _departures(equal) and equal.structure.implementation in unmodified
        unknown = any(match.reading.unnamed for match in equal.matches)
        if equal.cost > candidate.cost + SAME_MARGIN or changes_nothing or unknown:
            continue
        size = equal.setting.resolution
        moved = [f"the resolution is {size_text(size)}"] if size and size != candidate.setting.resolution else []
        classes = equal.structure.classes
        differs = classes != candidate.structure.classes and candidate.setting.spec.has_classifier
        other = [f"{classes} class{'' if classes == 1 else 'es'}"] if differs and equal.structure.head is None else []
        clauses = (*moved, *other, *equal.structure.clauses(equal.setting.spec))
        names = tuple(map(_name_differently, equal.matches, values))
        if (names, clauses) not in seen:
            seen.add((names, clauses))
            yield SameSums(equal.structure.implementation, names, clauses)


def _name_differently(match: Match, value: Value) -> str:
    """Return the name of the reading; that of the value if both are known to count this network alike."""
    alike = value.fact.quantity != "mult_adds" or match.reading.name in value.counted_by
    return value.reading.name if alike else match.reading.name


def _names(candidate: Candidate) -> tuple[str, ...]:
    return tuple(match.reading.name for match in candidate.matches)


def _departures(candidate: Candidate) -> tuple[str, ...]:
    return (*candidate.setting.departures, *candidate.structure.departures)


def _evaluate(query: Query, candidate: Candidate, match: Match) -> Value:
    """Return the value from the layers themselves: what the search saw in its arrays is worked out again."""
    setting = candidate.setting
    counts = count_network(query, setting, candidate.structure, match.fact)
    count = match.reading.weigh(counts)
    window = match.window
    value = Value(
        match.fact,
        setting.alpha_of(match.fact),
        setting.resolution_of(match.fact),
        match.reading,
        None,
        count,
        None,
        coefficients=tuple(
            (name, factor)
            for name, factor, number in zip(COLUMNS, match.reading.row, counts, strict=True)
            if factor and number
        ),
        counted_by=list_counters(match.reading, counts, count),
    )
    if window is None:
        original = find_original([other.fact for other in candidate.matches if other.window is not None], match.fact)
        return replace(value, copied=None if original is None else original.row)
    assert window.low <= count <= window.high or window.rounding == "float32", f"both forms agree: {candidate}"
    meant = _print(window, match.fact.printed) if window.rounding == "mistyped" else None
    return replace(value, rounding=window.rounding, meant=meant)


def list_counters(reading: Reading, counts: Sequence[int], count: int) -> tuple[str, ...]:
    """Return the names of the conventions that count the same, that of the reading first if it is one."""
    # Tools rarely state how they count parameters: those that count as usual are one convention.
    known = list_conventions(reading.quantity) if reading.quantity == "mult_adds" else named_readings(reading.quantity)
    names = [other.name for other in known if other.weigh(counts) == count]
    return tuple(dict.fromkeys([*([reading.name] if reading.named else []), *names]))


def _print(window: PrintWindow, printed: Printed) -> str:
    """Return the number that was meant, in the form of the printed one."""
    digits = list(str(int(window.printed.number / window.printed.step)))
    text = list(printed.text)
    for index in reversed(range(len(text))):
        if digits and text[index].isdigit():
            text[index] = digits.pop()
    return "".join(text)
