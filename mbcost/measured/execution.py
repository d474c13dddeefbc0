"""What has been executed so far: the layers, and the operators that follow them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from mbcost.measured.flow import IMAGE, DataFlow, list_tensors
from mbcost.spec.observed import LayerFacts, NormFacts


@dataclass
class Followers:
    """The operators that follow a layer before the next layer begins."""

    biases: int = 0
    norm_channels: int = 0
    norm_elements: int = 0
    function: list[str] = field(default_factory=list)
    """The steps of the activation function."""
    activation_elements: int = 0

    def complete(self, layer: LayerFacts) -> LayerFacts:
        """Return the layer together with its followers."""
        function = " ".join(self.function) or "none"
        return replace(
            layer, biases=layer.biases + self.biases, norm_channels=self.norm_channels,
            norm_elements=self.norm_elements, activation=_FUNCTIONS.get(function, function),
            activation_elements=self.activation_elements,
        )  # fmt: skip


@dataclass
class ExecutedLayer:
    """One call of a layer."""

    facts: LayerFacts
    followers: Followers
    weights: str | None
    """The name of the parameter that contains its weights."""
    module: str
    """The name of the module that made the call."""
    of_weights: bool = False
    """Whether no map is among its operands, so that it can be a step of computing weights."""
    first_used: list[str] = field(default_factory=list)
    """The parameters that no earlier layer had used."""
    computed_from: tuple[str, ...] = ()
    """The parameters from which its weights are computed."""
    identity: tuple[int, int, int] | None = None
    """Equal for layers with the same weights."""
    params: int = 0
    """The number of values that it is the first to use, computed ones included."""
    norms: list[NormFacts] = field(default_factory=list)
    padding: str = "zeros"
    reads: frozenset[int] = frozenset()
    """The layers whose outputs reach this one, as positions; `IMAGE` is the image."""


class Execution:
    """What has been executed so far. It decides what the next operator means.

    Args:
        flow: where the values of every tensor come from.
        strict: whether a convolution that `LayerFacts` cannot describe is an error.
    """

    def __init__(self, flow: DataFlow, *, strict: bool) -> None:
        self.flow = flow
        self.strict = strict
        self.layers: list[ExecutedLayer] = []
        self.followers = Followers()
        """Those of the last layer. What comes before the first layer is dropped: Keras V3 rescales the image."""
        self.early_norms: list[NormFacts] = []
        """Norms of the image."""
        self.zeros: dict[int, tuple[int, ...]] = {}
        """How much was added along each dimension by the identity of the padded map."""
        self.padding: dict[int, str] = {}
        """What was added if it was not zeros, by the identity of the padded map."""
        self.kept_alive: list[Tensor] = []
        """The tensors in `zeros`, so that none of their identities is used again."""

    def owner(self, tensor: Any) -> str | None:
        """Return the parameter that `tensor` is, is a view of or was copied from; None for a map or a number."""
        return self.flow.owner(tensor)

    def find_layer(self, operands: Any) -> ExecutedLayer | None:
        """Return the layer to which an operator on `operands` belongs: the last one whose output reaches a map."""
        sources = frozenset[int]().union(*map(self.flow.sources, list_tensors(operands)))
        if sources:
            return self.layers[max(sources)] if max(sources) > IMAGE else None
        return next((layer for layer in reversed(self.layers) if not layer.of_weights), None)

    def add_norm(self, norm: NormFacts, x: Tensor) -> None:
        """Add a norm of the map `x` to the layer before it."""
        layer = self.find_layer(x)
        if layer is None:
            self.early_norms.append(norm)
            return
        layer.norms.append(norm)
        layer.followers.norm_channels += norm.channels if norm.parameters in ("scale and shift", "scale only") else 0
        layer.followers.norm_elements += x.numel()

    def layer_name(self, weight: Tensor) -> str:
        """Return `features.0.0` for its parameter `features.0.0.weight`; Keras writes `_torch_params.conv/kernel`."""
        owner = self.owner(weight) or f"{len(self.layers)}.weight"
        return owner.replace("/", ".").rpartition(".")[0].removeprefix("_torch_params.")

    def remember_padding(self, padded: Tensor, zeros: Iterable[int], kind: str = "zeros") -> None:
        """Remember how much `padded` has been padded along each of its dimensions, and with what."""
        self.zeros[id(padded)] = tuple(zeros)
        self.padding[id(padded)] = kind
        self.kept_alive.append(padded)

    def pad(self, output: Tensor, x: Tensor, pad: Iterable[int], kind: str) -> None:
        """Remember that `output` is `x`, padded."""
        zeros, sides = list(self.zeros.get(id(x), (0,) * x.ndim)), list(pad)
        # torch lists the dimensions from the last one backwards, two numbers for each.
        for dimension, (before, after) in enumerate(zip(sides[::2], sides[1::2], strict=True), start=1):
            zeros[-dimension] += before + after
        kinds = dict.fromkeys((self.padding.get(id(x), kind), kind))
        self.remember_padding(output, zeros, " and ".join(kinds))


_FUNCTIONS: Mapping[str, str] = {
    "clamp 0 6": "relu6",
    "+ 3 clamp 0 6 x 0.1667": "hard_sigmoid",  # as Keras V3 writes it
}
