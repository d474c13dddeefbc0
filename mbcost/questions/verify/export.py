"""What of somebody's model can be carried away as a flat list of layers?"""

from __future__ import annotations

from mbcost.errors import MbcostError
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.observed import Call, TracedModel


def flatten(model: TracedModel, name: str, source: str) -> FlatNetwork:
    """The model's layers; its totals of params and multiply-adds are those of the list.

    Raises:
        MbcostError: the list cannot say something of it, so that a total would be another one.
    """
    if model.loose:
        names = ", ".join(f"{name} ({values:,})" for name, values in model.loose)
        raise MbcostError(f"{model.name} has parameters that belong to no convolution or linear layer: {names}")
    network = FlatNetwork(
        name, source, model.in_channels, model.resolution, tuple(_layer(model, call) for call in model.calls)
    )
    return network


def _layer(model: TracedModel, call: Call) -> FlatLayer:
    facts = call.facts
    if facts.operator not in ("conv", "linear") or None in (facts.kernel, facts.stride, facts.groups):
        raise MbcostError(f"{model.name}: {facts.name} is a {facts.operator}, and a list of layers has none")
    if call.params != facts.params or not call.named:
        what = f"shares weights with {call.shares}" if call.shares else "has other parameters than its weights say"
        raise MbcostError(f"{model.name}: {facts.name} {what}, which a list of layers cannot say")
    kernel, stride, groups = facts.kernel or (1, 1), facts.stride or (1, 1), facts.groups or 1
    dilation = facts.dilation or (1, 1)
    if stride[0] != stride[1] or dilation[0] != dilation[1]:
        raise MbcostError(f"{model.name}: {facts.name} strides or dilates height and width unlike")
    # On a row of vectors, a linear layer is a 1x1 convolution.
    operator = "linear" if facts.operator == "linear" and facts.input[:2] == (1, 1) else "conv"
    return FlatLayer(
        facts.name, operator, facts.input, facts.output, kernel, stride[0], dilation[0], groups,
        facts.biases > 0, facts.norm_channels,
    )  # fmt: skip
