"""What somebody's own model was seen to execute."""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.spec.measurement import LayerFacts


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
