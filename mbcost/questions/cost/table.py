"""What does a network cost, row by row?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from mbcost.analytic.layers import Conv2d, Leading, Linear, Operation, WindowPool
from mbcost.analytic.network import Network, Step
from mbcost.spec.convention import Convention
from mbcost.spec.table import Row
from mbcost.spec.tally import total

if TYPE_CHECKING:
    from mbcost.spec.observed import Map


@dataclass(frozen=True)
class CostRow:
    """A row of a cost table: one step, or all steps of a block or a stage."""

    name: str
    printed: Row
    """The row of the paper's table to which it belongs."""
    operator: str
    kernel: tuple[int, int] | None
    stride: int | None
    groups: int | None
    input: Map
    output: Map
    params: int
    mult_adds: int
    activations: int
    """Output elements of its convolution and linear layers."""


@dataclass(frozen=True)
class CostTable:
    """The rows and their sums, in the counts of one convention."""

    network: Network
    convention: Convention
    by: str
    rows: tuple[CostRow, ...]

    @property
    def params(self) -> int:
        """The sum of the rows' parameters."""
        return sum(row.params for row in self.rows)

    @property
    def mult_adds(self) -> int:
        """The sum of the rows' multiply-adds."""
        return sum(row.mult_adds for row in self.rows)

    @property
    def activations(self) -> int:
        """The sum of the rows' activations."""
        return sum(row.activations for row in self.rows)


def tabulate_costs(network: Network, convention: Convention, by: str = "layer") -> CostTable:
    """Return the costs of `network` with one row per layer, block (`2.1`) or stage (`2`); `by` is in `GROUPINGS`."""
    group = GROUPINGS[by]
    rows = tuple(make_row(name, tuple(steps), convention) for name, steps in groupby(network.steps, group))
    return CostTable(network, convention, by, rows)


def make_row(name: str, steps: tuple[Step, ...], convention: Convention) -> CostRow:
    """Return the row of consecutive steps; a single step is shown as the layer it is if `name` is its own."""
    lead, tally = steps[0].lead, total(step.tally for step in steps)
    is_layer = name == steps[0].name
    window = lead if is_layer and isinstance(lead, Conv2d | Linear | WindowPool) else None
    return CostRow(
        name=name,
        printed=steps[0].row,
        operator=_name_operator(lead) if is_layer else steps[0].row.operator,
        kernel=window.kernel if window else None,
        stride=window.stride if window else None,
        groups=window.groups if isinstance(window, Conv2d | Linear) else None,
        input=lead.input.map,
        output=steps[-1].output.map,
        params=convention.params(tally),
        mult_adds=convention.mult_adds(tally),
        activations=tally.outputs,
    )


def _name_operator(lead: Leading) -> str:
    return "not counted" if isinstance(lead, Operation) and lead.reason else lead.operator


GROUPINGS: Mapping[str, Callable[[Step], str]] = {
    "layer": attrgetter("name"),
    "block": attrgetter("block"),
    "stage": attrgetter("stage"),
}
