"""Milliseconds and top-1 for the interactive page: everything from which it computes estimates and their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mbcost.analytic.network import Network, Step, resolve
from mbcost.analytic.symbolic.step_functions import TableSteps
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.estimate import choose_surface, estimate_accuracy
from mbcost.questions.accuracy.surface import Surface
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.latency import estimate_known
from mbcost.questions.page.accuracies import describe_fits, describe_surface
from mbcost.questions.page.devices import describe_device, describe_model, name_devices
from mbcost.questions.page.digits import shorten
from mbcost.questions.page.families import trace_family
from mbcost.questions.page.packing import Pool
from mbcost.questions.page.work_terms import describe_row_work
from mbcost.spec.table import Spec


@dataclass
class EstimatePools:
    """What the networks of a page share for estimates, by index."""

    works: Pool = field(default_factory=Pool)
    families: Pool = field(default_factory=Pool)
    surfaces: list[Surface] = field(default_factory=list)

    def add_work(self, step: Step) -> int:
        """Return the index of the work of a row of a cost table."""
        return self.works.add(describe_row_work(step).as_json())

    def describe_table(self, spec: Spec, implementation: str, in_channels: int, steps: TableSteps) -> dict[str, Any]:
        """Return the families of a table, each with the first of its alphas, and its surface or why it has none.

        The order of reasons is that of `choose_surface`: what is wrong with the classes comes before the channels.

        Args:
            spec: the table.
            implementation: the name of one of its implementations.
            in_channels: the channels of the input.
            steps: its blocks at every alpha.

        Raises:
            MbcostError: no alpha gives a network at the table's own resolution.
        """
        families = trace_family(spec, implementation, in_channels, steps)
        if not families:
            raise MbcostError(f"{spec.name} gives no network at its own resolution: state a larger one in its table")
        usual, own = (
            choose_surface(resolve(spec, alpha=families[0][0], implementation=implementation, in_channels=channels))
            for channels in (spec.channels, in_channels)
        )
        return {
            "families": [[start, self.families.add(family)] for start, family in families],
            "surface": None if isinstance(usual, str) else self._add_surface(usual),
            "why_no_accuracy": own if isinstance(own, str) else "",
        }

    def _add_surface(self, surface: Surface) -> int:
        if surface not in self.surfaces:
            self.surfaces.append(surface)
        return self.surfaces.index(surface)


def describe_estimates(
    pools: EstimatePools,
    tables: Mapping[str, Network],
    fixed: Mapping[str, Network],
    calibrations: Sequence[Calibration],
) -> dict[str, Any]:
    """Return everything from which the page computes milliseconds and top-1, as a dict of JSON.

    Args:
        pools: what the tables of the page have added.
        tables: a network of each table, by the names that the page uses.
        fixed: the networks that have one size only, by name. Their estimates are written as they are.
        calibrations: the devices.

    Raises:
        MbcostError: a fixed network is too large for an estimate.
    """
    devices = name_devices(calibrations)
    families = [tuple(family) for family in pools.families.values]
    return {
        "latency": describe_model(),
        "works": pools.works.values,
        "devices": [{**describe_device(one, families, tables), "name": name} for name, one in devices.items()],
        "accuracy": describe_fits(),
        "surfaces": [describe_surface(surface) for surface in pools.surfaces],
        "fixed": {name: _describe_fixed(network, devices) for name, network in fixed.items()},
    }


def _describe_fixed(network: Network, devices: Mapping[str, Calibration]) -> dict[str, Any]:
    """Return the estimates of a network that is as it is, by device, and its top-1."""
    accuracy = estimate_accuracy(network)
    return {
        "latency": {name: _describe_latency(calibration, network) for name, calibration in devices.items()},
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
