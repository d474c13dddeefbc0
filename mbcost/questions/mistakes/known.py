"""Known mistakes, each a change of what a network is built from. They act on blocks by identity, so they compose."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from mbcost.analytic.blocks import Block, Edit, Form, plan
from mbcost.analytic.layers import Activation, Add, BatchNorm, Conv2d, Layer, Linear
from mbcost.analytic.network import Network, build_network
from mbcost.analytic.operators import Site, squeeze_excite
from mbcost.spec.implementation import ChannelRule, Implementation
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row, Spec

KERNELS = (1, 3, 5, 7)
"""Sides of the kernels that are met; a depthwise layer has no 1x1."""

Change = Callable[["Draft", Block], Form]
"""The form that a block of the draft gets in the place of its own."""


@dataclass(frozen=True)
class Draft:
    """What a network is built from, mistakes included."""

    spec: Spec
    implementation: Implementation
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()

    def blocks(self, alpha: float, classes: int, in_channels: int | None = None) -> tuple[Block, ...]:
        """The blocks with every change made; their forms carry the edits.

        Raises:
            MbcostError: alpha is so small that no channel is left.
        """
        scaling = Scaling(self.spec, self.implementation, alpha, classes)
        blocks = plan(scaling, in_channels or self.spec.channels)
        for change in self.changes:
            blocks = tuple(replace(block, form=change(self, block)) for block in blocks)
        return _linked(tuple(replace(block, form=replace(block.form, edits=self.edits)) for block in blocks))

    def network(
        self, alpha: float, resolution: tuple[int, int], classes: int, in_channels: int | None = None
    ) -> Network:
        """The same as layers.

        Raises:
            MbcostError: alpha is so small that no channel is left, or the resolution that no map is.
        """
        scaling = Scaling(self.spec, self.implementation, alpha, classes)
        blocks = self.blocks(alpha, classes, in_channels)
        return build_network(scaling, resolution, blocks[0].form.inputs, blocks)


def _linked(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Every block reads as many channels as the one before it gives; a pool gives as many as it reads."""
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
    """A way to build a network otherwise than its table and its authors' code say."""

    text: str
    """What one says of a network that is built so."""
    make: Callable[[Draft], Draft]
    """The draft with the mistake; the same one where it has no place for it."""
    cost: str | None = None
    """What questions/explain/costs.yaml calls it, where that is not its name."""


def _widths(integer: str, divisor: int, minimum: int) -> Callable[[Draft], Draft]:
    rule = ChannelRule(integer, divisor, minimum)
    return lambda draft: _built(draft, channels=rule, channels_of={})


def _scaled(role: str, unscaled_below: float | None) -> Callable[[Draft], Draft]:
    """The row of that role keeps its printed width below an alpha, or at none."""

    def make(draft: Draft) -> Draft:
        others = {name: alpha for name, alpha in draft.implementation.unscaled_below.items() if name != role}
        below = others if unscaled_below is None else {**others, role: unscaled_below}
        factors = {name: factor for name, factor in draft.implementation.width_from_input.items() if name != role}
        return _built(draft, unscaled_below=below, width_from_input=factors)

    return make


def _without(role: str) -> Callable[[Draft], Draft]:
    return lambda draft: _rows(draft, lambda row: draft.spec.role(row.stage) == role, n=0)


def _rows(draft: Draft, which: Callable[[Row], bool], **cells: object) -> Draft:
    rows = tuple(replace(row, **cells) if which(row) else row for row in draft.spec.rows)  # type: ignore[arg-type]
    return replace(draft, spec=replace(draft.spec, rows=rows))


def _built(draft: Draft, **fields: object) -> Draft:
    return replace(draft, implementation=replace(draft.implementation, **fields))  # type: ignore[arg-type]


def _changed(change: Change) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, changes=(*draft.changes, change))


def _edited(edit: Edit) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, edits=(*draft.edits, edit))


def _expanded_once(_: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, expands=True) if form.operator == "bottleneck" else form


def _gray(_: Draft, block: Block) -> Form:
    return replace(block.form, inputs=1) if block.name == "0.1" else block.form


def _standard(_: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, operator="conv") if form.operator == "separable" else form


def _squeezed_from_input(draft: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, squeezed=_quarter(draft, form.inputs)) if form.squeezed else form


def _squeezed_everywhere(draft: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, squeezed=_quarter(draft, form.expanded)) if form.operator == "bottleneck" else form


def _squeezed_after(draft: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, squeezed=_quarter(draft, form.outputs)) if form.squeezed else form


def _squeezed_last(draft: Draft, block: Block) -> Form:
    last = draft.spec.role(block.stage) == "last_conv"
    return replace(block.form, squeezed=_quarter(draft, block.form.outputs)) if last else block.form


def _quarter(draft: Draft, width: int) -> int:
    return max(1, draft.implementation.squeeze.round(width / 4))


def _dense(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(replace(layer, groups=1) if isinstance(layer, Conv2d) else layer for layer in layers)


def _divided_twice(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """K · k weights for all channels together, where each of them has as many."""
    return tuple(
        replace(layer, input=replace(layer.input, channels=1), channels=1, groups=1)
        if isinstance(layer, Conv2d) and _is_depthwise(layer)
        else layer
        for layer in layers
    )


def _without_norm(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(layer for layer in layers if not (isinstance(layer, BatchNorm) and _part(layer) == "depthwise"))


def _bare(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(
        layer for layer in layers if not (isinstance(layer, BatchNorm | Activation) and _part(layer) == "depthwise")
    )


def _multiplied(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Two filters a channel: twice as many channels from the depthwise layer to the pointwise one behind it."""
    doubled: list[Layer] = []
    for layer in layers:
        wider = replace(layer.input, channels=2 * layer.input.channels)
        if isinstance(layer, Conv2d) and _is_depthwise(layer):
            doubled.append(replace(layer, channels=2 * layer.channels))
        elif _part(layer) == "depthwise" or (isinstance(layer, Conv2d) and _part(layer) in ("pointwise", "project")):
            doubled.append(replace(layer, input=wider))
        else:
            doubled.append(layer)
    return tuple(doubled)


def _biased(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(replace(layer, bias=True) if isinstance(layer, Conv2d) else layer for layer in layers)


def _unbiased(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(replace(layer, bias=False) if isinstance(layer, Conv2d | Linear) else layer for layer in layers)


def _squeeze_moved(form: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Squeeze-and-excite on what the block gives, before the residual connection."""
    if form.operator != "bottleneck" or not form.squeezed:
        return layers
    others = [layer for layer in layers if ".se." not in layer.name]
    after = [layer for layer in others if isinstance(layer, Add)]
    before = others[: len(others) - len(after)]
    site = Site(form, layers[0].name.rpartition(".")[0], layers[0].input)
    return (*before, *squeeze_excite(site, before[-1].output), *after)


def _squeeze_added(form: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Squeeze-and-excite behind a convolution whose operator has none."""
    if form.operator != "conv" or not form.squeezed:
        return layers
    site = Site(form, layers[0].name.rpartition(".")[0], layers[0].input)
    return (*layers, *squeeze_excite(site, layers[-1].output))


def _is_depthwise(layer: Layer) -> bool:
    return isinstance(layer, Conv2d) and layer.operator == "depthwise"


def _part(layer: Layer) -> str:
    return layer.name.rpartition(".")[2]


def _both(first: Callable[[Draft], Draft], second: Callable[[Draft], Draft]) -> Callable[[Draft], Draft]:
    return lambda draft: second(first(draft))


MISTAKES: Mapping[str, Mistake] = {
    "t=1 expansion": Mistake("the t = 1 block has an expansion convolution", _changed(_expanded_once)),
    "expansion from the printed width": Mistake(
        "the expanded width is the printed one times alpha", lambda draft: _built(draft, expansion="printed")
    ),
    "expansion from the scaled input": Mistake(
        "the expanded width is a multiple of the scaled input", lambda draft: _built(draft, expansion="input")
    ),
    "widths truncated": Mistake("scaled widths are cut to whole numbers", _widths("truncate", 1, 1)),
    "widths rounded": Mistake("scaled widths are rounded to whole numbers", _widths("round", 1, 1)),
    "widths in fours": Mistake("scaled widths are made divisible by 4", _widths("none", 4, 4)),
    "widths in eights": Mistake("scaled widths are made divisible by 8", _widths("none", 8, 8)),
    "widths in sixteens": Mistake("scaled widths are made divisible by 16", _widths("none", 16, 16)),
    "stem unscaled": Mistake("the stem keeps its printed width", _scaled("stem", math.inf)),
    "last convolution scaled": Mistake("the last convolution is scaled at every alpha", _scaled("last_conv", None)),
    "last convolution unscaled": Mistake(
        "the last convolution keeps its printed width", _scaled("last_conv", math.inf)
    ),
    "last convolution scaled above 1 only": Mistake(
        "the last convolution is scaled above alpha 1 only", _scaled("last_conv", 1.0)
    ),
    "head scaled": Mistake("the head is scaled at every alpha", _scaled("head", None)),
    "head unscaled": Mistake("the head keeps its printed width", _scaled("head", math.inf)),
    "head scaled above 1 only": Mistake("the head is scaled above alpha 1 only", _scaled("head", 1.0)),
    "no last convolution": Mistake("the last convolution is absent", _without("last_conv")),
    "no head": Mistake("the head is absent", _without("head")),
    "groups ignored": Mistake("depthwise convolutions are counted as dense ones", _edited(_dense)),
    "groups divided twice": Mistake(
        "depthwise convolutions are divided by their groups twice", _edited(_divided_twice)
    ),
    "dense instead of depthwise": Mistake(
        "a standard convolution stands in the place of each separable one", _changed(_standard)
    ),
    "no squeeze": Mistake("there is no squeeze-and-excite", lambda draft: _rows(draft, lambda row: row.se, se=False)),
    "squeeze width unrounded": Mistake(
        "a quarter of the expanded width is not rounded",
        lambda draft: _built(draft, squeeze=ChannelRule("truncate", 1, 1)),
    ),
    "squeeze of the input": Mistake("the squeeze is a quarter of the block's input", _changed(_squeezed_from_input)),
    "squeeze after projection": Mistake(
        "squeeze-and-excite follows the projection", _both(_changed(_squeezed_after), _edited(_squeeze_moved))
    ),
    "squeeze everywhere": Mistake("every block has squeeze-and-excite", _changed(_squeezed_everywhere)),
    "squeeze on the last convolution": Mistake(
        "the last convolution has squeeze-and-excite", _both(_changed(_squeezed_last), _edited(_squeeze_added))
    ),
    "no norm after depthwise": Mistake("depthwise convolutions have no norm", _edited(_without_norm)),
    "no norm nor activation after depthwise": Mistake(
        "depthwise convolutions have neither norm nor activation", _edited(_bare)
    ),
    "depthwise multiplier 2": Mistake("depthwise convolutions give two channels for each", _edited(_multiplied)),
    "one input channel": Mistake("the input has one channel", _changed(_gray)),
    "biases everywhere": Mistake("every convolution has a bias, beside its norm", _edited(_biased)),
    "biases left out": Mistake("no layer has a bias", _edited(_unbiased)),
}
"""By name; what each costs is in questions/explain/costs.yaml."""


def row_changes(spec: Spec) -> dict[str, Mistake]:
    """Any stride, kernel or repeat of the table changed: so many that they explain almost anything."""
    changes: dict[str, Mistake] = {}
    for row in spec.rows:
        if row.operator in ("conv", "separable", "bottleneck"):
            for cost, what, cells in _other_cells(row):
                make = _row_changed(row, cells)
                changes[f"row {row.stage}: {what}"] = Mistake(f"row {row.stage} has {what}", make, cost)
    return changes


def _other_cells(row: Row) -> Iterator[tuple[str, str, dict[str, object]]]:
    """What a change of the row costs, what it says, and the cells."""
    yield "generic stride", f"stride {3 - row.stride}", {"s": 3 - row.stride}
    for repeats in (row.repeats - 1, row.repeats + 1):
        yield "generic repeat", f"{repeats} repeats", {"n": repeats}
    sides = KERNELS if row.operator == "conv" else KERNELS[1:]
    for side in sides if row.kernel in [(side, side) for side in sides] else ():
        if row.kernel != (side, side):
            yield "generic kernel", f"kernel {side}x{side}", {"k": (side, side)}


def mistake(name: str, spec: Spec) -> Mistake:
    """The one of that name, among the known ones and the changes of the table's rows."""
    return MISTAKES[name] if name in MISTAKES else row_changes(spec)[name]


def _row_changed(row: Row, cells: dict[str, object]) -> Callable[[Draft], Draft]:
    return lambda draft: _rows(draft, lambda each: each.stage == row.stage, **cells)
