"""A network with everything that a model of it needs: what a reference of a device file means, for running it."""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_flat, load_spec
from mbcost.spec.catalogue.reference import parse_reference
from mbcost.spec.device import MeasuredNetwork
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class RunnableNetwork:
    """A network of which a model can be built and run. Settings that are None have the spec's own value."""

    network: str
    """The reference as it was written, for messages and results."""
    spec: Spec
    alpha: float
    resolution: tuple[int, int]
    """Height and width of the input in pixels."""
    implementation: str | None = None
    classes: int | None = None
    in_channels: int | None = None

    @property
    def channels(self) -> int:
        """The channels of the input."""
        return self.spec.channels if self.in_channels is None else self.in_channels


def find_runnable(network: MeasuredNetwork) -> RunnableNetwork:
    """Return what a network of a device file is, measured or not.

    Raises:
        MbcostError: the reference is not a network, or it is a list of layers without the connections between them.
        SpecError: it is a file that is not a valid spec.

    >>> find_runnable(MeasuredNetwork("v2@0.75", None)).resolution
    (224, 224)
    """
    reference = parse_reference(network.network)
    if load_flat(reference.name) is not None:
        at = f"{network.position}: " if network.position else ""
        raise MbcostError(
            f"{at}{network.network} is a flat list of layers, which cannot be run: name a network that has a table"
        )
    spec = load_spec(reference.name)
    return RunnableNetwork(
        network.network,
        spec,
        1.0 if reference.alpha is None else reference.alpha,
        spec.resolution if reference.resolution is None else reference.resolution,
        reference.implementation,
        network.classes,
        network.in_channels,
    )
