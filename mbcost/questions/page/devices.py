"""Measured devices for the interactive page: what milliseconds are computed from, as numbers and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network
from mbcost.questions.latency.calibrate import COVERAGE, MOST_LEVERAGE, Calibration
from mbcost.questions.latency.estimate import FAMILY_OUTSIDE, UNLIKE, explain_device, explain_family, explain_outside
from mbcost.questions.latency.family import Family
from mbcost.questions.latency.rates import select_kinds
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.questions.latency.work import IMAGE_CHANNELS, KINDS, count_times
from mbcost.questions.page.digits import shorten
from mbcost.spec.catalogue.measured import list_devices

if TYPE_CHECKING:
    from numpy.typing import NDArray

Tables = Mapping[str, Network]
"""A network of each table of the page, by the names that the page uses."""


def load_calibrations(names: Sequence[str] = ()) -> tuple[Calibration, ...]:
    """Return the calibrations of devices, each once; of all built-in ones if none is named.

    Args:
        names: names of built-in devices, or files of measurements.

    Raises:
        MbcostError: a device is unknown, or too few networks are measured.
        SpecError: a file is not valid.
    """
    return tuple(map(calibrate_device, dict.fromkeys(names))) if names else _calibrate_all()


@cache
def _calibrate_all() -> tuple[Calibration, ...]:
    return tuple(map(calibrate_device, list_devices()))


def name_devices(calibrations: Iterable[Calibration]) -> dict[str, Calibration]:
    """Return devices by names of their own: files in different folders can have one name."""
    names: dict[str, Calibration] = {}
    for calibration in calibrations:
        name = calibration.device.name
        candidates = (name, *(f"{name} ({number})" for number in range(2, len(names) + 2)))
        names[next(candidate for candidate in candidates if candidate not in names)] = calibration
    return names


def describe_model() -> dict[str, Any]:
    """Return what all devices have in common: the names of the kinds of work, and the limits of intervals."""
    return {
        "kinds": list(KINDS),
        "image_channels": IMAGE_CHANNELS,
        "most_leverage": MOST_LEVERAGE,
        "coverage": COVERAGE,
        "unlike": UNLIKE,
        "family_outside": FAMILY_OUTSIDE,
    }


def describe_device(calibration: Calibration, families: Sequence[Family], tables: Tables) -> dict[str, Any]:
    """Return one device as a dict of JSON.

    Rates are milliseconds per unit of work of one image, 0 for work that takes no time there: whether norms are layers
    and how many images are computed together is already in them, and in the matrix from which leverages follow. Both
    have the kinds with a rate only, `active`, and of the symmetric matrix only the lower triangle is there.

    Args:
        calibration: the device.
        families: the families of the networks of the page; the device refers to them by index.
        tables: the networks of the page that are tables. Measured networks that the page does not have are left out.
    """
    device, structure = calibration.device, calibration.structure
    weights = select_kinds(structure) * count_times(device.batch)
    active = [kind for kind, rate in enumerate(calibration.rates) if rate > 0]
    reason = explain_device(calibration)
    low, high = calibration.range
    return {
        "name": device.name,
        "title": device.device,
        **{key: getattr(device, key) for key in ("runtime", "dtype", "threads", "batch", "statistic", "source")},
        "points": len(calibration.sample),
        "left_out": {name: shorten(error) for name, error in asdict(calibration.left_out).items()},
        "left_out_family": shorten(calibration.left_out_family),
        "lanes": structure.lanes,
        "active": active,
        "rates": [shorten(calibration.rates[kind] * weights[kind]) for kind in active],
        "inverse": _shorten_triangle(calibration, active, weights),
        "margin": shorten(calibration.margin),
        "range": [low, high],
        "families": [index for index, family in enumerate(families) if family in calibration.families],
        "reason": reason,
        "outside": explain_outside(calibration),
        "family": explain_family(calibration, is_inside=True),
        "measured": _list_measured(calibration, tables),
        "suspicious": _list_suspicious(calibration),
        "notes": list(calibration.resolved.notes),
    }


def _list_measured(calibration: Calibration, tables: Tables) -> dict[str, dict[str, list[list[float]]]]:
    """Return what was measured of the networks of the page, as alpha, milliseconds, height, width and classes.

    The lists are by network and implementation. They end before the width if it is the height, and before the classes
    if they are the default. Networks with another input or another head are not on the page.
    """
    measured: dict[str, dict[str, list[list[float]]]] = {}
    for row, network in calibration.resolved.measured:
        key = network.spec, network.in_channels
        name = next((name for name, table in tables.items() if (table.spec, table.in_channels) == key), None)
        if name is None or row.milliseconds is None:
            continue
        alpha = int(network.alpha) if network.alpha.is_integer() else network.alpha
        values = [alpha, shorten(row.milliseconds), *network.resolution, network.classes]
        if network.classes == network.spec.count_classes(None):
            values = values[: 3 if values[2] == values[3] else 4]
        measured.setdefault(name, {}).setdefault(network.implementation, []).append(values)
    return measured


def _shorten_triangle(calibration: Calibration, active: Sequence[int], weights: NDArray[Any]) -> list[list[float]]:
    """Return the lower triangle of the matrix for work of one image, [kinds with a rate, those up to this one]."""
    inverse = calibration.inverse * weights[:, None] * weights
    return [[shorten(inverse[row, column]) for column in active[: index + 1]] for index, row in enumerate(active)]


def _list_suspicious(calibration: Calibration) -> list[str]:
    rows: Iterable[tuple[Any, bool]] = zip(calibration.resolved.measured, calibration.suspicious, strict=True)
    return [row.label for (row, _), suspicious in rows if suspicious]
