"""Is somebody's own model the network of the table, and where not, what does it cost and what is it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from mbcost.analytic.network import Network
from mbcost.errors import MissingLibrary
from mbcost.questions.aligned.weighted import WIDTHS, Layer, of_model, of_network, paired
from mbcost.questions.verify.identify import Candidate, Watch, closest, explained
from mbcost.spec.observed import TracedModel
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class Change:
    """One feature in which a layer of the model is not that of the table."""

    feature: str
    expected: str
    found: str
    inherited: bool
    """Whether it comes with a difference before it, or with another one of the same layer."""


@dataclass(frozen=True)
class LayerCheck:
    """A layer of the table beside that of the model which stands in its place, where they differ."""

    expected: Layer | None
    """None where only the model has it."""
    found: Layer | None
    """None where only the table has it."""
    changes: tuple[Change, ...]
    """Empty where only one of them has the layer."""
    behind: str | None
    """The layer of the table before it; None at the beginning."""

    @property
    def inherited(self) -> bool:
        """Whether all of it comes with a difference before it."""
        return bool(self.changes) and all(change.inherited for change in self.changes)

    @property
    def params(self) -> int:
        """What the model has more; negative where it has less."""
        return _of(self.found).params - _of(self.expected).params

    @property
    def mult_adds(self) -> int:
        """What the model has more; negative where it has less."""
        return _of(self.found).mult_adds - _of(self.expected).mult_adds


@dataclass(frozen=True)
class Verification:
    """A model beside a network; the differences sum to the difference of the totals."""

    network: Network
    model: TracedModel
    layers: tuple[LayerCheck, ...]
    """Those that differ, in order of execution."""
    same: int
    """How many layers are alike in everything."""
    otherwise_built: tuple[tuple[str, str, str], ...]
    """Name in the table, its operator, the model's: a linear layer for a 1x1 convolution of a 1x1 map or reversely."""
    explanation: Candidate | None = None
    """The network, mistakes included, that has the model's layers, or most of them."""
    candidates: tuple[Candidate, ...] = ()
    """Where it was to be found out which network it is: the closest, the first of which is `network`."""

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.layers and not self.model.loose

    @property
    def params(self) -> int:
        """The model's total less the network's."""
        return sum(layer.params for layer in self.layers) + sum(values for _, values in self.model.loose)

    @property
    def mult_adds(self) -> int:
        """The model's total less the network's."""
        return sum(layer.mult_adds for layer in self.layers)


def read(target: str, arguments: Mapping[str, object], resolution: tuple[int, int], in_channels: int) -> TracedModel:
    """What the model that `target` names executes; see `mbcost.measured.own`.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: the user's code fails.
    """
    if find_spec("torch") is None:
        raise MissingLibrary("torch", "validate")
    from mbcost.measured.own import load_model, read_model

    return read_model(load_model(target, arguments), target, resolution, in_channels)


def verify(network: Network, model: TracedModel, watch: Watch = iter) -> Verification:
    """Align the model's layers with the network's, and say what each difference is and costs.

    A known mistake, another implementation, another alpha or an earlier version of the table that accounts for the
    differences is found where there is one; `watch` iterates over the networks that are tried for it.
    """
    answer = _compared(network, model)
    return answer if answer.equal else replace(answer, explanation=explained(network, model, watch))


def identify(
    specs: Sequence[Spec], model: TracedModel, *, alpha: float | None = None, implementation: str | None = None,
    classes: int | None = None, watch: Watch = iter,
) -> Verification:  # fmt: skip
    """Which network of `specs` the model is, or is most like: every implementation and alpha is tried.

    Args:
        specs: the tables.
        model: the model.
        alpha: the width multiplier, where it is known.
        implementation: whose rules, where that is known.
        classes: outputs of the classifier; by default as many as the model's last layer has.
        watch: iterates over what is tried.

    Raises:
        MbcostError: no table has such an implementation, or none can be built at the resolution.
    """
    found = closest(specs, model, alpha, implementation, classes, watch)
    return replace(verify(found[0].network, model, watch), candidates=found)


def _compared(network: Network, model: TracedModel) -> Verification:
    rows: list[LayerCheck] = []
    built, same = [], 0
    behind: str | None = None
    for expected, found in paired(of_network(network), of_model(model)):
        changes = () if expected is None or found is None else tuple(_changes(expected, found, after=bool(rows)))
        if expected is None or found is None or changes:
            rows.append(LayerCheck(expected, found, changes, behind))
        else:
            same += 1
            if expected.operator != found.operator:
                built.append((expected.name, expected.operator, found.operator))
        behind = behind if expected is None else expected.name
    return Verification(network, model, tuple(rows), same, tuple(built))


def _changes(expected: Layer, found: Layer, *, after: bool) -> Iterator[Change]:
    """What differs; `after` says that something before differs too, so that a map can come from there."""
    ours, theirs = expected.features, found.features
    different = [feature for feature in ours if ours[feature] != theirs[feature]]
    if expected.kind == found.kind and "operator" in different:
        different.remove("operator")
    if expected.params != found.params and not {"kernel", "bias", "norm", "weights", *WIDTHS} & set(different):
        different.append("params")
        ours, theirs = {**ours, "params": str(expected.params)}, {**theirs, "params": str(found.params)}
    window = {"kernel", "stride", "dilation", "input map"} & set(different)
    depthwise = expected.depthwise and found.depthwise
    inherited = {
        "input channels": after,
        "input map": after,
        "output map": bool(window),
        "groups": depthwise and after,
        "output channels": depthwise and after,
        "norm": found.norm_channels == found.out_channels and expected.norm_channels == expected.out_channels,
    }
    for feature in different:
        yield Change(feature, ours[feature], theirs[feature], inherited.get(feature, False))


def _of(layer: Layer | None) -> Layer:
    return _NONE if layer is None else layer


_NONE = Layer("", "", "", None, None, (1, 1), None, 0, 0, (0, 0), (0, 0), False, 0, 0, 0)
"""What a layer is that is not there."""
