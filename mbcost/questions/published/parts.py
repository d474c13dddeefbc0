"""Published figures about parts of V1: single layers, and the shares of kinds of layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from mbcost.analytic.layers import Conv2d, Linear, Shape
from mbcost.analytic.network import Network, resolve
from mbcost.questions.explain.windows import swap_neighbours
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Published
from mbcost.spec.tally import Tally, total


@dataclass(frozen=True)
class Part:
    """Our number for a figure, the network that the part belongs to, and the convention."""

    value: Fraction
    network: str
    convention: str


def _count_layer(figure: Published) -> Part:
    """Count a layer of TF-slim's docstring, or the example layer of V1's Table 3."""
    tally = _tally_example(figure) if figure.net == "v1-layer" else _tally_slim_layer(figure)
    if figure.quantity == "mult_adds":
        return Part(Fraction(tally.conv_macs), "v1", "macs")
    return Part(Fraction(tally.weights), "v1", "weights")


def _tally_slim_layer(figure: Published) -> Tally:
    """Tally a layer under its TF-slim name: TF-slim numbers the separable layers from 1 to 13."""
    network = _network(figure)
    separable = [f"Conv2d_{number}_{part}" for number in range(1, 14) for part in ("depthwise", "pointwise")]
    convolutions = [step for step in network.steps if isinstance(step.lead, Conv2d)]
    return dict(zip(["Conv2d_0", *separable], convolutions, strict=False))[figure.row or ""].tally


def _tally_example(figure: Published) -> Tally:
    """Tally the example of the V1 paper, section 3.4: D_K = 3, M = N = 512, D_F = 14, reduced step by step."""
    channels = int(Fraction(str(figure.alpha)) * 512)
    side = 10 if figure.row == "rho=0.714" else 14
    shape = Shape(channels, side, side)
    depthwise = Conv2d("depthwise", shape, channels, kernel=(3, 3), groups=channels)
    pointwise = Conv2d("pointwise", shape, channels)
    standard = Conv2d("conv", shape, channels, kernel=(3, 3))
    layers = [standard] if figure.row == "Convolution" else [depthwise, pointwise]
    return total(layer.tally() for layer in layers)


def _compute_share(figure: Published) -> Part:
    """Compute a figure of the V1 paper, Table 2: the share of a kind of layer in all mult-adds or in all weights.

    The weights do not include biases and norms.
    """
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
PARTS: Mapping[str, Callable[[Published], Part]] = {"layer": _count_layer, "layer_type_share": _compute_share}
"""Task of a figure -> our number for it."""


def swap_digits(figure: Published, ours: Fraction) -> str | None:
    """Return the figure with two neighbouring digits swapped, if that gives our number; else None."""
    point = figure.value.find(".")
    for value in swap_neighbours(figure.value):
        if value.find(".") == point and replace(figure, value=value).prints(ours):
            return value
    return None
