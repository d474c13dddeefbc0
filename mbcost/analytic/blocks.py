"""A spec's rows as blocks with every width worked out: what operators make layers of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mbcost.analytic.layers import Layer
from mbcost.spec.implementation import Implementation
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row


@dataclass(frozen=True)
class Manner:
    """What an implementation decides besides widths; the fields are those of `Implementation`."""

    conv_padding: str
    depthwise_padding: str
    pool_padding: str
    bias: frozenset[str]
    linear: frozenset[str]
    squeeze_activation: str
    squeeze_gate: str
    pool: str
    squeeze_pool: str
    fused_norm: bool


@dataclass(frozen=True)
class Form:
    """What a block is made of, wherever it stands and whatever map it reads."""

    operator: str
    inputs: int
    outputs: int
    manner: Manner
    kernel: tuple[int, int] = (1, 1)
    """(0, 0) is a universal bottleneck without a depthwise layer between its pointwise ones."""
    stride: int = 1
    groups: int = 1
    dilation: int = 1
    start: tuple[int, int] = (0, 0)
    """Kernel of a universal bottleneck's depthwise layer before the expansion; (0, 0) where there is none."""
    function: str | None = None
    """The activation after its convolutions, but a bottleneck's projection."""
    expanded: int = 0
    """Channels inside a bottleneck; 0 in the basic form of a residual block."""
    expands: bool = False
    """Whether a convolution makes them; with t = 1 there is none."""
    squeezed: int = 0
    """Channels between the two convolutions of squeeze-and-excite; 0 without it."""
    connected: bool = False
    """Whether a residual connection adds input and output where their shapes agree."""
    part: str = ""
    """What a linear layer is: `head` or `classifier`."""
    edits: tuple[Edit, ...] = ()
    """Changes of the layers that the operator builds, in order; only mistakes and rebuilt models have some."""


Edit = Callable[[Form, tuple[Layer, ...]], tuple[Layer, ...]]
"""A change of the layers that a form was built into, for networks that are not built as their table says."""


@dataclass(frozen=True)
class Block:
    """One repeat of a row: its place in the table, which is its identity, and its form."""

    stage: int
    repeat: int
    form: Form

    @property
    def name(self) -> str:
        """`<stage>.<repeat>`, how the names of its layers begin."""
        return f"{self.stage}.{self.repeat}"


def plan(scaling: Scaling, in_channels: int) -> tuple[Block, ...]:
    """The blocks of a spec under alpha and an implementation's rules, in order.

    Raises:
        MbcostError: alpha is so small that no channel is left, or too large to count exactly.
    """
    manner = manner_of(scaling.implementation)
    blocks: list[Block] = []
    channels = in_channels
    for row in scaling.spec.rows:
        for block in repeats(scaling, row, channels, manner):
            blocks.append(block)
            channels = block.form.outputs
    return tuple(blocks)


def repeats(scaling: Scaling, row: Row, inputs: int, manner: Manner) -> Iterator[Block]:
    """The blocks of one row that reads so many channels.

    Raises:
        MbcostError: as `plan`.
    """
    for repeat in range(1, row.repeats + 1):
        block = Block(row.stage, repeat, _form(scaling, row, repeat, inputs, manner))
        inputs = block.form.outputs
        yield block


def manner_of(implementation: Implementation) -> Manner:
    """The part of an implementation that is not about widths."""
    return Manner(
        conv_padding=implementation.padding["conv"],
        depthwise_padding=implementation.padding["depthwise"],
        pool_padding=implementation.padding["pool"],
        bias=implementation.bias,
        linear=implementation.linear,
        squeeze_activation=implementation.squeeze_activation,
        squeeze_gate=implementation.squeeze_gate,
        pool=implementation.pool,
        squeeze_pool=implementation.squeeze_pool,
        fused_norm=implementation.fused_norm,
    )


def _form(scaling: Scaling, row: Row, repeat: int, inputs: int, manner: Manner) -> Form:
    expanded = squeezed = 0
    if row.t is not None or row.exp is not None:
        expanded = scaling.expanded(row.stage, inputs, first=repeat == 1)
        squeezed = scaling.squeezed(row.stage, inputs, expanded) if row.se else 0
    outputs = scaling.output(row.stage, inputs)
    grouped = (expanded, expanded) if row.operator == "residual" else (inputs, outputs)
    return Form(
        operator=row.operator,
        inputs=inputs,
        outputs=outputs,
        manner=manner,
        kernel=row.kernel,
        stride=row.stride if repeat == 1 else 1,
        groups=scaling.groups(row.stage, *grouped),
        dilation=row.dilation,
        start=row.a or (0, 0),
        function=None if row.nl is None else scaling.implementation.activations[row.nl],
        expanded=expanded,
        expands=expanded != inputs,
        squeezed=squeezed,
        connected=row.res is not False and row.stage not in scaling.implementation.without_residual,
        part="classifier" if row.c == "k" else "head",
    )
