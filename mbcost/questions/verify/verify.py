"""Is a user's own model the network of the table? If not, what differs, what does it cost, and what is it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from mbcost.analytic.graph.network import list_not_counted
from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings
from mbcost.errors import MissingLibrary
from mbcost.questions.aligned.align import Pair
from mbcost.questions.aligned.branches import find_order
from mbcost.questions.aligned.weighted import (
    WIDTHS,
    WeightedLayer,
    list_model_layers,
    list_network_layers,
    pair_layers,
)
from mbcost.questions.networks import Asked, read_model
from mbcost.questions.verify.attributes import STEPS, choose_epsilon, list_attributes, list_owners
from mbcost.questions.verify.causes import explain_differences
from mbcost.questions.verify.from_graph import describe_graph, fold_network, fold_norms
from mbcost.questions.verify.function import StepDifference, compare_steps
from mbcost.questions.verify.identify import NetworkMatch, Watch, find_closest, match_network
from mbcost.questions.verify.implementations import list_same_layers
from mbcost.questions.verify.prove import Proof, prove_function
from mbcost.questions.verify.prove_file import prove_file
from mbcost.questions.verify.step_causes import describe_steps
from mbcost.spec.forms import find_form
from mbcost.spec.observed import TracedModel
from mbcost.spec.scaling import check_whole
from mbcost.spec.shown import show
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class FeatureDifference:
    """One feature in which a layer of the model differs from that of the table."""

    feature: str
    expected: str
    actual: str
    inherited: bool
    """Whether it is only the consequence of an earlier difference, or of another one in the same layer."""


@dataclass(frozen=True)
class LayerDifference:
    """A layer of the table paired with a layer of the model that differs from it."""

    expected: WeightedLayer | None
    """None if only the model has the layer."""
    actual: WeightedLayer | None
    """None if only the table has the layer."""
    features: tuple[FeatureDifference, ...]
    """Empty if only one of the two has the layer."""
    preceding: str | None
    """The layer of the table before it; None at the beginning."""

    @property
    def inherited(self) -> bool:
        """Whether every feature differs only because of an earlier difference."""
        return bool(self.features) and all(difference.inherited for difference in self.features)

    @property
    def params(self) -> int:
        """The model's params minus the table's."""
        return _or_none(self.actual).params - _or_none(self.expected).params

    @property
    def mult_adds(self) -> int:
        """The model's mult-adds minus the table's."""
        return _or_none(self.actual).mult_adds - _or_none(self.expected).mult_adds


@dataclass(frozen=True)
class Verification:
    """A model compared with a network. The differences add up to the difference of the totals."""

    network: Network
    model: TracedModel
    layers: tuple[LayerDifference, ...]
    """The layers that differ, in order of execution."""
    same: int
    """How many layers are equal in everything."""
    equivalents: tuple[tuple[str, str, str], ...]
    """The name in the table, its operator and the model's: a linear layer for a 1x1 convolution of a 1x1 map, or the
    other way round."""
    epsilon: float | None = None
    """The expected epsilon of every norm; None if the network does not state one."""
    explanation: NetworkMatch | None = None
    """The network, with mistakes, that has all or most of the model's layers."""
    candidates: tuple[NetworkMatch, ...] = ()
    """The closest networks if the network was not known; the first one is `network`."""
    steps: tuple[StepDifference, ...] = ()
    """The differences between the layers, which are features of `layers`, too."""
    functions: tuple[str, ...] | None = None
    """The implementations of the table whose activations, additions, products and pools have been compared with the
    model's and are the closest, the network's own one if it is among them; None if these were not compared."""
    proof: Proof | None = None
    """The comparison of the functions, if it was asked for and the layers are equal."""

    @property
    def epsilon_owners(self) -> tuple[str, ...]:
        """The implementations whose epsilon the norms have, if it is not that of the network's implementation."""
        owners = () if self.epsilon is None else list_owners(self.network, self.epsilon)
        return () if self.network.implementation in owners else tuple(owners)

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return self.equal_layers and (self.proof is None or self.proof.equal)

    @property
    def equal_layers(self) -> bool:
        """Whether the layers are those of the network, and every parameter belongs to one of them."""
        return not self.layers and not self.model.loose

    @property
    def params(self) -> int:
        """The model's total minus the network's."""
        return sum(layer.params for layer in self.layers) + sum(values for _, values in self.model.loose)

    @property
    def mult_adds(self) -> int:
        """The model's total minus the network's."""
        return sum(layer.mult_adds for layer in self.layers)

    def __repr__(self) -> str:
        layers = "equal" if self.equal_layers else f"{len(self.layers)} layers differ, {self.same} are equal"
        layers += "" if self.proof is None else f", {self.proof.facts!r}"
        return show(self, f"{self.model.name} and {self.network.label}: {layers}")


def require_torch() -> None:
    """Refuse to go on without torch, before anything else takes time.

    Raises:
        MissingLibrary: torch is not installed.
    """
    if find_spec("torch") is None:
        raise MissingLibrary("torch", "validate")


def trace_target(
    target: str, arguments: Mapping[str, object], resolution: tuple[int, int], in_channels: int, *, force: bool = False
) -> TracedModel:
    """Trace the model that `target` names; see `mbcost.measured.load` and `mbcost.measured.own`.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: the user's code fails, the number of channels is not a positive number, or memory is short.
    """
    return open_target(target, arguments, resolution, in_channels, force=force)[1]


def open_target(
    target: str, arguments: Mapping[str, object], resolution: tuple[int, int], in_channels: int, *, force: bool = False
) -> tuple[Any, TracedModel]:
    """Return the model that `target` names, a `torch.nn.Module`, and its layers.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: the user's code fails, the number of channels is not a positive number, or memory is short.
    """
    check_whole(in_channels, "in-channels")
    require_torch()
    from mbcost.measured.both import trace_both
    from mbcost.measured.load import load_model

    model = load_model(target, arguments)
    return model, trace_both(model, target, resolution, in_channels, force=force)


def is_file_of_model(text: str) -> bool:
    """Return whether a text names a file of a model that is read without torch."""
    return find_form(text) not in (None, "torch")


def read_traced(name: str, asked: Asked) -> TracedModel:
    """Return the layers of a file of a model.

    Operators that are not known are parameters of no layer, so that the file differs, unless they are allowed.

    Raises:
        MissingLibrary: what reads the file is not installed.
        MbcostError: the file cannot be read.
    """
    known = Settings(resolution=asked.settings.resolution)
    graph = read_model(name, Asked(known, asked.shapes))
    model = describe_graph(graph)
    unknown = () if asked.allow_unknown else tuple(list_not_counted(graph))
    rows = ((f"{item.count} x {item.operator}, not counted: {item.reason}", 0) for item in unknown)
    return replace(model, loose=(*model.loose, *rows))


def verify_model(
    network: Network, model: TracedModel, watch: Watch = iter, *, any_epsilon: bool = False
) -> Verification:
    """Align the model's layers with the network's, and return every difference with its cost.

    The explanation of the differences is searched for among known mistakes, changes of rows, blocks and layers, other
    implementations, other alphas and earlier versions of the table.

    Args:
        network: the network.
        model: the model.
        watch: iterates over the networks that are tried.
        any_epsilon: whether the norms can have the epsilon of any implementation of the table, as they can if nobody
            asked for an implementation.
    """
    if model.folded:
        network = fold_network(network)
    answer = _compare(network, model, any_epsilon=any_epsilon)
    if not answer.layers:
        return answer
    if all(difference.feature in STEPS for layer in answer.layers for difference in layer.features) and answer.steps:
        explanation: NetworkMatch | None = match_network(network, model)
    else:
        explanation = explain_differences(network, model, answer.epsilon, watch)
    if explanation is not None:
        clauses = (*explanation.clauses, *describe_steps(network, answer.steps))
        explanation = replace(explanation, clauses=clauses) if clauses else None
    return replace(answer, explanation=explanation)


def identify_model(
    specs: Sequence[Spec], model: TracedModel, *, alpha: float | None = None, implementation: str | None = None,
    classes: int | None = None, watch: Watch = iter,
) -> Verification:  # fmt: skip
    """Compare the model with the network of `specs` that is closest to it.

    Args:
        specs: the tables.
        model: the model.
        alpha: the width multiplier; by default every one that is published or that the model's widths suggest.
        implementation: whose rules to follow; by default every implementation is tried.
        classes: outputs of the classifier; by default the number of outputs of the model's last layer.
        watch: iterates over the settings that are tried.

    Raises:
        MbcostError: no network can be built.
    """
    specs = list(map(fold_norms, specs)) if model.folded else specs
    matches = find_closest(specs, model, alpha, implementation, classes, watch)
    answer = verify_model(matches[0].network, model, watch, any_epsilon=implementation is None)
    return replace(answer, candidates=matches)


def add_proof(answer: Verification, model: Any, *, any_implementation: bool, force: bool = False) -> Verification:
    """Return the answer with a comparison of the functions, if the layers are equal.

    The network becomes the one that is the same function, if the model can be that of any implementation.

    Args:
        answer: what is known of the layers.
        model: a `torch.nn.Module`, see `prove_function`; or the name of a file, see `prove_file`.
        any_implementation: whether the model can be that of any implementation with the same layers.
        force: whether a file can be larger than the limits.

    Raises:
        MissingLibrary: what runs the file is not installed.
        MbcostError: the network cannot be run, the model does not run on random images, or memory is short.
    """
    if not answer.equal_layers:
        return answer
    known = answer.network, model, answer.model, answer.epsilon
    if isinstance(model, str):
        proof = prove_file(*known, any_implementation=any_implementation, force=force)
    else:
        proof = prove_function(*known, any_implementation=any_implementation)
    return replace(answer, proof=proof)


def _compare(network: Network, model: TracedModel, *, any_epsilon: bool) -> Verification:
    ours = list_network_layers(network)
    order = find_order(ours, model)
    own = list_model_layers(model)
    theirs = tuple(own[index] for index in order)
    epsilon = choose_epsilon(network, theirs, of_any=any_epsilon)
    pairs = pair_layers(ours, theirs)
    functions, steps = _compare_functions(network, model, order, pairs, of_any=any_epsilon)
    differences: list[LayerDifference] = []
    equivalents, same = [], 0
    preceding: str | None = None
    changed = False
    for index, (expected, actual) in enumerate(pairs):
        features: tuple[FeatureDifference, ...] = ()
        if expected is not None and actual is not None:
            of_layer = _compare_features(expected, actual, epsilon, after_difference=changed)
            features = (*of_layer, *(_as_feature(step) for step in steps if step.position == index))
            if not features:
                same += 1
                if expected.operator != actual.operator:
                    equivalents.append((expected.name, expected.operator, actual.operator))
        if expected is None or actual is None or features:
            differences.append(LayerDifference(expected, actual, features, preceding))
            changed = changed or expected is None or actual is None or expected.key != actual.key
        preceding = preceding if expected is None else expected.name
    layers = tuple(_join_moved(differences))
    return Verification(network, model, layers, same, tuple(equivalents), epsilon, steps=steps, functions=functions)


def _compare_functions(
    network: Network,
    model: TracedModel,
    order: Sequence[int],
    pairs: Sequence[Pair[WeightedLayer, WeightedLayer]],
    *,
    of_any: bool,
) -> tuple[tuple[str, ...] | None, tuple[StepDifference, ...]]:
    """Return the implementations with the fewest differences between the layers, and these differences.

    They are compared if the model has a graph and every layer has a partner.
    """
    if model.graph is None or network.spec.is_flat or any(first is None or second is None for first, second in pairs):
        return None, ()
    positions = sorted(range(len(order)), key=lambda position: order[position])
    networks = [network, *(list_same_layers(network) if of_any else ())]
    results: dict[str, tuple[StepDifference, ...]] = {}
    for other in networks:
        steps = compare_steps(other, model.graph, positions)
        if steps is None:
            return None, ()
        results[other.implementation] = steps
        if not steps and other is network:
            break
    fewest = min(map(len, results.values()))
    best = tuple(name for name, steps in results.items() if len(steps) == fewest)
    return best, results[best[0]]


def _as_feature(step: StepDifference) -> FeatureDifference:
    return FeatureDifference(step.feature, step.expected, step.actual, inherited=False)


def _join_moved(differences: Sequence[LayerDifference]) -> Iterator[LayerDifference]:
    """Yield the differences, where a missing and an extra layer that are the same become one of their position."""
    missing = [layer for layer in differences if layer.actual is None and layer.expected is not None]
    extra = [layer for layer in differences if layer.expected is None and layer.actual is not None]
    moved: list[Pair[LayerDifference, LayerDifference]] = []
    for layer in missing:
        partner = next((other for other in extra if _key(other.actual) == _key(layer.expected)), None)
        if partner is not None:
            extra.remove(partner)
            moved.append((layer, partner))
    for layer in differences:
        if any(layer is second for _, second in moved):
            continue
        second = next((second for first, second in moved if first is layer), None)
        yield layer if second is None else _describe_moved(layer, second)


def _describe_moved(missing: LayerDifference, extra: LayerDifference) -> LayerDifference:
    before, after = (_position(difference.preceding) for difference in (missing, extra))
    feature = FeatureDifference("position", before, after, inherited=False)
    return replace(missing, actual=extra.actual, features=(feature,))


def _position(preceding: str | None) -> str:
    return "before the first layer" if preceding is None else f"after {preceding}"


def _key(layer: WeightedLayer | None) -> object:
    return None if layer is None else layer.key


def _compare_features(
    expected: WeightedLayer, actual: WeightedLayer, epsilon: float | None, *, after_difference: bool
) -> Iterator[FeatureDifference]:
    """Yield every feature that differs; with `after_difference`, an earlier difference can be the cause of a map."""
    ours, theirs = expected.features, actual.features
    different = [feature for feature in ours if ours[feature] != theirs[feature]]
    if expected.kind == actual.kind and "operator" in different:
        different.remove("operator")
    if expected.full_params != actual.full_params and not {"kernel", "bias", "norm", "weights", *WIDTHS} & set(
        different
    ):
        different.append("params")
        ours, theirs = {**ours, "params": str(expected.params)}, {**theirs, "params": str(actual.params)}
    window = {"kernel", "stride", "dilation", "input map"} & set(different)
    depthwise = expected.depthwise and actual.depthwise
    inherited = {
        "input channels": after_difference,
        "input map": after_difference,
        "output map": bool(window),
        "groups": depthwise and after_difference,
        "output channels": depthwise and after_difference,
        "norm": actual.norm_channels == actual.out_channels and expected.norm_channels == expected.out_channels,
    }
    for feature in different:
        yield FeatureDifference(feature, ours[feature], theirs[feature], inherited.get(feature, False))
    for feature, value, other in list_attributes(expected, actual, epsilon):
        yield FeatureDifference(feature, value, other, inherited=False)


def _or_none(layer: WeightedLayer | None) -> WeightedLayer:
    return _NO_LAYER if layer is None else layer


_NO_LAYER = WeightedLayer("", "", "", None, None, (1, 1), None, 0, 0, (0, 0), (0, 0), False, 0, 0, 0)
"""Stands for a layer that only the other side has."""
