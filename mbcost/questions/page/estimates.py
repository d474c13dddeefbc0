"""Milliseconds and top-1 for the interactive page: everything from which it computes estimates and their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mbcost.analytic.many.step_functions import TableSteps
from mbcost.analytic.network import Network, resolve
from mbcost.questions.accuracy.estimate import choose_surface, estimate_accuracy
from mbcost.questions.accuracy.surface import Surface
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.family import Family, name_family
from mbcost.questions.latency.latency import estimate_known
from mbcost.questions.page.accuracies import describe_fits, describe_surface
from mbcost.questions.page.devices import describe_device, describe_model
from mbcost.questions.page.digits import shorten
from mbcost.questions.page.families import trace_family
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class TableRange:
    """A table under one implementation at the alphas of the page."""

    spec: Spec
    implementation: str
    in_channels: int
    steps: TableSteps
    alpha: float
    """One of them, which gives a network."""


def describe_estimates(
    tables: Mapping[str, Sequence[TableRange]], fixed: Mapping[str, Network], calibrations: Iterable[Calibration]
) -> dict[str, Any]:
    """Return everything from which the page computes milliseconds and top-1, as a dict of JSON.

    Args:
        tables: the networks of the page that alpha and the resolution change, by the names that the page uses, under
            each implementation.
        fixed: the others, by name. Their estimates are written as they are.
        calibrations: the devices.

    Raises:
        MbcostError: a network is too large for an estimate.
    """
    families: dict[Family, int] = {}
    surfaces: dict[Surface, int] = {}
    networks = {
        name: {one.implementation: _describe_range(one, families, surfaces) for one in ranges}
        for name, ranges in tables.items()
    }
    specs = {name: (ranges[0].spec, ranges[0].in_channels) for name, ranges in tables.items()}
    devices = tuple(calibrations)
    return {
        "latency": describe_model(),
        "devices": [describe_device(device, tuple(families), specs) for device in devices],
        "accuracy": describe_fits(),
        "surfaces": [describe_surface(surface) for surface in surfaces],
        "networks": networks,
        "fixed": {name: _describe_fixed(network, devices) for name, network in fixed.items()},
    }


def _describe_range(one: TableRange, families: dict[Family, int], surfaces: dict[Surface, int]) -> dict[str, Any]:
    """Return the families of a table, each with the first of its alphas, and its surface or why it has none.

    The order of reasons is that of `choose_surface`: what is wrong with the classes comes before the channels.
    """
    spec, name = one.spec, one.implementation
    usual, own = (
        choose_surface(
            resolve(spec, alpha=one.alpha, resolution=max(spec.resolution), implementation=name, in_channels=channels)
        )
        for channels in (spec.channels, one.in_channels)
    )
    return {
        "families": [
            [start, families.setdefault(family, len(families))]
            for start, family in trace_family(spec, name, one.steps)
        ],
        "surface": surfaces.setdefault(usual, len(surfaces)) if isinstance(usual, Surface) else None,
        "why_no_accuracy": own if isinstance(own, str) else "",
    }


def _describe_fixed(network: Network, devices: Iterable[Calibration]) -> dict[str, Any]:
    """Return the estimates of a network that is as it is, by device, and its top-1."""
    accuracy = estimate_accuracy(network)
    return {
        "latency": {device.device.name: _describe_latency(device, network) for device in devices},
        "top1": {
            "top1": shorten(accuracy.top1),
            "low": shorten(accuracy.low),
            "high": shorten(accuracy.high),
            "exact": accuracy.exact,
            "recipe": accuracy.recipe,
            "reason": accuracy.reason,
        },
    }


def _describe_latency(calibration: Calibration, network: Network) -> dict[str, Any]:
    estimate = estimate_known(calibration, network)
    names = ("milliseconds", "low", "high", "error", "measured")
    return {**{name: shorten(getattr(estimate, name)) for name in names}, "reason": estimate.reason}
