"""Known mistakes, each a change of the draft of a network. They act on the blocks of the table, so they compose."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.layers import Activation, Add, BatchNorm, Conv2d, Layer, Linear
from mbcost.analytic.operators import Site, squeeze_excite
from mbcost.questions.mistakes.draft import Draft, Mistake, add_change, add_edit, replace_cells
from mbcost.questions.mistakes.row_changes import list_row_changes
from mbcost.spec.implementation import ChannelRule
from mbcost.spec.table import Spec


def _round_widths(integer: str, divisor: int, minimum: int) -> Callable[[Draft], Draft]:
    rule = ChannelRule(integer, divisor, minimum)
    return lambda draft: _replace_rules(draft, channels=rule, channels_of={})


def _scale_role(role: str, unscaled_below: float | None) -> Callable[[Draft], Draft]:
    """Let the row of a role keep its printed width below an alpha; with None it is scaled at every alpha."""

    def make(draft: Draft) -> Draft:
        others = {name: alpha for name, alpha in draft.implementation.unscaled_below.items() if name != role}
        below = others if unscaled_below is None else {**others, role: unscaled_below}
        factors = {name: factor for name, factor in draft.implementation.width_from_input.items() if name != role}
        return _replace_rules(draft, unscaled_below=below, width_from_input=factors)

    return make


def _drop_role(role: str) -> Callable[[Draft], Draft]:
    return lambda draft: replace_cells(draft, lambda row: draft.spec.role(row.stage) == role, n=0)


def _replace_rules(draft: Draft, **rules: object) -> Draft:
    return replace(draft, implementation=replace(draft.implementation, **rules))  # type: ignore[arg-type]


def _expand_first(_: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, expands=True) if form.operator == "bottleneck" else form


def _read_gray(_: Draft, block: Block) -> Form:
    return replace(block.form, inputs=1) if block.name == "0.1" else block.form


def _use_small_stem(draft: Draft) -> Draft:
    """Replace a 7x7 stem and its pool, as people do for images of 32 x 32: ResNet paper, section 4.2."""
    if draft.spec.rows[0].kernel != (7, 7):
        return draft
    small = replace_cells(draft, lambda row: row.stage == 0, k=(3, 3), s=1)
    return replace_cells(small, lambda row: row.operator == "max_pool", n=0)


def _use_standard(_: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, operator="conv") if form.operator == "separable" else form


def _squeeze_input(draft: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, squeezed=_quarter(draft, form.inputs)) if form.squeezed else form


def _squeeze_everywhere(draft: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, squeezed=_quarter(draft, form.expanded)) if form.operator == "bottleneck" else form


def _squeeze_output(draft: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, squeezed=_quarter(draft, form.outputs)) if form.squeezed else form


def _squeeze_last(draft: Draft, block: Block) -> Form:
    last = draft.spec.role(block.stage) == "last_conv"
    return replace(block.form, squeezed=_quarter(draft, block.form.outputs)) if last else block.form


def _quarter(draft: Draft, width: int) -> int:
    return max(1, draft.implementation.squeeze.round(width / 4))


def _ignore_groups(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(replace(layer, groups=1) if isinstance(layer, Conv2d) else layer for layer in layers)


def _divide_twice(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Give all channels together k · k weights, which each channel should have."""
    return tuple(
        replace(layer, input=replace(layer.input, channels=1), channels=1, groups=1)
        if isinstance(layer, Conv2d) and _is_depthwise(layer)
        else layer
        for layer in layers
    )


def _drop_norm(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(layer for layer in layers if not (isinstance(layer, BatchNorm) and _part(layer) == "depthwise"))


def _drop_norm_and_activation(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(
        layer for layer in layers if not (isinstance(layer, BatchNorm | Activation) and _part(layer) == "depthwise")
    )


def _double_channels(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Use two filters per channel: the channels double from the depthwise layer to the pointwise layer after it."""
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


def _add_biases(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(replace(layer, bias=True) if isinstance(layer, Conv2d) else layer for layer in layers)


def _drop_biases(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(replace(layer, bias=False) if isinstance(layer, Conv2d | Linear) else layer for layer in layers)


def _move_squeeze(form: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Move squeeze-and-excite to the output of the block, before the residual connection."""
    if form.operator != "bottleneck" or not form.squeezed or not layers:
        return layers
    others = [layer for layer in layers if ".se." not in layer.name]
    after = [layer for layer in others if isinstance(layer, Add)]
    before = others[: len(others) - len(after)]
    if not before:  # a mistake before this one has left out every other layer
        return layers
    site = Site(form, layers[0].name.rpartition(".")[0], layers[0].input)
    return (*before, *squeeze_excite(site, before[-1].output), *after)


def _add_squeeze(form: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Add squeeze-and-excite after a convolution, whose operator does not have one."""
    if form.operator != "conv" or not form.squeezed or not layers:
        return layers
    site = Site(form, layers[0].name.rpartition(".")[0], layers[0].input)
    return (*layers, *squeeze_excite(site, layers[-1].output))


def _is_depthwise(layer: Layer) -> bool:
    return isinstance(layer, Conv2d) and layer.operator == "depthwise"


def _part(layer: Layer) -> str:
    return layer.name.rpartition(".")[2]


def _make_both(first: Callable[[Draft], Draft], second: Callable[[Draft], Draft]) -> Callable[[Draft], Draft]:
    return lambda draft: second(first(draft))


MISTAKES: Mapping[str, Mistake] = {
    "t=1 expansion": Mistake("the t = 1 block has an expansion convolution", add_change(_expand_first)),
    "expansion from the printed width": Mistake(
        "the expanded width is the printed width times alpha", lambda draft: _replace_rules(draft, expansion="printed")
    ),
    "expansion from the scaled input": Mistake(
        "the expanded width is a multiple of the scaled input width",
        lambda draft: _replace_rules(draft, expansion="input"),
    ),
    "widths truncated": Mistake("scaled widths are truncated to whole numbers", _round_widths("truncate", 1, 1)),
    "widths rounded": Mistake("scaled widths are rounded to whole numbers", _round_widths("round", 1, 1)),
    "widths in fours": Mistake("scaled widths are made divisible by 4", _round_widths("none", 4, 4)),
    "widths in eights": Mistake("scaled widths are made divisible by 8", _round_widths("none", 8, 8)),
    "widths in sixteens": Mistake("scaled widths are made divisible by 16", _round_widths("none", 16, 16)),
    "stem unscaled": Mistake("the stem keeps its printed width", _scale_role("stem", math.inf)),
    "last convolution scaled": Mistake("the last convolution is scaled at every alpha", _scale_role("last_conv", None)),
    "last convolution unscaled": Mistake(
        "the last convolution keeps its printed width", _scale_role("last_conv", math.inf)
    ),
    "last convolution scaled above 1 only": Mistake(
        "the last convolution is scaled only above alpha 1", _scale_role("last_conv", 1.0)
    ),
    "head scaled": Mistake("the head is scaled at every alpha", _scale_role("head", None)),
    "head unscaled": Mistake("the head keeps its printed width", _scale_role("head", math.inf)),
    "head scaled above 1 only": Mistake("the head is scaled only above alpha 1", _scale_role("head", 1.0)),
    "no last convolution": Mistake("the last convolution is absent", _drop_role("last_conv")),
    "no head": Mistake("the head is absent", _drop_role("head")),
    "groups ignored": Mistake("depthwise convolutions are counted as dense ones", add_edit(_ignore_groups)),
    "groups divided twice": Mistake(
        "the costs of depthwise convolutions are divided by the groups twice", add_edit(_divide_twice)
    ),
    "dense instead of depthwise": Mistake(
        "each separable convolution is replaced by a standard one", add_change(_use_standard)
    ),
    "no squeeze": Mistake(
        "there is no squeeze-and-excite", lambda draft: replace_cells(draft, lambda row: row.se, se=False)
    ),
    "squeeze width unrounded": Mistake(
        "the squeeze width, a quarter of the expanded width, is not rounded",
        lambda draft: _replace_rules(draft, squeeze=ChannelRule("truncate", 1, 1)),
    ),
    "squeeze of the input": Mistake(
        "the squeeze width is a quarter of the block's input width", add_change(_squeeze_input)
    ),
    "squeeze after projection": Mistake(
        "squeeze-and-excite comes after the projection",
        _make_both(add_change(_squeeze_output), add_edit(_move_squeeze)),
    ),
    "squeeze everywhere": Mistake("every block has squeeze-and-excite", add_change(_squeeze_everywhere)),
    "squeeze on the last convolution": Mistake(
        "the last convolution has squeeze-and-excite", _make_both(add_change(_squeeze_last), add_edit(_add_squeeze))
    ),
    "no norm after depthwise": Mistake("depthwise convolutions have no norm", add_edit(_drop_norm)),
    "no norm nor activation after depthwise": Mistake(
        "depthwise convolutions have neither norm nor activation", add_edit(_drop_norm_and_activation)
    ),
    "depthwise multiplier 2": Mistake(
        "depthwise convolutions output two channels per input channel", add_edit(_double_channels)
    ),
    "stem stride 1": Mistake(
        "the stem has stride 1", lambda draft: replace_cells(draft, lambda row: row.stage == 0 and row.stride > 1, s=1)
    ),
    "stem for small images": Mistake(
        "the stem is a 3x3 convolution with stride 1, without a pool after it", _use_small_stem
    ),
    "one input channel": Mistake("the input has one channel", add_change(_read_gray)),
    "biases everywhere": Mistake("every convolution has a bias in addition to its norm", add_edit(_add_biases)),
    "biases left out": Mistake("no layer has a bias", add_edit(_drop_biases)),
}
"""Known mistakes by name; questions/explain/costs.yaml has the cost of each."""


def find_mistake(name: str, spec: Spec) -> Mistake:
    """Return the mistake `name`: a known one, or a change of a row of the table."""
    return MISTAKES[name] if name in MISTAKES else list_row_changes(spec)[name]
