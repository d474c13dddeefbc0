"""What a witness says of a network, in words that every witness shares."""

from __future__ import annotations

from dataclasses import dataclass

Map = tuple[int, int, int]
"""A feature map as (height, width, channels)."""


@dataclass(frozen=True)
class LayerFacts:
    """One convolution or linear layer with its norm and activation, or a pool, a multiply, an add.

    A count that a witness cannot see is None and takes no part in a comparison.
    """

    name: str
    """`<stage>.<repeat>.<part>`; another library's layers carry its own name for them."""
    operator: str
    """`conv`, `linear`, `pool`, `max_pool`, `average_pool`, `multiply` or `add`; a depthwise layer is a `conv` with
    groups."""
    kernel: tuple[int, int] | None
    stride: tuple[int, int] | None
    groups: int | None
    input: Map
    output: Map
    weights: int
    biases: int
    norm_channels: int
    macs: int
    norm_elements: int | None = None
    activation: str | None = None
    """The function's name, `none` where there is none."""
    activation_elements: int | None = None
    pool_inputs: int | None = None
    dilation: tuple[int, int] | None = None

    @property
    def params(self) -> int:
        """Weights, biases, norm scale and shift."""
        return self.weights + self.biases + 2 * self.norm_channels


@dataclass(frozen=True)
class Measurement:
    """A real model as a tool measured it, layer by layer in order of execution."""

    against: str
    """Who was asked: `fvcore`, `torch` (FlopCounterMode) or a library whose model it is."""
    layers: tuple[LayerFacts, ...]
    params: int
    """Trainable parameters of the whole model, counted from the model itself."""
    macs: int
    """Multiply-accumulates of the whole model, as the tool totals them."""
    model: str = ""
    """The library's name of its model, where a library was asked: it can have several of one network."""


QUANTITIES = tuple(name for name in LayerFacts.__dataclass_fields__ if name != "name")
"""What two witnesses are compared by."""


@dataclass(frozen=True)
class Call:
    """One call of a convolution or linear layer, or of another operator that multiplies and accumulates."""

    facts: LayerFacts
    """Named by the parameter that holds the weights; where no parameter does, by the module that makes the call."""
    params: int = 0
    """Values of the parameters that are first used here: none where an earlier call has used them all."""
    named: bool = True
    """Whether the weights are a parameter of the model's, and not computed or kept elsewhere."""
    shares: str | None = None
    """The name of an earlier call of the same weights."""


@dataclass(frozen=True)
class TracedModel:
    """A model's calls in order of execution, and the parameters that none of them accounts for."""

    name: str
    resolution: tuple[int, int]
    """Height and width of the image that it read, in pixels."""
    in_channels: int
    calls: tuple[Call, ...]
    loose: tuple[tuple[str, int], ...] = ()
    """Parameters, each with how many values it has, that belong to none of the calls."""
    computed: bool = False
    """Whether real activations had to be computed; else torch worked out the shapes alone."""

    @property
    def params(self) -> int:
        """Values of all the model's parameters, each counted once, frozen ones too."""
        return sum(call.params for call in self.calls) + sum(values for _, values in self.loose)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all calls."""
        return sum(call.facts.macs for call in self.calls)
