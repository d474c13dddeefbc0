"""A network with everything that a model of it needs: what a reference of a device file means, for running it."""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_flat, load_spec
from mbcost.spec.catalogue.reference import choose_top, parse_reference
from mbcost.spec.device import MeasuredNetwork
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class RunnableNetwork:
    """A network of which a model can be built and run."""

    entry: MeasuredNetwork
    """The network as a device file has it, measured or not."""
    spec: Spec
    """Its table, with the head that the entry states."""
    alpha: float
    resolution: tuple[int, int]
    """Height and width of the input in pixels."""
    implementation: str | None = None
    """None for the default one of the table."""

    @property
    def label(self) -> str:
        """The reference and the settings, for messages."""
        return self.entry.label

    @property
    def channels(self) -> int:
        """The channels of the input."""
        return self.spec.channels if self.entry.in_channels is None else self.entry.in_channels


def find_runnable(entry: MeasuredNetwork) -> RunnableNetwork:
    """Return what a network of a device file is, measured or not.

    Raises:
        MbcostError: the reference is not a network, its settings contradict each other, or it is a list of layers
            without the connections between them.
        SpecError: it is a file that is not a valid spec.

    >>> find_runnable(MeasuredNetwork("v2@0.75", None)).resolution
    (224, 224)
    """
    reference = parse_reference(entry.network)
    if load_flat(reference.name) is not None:
        raise MbcostError(
            f"{entry.network} is a flat list of layers, which cannot be run: name a network that has a table"
        )
    spec = choose_top(load_spec(reference.name), entry.head, entry.classes, top=entry.top)
    return RunnableNetwork(
        entry,
        spec,
        1.0 if reference.alpha is None else reference.alpha,
        spec.resolution if reference.resolution is None else reference.resolution,
        reference.implementation,
    )
