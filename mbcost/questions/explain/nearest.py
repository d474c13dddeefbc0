"""The networks that are nearest to numbers that nothing explains, and what the differences are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mbcost.questions.explain.answer import Difference, Nearby
from mbcost.questions.explain.evaluate import list_amounts, make_explanation, network_of, sum_columns
from mbcost.questions.explain.facts import Query, quantity_of
from mbcost.questions.explain.reading_sets import load_readings
from mbcost.questions.explain.readings import KERAS_NORMALIZATION, Reading
from mbcost.questions.explain.search import Match, TrialHit
from mbcost.questions.explain.structures import USUAL_CLASSES
from mbcost.questions.explain.trials import Trial, quantities_of
from mbcost.spec.tally import COUNTS

NUMBER = 3
"""So many networks are shown."""
NEAR = 1.0
"""Only the first one may differ from the facts by more than this share in all."""
USUAL_COST = 300
"""Only readings that cost at most this, in hundredths of a bit, are shown as the nearest ones."""
FACTORS = (1, 2, 3, 4)
"""A difference is named if it is a raw count, once or a few times."""


def find_nearest(tried: Sequence[tuple[Query, Sequence[Trial]]]) -> tuple[Nearby, ...]:
    """Return the unmodified networks, counted by a convention, that are nearest to the facts, the nearest first."""
    entries = sorted(
        (
            (distance, number, index, readings)
            for number, (query, trial) in enumerate((query, trial) for query, trials in tried for trial in trials)
            for distance, index, readings in _list_nearest(query, trial)
        ),
        key=lambda entry: entry[:3],
    )
    flat = [(query, trial) for query, trials in tried for trial in trials]
    nearest: dict[tuple[int, ...], Nearby] = {}
    for distance, number, index, readings in entries:
        if nearest and distance > NEAR:
            break
        query, trial = flat[number]
        matches = tuple(Match(fact, readings[quantity_of(fact)], None) for fact in query.facts)
        hit = TrialHit(trial, index, matches, int(trial.cost[index]))
        explanation = make_explanation(query, hit.candidate(), {}, 0)
        key = tuple(value.value for value in explanation.values)
        if key not in nearest:
            nearest[key] = Nearby(explanation, tuple(_differences(query, hit)))
        if len(nearest) == NUMBER:
            break
    return tuple(nearest.values())


def _list_nearest(query: Query, trial: Trial) -> Iterator[tuple[float, int, dict[str, Reading]]]:
    """Yield the nearest structures of a trial: distance, index, and the reading of each quantity."""
    import numpy as np

    classes = (query.classes,) if query.classes else USUAL_CLASSES
    indices = [index for index in range(trial.plain) if trial.structures[index].classes in classes]
    if not indices or trial.setting.departures:
        return
    distance, best = np.zeros(len(indices)), {}
    for quantity in quantities_of(query):
        readings = load_readings(quantity, named=True)
        usual = [
            index
            for index, reading in enumerate(readings.readings)
            if reading.cost <= USUAL_COST and not reading.is_part
        ]
        relative = np.zeros((len(indices), len(usual)))
        for fact, counts in zip(query.facts, trial.counts, strict=True):
            if fact.quantity == quantity:
                values = readings.weigh(counts[indices])[:, usual]
                relative += np.abs(values / float(fact.printed.number) - 1)
        best[quantity] = [readings.readings[usual[at]] for at in relative.argmin(axis=1).tolist()]
        distance += relative.min(axis=1)
    for at in np.argsort(distance, kind="stable")[:NUMBER].tolist():
        yield float(distance[at]), indices[at], {name: chosen[at] for name, chosen in best.items()}


def _differences(query: Query, hit: TrialHit) -> Iterator[Difference]:
    """Yield for each fact the printed number less that of the network, and what the difference is."""
    candidate = hit.candidate()
    for match in candidate.matches:
        network = network_of(query, candidate.setting, candidate.structure, match.fact)
        counts = sum_columns(network, candidate.structure, quantity_of(match.fact))
        printed = match.fact.printed
        amount = round(printed.number) - match.reading.weigh(counts)
        named = None
        if printed.step == 1 and not printed.relation:
            amounts = list_amounts(network, candidate.structure, match.reading)
            layers = [(layer.name, value) for layer, value in zip(network.layers, amounts, strict=False)]
            named = name_difference(amount, quantity_of(match.fact), counts, layers)
        yield Difference(amount, named)


def name_difference(amount: int, quantity: str, counts: Sequence[int], layers: Iterable[tuple[str, int]]) -> str | None:
    """Return what a difference is, if it is a product of the network's own numbers; None if it is not.

    Args:
        amount: the difference, of either sign.
        quantity: what the numbers count.
        counts: the network's counts, one for each of `COLUMNS`.
        layers: the name of each layer, and what it adds to the number.
    """
    size = abs(amount)
    if size == 0:
        return None
    if amount == KERAS_NORMALIZATION and quantity == "params":
        return "the mean, variance and count of Keras's normalization layer"
    by_step: dict[str, int] = {}
    for name, value in layers:
        by_step[name] = by_step.get(name, 0) + value
    steps = [name for name, value in by_step.items() if value == size]
    if steps:
        return f"what {' or '.join(steps[:2])} costs"
    for factor in FACTORS:
        for name, count in zip(COUNTS, counts, strict=False):
            if count and count * factor == size:
                return (f"{factor} x " if factor > 1 else "") + f"the {name.replace('_', ' ')}"
    return None
