"""Is a user's own model the same function as the network, with the same weights?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mbcost.analytic.network import Network, Step
from mbcost.errors import MbcostError
from mbcost.questions.aligned.branches import find_order
from mbcost.questions.aligned.weighted import list_network_layers
from mbcost.questions.verify.implementations import list_same_layers
from mbcost.spec.function import FunctionFacts, Variant
from mbcost.spec.observed import TracedModel
from mbcost.spec.shown import show

OUTPUT = "output"
"""What a block is called that is the output of the model."""


@dataclass(frozen=True)
class BlockDifference:
    """How much the results of a block's layers differ."""

    block: str
    """`<stage>.<repeat>`, or `OUTPUT`."""
    difference: float
    """The largest one of its layers, relative to the largest absolute value of ours."""


@dataclass(frozen=True)
class Proof:
    """The results of a model compared with those of our model of a network that has the model's weights."""

    network: Network
    """The one that is the same function, or else the one that differs last."""
    facts: FunctionFacts
    model_layers: tuple[str, ...]
    """The model's names of the network's layers."""

    @property
    def equal(self) -> bool:
        """Whether both are the same function."""
        return self.facts.equal

    @property
    def blocks(self) -> tuple[BlockDifference, ...]:
        """The difference of each block that has a layer with weights, in order, and that of the output."""
        largest: dict[str, float] = {}
        for layer, difference in zip(list_network_layers(self.network), self.facts.layers, strict=True):
            largest[layer.block] = max(largest.get(layer.block, 0.0), difference)
        return tuple(BlockDifference(*item) for item in (*largest.items(), (OUTPUT, self.facts.final)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the model does besides the network, in words; each is a difference."""
        names = [layer.name for layer in list_network_layers(self.network)]
        return tuple(text if index < 0 else f"{names[index]} {text}" for index, text in self.facts.notes)

    @property
    def difference(self) -> float:
        """The first difference that is too large; 0 without one."""
        first = self.facts.first
        return 0.0 if first is None else (*self.facts.layers, self.facts.final)[first]

    @property
    def layer(self) -> str | None:
        """The first layer whose result differs; `OUTPUT` if only that does, None if nothing differs."""
        names = [layer.name for layer in list_network_layers(self.network)]
        return None if self.facts.first is None else (*names, OUTPUT)[self.facts.first]

    @property
    def model_layer(self) -> str | None:
        """The model's name of `layer`; None for the output."""
        first = self.facts.first
        return self.model_layers[first] if first is not None and first < len(self.model_layers) else None

    @property
    def source(self) -> str | None:
        """The step of the network whose result `layer` reads, such as `2.2.add`; None for the image or no layer."""
        if self.layer is None:
            return None
        steps = self.network.steps
        position = next((index for index, step in enumerate(steps) if step.name == self.layer), len(steps))
        return _find_source(steps, position)

    @property
    def block(self) -> str | None:
        """The first block whose result differs; None without one."""
        if self.layer in (None, OUTPUT):
            return self.layer and (self.source or OUTPUT).rpartition(".")[0]
        if self.facts.reads_other and self.source is not None:
            return ".".join(self.source.split(".")[:2])
        return ".".join(str(self.layer).split(".")[:2])

    def __repr__(self) -> str:
        return show(self, f"{self.network.label}: {self.facts!r}")


def _find_source(steps: tuple[Step, ...], position: int) -> str | None:
    """Return the name of the step whose result the step at a position reads; None for the image."""
    if position == 0:
        return None
    if position < len(steps) and steps[position].part == "shortcut":
        block = steps[position].block
        position = next(index for index, step in enumerate(steps) if step.block == block)
        return steps[position - 1].name if position else None
    return steps[position - 1].name


def prove_function(
    network: Network, model: Any, traced: TracedModel, epsilon: float | None, *, any_implementation: bool
) -> Proof:
    """Copy the weights of a model into our model of a network, and compare the results of all layers.

    Args:
        network: the network, which has the model's layers.
        model: the model, a `torch.nn.Module`; it is left unchanged.
        traced: its layers.
        epsilon: that of the norms, if it is known.
        any_implementation: whether the model can be that of any implementation of the table that has the same layers,
            as it can if nobody asked for an implementation.

    Raises:
        MbcostError: the network is a list of layers, whose connections are not known; the model does not run on random
            images; or memory is short.
    """
    require_table(network)
    from mbcost.measured.proof import compare_functions

    networks, variants = list_variants(network, epsilon, any_implementation=any_implementation)
    layers = list_network_layers(network)
    order = find_order(layers, traced)
    chosen, facts = compare_functions(model, traced.name, order, variants, network.resolution)
    names = tuple(traced.calls[index].facts.name for index in order)
    return Proof(networks[chosen], facts, names)


def require_table(network: Network) -> None:
    """Refuse a network whose connections are not known.

    Raises:
        MbcostError: it is a list of layers.
    """
    if network.spec.is_flat:
        raise MbcostError(
            f"--prove needs a network that can be run, and {network.label} is a list of layers: name one with a table"
        )


def list_variants(
    network: Network, epsilon: float | None, *, any_implementation: bool
) -> tuple[list[Network], list[Variant]]:
    """Return the networks that a model can be, the given one first, and how our model of each is built."""
    networks = [network, *(list_same_layers(network, epsilon) if any_implementation else ())]
    variants = [
        Variant(other.spec, other.alpha, other.implementation, other.classes, other.in_channels) for other in networks
    ]
    return networks, variants
