"""Published figures about parts of V1: single layers and the shares of kinds of layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from mbcost.analytic.layers import Conv2d, Linear, Shape
from mbcost.analytic.network import Network, resolve
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Published
from mbcost.spec.tally import Tally, total


@dataclass(frozen=True)
class Part:
    """Our number for a figure, the network that it is part of, and how it is counted."""

    value: Fraction
    network: str
    convention: str


def _layer(figure: Published) -> Part:
    """A layer: of TF-slim's docstring, or the one that V1's Table 3 takes as its example."""
    tally = _example(figure) if figure.net == "v1-layer" else _slim(figure)
    if figure.quantity == "mult_adds":
        return Part(Fraction(tally.conv_macs), "v1", "macs")
    return Part(Fraction(tally.weights), "v1", "weights")


def _slim(figure: Published) -> Tally:
    """TF-slim numbers the separable layers 1 to 13 in a row and counts weights as params."""
    network = _network(figure)
    separable = [f"Conv2d_{number}_{part}" for number in range(1, 14) for part in ("depthwise", "pointwise")]
    convolutions = [step for step in network.steps if isinstance(step.lead, Conv2d)]
    return dict(zip(["Conv2d_0", *separable], convolutions, strict=False))[figure.row or ""].tally


def _example(figure: Published) -> Tally:
    """V1 paper, section 3.4: D_K = 3, M = N = 512, D_F = 14, and what is saved step by step."""
    channels = int(Fraction(str(figure.alpha)) * 512)
    side = 10 if figure.row == "rho=0.714" else 14
    shape = Shape(channels, side, side)
    depthwise = Conv2d("depthwise", shape, channels, kernel=(3, 3), groups=channels)
    pointwise = Conv2d("pointwise", shape, channels)
    standard = Conv2d("conv", shape, channels, kernel=(3, 3))
    layers = [standard] if figure.row == "Convolution" else [depthwise, pointwise]
    return total(layer.tally() for layer in layers)


def _share(figure: Published) -> Part:
    """V1 paper, Table 2: the share of a kind of layer in all mult-adds, or in all weights without biases and norms."""
    layers = [layer for layer in _network(figure).layers if isinstance(layer, Conv2d | Linear)]
    of_kind = total(layer.tally() for layer in layers if _KINDS[figure.row or ""](layer))
    every = total(layer.tally() for layer in layers)
    if figure.quantity == "mult_adds_share":
        part, whole = (tally.conv_macs + tally.linear_macs for tally in (of_kind, every))
        return Part(Fraction(part, whole), "v1", "macs")
    return Part(Fraction(of_kind.weights, every.weights), "v1", "weights")


def _network(figure: Published) -> Network:
    return resolve(load_spec("v1"), alpha=figure.alpha or 1.0, resolution=figure.resolution)


_KINDS: Mapping[str, Callable[[Conv2d | Linear], bool]] = {
    "Conv 1x1": lambda layer: layer.kernel == (1, 1) and layer.input.height > 1,
    "Conv DW 3x3": lambda layer: layer.groups > 1,
    "Conv 3x3": lambda layer: layer.kernel == (3, 3) and layer.groups == 1,
    "Fully Connected": lambda layer: layer.input.height == 1,
}
"""The rows of Table 2."""
PARTS: Mapping[str, Callable[[Published], Part]] = {"layer": _layer, "layer_type_share": _share}
"""Task of a figure -> our number for it."""


def digits_swapped(figure: Published, ours: Fraction) -> str | None:
    """The figure with two neighbouring digits swapped, where that gives ours."""
    text = figure.value
    for place in range(len(text) - 1):
        other = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if "." not in text[place : place + 2] and replace(figure, value=other).prints(ours):
            return other
    return None
