"""What a witness reports about a network, in terms that all witnesses share."""

from __future__ import annotations

from dataclasses import dataclass, field

from mbcost.spec.graph import Graph
from mbcost.spec.shown import count, show

Map = tuple[int, int, int]
"""A feature map as (height, width, channels)."""


@dataclass(frozen=True)
class LayerFacts:
    """One convolution or linear layer with its norm and activation, or a pool, a multiply, an add.

    A count that a witness cannot observe is None, and is not compared.
    """

    name: str
    """`<stage>.<repeat>.<part>`; the layers of a library have the names that the library gives them."""
    operator: str
    """`conv`, `linear`, `pool`, `max_pool`, `average_pool`, `multiply` or `add`; a depthwise layer is a `conv`
    with groups."""
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
    """The name of the function; `none` without an activation."""
    activation_elements: int | None = None
    pool_inputs: int | None = None
    dilation: tuple[int, int] | None = None

    @property
    def params(self) -> int:
        """Weights, biases, norm scale and shift."""
        return self.weights + self.biases + 2 * self.norm_channels


@dataclass(frozen=True)
class Measurement:
    """A real model as a tool measured it: its layers in order of execution, and its totals."""

    against: str
    """Who measured: `fvcore`, `torch` (FlopCounterMode), or the library that provides the model."""
    layers: tuple[LayerFacts, ...]
    params: int
    """Trainable parameters of the whole model, counted from the model itself."""
    macs: int
    """Multiply-accumulates of the whole model, as the tool reports them."""
    model: str = ""
    """The library's name of its model, if it is a library's; a library can have several models of one network."""

    def __repr__(self) -> str:
        counts = f"{self.params:,} params, {self.macs:,} multiply-accumulates"
        return show(self, f"{count(self.layers, 'layer')} by {self.against}: {counts}")


QUANTITIES = tuple(name for name in LayerFacts.__dataclass_fields__ if name != "name")
"""The facts by which two witnesses are compared."""


@dataclass(frozen=True)
class NormFacts:
    """A norm after a layer, or before the first one."""

    kind: str
    """`batch norm`, `group norm`, `instance norm`, `layer norm`, `rms norm` or `local response norm`."""
    channels: int
    groups: int | None = None
    """The groups of a group norm."""
    parameters: str = "scale and shift"
    """`scale and shift`, `scale only`, `shift only` or `no scale and no shift`."""
    statistics: str = "running"
    """`running`, those of training; or `of the input`, where the kind of norm has running ones otherwise."""
    epsilon: float | None = None
    """The number that it adds to the variance; None if it is not observed."""

    @property
    def values(self) -> int:
        """How many parameters it has."""
        return {"scale and shift": 2, "no scale and no shift": 0}.get(self.parameters, 1) * self.channels


@dataclass(frozen=True)
class Call:
    """One call of a convolution or linear layer, or of a different operator that multiplies and accumulates."""

    facts: LayerFacts
    """They are named after the parameter that holds the weights, or after the calling module if there is none."""
    params: int = 0
    """Number of weights, biases and values of norms that this call is the first to use, computed ones included."""
    named: bool = True
    """Whether the weights come from a parameter of the model, as they are or computed from it."""
    shares: str | None = None
    """The name of an earlier call of the same weights."""
    stored: int = 0
    """Number of values of the parameters that this call is the first to use. It differs from `params` if the model
    computes weights from more or fewer values, as with weight norm."""
    computed_from: tuple[str, ...] = ()
    """The parameters from which the weights are computed; empty if the weights are a parameter."""
    norms: tuple[NormFacts, ...] = ()
    padding: str = "zeros"
    """What the map is padded with: `zeros`, `reflect`, `replicate`, `circular` or a number."""
    reads: tuple[int, ...] = ()
    """The positions of the earlier calls whose outputs reach this one without another call between them."""


@dataclass(frozen=True)
class TracedModel:
    """A model's calls in order of execution, and the parameters that belong to none of them."""

    name: str
    resolution: tuple[int, int]
    """Height and width of the image that the model read, in pixels."""
    in_channels: int
    calls: tuple[Call, ...]
    loose: tuple[tuple[str, int], ...] = ()
    """The parameters that belong to none of the calls, each with its number of values."""
    computed: bool = False
    """Whether real activations had to be computed; otherwise torch computed only the shapes."""
    graph: Graph | None = field(default=None, compare=False, repr=False)
    """All operators, if they were recorded, too."""
    folded: bool = False
    """Whether it is a file without norms, so that they can have been folded into its layers."""
    absent: tuple[tuple[str, int], ...] = ()
    """The layers of such a file that have no bias, each with its outputs. Exporters leave out a bias that is 0, so the
    layer counts as one with a bias."""

    @property
    def params(self) -> int:
        """Weights, biases and values of norms of all calls, and the loose parameters; shared ones count once."""
        return sum(call.params for call in self.calls) + sum(values for _, values in self.loose)

    @property
    def stored(self) -> int:
        """Values of all parameters of the model, each counted once, including frozen ones."""
        return sum(call.stored for call in self.calls) + sum(values for _, values in self.loose)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all calls."""
        return sum(call.facts.macs for call in self.calls)

    def __repr__(self) -> str:
        return show(self, f"{self.name}, {count(self.calls, 'call')}")
