"""Which network, with which known mistakes, has the layers of a user's model?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.aligned.branches import has_branches, list_in_order_of, measure_distance
from mbcost.questions.aligned.weighted import (
    WeightedLayer,
    count_differing,
    count_surplus,
    count_unmatched,
    list_model_layers,
    list_network_layers,
    pair_layers,
)
from mbcost.questions.mistakes.in_models import MODEL_MISTAKES
from mbcost.questions.mistakes.known import MISTAKES, Draft, Mistake
from mbcost.questions.verify.attributes import describe_attributes
from mbcost.questions.verify.propose import propose
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.observed import TracedModel
from mbcost.spec.scaling import Scaling, alpha_text
from mbcost.spec.table import CLASSES, Spec

MOST_MISTAKES = 4
"""At most this many mistakes are combined: more of them describe a network no better than its differences do."""
MOST_TABLES = 4
"""At most this many tables are tried at every alpha in every implementation: those with the most similar outlines."""
LEAST_SHARE = 4
"""An explanation may leave at most one layer in this many unexplained."""
FEW = 2
"""With at most this many mistakes of the network that was asked about, no other network is tried."""
SHOWN = 5
"""How many of the closest networks are shown."""
ALPHAS = (0.05, 8.0)
"""The range in which a ratio of two widths can be a width multiplier."""

Step = tuple[str, Mistake]
"""A mistake with its name."""
Setting = tuple[float, str, int]
"""Alpha, implementation and number of classes."""
Watch = Callable[[Sequence[Any]], Iterable[Any]]
"""Iterates over a sequence and can show the progress."""


@dataclass(frozen=True)
class NetworkMatch:
    """A network, built with known mistakes or without, compared with a model."""

    network: Network
    unmatched: int
    """How many layers of the two have no equal in the other; 0 also if only their order differs."""
    exact: bool
    """Whether the layers are the same, one after the other."""
    steps: tuple[Step, ...] = ()
    """Its mistakes."""
    clauses: tuple[str, ...] = ()
    """In words: how the network differs from the one that was asked about, and its mistakes."""

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The names of its mistakes."""
        return tuple(name for name, _ in self.steps)

    def count_unknown(self) -> int:
        """Return how many of its mistakes are read from the model, and are not known ones."""
        return sum(name not in MISTAKES and name not in MODEL_MISTAKES for name in self.mistakes)

    @property
    def order(self) -> tuple[bool, int]:
        """The key that sorts the closest network first."""
        return not self.exact, self.unmatched


def find_closest(
    specs: Sequence[Spec], model: TracedModel, alpha: float | None, implementation: str | None, classes: int | None,
    watch: Watch = iter,
) -> tuple[NetworkMatch, ...]:  # fmt: skip
    """Return the `SHOWN` networks of `specs` that are closest to the model, the closest first.

    A setting that is None is open: every value that the model can have is tried.

    Raises:
        MbcostError: no network can be built.
    """
    similar = _select_similar(specs, model)
    settings = [(spec, list(_list_settings(spec, model, alpha, implementation, classes))) for spec in similar]
    matches = _try_settings(settings, model, watch)
    return tuple(sorted(matches, key=lambda match: (match.unmatched, not match.exact))[:SHOWN])


def _try_settings(
    tried: Sequence[tuple[Spec, Sequence[Setting]]], model: TracedModel, watch: Watch
) -> list[NetworkMatch]:
    matches, problem = [], MbcostError("there is no network to try")
    for spec, settings in tried:
        for alpha, rules, classes in watch(settings):
            try:
                matches.append(_match(_resolve(spec, model, alpha, rules, classes), model))
            except MbcostError as error:
                problem = error
    if not matches:
        raise problem
    return matches


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
    asked, differing = _match(network, model), count_differing(ours, layers)
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
    for match in _find_alternatives(asked.network, model, watch, exact_only=few):
        if match.unmatched < asked.unmatched:
            left = count_differing(list_network_layers(match.network), layers)
            if left < differing:
                base = replace(match, clauses=_clauses(match.network, asked.network))
                explained.append((base, left) if base.exact else _add_mistakes(base, left, model, layers, watch))
    return min(explained, key=lambda pair: (*pair[0].order, len(pair[0].clauses), pair[0].count_unknown()))


def _find_alternatives(
    network: Network, model: TracedModel, watch: Watch, *, exact_only: bool
) -> Iterator[NetworkMatch]:
    """Yield the closest network of each similar table and number of classes, with any alpha and implementation.

    With `exact_only`, networks are left out that cannot have exactly the model's layers.
    """
    other_specs = [load_spec(name) for name in NETWORKS if name != network.spec.name]
    for spec in (network.spec, *_select_similar(other_specs, model)[:2]):
        for classes in dict.fromkeys((network.classes, _count_classes(model))):
            try:
                settings = list(_list_settings(spec, model, None, None, classes))
                if exact_only:
                    settings = [setting for setting in settings if _can_be_exact(spec, model, *setting)]
                matches = _try_settings(((spec, settings),), model, watch)
            except MbcostError:
                continue
            yield min(
                matches, key=lambda match: (match.unmatched, not match.exact, len(_clauses(match.network, network)))
            )


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
        ours = list_network_layers(trial.match.network)
        if trial.surplus < left and (differing := count_differing(ours, layers)) < left:
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
        ours = list_network_layers(trial.match.network)
        if trial.surplus <= left and measure_distance(ours, layers) < distance:
            differing = count_differing(ours, layers)
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
    return replace(_match(built, model), steps=tuple(steps), clauses=clauses), draft


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
        match = replace(_match(built, model), steps=steps, clauses=clauses)
        tried.append(_Trial(match, changed, count_surplus(list_network_layers(built), layers)))
    return sorted(tried, key=lambda trial: (not trial.match.exact, trial.surplus))


@dataclass(frozen=True)
class _Trial:
    """A network with one mistake more, and how many layers it leaves at least."""

    match: NetworkMatch
    draft: Draft
    surplus: int


def _clauses(network: Network, asked: Network) -> tuple[str, ...]:
    """Return how the network differs from the one that was asked about, in words."""
    clauses = []
    if network.spec.name != asked.spec.name:
        clauses.append(f"the table is that of {network.spec.name}")
    if network.alpha != asked.alpha:
        clauses.append(f"alpha is {alpha_text(network.alpha)}, not {alpha_text(asked.alpha)}")
    # A table that nobody builds by the rules of the other one can be built by its own only.
    if network.implementation != asked.implementation and asked.implementation in network.spec.implementations:
        clauses.append(f"the rules are those of {network.implementation}")
    if network.classes != asked.classes:
        clauses.append(f"there are {network.classes} classes, not {asked.classes}")
    return tuple(clauses)


def _select_similar(specs: Sequence[Spec], model: TracedModel) -> list[Spec]:
    """Return the tables whose outline is most similar to the model's, at most `MOST_TABLES`."""
    outlines = [layer.outline for layer in list_model_layers(model)]
    ranked = []
    for index, spec in enumerate(specs):
        try:
            network = _resolve(spec, model, 1.0, spec.default_implementation, CLASSES)
        except MbcostError:  # the resolution is too small for the network
            continue
        ours = [layer.outline for layer in list_network_layers(network)]
        ranked.append((count_unmatched(ours, outlines), index, spec))
    return [spec for *_, spec in sorted(ranked, key=lambda entry: entry[:2])[:MOST_TABLES]] or list(specs[:1])


def _list_settings(
    spec: Spec, model: TracedModel, alpha: float | None, implementation: str | None, classes: int | None
) -> Iterator[Setting]:
    default = spec.default_implementation
    rules = (
        sorted(spec.implementations, key=lambda name: name != default) if implementation is None else [implementation]
    )
    for tried_alpha in _list_alphas(spec, model) if alpha is None else (alpha,):
        for name in rules:
            yield tried_alpha, name, _count_classes(model) if classes is None else classes


def _can_be_exact(spec: Spec, model: TracedModel, alpha: float, implementation: str, classes: int) -> bool:
    """Return whether the first layer of the network has the width of the model's first layer."""
    try:
        scaling = Scaling(spec, spec.implementation(implementation), alpha, classes)
        return scaling.output(0, model.in_channels) == model.calls[0].facts.output[2]
    except MbcostError:
        return False


def _list_alphas(spec: Spec, model: TracedModel) -> list[float]:
    """Return the published width multipliers, and those that can give the model's first and last widths."""
    layers = list_model_layers(model)
    rows = [row for row in spec.rows if isinstance(row.c, int)]
    blocks = [row for row in rows if row.operator in ("separable", "bottleneck")]
    ratios = [layers[0].out_channels / int(rows[0].c or 1)] if rows else []
    if blocks:
        ratios += [layer.out_channels / int(blocks[-1].c or 1) for layer in layers[-6:]]
    rounded = [round(ratio, digits) for ratio in ratios for digits in (2, 4) if ALPHAS[0] <= ratio <= ALPHAS[1]]
    return list(dict.fromkeys((1.0, *spec.published_alphas, *rounded)))


def _resolve(spec: Spec, model: TracedModel, alpha: float, implementation: str, classes: int) -> Network:
    """Return the network; a head of the spec, if it has one, states the number of classes itself."""
    return resolve(
        spec, alpha=alpha, resolution=model.resolution, implementation=implementation,
        classes=classes if spec.classes is None else spec.classes, in_channels=model.in_channels,
    )  # fmt: skip


def _match(network: Network, model: TracedModel) -> NetworkMatch:
    layers = list_network_layers(network)
    ours, theirs = [layer.key for layer in layers], [layer.key for layer in list_model_layers(model)]
    unmatched = count_unmatched(ours, theirs)
    exact = ours == theirs
    if not exact and not unmatched and has_branches(model):
        exact = ours == [layer.key for layer in list_in_order_of(layers, model)]
    return NetworkMatch(network, unmatched, exact)


def _count_classes(model: TracedModel) -> int:
    """Return the number of outputs of the last layer."""
    return model.calls[-1].facts.output[2]
