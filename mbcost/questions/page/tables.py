"""A table under all its implementations, at every alpha and resolution, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from mbcost.analytic.blocks import plan
from mbcost.analytic.compact import Scale, compact
from mbcost.analytic.layers import Conv2d, Linear
from mbcost.analytic.many.changes import find_row_changes
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS
from mbcost.analytic.network import Step
from mbcost.analytic.symbolic.step_functions import BlockSteps, StepFunction, trace_steps
from mbcost.analytic.symbolic.symbols import Kind, Sum, SymbolicRow
from mbcost.errors import MbcostError
from mbcost.questions.compare.separable import compare_block, find_replaced
from mbcost.questions.cost.formula import name_equation
from mbcost.questions.cost.table import make_row
from mbcost.questions.page.estimates import EstimatePools
from mbcost.questions.page.packing import Pool, StepPool, pack_scale, pack_sum
from mbcost.spec.catalogue.library import load_convention, load_conventions
from mbcost.spec.implementation import Implementation
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row, Spec
from mbcost.spec.tally import COUNTS, Tally

LEAST_ALPHA, MOST_ALPHA = 0.05, 4.0
"""The alphas of a page. Published ones are from 0.1 to 2."""
MOST_RESOLUTION = 4096
MOST_CLASSES = 1_000_000
MOST_BLOCKS = 300_000
"""So many blocks of one table are planned at most, of all implementations together; MobileNetV2 has 70,000."""
EXACT = 2**53
"""JavaScript's numbers represent every whole number up to this one."""
_SMALLER = 0.98
"""The next alpha to try, if groups do not divide the channels at one."""


@dataclass
class Pools:
    """What the networks of a page share, by index."""

    rows: Pool = field(default_factory=Pool)
    kinds: Pool = field(default_factory=Pool)
    scales: Pool = field(default_factory=Pool)
    live: Pool = field(default_factory=Pool)
    steps: StepPool = field(default_factory=StepPool)
    estimates: EstimatePools = field(default_factory=EstimatePools)
    _known: dict[Kind, int] = field(default_factory=dict)

    def add_kind(self, kind: Kind) -> int:
        """Return the index of a kind of blocks."""
        if kind not in self._known:
            self._known[kind] = self.kinds.add(self._describe_kind(kind))
        return self._known[kind]

    def add_scale(self, scale: Scale) -> int:
        """Return the index of a scale; -1 for a single position."""
        return -1 if scale is None else self.scales.add(pack_scale(scale))

    def _describe_kind(self, kind: Kind) -> dict[str, Any]:
        every_width = tuple(range(4))
        live = [
            [
                [[self.add_scale(scale), pack_sum(channels, every_width)] for scale, channels in row.live[allocator]]
                for row in kind.rows
            ]
            for allocator in WITHOUT_OFFSETS
        ]
        return {
            "rows": [self._describe_row(row, kind) for row in kind.rows],
            "out": self.add_scale(kind.output),
            "live": self.live.add(live),
            "stored": [pack_sum(number, every_width) for number in kind.stored],
            "standard": self._describe_standard(kind),
        }

    def _describe_standard(self, kind: Kind) -> list[Any] | None:
        """Return the dense convolution that stands for the layers around a depthwise one; None without one.

        These are the indices of the rows that it replaces, its kernel, the scale of its output, and its weights, which
        are its multiply-adds per position.
        """
        steps = [_as_step(row) for row in kind.rows]
        replaced = next((steps for _, steps in find_replaced(steps)), None)
        if replaced is None:
            return None
        standard = compare_block("", replaced)
        names = [step.name for step in replaced]
        indices = [index for index, step in enumerate(steps) if step.name in names]
        depthwise = next(row for row in kind.rows if row.part == "depthwise")
        weights = pack_sum(kind.split(standard.standard.weights), tuple(range(4)))
        return [indices, standard.kernel, self.add_scale(depthwise.output), weights]

    def _describe_row(self, row: SymbolicRow, kind: Kind) -> list[Any]:
        """Return the index of a row, the widths that its numbers are functions of, and the scales of its maps."""
        groups = _count_groups(row, kind)
        sums = [row.input_channels, row.output_channels, groups or (), *(amount for *_, amount in row.counts)]
        widths = list(dict.fromkeys(width for sum_ in sums for product in sum_ for width in product.widths))
        others = dict.fromkeys(scale for _, scale, _ in row.counts if scale not in (None, row.input, row.output))
        scales = [row.input, row.output, *others]
        step = make_row(f"0.1.{row.part}", (_as_step(row),), load_convention())
        lead = row.layers[0]
        template = {
            "part": row.part,
            "operator": step.operator,
            "kernel": step.kernel,
            "stride": step.stride,
            "groups": None if groups is None else pack_sum(groups, widths),
            "input": pack_sum(row.input_channels, widths),
            "output": pack_sum(row.output_channels, widths),
            "counts": [
                [COUNTS.index(count), -1 if scale is None else scales.index(scale), pack_sum(amount, widths)]
                for count, scale, amount in row.counts
            ],
            "equation": name_equation(lead) if isinstance(lead, Conv2d | Linear) else None,
            "work": self.estimates.add_work(_as_step(row)),
        }
        return [self.rows.add(template), widths, [self.add_scale(scale) for scale in scales]]


def _as_step(row: SymbolicRow) -> Step:
    return Step(Row(0, ""), tuple(replace(layer, name=f"0.1.{row.part}") for layer in row.layers))


def _count_groups(row: SymbolicRow, kind: Kind) -> Sum | None:
    """Return the groups of a convolution or linear layer as a sum of products; None of other rows."""
    lead = row.layers[0]
    return kind.split(lead.groups) if isinstance(lead, Conv2d | Linear) else None


def describe_table(spec: Spec, in_channels: int, pools: Pools) -> dict[str, Any]:
    """Return a table under all its implementations.

    Args:
        spec: the table.
        in_channels: the channels of the input.
        pools: what the networks of the page share.

    Raises:
        MbcostError: it has no network that a page can carry: a count is too large, or maps of the branches of a block
            are equal at some resolutions only.
    """
    implementations = {
        name: _describe_implementation(spec, rules, in_channels, pools) for name, rules in spec.implementations.items()
    }
    return {
        "name": spec.name,
        "title": spec.display_title,
        "source": spec.source,
        "channels": in_channels,
        "resolution": list(spec.resolution),
        "alphas": list(spec.published_alphas),
        "resolutions": list(spec.published_resolutions or (spec.resolution[0],)),
        "classes": spec.classes,
        "has_classes": spec.has_classifier and spec.classes is None,
        "default_implementation": spec.default_implementation,
        "operators": [row.operator for row in spec.rows],
        "printed": [{key: row.letters[key] for key in spec.columns if key in row.letters} for row in spec.rows],
        "implementations": implementations,
    }


def _describe_implementation(spec: Spec, rules: Implementation, in_channels: int, pools: Pools) -> dict[str, Any]:
    alpha, side = find_limits(spec, rules, in_channels)
    steps = trace_steps(spec, rules, in_channels, LEAST_ALPHA, alpha)
    indices = [pools.add_kind(kind) for kind in steps.kinds]
    return {
        "source": rules.source,
        "alpha_range": [LEAST_ALPHA, alpha],
        "most_resolution": side,
        "blocks": [_describe_block(block, indices, spec, pools) for block in steps.blocks],
        "estimates": pools.estimates.describe_table(spec, rules.name, in_channels, steps),
    }


def _describe_block(block: BlockSteps, kinds: Sequence[int], spec: Spec, pools: Pools) -> list[Any]:
    printed = _list_printed(spec)
    named = StepFunction(block.kinds.starts, tuple(kinds[kind] if kind >= 0 else -1 for kind in block.kinds.values))
    functions = [named, *block.widths]
    return [block.row.stage, block.repeat, *(pools.steps.add(function, printed) for function in functions)]


def _list_printed(spec: Spec) -> tuple[int, ...]:
    """Return the widths that the table prints, largest first: the alphas at which one changes are fractions of it."""
    widths = {width for row in spec.rows for width in (row.c, row.exp) if isinstance(width, int)}
    return tuple(sorted(widths, reverse=True))


def find_limits(spec: Spec, rules: Implementation, in_channels: int) -> tuple[float, int]:
    """Return the largest alpha and side of an input for which every number of a page is an exact one in JavaScript.

    Raises:
        MbcostError: even at alpha 1 and the table's own resolution a number is too large, or there are too many alphas.
    """
    sides = [side for side in (MOST_RESOLUTION, 2048, 1024, 512) if side >= max(spec.resolution)]
    most = MOST_BLOCKS // len(spec.implementations)
    alphas = [alpha for alpha in (MOST_ALPHA, 2.0, 1.0) if count_blocks(spec, rules, alpha) <= most]
    if not alphas:
        raise MbcostError(f"{spec.name} differs at too many alphas up to 1 for a page: use mbcost sweep instead")
    for alpha in alphas:
        for side in [*sides, max(spec.resolution)]:
            if _bound_counts(spec, rules, in_channels, alpha, side) < EXACT:
                return alpha, side
    raise refuse_large(spec.name)


def count_blocks(spec: Spec, rules: Implementation, alpha: float) -> int:
    """Return an upper bound of the different blocks of a table at all alphas of a page up to this one."""
    total = before = 0
    for row in spec.rows:
        changes = find_row_changes(spec, rules, row.stage).count(LEAST_ALPHA, alpha)
        total += row.repeats * (1 + before + changes)
        before = changes or before  # a pool hands on the widths that it reads
    return total


def refuse_large(name: str) -> MbcostError:
    """Return the error that says that a network is too large for a page."""
    return MbcostError(
        f"{name} has counts above 2^53, which a browser does not represent exactly: use mbcost table instead"
    )


def _bound_counts(spec: Spec, rules: Implementation, in_channels: int, alpha: float, side: int) -> int:
    """Return an upper bound of every number that a page computes up to an alpha and a resolution."""
    classes = MOST_CLASSES if spec.classes is None else spec.classes
    scaled = alpha
    while True:
        try:
            blocks = plan(Scaling(spec, rules, scaled, classes), in_channels)
            break
        except MbcostError:
            if scaled <= LEAST_ALPHA:
                raise
            scaled = max(LEAST_ALPHA, scaled * _SMALLER)
    most = bound_costs(compact(blocks).tally((side, side)))
    # A cost has two widths at most. A product is divided by the groups, or by their square, after it is multiplied.
    return most * (ceil(alpha / scaled) * max(block.form.groups for block in blocks)) ** 2


def bound_costs(tally: Tally) -> int:
    """Return a number that no convention's cost of these raw counts exceeds."""
    return max(convention.mult_adds(tally) + convention.params(tally) for convention in load_conventions().values())
