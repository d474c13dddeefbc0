"""The network that a reference such as `v2@0.75/160:torchvision` means, together with settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_flat, load_spec
from mbcost.spec.catalogue.reference import Reference, choose_top, parse_reference, pick_setting, scale_resolution

if TYPE_CHECKING:
    from fractions import Fraction


@dataclass(frozen=True)
class Settings:
    """What completes a reference to a network; None is what nobody has given."""

    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    rho: Fraction | None = None
    implementation: str | None = None
    classes: int | None = None
    head: str | None = None
    in_channels: int | None = None
    top: bool = True
    """Whether the network has the global pool and what follows it."""


def resolve_reference(text: str, settings: Settings = Settings()) -> Network:
    """Return the network that a reference and the settings describe together.

    Raises:
        MbcostError: they contradict each other or do not describe a network.

    >>> resolve_reference("v2@0.75", Settings(resolution=(160, 160))).mult_adds()
    107295200
    """
    reference = parse_reference(text)
    if (flat := load_flat(reference.name)) is not None:
        if reference != Reference(reference.name) or settings != Settings():
            raise MbcostError(f"{reference.name} is a flat list of layers with fixed numbers: remove the options")
        from mbcost.analytic.flat import resolve_flat

        return resolve_flat(flat)
    spec = choose_top(load_spec(reference.name), settings.head, settings.classes, top=settings.top)
    rho = settings.rho
    if rho is not None and (settings.resolution is not None or reference.resolution is not None):
        raise MbcostError("rho and a resolution are both given: remove one, rho multiplies the table's own resolution")
    scaled = None if rho is None else scale_resolution(spec, rho)
    alpha = pick_setting("alpha", text, reference.alpha, settings.alpha)
    return resolve(
        spec,
        alpha=1.0 if alpha is None else alpha,
        resolution=pick_setting("the resolution", text, reference.resolution, settings.resolution, scaled),
        implementation=pick_setting("the implementation", text, reference.implementation, settings.implementation),
        classes=settings.classes,
        in_channels=settings.in_channels,
    )
