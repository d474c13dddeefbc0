"""Which flat list of layers describes a user's model?"""

from __future__ import annotations

from mbcost.errors import MbcostError
from mbcost.questions.aligned.words import enumerate_names
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.observed import Call, TracedModel


def flatten(model: TracedModel, name: str, source: str) -> FlatNetwork:
    """Return the model's layers as a flat list, which has the same totals of params and multiply-adds.

    Raises:
        MbcostError: a list cannot describe a layer of the model, so that a total would differ.
    """
    if model.loose:
        names = enumerate_names([f"{name} ({values:,})" for name, values in model.loose])
        raise MbcostError(f"{model.name} has parameters that belong to no convolution or linear layer: {names}")
    layers = tuple(_flatten_call(model, call) for call in model.calls)
    return FlatNetwork(name, source, model.in_channels, model.resolution, layers)


def _flatten_call(model: TracedModel, call: Call) -> FlatLayer:
    facts = call.facts
    if facts.operator not in ("conv", "linear") or None in (facts.kernel, facts.stride, facts.groups):
        raise MbcostError(
            f"{model.name}: {facts.name} is a {facts.operator}, which a flat list of layers cannot contain"
        )
    if call.params != facts.params or not call.named:
        reason = (
            f"shares weights with {call.shares}" if call.shares else "has parameters besides weights, bias and norm"
        )
        raise MbcostError(f"{model.name}: {facts.name} {reason}, which a flat list of layers cannot describe")
    if any(norm.kind != "batch norm" or norm.values != 2 * norm.channels for norm in call.norms):
        norms = enumerate_names([f"a {norm.kind} with {norm.parameters}" for norm in call.norms])
        raise MbcostError(f"{model.name}: {facts.name} has {norms}, but a flat list of layers has batch norms only")
    if call.padding != "zeros":
        raise MbcostError(f"{model.name}: {facts.name} pads with {call.padding}, a flat list of layers with zeros only")
    kernel, stride, groups = facts.kernel or (1, 1), facts.stride or (1, 1), facts.groups or 1
    dilation = facts.dilation or (1, 1)
    if stride[0] != stride[1] or dilation[0] != dilation[1]:
        raise MbcostError(f"{model.name}: {facts.name} has a different stride or dilation for height and width")
    # On a row of vectors, a linear layer is a 1x1 convolution.
    operator = "linear" if facts.operator == "linear" and facts.input[:2] == (1, 1) else "conv"
    return FlatLayer(
        facts.name, operator, facts.input, facts.output, kernel, stride[0], dilation[0], groups,
        facts.biases > 0, facts.norm_channels,
    )  # fmt: skip
