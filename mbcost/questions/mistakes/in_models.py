"""Known mistakes that occur in models and have not been found in a printed number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.layers import BatchNorm, Conv2d, Layer, Linear, Shape
from mbcost.analytic.written import WrittenConv2d
from mbcost.questions.mistakes.draft import Draft, Mistake, add_change, add_edit


def _fold_norms(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    normed = {layer.name for layer in layers if isinstance(layer, BatchNorm)}
    return tuple(
        replace(layer, bias=True) if isinstance(layer, Conv2d) and layer.name in normed else layer
        for layer in layers
        if not isinstance(layer, BatchNorm)
    )


def _keep_expanded_width(_: Draft, block: Block) -> Form:
    form = block.form
    return replace(form, outputs=form.expanded) if form.operator == "bottleneck" else form


def _pool_by_convolution(form: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Remove the pool, and make the layer after it a convolution with a kernel as large as the map."""
    if form.operator == "global_pool":
        return ()
    lead = next(iter(layers), None)
    if form.operator != "linear" or not isinstance(lead, Conv2d | Linear) or lead.input.map[:2] == (1, 1):
        return layers
    kernel, output = (lead.input.height, lead.input.width), Shape(lead.channels, 1, 1)
    conv = WrittenConv2d(lead.name, lead.input, lead.channels, kernel, bias=lead.bias, written=output)
    return (conv, *(replace(layer, input=output) for layer in layers[1:]))


MODEL_MISTAKES: Mapping[str, Mistake] = {
    "norms folded": Mistake(
        "every norm is folded into its convolution, which has a bias instead", add_edit(_fold_norms)
    ),
    "expanded width kept": Mistake("projections keep the expanded width", add_change(_keep_expanded_width)),
    "convolution for pool": Mistake(
        "a convolution as large as the map replaces the pool and the layer after it", add_edit(_pool_by_convolution)
    ),
}
