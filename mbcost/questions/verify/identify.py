"""Which network, with which known mistakes, has the layers of a user's model?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.aligned.weighted import (
    WeightedLayer,
    count_differing,
    count_surplus,
    count_unmatched,
    list_model_layers,
    list_network_layers,
)
from mbcost.questions.mistakes.in_models import MODEL_MISTAKES
from mbcost.questions.mistakes.known import MISTAKES, Draft, list_row_changes
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.observed import TracedModel
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import CLASSES, Spec

MOST_MISTAKES = 4
"""At most this many mistakes are combined: more of them describe a network no better than its differences do."""
MOST_TABLES = 4
"""At most this many tables are tried at every alpha in every implementation: those with the most similar outlines."""
LEAST_SHARE = 4
"""An explanation may leave at most one layer in this many unexplained."""
SHOWN = 5
"""How many of the closest networks are shown."""
ALPHAS = (0.05, 8.0)
"""The range in which a ratio of two widths can be a width multiplier."""

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
    mistakes: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    """In words: how the network differs from the one that was asked about, and its mistakes."""

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
    matches = _try_settings(_select_similar(specs, model), model, alpha, implementation, classes, watch)
    return tuple(sorted(matches, key=lambda match: (match.unmatched, not match.exact))[:SHOWN])


def _try_settings(
    specs: Sequence[Spec],
    model: TracedModel,
    alpha: float | None,
    implementation: str | None,
    classes: int | None,
    watch: Watch,
) -> list[NetworkMatch]:
    keys = _keys(model)
    matches, problem = [], MbcostError("there is no network to try")
    for spec in specs:
        settings = list(_list_settings(spec, model, alpha, implementation, classes))
        for tried_alpha, rules, outputs in watch(settings):
            try:
                matches.append(_match(_resolve(spec, model, tried_alpha, rules, outputs), keys))
            except MbcostError as error:
                problem = error
    if not matches:
        raise problem
    return matches


def explain_differences(network: Network, model: TracedModel, watch: Watch = iter) -> NetworkMatch | None:
    """Return the network, with mistakes, that has the model's layers, or differs in at most half as many layers.

    Mistakes are added one by one, always the one that brings the most layers into agreement. They are added to
    `network` and to the closest other one: with a different alpha, implementation or number of classes, or an earlier
    version of the table.

    Unmatched layers are quick to count, but a network that lacks a differing layer altogether has fewer of them. So an
    explanation must also leave fewer differences between the layers that are paired.
    """
    if network.spec.is_flat:  # it is built in one way only
        return None
    layers = list_model_layers(model)
    asked, differing = _match(network, _keys(model)), count_differing(list_network_layers(network), layers)
    bases = [(asked, differing)]  # a network and in how many layers it differs
    for match in _find_alternatives(network, model, watch):
        if match.unmatched < asked.unmatched:
            left = count_differing(list_network_layers(match.network), layers)
            if left < differing:
                bases.append((match, left))
    explained = [_add_mistakes(*base, network, layers, watch) for base in bases]
    best, left = min(explained, key=lambda pair: (*pair[0].order, len(pair[0].clauses)))
    convincing = best.exact or (2 * left <= differing and LEAST_SHARE * left <= len(layers))
    return best if best.clauses and convincing else None


def _find_alternatives(network: Network, model: TracedModel, watch: Watch) -> Iterator[NetworkMatch]:
    """Yield the closest network of each similar table and number of classes, with any alpha and implementation."""
    other_specs = [load_spec(name) for name in NETWORKS if name != network.spec.name]
    for spec in (network.spec, *_select_similar(other_specs, model)[:2]):
        for classes in dict.fromkeys((network.classes, _count_classes(model))):
            try:
                matches = _try_settings((spec,), model, None, None, classes, watch)
            except MbcostError:
                continue
            yield min(
                matches, key=lambda match: (match.unmatched, not match.exact, len(_clauses(match.network, network)))
            )


def _add_mistakes(
    base: NetworkMatch, left: int, asked: Network, layers: Sequence[WeightedLayer], watch: Watch
) -> tuple[NetworkMatch, int]:
    """Return the base with the mistakes that bring it closest, and in how many layers it then differs.

    `left` is the number of layers in which the base differs.
    """
    network = base.network
    keys: list[object] = [layer.key for layer in layers]
    spec = network.spec
    known = {**MISTAKES, **MODEL_MISTAKES, **list_row_changes(spec)}
    best = replace(base, clauses=_clauses(network, asked))
    draft = Draft(spec, spec.implementation(network.implementation))
    while not best.exact and len(best.mistakes) < MOST_MISTAKES:
        tried: list[tuple[NetworkMatch, Draft]] = []
        for name, mistake in watch(list(known.items())):
            changed = mistake.make(draft)
            if changed == draft:
                continue
            try:
                built = changed.network(network.alpha, network.resolution, network.classes, network.in_channels)
            except MbcostError:  # no channel or no map is left
                continue
            clauses = (*best.clauses, mistake.text)
            tried.append((replace(_match(built, keys), mistakes=(*best.mistakes, name), clauses=clauses), changed))
        tried.sort(key=lambda pair: pair[0].order)
        for match, changed in tried:
            ours = list_network_layers(match.network)
            # Pairing layers takes long; the surplus of one side is known at once and is a lower bound.
            closer = match.unmatched < best.unmatched and count_surplus(ours, layers) < left
            if closer and (differing := count_differing(ours, layers)) < left:
                best, draft, left = match, changed, differing
                break
        else:
            break
    return best, left


def _clauses(network: Network, asked: Network) -> tuple[str, ...]:
    """Return how the network differs from the one that was asked about, in words."""
    clauses = []
    if network.spec.name != asked.spec.name:
        clauses.append(f"the table is that of {network.spec.name}")
    if network.alpha != asked.alpha:
        clauses.append(f"alpha is {alpha_text(network.alpha)}, not {alpha_text(asked.alpha)}")
    if network.implementation != asked.implementation:
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
) -> Iterator[tuple[float, str, int]]:
    default = spec.default_implementation
    rules = (
        sorted(spec.implementations, key=lambda name: name != default) if implementation is None else [implementation]
    )
    for tried_alpha in _list_alphas(spec, model) if alpha is None else (alpha,):
        for name in rules:
            yield tried_alpha, name, _count_classes(model) if classes is None else classes


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


def _match(network: Network, keys: list[object]) -> NetworkMatch:
    ours: list[object] = [layer.key for layer in list_network_layers(network)]
    return NetworkMatch(network, count_unmatched(ours, keys), ours == keys)


def _keys(model: TracedModel) -> list[object]:
    return [layer.key for layer in list_model_layers(model)]


def _count_classes(model: TracedModel) -> int:
    """Return the number of outputs of the last layer."""
    return model.calls[-1].facts.output[2]
