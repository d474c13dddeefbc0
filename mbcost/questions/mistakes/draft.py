"""What a network is built from, and how a mistake changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from mbcost.analytic.blocks import Block, Edit, Form, plan
from mbcost.analytic.network import Network, build_network
from mbcost.spec.implementation import Implementation
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row, Spec

FormChange = Callable[["Draft", Block], Form]
"""Return the form that replaces the form of a block of the draft."""


@dataclass(frozen=True)
class Draft:
    """What a network is built from, with its mistakes."""

    spec: Spec
    implementation: Implementation
    changes: tuple[FormChange, ...] = ()
    edits: tuple[Edit, ...] = ()

    def blocks(self, alpha: float, classes: int, in_channels: int | None = None) -> tuple[Block, ...]:
        """Return the blocks with every change made; their forms carry the edits.

        Raises:
            MbcostError: alpha is so small that no channel is left.
        """
        scaling = Scaling(self.spec, self.implementation, alpha, classes)
        blocks = _plan(scaling, in_channels or self.spec.channels)
        for change in self.changes:
            blocks = tuple(replace(block, form=change(self, block)) for block in blocks)
        if self.edits:
            blocks = tuple(replace(block, form=replace(block.form, edits=self.edits)) for block in blocks)
        return _link(blocks)

    def network(
        self, alpha: float, resolution: tuple[int, int], classes: int, in_channels: int | None = None
    ) -> Network:
        """Return the network with every change and edit made.

        Raises:
            MbcostError: alpha is so small that no channel is left, or the resolution so small that a map is empty.
        """
        scaling = Scaling(self.spec, self.implementation, alpha, classes)
        blocks = self.blocks(alpha, classes, in_channels)
        return build_network(scaling, resolution, blocks[0].form.inputs, blocks)


@lru_cache(maxsize=16)
def _plan(scaling: Scaling, in_channels: int) -> tuple[Block, ...]:
    """Return the blocks without changes; most mistakes start from the same ones."""
    return plan(scaling, in_channels)


def _link(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Let every block read as many channels as the previous block outputs; a pool outputs as many as it reads."""
    linked: list[Block] = []
    channels = blocks[0].form.inputs
    for block in blocks:
        form = block.form
        if form.inputs != channels:
            outputs = channels if form.operator.endswith("_pool") else form.outputs
            form = replace(form, inputs=channels, outputs=outputs)
        linked.append(block if form is block.form else replace(block, form=form))
        channels = form.outputs
    return tuple(linked)


@dataclass(frozen=True)
class Mistake:
    """A way to build a network that differs from its table and from its authors' code."""

    text: str
    """A clause that says how the network is built."""
    make: Callable[[Draft], Draft]
    """Return the draft with the mistake; an equal draft if the mistake does not apply to it."""
    cost: str | None = None
    """Its name in questions/explain/costs.yaml, if that differs from its name in `MISTAKES`."""


def replace_cells(draft: Draft, applies: Callable[[Row], bool], **cells: object) -> Draft:
    """Return the draft with changed cells in the rows to which the change applies."""
    rows = tuple(replace(row, **cells) if applies(row) else row for row in draft.spec.rows)  # type: ignore[arg-type]
    return replace(draft, spec=replace(draft.spec, rows=rows))


def add_change(change: FormChange) -> Callable[[Draft], Draft]:
    """Return the mistake that changes the forms of blocks."""
    return lambda draft: replace(draft, changes=(*draft.changes, change))


def add_edit(edit: Edit) -> Callable[[Draft], Draft]:
    """Return the mistake that edits the layers of blocks."""
    return lambda draft: replace(draft, edits=(*draft.edits, edit))
