"""Among which networks is the closest one to a model searched for?"""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.analytic.reference import Settings
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.catalogue.reference import Reference, choose_top, parse_reference, pick_setting, scale_resolution
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class Candidates:
    """The tables whose networks are tried, and what is known; what is None is searched."""

    specs: tuple[Spec, ...]
    alpha: float | None
    implementation: str | None
    classes: int | None
    resolution: tuple[int, int]
    """Of the image that the model reads."""
    in_channels: int


def list_candidates(text: str | None, settings: Settings) -> Candidates:
    """Return the candidates that a reference and the settings describe; without a reference, all built-in networks.

    Raises:
        MbcostError: the reference and the settings contradict each other, or there is no such network.
    """
    reference = Reference("") if text is None else parse_reference(text)
    subject = text or "all networks"
    names = NETWORKS if text is None else (reference.name,)
    specs = tuple(choose_top(load_spec(name), settings.head, settings.classes, top=settings.top) for name in names)
    scaled = None if settings.rho is None else scale_resolution(specs[0], settings.rho)
    size = pick_setting("the resolution", subject, reference.resolution, settings.resolution, scaled)
    return Candidates(
        specs,
        pick_setting("alpha", subject, reference.alpha, settings.alpha),
        pick_setting("the implementation", subject, reference.implementation, settings.implementation),
        settings.classes,
        size or specs[0].resolution,
        specs[0].channels if settings.in_channels is None else settings.in_channels,
    )
