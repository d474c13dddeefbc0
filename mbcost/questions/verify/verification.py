"""What `verify` finds: every difference of a model from a network, with its cost."""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.analytic.network import Network
from mbcost.questions.aligned.weighted import WeightedLayer
from mbcost.questions.verify.attributes import list_owners
from mbcost.questions.verify.function import StepDifference
from mbcost.questions.verify.identify import NetworkMatch
from mbcost.questions.verify.prove import Proof
from mbcost.spec.observed import TracedModel
from mbcost.spec.shown import show


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


def _or_none(layer: WeightedLayer | None) -> WeightedLayer:
    return _NO_LAYER if layer is None else layer


_NO_LAYER = WeightedLayer("", "", "", None, None, (1, 1), None, 0, 0, (0, 0), (0, 0), False, 0, 0, 0)
"""Stands for a layer that only the other side has."""
