"""A spec's rows as blocks with all widths computed, from which the operators build layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

from mbcost.analytic.layers import Layer
from mbcost.spec.implementation import LayerRules
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row


@dataclass(frozen=True)
class SlidingWindow:
    """The positions of a map from which a convolution computes one output position, and how far the window moves."""

    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    dilation: int = 1


POINTWISE = SlidingWindow()
"""The window of a pointwise convolution: a single position."""


@dataclass(frozen=True)
class Form:
    """What a block consists of, without its position in the network and the map that it reads."""

    operator: str
    inputs: int
    outputs: int
    rules: LayerRules
    kernel: tuple[int, int]
    """(0, 0) is a universal bottleneck without a depthwise layer between its pointwise layers, or a flattening that
    keeps the map."""
    stride: int
    groups: int
    dilation: int
    start: tuple[int, int]
    """The kernel of a universal bottleneck's depthwise layer before the expansion; (0, 0) if it has none."""
    function: str | None
    """The activation after its convolutions, except a bottleneck's projection."""
    expanded: int
    """Channels inside a bottleneck; 0 in the basic form of a residual block."""
    expands: bool
    """Whether a convolution makes the expanded channels; with t = 1 most implementations have none."""
    squeezed: int
    """Channels between the two convolutions of squeeze-and-excite; 0 without it."""
    connected: bool
    """Whether a residual connection adds input and output if their shapes agree."""
    part: str
    """The part that a fully connected layer is: `head` or `classifier`."""
    edits: tuple[Edit, ...] = ()
    """Changes of the layers that the operator builds, in order; only networks with a known mistake have some."""

    @property
    def window(self) -> SlidingWindow:
        """The window of the convolution that has the kernel, the stride and the dilation of the row."""
        return SlidingWindow(self.kernel, self.stride, self.dilation)


Edit = Callable[[Form, tuple[Layer, ...]], tuple[Layer, ...]]
"""A change of the layers of a form, for networks that are not built as their table says."""


@dataclass(frozen=True)
class Block:
    """One repeat of a row: its position in the table, which identifies it, and its form."""

    stage: int
    repeat: int
    form: Form

    @property
    def name(self) -> str:
        """`<stage>.<repeat>`, with which the names of its layers begin."""
        return f"{self.stage}.{self.repeat}"


def plan(scaling: Scaling, in_channels: int) -> tuple[Block, ...]:
    """Return the blocks of a spec under alpha and an implementation's rules, in order.

    Raises:
        MbcostError: alpha is so small that no channel is left, or too large to count exactly.
    """
    blocks: list[Block] = []
    channels = in_channels
    for row in scaling.spec.rows:
        for block in plan_row(scaling, row, channels):
            blocks.append(block)
            channels = block.form.outputs
    return tuple(blocks)


def plan_row(scaling: Scaling, row: Row, inputs: int) -> Iterator[Block]:
    """Yield the blocks of one row that reads `inputs` channels.

    Raises:
        MbcostError: as for `plan`.
    """
    for repeat in range(1, row.repeats + 1):
        block = Block(row.stage, repeat, plan_form(scaling, row, repeat, inputs))
        inputs = block.form.outputs
        yield block


def plan_widths(scaling: Scaling, row: Row, repeat: int, inputs: int) -> tuple[int, int, int]:
    """Return the expanded, squeezed and output channels of one repeat of a row that reads `inputs` channels.

    Raises:
        MbcostError: as for `plan`.
    """
    expanded = squeezed = 0
    if row.t is not None or row.exp is not None:
        expanded = scaling.expanded(row.stage, inputs, first=repeat == 1)
        squeezed = scaling.squeezed(row.stage, inputs, expanded) if row.se else 0
    outputs = scaling.output(row.stage, inputs)
    if row.operator == "flatten" and not row.keeps_map:
        outputs *= prod(row.kernel)
    return expanded, squeezed, outputs


def count_groups(scaling: Scaling, row: Row, inputs: int, expanded: int, outputs: int) -> int:
    """Return the groups of a block with these channels.

    Raises:
        MbcostError: the groups do not divide the channels.
    """
    return scaling.groups(row.stage, *((expanded, expanded) if row.operator == "residual" else (inputs, outputs)))


def plan_form(scaling: Scaling, row: Row, repeat: int, inputs: int) -> Form:
    """Return one repeat of a row that reads `inputs` channels.

    Raises:
        MbcostError: as for `plan`.
    """
    expanded, squeezed, outputs = plan_widths(scaling, row, repeat, inputs)
    return Form(
        operator=row.operator,
        inputs=inputs,
        outputs=outputs,
        rules=scaling.implementation.layer_rules,
        kernel=(0, 0) if row.keeps_map else row.kernel,
        stride=row.stride if repeat == 1 else 1,
        groups=count_groups(scaling, row, inputs, expanded, outputs),
        dilation=row.dilation,
        start=row.a or (0, 0),
        function=_find_function(scaling, row),
        expanded=expanded,
        expands=expanded != inputs or (row.operator == "bottleneck" and scaling.implementation.expands_always),
        squeezed=squeezed,
        connected=row.res is not False and row.stage not in scaling.implementation.without_residual,
        part="classifier" if row.c == "k" else "head",
    )


def _find_function(scaling: Scaling, row: Row) -> str | None:
    if row.operator == "dense" and row.c != "k":
        return "relu"
    return None if row.nl is None else scaling.implementation.activations[row.nl]
