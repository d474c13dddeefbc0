"""What a setting costs: the same answers as those of `mbcost table` and `mbcost memory`, and what is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.cost.table import CostTable, tabulate_costs
from mbcost.questions.device.memory import Memory, compute_memory
from mbcost.questions.explore.state import Setting, resolve_setting
from mbcost.questions.explore.subject import Scope
from mbcost.spec.catalogue.library import NETWORKS, load_convention
from mbcost.spec.catalogue.published import Published, load_published

MOST_STEPS = 1_000
"""The layers of the largest network whose memory is computed after every key; EfficientNet-B0 has 124."""
TOTALS = ("params", "mult_adds", "activations")
"""The totals of a cost table."""


@dataclass(frozen=True)
class Figure:
    """A published figure about exactly this network, and whether our number is printed like it."""

    figure: Published
    agrees: bool
    others: int
    """How many other figures there are about the same quantity."""


@dataclass(frozen=True)
class Answer:
    """The costs of a setting."""

    costs: CostTable
    at_one: CostTable | None
    """The costs at alpha 1, all else unchanged; None if there is no alpha, or no network at alpha 1."""
    memory: Memory | str
    """The bytes by allocation model, or why they are not known."""
    figures: Mapping[str, Figure]
    """The published figures by the name of their total, one of `TOTALS`."""


@dataclass(frozen=True)
class Problem:
    """Why a setting has no costs, in one line."""

    message: str


@lru_cache(maxsize=128)
def explore(setting: Setting, scope: Scope) -> Answer | Problem:
    """Return the costs of a setting, or why there are none."""
    try:
        network = resolve_setting(setting, scope)
        costs = tabulate_costs(network, load_convention(setting.convention), setting.by)
    except MbcostError as error:
        return Problem(str(error).splitlines()[0])
    memory = _compute_memory(network)
    return Answer(
        costs,
        _compute_at_one(replace(setting, alpha=1.0, by="layer", by_cost=False), scope),
        memory,
        _find_figures(costs, scope),
    )


def _compute_memory(network: Network) -> Memory | str:
    """Return the bytes of a network's maps, or why they are not known."""
    if len(network.steps) > MOST_STEPS:
        return f"a network of more than {MOST_STEPS:,} layers takes long: use mbcost memory"
    try:
        return compute_memory(network)
    except MbcostError as error:
        return str(error)


@lru_cache(maxsize=128)
def _compute_at_one(setting: Setting, scope: Scope) -> CostTable | None:
    if scope.find(setting.net).network is not None:
        return None
    try:
        return tabulate_costs(resolve_setting(setting, scope), load_convention(setting.convention))
    except MbcostError:
        return None


def _find_figures(costs: CostTable, scope: Scope) -> dict[str, Figure]:
    spec = costs.network.spec
    is_plain = spec.name in NETWORKS and not spec.origin and not spec.is_flat and not spec.head and spec.has_top
    if not is_plain or costs.network.in_channels != spec.channels or scope.settings.head is not None:
        return {}
    figures: dict[str, Figure] = {}
    for quantity in TOTALS:
        matching = [figure for figure in load_published() if figure.quantity == quantity and _matches(figure, costs)]
        if matching:
            count = getattr(costs, quantity)
            agree = [figure.prints(count) or figure.prints(count, "floors") for figure in matching]
            papers = [figure.source.where.startswith("arXiv:") for figure in matching]
            best = min(range(len(matching)), key=lambda index: (not papers[index], not agree[index]))
            figures[quantity] = Figure(matching[best], agree[best], len(matching) - 1)
    return figures


def _matches(figure: Published, costs: CostTable) -> bool:
    """Return whether a figure is about the whole network at its alpha, resolution and number of classes."""
    network = costs.network
    return (
        figure.task == "classification"
        and figure.net == network.spec.name
        and (figure.alpha or 1.0) == network.alpha
        and (figure.resolution or network.spec.resolution) == network.resolution
        and figure.classes in (None, network.classes)
    )
