"""Which network, with which known mistakes, has the layers of a user's model?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.aligned.branches import has_branches, list_in_order_of
from mbcost.questions.aligned.weighted import (
    WeightedLayer,
    count_unmatched,
    list_model_layers,
    list_network_layers,
)
from mbcost.questions.mistakes.draft import Mistake
from mbcost.questions.mistakes.in_models import MODEL_MISTAKES
from mbcost.questions.mistakes.known import MISTAKES
from mbcost.questions.verify.from_graph import fold_norms
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.observed import TracedModel
from mbcost.spec.scaling import Scaling, alpha_text
from mbcost.spec.table import CLASSES, Spec

MOST_TABLES = 4
"""At most this many tables are tried at every alpha in every implementation: those with the most similar outlines."""
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
    return tuple(sorted(matches, key=attrgetter("order"))[:SHOWN])


def _try_settings(
    tried: Sequence[tuple[Spec, Sequence[Setting]]], model: TracedModel, watch: Watch
) -> list[NetworkMatch]:
    """Return the networks, compared with the model; none if there is no setting.

    Raises:
        MbcostError: no network can be built.
    """
    matches: list[NetworkMatch] = []
    problems: list[MbcostError] = []
    for spec, settings in tried:
        for alpha, rules, classes in watch(settings):
            try:
                matches.append(match_network(_resolve(spec, model, alpha, rules, classes), model))
            except MbcostError as error:
                problems.append(error)
    if problems and not matches:
        raise problems[-1]
    return matches


def find_alternatives(
    network: Network, model: TracedModel, watch: Watch, *, exact_only: bool
) -> Iterator[NetworkMatch]:
    """Yield the closest network of each similar table and number of classes, with any alpha and implementation.

    With `exact_only`, networks are left out that cannot have exactly the model's layers.
    """
    other_specs = [load_spec(name) for name in NETWORKS if name != network.spec.name]
    if model.folded:
        other_specs = list(map(fold_norms, other_specs))
    for spec in (network.spec, *_select_similar(other_specs, model)[:2]):
        for classes in dict.fromkeys((network.classes, _count_classes(model))):
            try:
                settings = list(_list_settings(spec, model, None, None, classes))
                if exact_only:
                    settings = [setting for setting in settings if _can_be_exact(spec, model, *setting)]
                matches = _try_settings(((spec, settings),), model, watch)
            except MbcostError:
                continue
            if matches:
                yield min(matches, key=lambda match: (*match.order, len(describe_changes(match.network, network))))


def describe_changes(network: Network, asked: Network) -> tuple[str, ...]:
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


def match_network(
    network: Network, model: TracedModel, layers: tuple[WeightedLayer, ...] | None = None
) -> NetworkMatch:
    """Return the network, compared with the model; branches of the model can run in any order.

    Args:
        network: the network.
        model: the model.
        layers: the layers of the network, if they are listed already.
    """
    layers = list_network_layers(network) if layers is None else layers
    ours, theirs = [layer.key for layer in layers], [layer.key for layer in list_model_layers(model)]
    unmatched = count_unmatched(ours, theirs)
    exact = ours == theirs
    if not exact and not unmatched and has_branches(model):
        exact = ours == [layer.key for layer in list_in_order_of(layers, model)]
    return NetworkMatch(network, unmatched, exact)


def _count_classes(model: TracedModel) -> int:
    """Return the number of outputs of the last layer."""
    return model.calls[-1].facts.output[2]
