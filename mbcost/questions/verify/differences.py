"""The differences of a model's layers from those of a network, and of what is between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mbcost.analytic.network import Network
from mbcost.questions.aligned.align import Pair
from mbcost.questions.aligned.branches import find_order
from mbcost.questions.aligned.weighted import (
    WIDTHS,
    WeightedLayer,
    list_model_layers,
    list_network_layers,
    pair_layers,
)
from mbcost.questions.verify.attributes import choose_epsilon, list_attributes
from mbcost.questions.verify.function import StepDifference, compare_steps
from mbcost.questions.verify.implementations import list_same_layers
from mbcost.questions.verify.verification import FeatureDifference, LayerDifference, Verification
from mbcost.spec.observed import TracedModel


def list_differences(network: Network, model: TracedModel, *, any_epsilon: bool) -> Verification:
    """Align the model's layers with the network's, and return every difference with its cost.

    Args:
        network: the network, folded if the model is.
        model: the model.
        any_epsilon: whether the norms can have the epsilon of any implementation of the table.
    """
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
