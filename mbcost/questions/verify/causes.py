"""Which known mistakes, and which changes of rows, blocks and layers, explain how a model differs from a network?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.aligned.branches import list_in_order_of, measure_distance
from mbcost.questions.aligned.weighted import (
    WeightedLayer,
    count_differing,
    count_surplus,
    list_network_layers,
    pair_layers,
)
from mbcost.questions.mistakes.draft import Draft
from mbcost.questions.mistakes.in_models import MODEL_MISTAKES
from mbcost.questions.mistakes.known import MISTAKES
from mbcost.questions.verify.attributes import describe_attributes
from mbcost.questions.verify.identify import (
    NetworkMatch,
    Step,
    Watch,
    describe_changes,
    find_alternatives,
    match_network,
)
from mbcost.questions.verify.propose import propose
from mbcost.spec.observed import TracedModel

MOST_MISTAKES = 4
"""At most this many mistakes are combined: more of them describe a network no better than its differences do."""
LEAST_SHARE = 4
"""An explanation may leave at most one layer in this many unexplained."""
FEW = 2
"""With at most this many mistakes of the network that was asked about, no other network is tried."""


def explain_differences(
    network: Network, model: TracedModel, epsilon: float | None, watch: Watch = iter
) -> NetworkMatch | None:
    """Return the network, with mistakes, that has the model's layers, or differs in at most half as many layers.

    Mistakes are added one by one, always the one that brings the most layers into agreement. They are added to
    `network` and to the closest other one: with a different alpha, implementation or number of classes, or an earlier
    version of the table. What changes no count or map of a layer is described afterwards.

    Unmatched layers are quick to count, but a network that lacks a differing layer altogether has fewer of them. So an
    explanation must also leave fewer differences between the layers that are paired.

    Args:
        network: the network that was asked about.
        model: the model, which differs from it.
        epsilon: the expected epsilon of every norm; None if it is not compared.
        watch: iterates over the networks that are tried.
    """
    ours = list_network_layers(network)
    layers = list_in_order_of(ours, model)
    asked, differing = match_network(network, model), count_differing(ours, layers)
    best, left = asked, differing
    if not asked.exact and not network.spec.is_flat:  # a flat network is built in one way only
        best, left = _search(asked, differing, model, layers, watch)
    pairs = pair_layers(list_network_layers(best.network), list_in_order_of(list_network_layers(best.network), model))
    best = replace(best, clauses=(*best.clauses, *describe_attributes(pairs, epsilon)))
    convincing = best.exact or (2 * left <= differing and LEAST_SHARE * left <= len(layers))
    return best if best.clauses and convincing else None


def _search(
    asked: NetworkMatch, differing: int, model: TracedModel, layers: Sequence[WeightedLayer], watch: Watch
) -> tuple[NetworkMatch, int]:
    """Return the closest network that differs from `asked` in few ways, and in how many layers it then differs."""
    explained = [_add_mistakes(asked, differing, model, layers, watch)]
    # Any other base has a clause of its own already, so after few clauses only those without mistakes can be simpler.
    few = explained[0][0].exact and len(explained[0][0].clauses) <= FEW
    for match in find_alternatives(asked.network, model, watch, exact_only=few):
        if match.unmatched < asked.unmatched:
            left = count_differing(list_network_layers(match.network), layers)
            if left < differing:
                base = replace(match, clauses=describe_changes(match.network, asked.network))
                explained.append((base, left) if base.exact else _add_mistakes(base, left, model, layers, watch))
    return min(explained, key=lambda pair: (*pair[0].order, len(pair[0].clauses), pair[0].count_unknown()))


def _add_mistakes(
    base: NetworkMatch, left: int, model: TracedModel, layers: Sequence[WeightedLayer], watch: Watch
) -> tuple[NetworkMatch, int]:
    """Return the base with the mistakes that bring it closest, and in how many layers it then differs.

    `left` is the number of layers in which the base differs.
    """
    spec = base.network.spec
    draft = Draft(spec, spec.implementation(base.network.implementation))
    best = base
    while not best.exact and len(best.mistakes) < MOST_MISTAKES:
        trials = _try_mistakes(best, draft, model, layers, watch)
        step = _choose_closer(trials, left, layers) or _choose_similar(best, trials, left, layers)
        if step is None:
            break
        trial, left = step
        best, draft = trial.match, trial.draft
    return _shorten(base, best, model, layers, watch), left


def _choose_closer(trials: Sequence[_Trial], left: int, layers: Sequence[WeightedLayer]) -> tuple[_Trial, int] | None:
    """Return the best trial that leaves fewer than `left` differing layers, and how many it leaves."""
    for trial in trials:
        # Pairing layers takes long; the surplus of one side is known at once and is a lower bound.
        if trial.surplus < left and (differing := count_differing(trial.layers, layers)) < left:
            return trial, differing
    return None


def _choose_similar(
    best: NetworkMatch, trials: Sequence[_Trial], left: int, layers: Sequence[WeightedLayer]
) -> tuple[_Trial, int] | None:
    """Return the first trial that leaves as many differing layers, but more similar ones.

    It is needed if every layer that is left differs in two ways, so that no single mistake explains one.
    """
    distance = measure_distance(list_network_layers(best.network), layers)
    for trial in trials:
        if trial.match.mistakes[-1] in MISTAKES:  # they concern many layers at once
            continue
        if trial.surplus <= left and measure_distance(trial.layers, layers) < distance:
            differing = count_differing(trial.layers, layers)
            if differing <= left:
                return trial, differing
    return None


def _shorten(
    base: NetworkMatch, best: NetworkMatch, model: TracedModel, layers: Sequence[WeightedLayer], watch: Watch
) -> NetworkMatch:
    """Return an exact match with fewer mistakes, where one mistake can replace two of them; else the same match.

    A mistake that was added early can be a poor substitute for one that shows only after the others.
    """
    steps = best.steps
    while best.exact and len(steps) > FEW:
        for kept in combinations(steps, len(steps) - 2):
            start = _apply(base, kept, model)
            trials = [] if start is None else _try_mistakes(*start, model, layers, watch)
            if trials and trials[0].match.exact:
                best = trials[0].match
                break
        if len(best.steps) == len(steps):
            break
        steps = best.steps
    return best


def _apply(base: NetworkMatch, steps: Sequence[Step], model: TracedModel) -> tuple[NetworkMatch, Draft] | None:
    """Return the base with the mistakes; None if no network can be built with them."""
    network = base.network
    draft = Draft(network.spec, network.spec.implementation(network.implementation))
    for _, mistake in steps:
        draft = mistake.make(draft)
    try:
        built = draft.network(network.alpha, network.resolution, network.classes, network.in_channels)
    except MbcostError:  # no channel or no map is left
        return None
    clauses = (*base.clauses, *(mistake.text for _, mistake in steps))
    return replace(match_network(built, model), steps=tuple(steps), clauses=clauses), draft


def _try_mistakes(
    base: NetworkMatch, draft: Draft, model: TracedModel, layers: Sequence[WeightedLayer], watch: Watch
) -> list[_Trial]:
    """Return the base with each mistake that applies to it, after the layers that it leaves, the closest first.

    Among equally close ones, the more general mistakes come first: the known ones, then those of rows, blocks, layers.
    """
    network = base.network
    pairs = pair_layers(list_network_layers(network), layers)
    known = {**MISTAKES, **MODEL_MISTAKES, **propose(draft, network, pairs)}
    tried: list[_Trial] = []
    for name, mistake in watch(list(known.items())):
        changed = mistake.make(draft)
        if changed == draft:
            continue
        try:
            built = changed.network(network.alpha, network.resolution, network.classes, network.in_channels)
        except MbcostError:  # no channel or no map is left
            continue
        steps, clauses = (*base.steps, (name, mistake)), (*base.clauses, mistake.text)
        ours = list_network_layers(built)
        match = replace(match_network(built, model, ours), steps=steps, clauses=clauses)
        tried.append(_Trial(match, changed, ours, count_surplus(ours, layers)))
    return sorted(tried, key=lambda trial: (not trial.match.exact, trial.surplus))


@dataclass(frozen=True)
class _Trial:
    """A network with one mistake more, and how many layers it leaves at least."""

    match: NetworkMatch
    draft: Draft
    layers: tuple[WeightedLayer, ...]
    """The layers of the network."""
    surplus: int
