"""Which network, with which known mistakes, has the layers of somebody's model?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.aligned.weighted import Layer, apart, differing, of_model, of_network, surplus
from mbcost.questions.mistakes.in_models import MODEL_MISTAKES
from mbcost.questions.mistakes.known import MISTAKES, Draft, list_row_changes
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.observed import TracedModel
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import CLASSES, Spec

MOST_MISTAKES = 4
"""So many together, at most: more of them describe a network no better than its differences do."""
MOST_TABLES = 4
"""So many tables, those that are most alike but for the widths, are tried at every alpha in every implementation."""
FEW = 4
"""What an explanation leaves open must be no more than one layer in so many."""
SHOWN = 5
"""How many of the closest networks are told."""
ALPHAS = (0.05, 8.0)
"""Between these, a ratio of two widths can be a width multiplier."""

Watch = Callable[[Sequence[Any]], Iterable[Any]]
"""Iterates over what is tried, and can show how far it is."""


@dataclass(frozen=True)
class Candidate:
    """A network, built with known mistakes or none, beside a model."""

    network: Network
    apart: int
    """How many layers of the two have no equal in the other; 0 also where they only come in another order."""
    exact: bool
    """Whether the layers are the same, one after the other."""
    mistakes: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    """In words: where it is another network than was asked about, and what is mistaken in it."""


def closest(
    specs: Sequence[Spec], model: TracedModel, alpha: float | None, implementation: str | None, classes: int | None,
    watch: Watch = iter,
) -> tuple[Candidate, ...]:  # fmt: skip
    """The `SHOWN` networks of `specs` that are most like the model, the closest first; None is what is open.

    Raises:
        MbcostError: none can be built.
    """
    found = _tried(_likely(specs, model), model, alpha, implementation, classes, watch)
    return tuple(sorted(found, key=lambda candidate: (candidate.apart, not candidate.exact))[:SHOWN])


def _tried(
    specs: Sequence[Spec],
    model: TracedModel,
    alpha: float | None,
    implementation: str | None,
    classes: int | None,
    watch: Watch,
) -> list[Candidate]:
    keys = _keys(model)
    found, problem = [], MbcostError("there is no network to try")
    for spec in specs:
        settings = list(_settings(spec, model, alpha, implementation, classes))
        for each_alpha, rules, outputs in watch(settings):
            try:
                found.append(_candidate(_resolved(spec, model, each_alpha, rules, outputs), keys))
            except MbcostError as error:
                problem = error
    if not found:
        raise problem
    return found


def explained(network: Network, model: TracedModel, watch: Watch = iter) -> Candidate | None:
    """The network, mistakes included, from which the model does not differ, or in half as many layers at most.

    Mistakes are added one by one, always that which brings most layers into agreement: to `network`, and to the
    closest other one (another alpha, implementation, number of classes, or an earlier version of the table).

    Layers without an equal are quick to count, but a network that simply lacks a layer which differs has fewer of
    them: so whatever is said must also leave fewer differences between layers that stand for each other.
    """
    if network.spec.is_flat:  # it is built in one way only
        return None
    layers = of_model(model)
    keys = _keys(model)
    asked, unlike = _candidate(network, keys), differing(of_network(network), layers)
    others = [load_spec(name) for name in NETWORKS if name != network.spec.name]
    tables = (network.spec, *_likely(others, model)[:2])
    classes = (network.classes,) if _classes(model) == network.classes else (network.classes, _classes(model))
    near: list[Candidate] = []
    for spec in tables:
        for outputs in classes:
            try:
                tried = _tried((spec,), model, None, None, outputs, watch)
            except MbcostError:
                continue
            near.append(min(tried, key=lambda each: (each.apart, not each.exact, len(_clauses(each.network, network)))))
    bases = [(asked, unlike)]  # a network and in how many layers it differs
    for each in near:
        if each.apart < asked.apart and (left := differing(of_network(each.network), layers)) < unlike:
            bases.append((each, left))
    found = [_with_mistakes(*base, network, layers, watch) for base in bases]
    best, left = min(found, key=lambda pair: (not pair[0].exact, pair[0].apart, len(pair[0].clauses)))
    convincing = best.exact or (2 * left <= unlike and FEW * left <= len(layers))
    return best if best.clauses and convincing else None


def _with_mistakes(
    base: Candidate, left: int, asked: Network, layers: Sequence[Layer], watch: Watch
) -> tuple[Candidate, int]:
    """The base with the mistakes that bring it closest, and in how many layers it differs then; `left` is before."""
    network = base.network
    keys: list[object] = [layer.key for layer in layers]
    spec = network.spec
    known = {**MISTAKES, **MODEL_MISTAKES, **list_row_changes(spec)}
    best = replace(base, clauses=_clauses(network, asked))
    draft = Draft(spec, spec.implementation(network.implementation))
    while not best.exact and len(best.mistakes) < MOST_MISTAKES:
        tried: list[tuple[Candidate, Draft]] = []
        for name, mistake in watch(list(known.items())):
            changed = mistake.make(draft)
            if changed == draft:
                continue
            try:
                built = changed.network(network.alpha, network.resolution, network.classes, network.in_channels)
            except MbcostError:  # no channel or no map is left
                continue
            said = (*best.clauses, mistake.text)
            tried.append((replace(_candidate(built, keys), mistakes=(*best.mistakes, name), clauses=said), changed))
        tried.sort(key=lambda pair: (not pair[0].exact, pair[0].apart))
        for candidate, changed in tried:
            ours = of_network(candidate.network)
            # To put the layers side by side takes long; what is more than the other side has is known at once.
            near = candidate.apart < best.apart and surplus(ours, layers) < left
            if near and (unlike := differing(ours, layers)) < left:
                best, draft, left = candidate, changed, unlike
                break
        else:
            break
    return best, left


def _clauses(network: Network, asked: Network) -> tuple[str, ...]:
    """How it is another one than was asked about, in words."""
    said = []
    if network.spec.name != asked.spec.name:
        said.append(f"the table is that of {network.spec.name}")
    if network.alpha != asked.alpha:
        said.append(f"alpha is {alpha_text(network.alpha)}, not {alpha_text(asked.alpha)}")
    if network.implementation != asked.implementation:
        said.append(f"the rules are those of {network.implementation}")
    if network.classes != asked.classes:
        said.append(f"there are {network.classes} classes, not {asked.classes}")
    return tuple(said)


def _likely(specs: Sequence[Spec], model: TracedModel) -> list[Spec]:
    """The tables that are most like the model in what does not change with the widths, at most `MOST_TABLES`."""
    outlines = [layer.outline for layer in of_model(model)]
    ranked = []
    for place, spec in enumerate(specs):
        try:
            network = _resolved(spec, model, 1.0, spec.default_implementation, CLASSES)
        except MbcostError:  # the resolution is too small for it
            continue
        ranked.append((apart([layer.outline for layer in of_network(network)], outlines), place, spec))
    return [spec for *_, spec in sorted(ranked, key=lambda each: each[:2])[:MOST_TABLES]] or list(specs[:1])


def _settings(
    spec: Spec, model: TracedModel, alpha: float | None, implementation: str | None, classes: int | None
) -> Iterator[tuple[float, str, int]]:
    default = spec.default_implementation
    rules = (
        sorted(spec.implementations, key=lambda name: name != default) if implementation is None else [implementation]
    )
    for each in _alphas(spec, model) if alpha is None else (alpha,):
        for name in rules:
            yield each, name, _classes(model) if classes is None else classes


def _alphas(spec: Spec, model: TracedModel) -> list[float]:
    """The published width multipliers, and those that the model's first and last widths can come from."""
    layers = of_model(model)
    rows = [row for row in spec.rows if isinstance(row.c, int)]
    blocks = [row for row in rows if row.operator in ("separable", "bottleneck")]
    ratios = [layers[0].out_channels / int(rows[0].c or 1)] if rows else []
    if blocks:
        ratios += [layer.out_channels / int(blocks[-1].c or 1) for layer in layers[-6:]]
    read = [round(ratio, places) for ratio in ratios for places in (2, 4) if ALPHAS[0] <= ratio <= ALPHAS[1]]
    return list(dict.fromkeys((1.0, *spec.published_alphas, *read)))


def _resolved(spec: Spec, model: TracedModel, alpha: float, implementation: str, classes: int) -> Network:
    return resolve(
        spec, alpha=alpha, resolution=model.resolution, implementation=implementation, classes=classes,
        in_channels=model.in_channels,
    )  # fmt: skip


def _candidate(network: Network, keys: list[object]) -> Candidate:
    ours: list[object] = [layer.key for layer in of_network(network)]
    return Candidate(network, apart(ours, keys), ours == keys)


def _keys(model: TracedModel) -> list[object]:
    return [layer.key for layer in of_model(model)]


def _classes(model: TracedModel) -> int:
    """As many as the last layer has outputs."""
    return model.calls[-1].facts.output[2]
