"""Is a user's own model the network of the table? If not, what differs, what does it cost, and what is it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from mbcost.analytic.network import Network
from mbcost.errors import MissingLibrary
from mbcost.questions.aligned.weighted import (
    WIDTHS,
    WeightedLayer,
    list_model_layers,
    list_network_layers,
    pair_layers,
)
from mbcost.questions.verify.identify import NetworkMatch, Watch, explain_differences, find_closest
from mbcost.spec.observed import TracedModel
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
    explanation: NetworkMatch | None = None
    """The network, with mistakes, that has all or most of the model's layers."""
    candidates: tuple[NetworkMatch, ...] = ()
    """The closest networks if the network was not known; the first one is `network`."""

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.layers and not self.model.loose

    @property
    def params(self) -> int:
        """The model's total minus the network's."""
        return sum(layer.params for layer in self.layers) + sum(values for _, values in self.model.loose)

    @property
    def mult_adds(self) -> int:
        """The model's total minus the network's."""
        return sum(layer.mult_adds for layer in self.layers)


def trace_target(
    target: str, arguments: Mapping[str, object], resolution: tuple[int, int], in_channels: int
) -> TracedModel:
    """Trace the model that `target` names; see `mbcost.measured.own`.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: the user's code fails.
    """
    if find_spec("torch") is None:
        raise MissingLibrary("torch", "validate")
    from mbcost.measured.own import load_model, trace_model

    return trace_model(load_model(target, arguments), target, resolution, in_channels)


def verify_model(network: Network, model: TracedModel, watch: Watch = iter) -> Verification:
    """Align the model's layers with the network's, and return every difference with its cost.

    The explanation of the differences is searched for among known mistakes, other implementations, other alphas and
    earlier versions of the table; `watch` iterates over the networks that are tried.
    """
    answer = _compare(network, model)
    return answer if answer.equal else replace(answer, explanation=explain_differences(network, model, watch))


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
    matches = find_closest(specs, model, alpha, implementation, classes, watch)
    return replace(verify_model(matches[0].network, model, watch), candidates=matches)


def _compare(network: Network, model: TracedModel) -> Verification:
    differences: list[LayerDifference] = []
    equivalents, same = [], 0
    preceding: str | None = None
    for expected, actual in pair_layers(list_network_layers(network), list_model_layers(model)):
        features: tuple[FeatureDifference, ...] = ()
        if expected is not None and actual is not None:
            features = tuple(_compare_features(expected, actual, after_difference=bool(differences)))
            if not features:
                same += 1
                if expected.operator != actual.operator:
                    equivalents.append((expected.name, expected.operator, actual.operator))
        if expected is None or actual is None or features:
            differences.append(LayerDifference(expected, actual, features, preceding))
        preceding = preceding if expected is None else expected.name
    return Verification(network, model, tuple(differences), same, tuple(equivalents))


def _compare_features(
    expected: WeightedLayer, actual: WeightedLayer, *, after_difference: bool
) -> Iterator[FeatureDifference]:
    """Yield every feature that differs; with `after_difference`, an earlier difference can be the cause of a map."""
    ours, theirs = expected.features, actual.features
    different = [feature for feature in ours if ours[feature] != theirs[feature]]
    if expected.kind == actual.kind and "operator" in different:
        different.remove("operator")
    if expected.params != actual.params and not {"kernel", "bias", "norm", "weights", *WIDTHS} & set(different):
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


def _or_none(layer: WeightedLayer | None) -> WeightedLayer:
    return _NO_LAYER if layer is None else layer


_NO_LAYER = WeightedLayer("", "", "", None, None, (1, 1), None, 0, 0, (0, 0), (0, 0), False, 0, 0, 0)
"""Stands for a layer that only the other side has."""
