"""What does a depthwise separable convolution save over the standard one, in one layer and in a whole network?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

from mbcost.analytic.layers import BatchNorm, Conv2d, Shape
from mbcost.analytic.network import Network, Step
from mbcost.errors import MbcostError
from mbcost.spec.implementation import EXACT, ChannelRule
from mbcost.spec.scaling import alpha_text, check_alpha, round_channels
from mbcost.spec.tally import Tally, total

LEAST_CHEAPER, MOST_CHEAPER = 8, 9
"""V1 paper, section 3.1: "between 8 to 9 times less computation"."""


@dataclass(frozen=True)
class Form:
    """One way to write a layer, with its weights alone: the paper's table 3 counts no norm and no bias."""

    title: str
    inputs: int
    outputs: int
    feature: int
    """Side of the input map, D_F."""
    params: int
    mult_adds: int


@dataclass(frozen=True)
class LayerComparison:
    """The standard form of a layer, the separable form, and the separable form under alpha and rho, cumulative."""

    kernel: int
    stride: int
    alpha: float
    rho: Fraction
    forms: tuple[Form, ...]

    @property
    def ratio(self) -> Fraction:
        """Multiply-adds of the separable form over the standard one, both at alpha = 1 and rho = 1."""
        return Fraction(self.forms[1].mult_adds, self.forms[0].mult_adds)

    @property
    def formula(self) -> Fraction:
        """1/N + 1/K²: V1 paper, section 3.1."""
        return Fraction(1, self.forms[0].outputs) + Fraction(1, self.kernel**2)


def compare_layer(
    rule: ChannelRule,
    *,
    kernel: int,
    inputs: int,
    outputs: int,
    feature: int,
    stride: int = 1,
    alpha: float = 1.0,
    rho: Fraction = Fraction(1),
) -> LayerComparison:
    """One layer in its standard and its separable form.

    Args:
        rule: how alpha times a width becomes a channel count.
        kernel: side of the kernel, K.
        inputs: input channels, M.
        outputs: output channels, N.
        feature: side of the input map, D_F; the output map is ceil(D_F / stride).
        stride: of the standard convolution and of the depthwise layer.
        alpha: width multiplier.
        rho: resolution multiplier; rho times D_F is rounded half up.

    Raises:
        MbcostError: a size below 1, or alpha or rho that leave nothing.
    """
    for name, size in (("kernel", kernel), ("in", inputs), ("out", outputs), ("feature", feature), ("stride", stride)):
        if size < 1:
            raise MbcostError(f"{name} is {size}: the least is 1")
        if size > EXACT:
            raise MbcostError(f"{name} is {size}: the most is {EXACT}")
    check_alpha(alpha)
    thin_inputs, thin_outputs = inputs, outputs
    if alpha != 1:
        thin_inputs, thin_outputs = (round_channels(rule, width * alpha, alpha) for width in (inputs, outputs))
    small = int(feature * rho + Fraction(1, 2))
    if small < 1:
        raise MbcostError(f"rho {float(rho):g} leaves nothing of a map of {feature}: use a larger one")
    dense = Conv2d("standard", Shape(inputs, feature, feature), outputs, (kernel, kernel), stride)
    forms = [
        _form("standard convolution", inputs, outputs, feature, dense.tally()),
        _separable("depthwise separable", kernel, stride, inputs, outputs, feature),
    ]
    if alpha != 1:
        title = f"separable, alpha = {alpha_text(alpha)}"
        forms.append(_separable(title, kernel, stride, thin_inputs, thin_outputs, feature))
    if rho != 1:
        forms.append(
            _separable(
                f"separable, {f'alpha = {alpha_text(alpha)}, ' if alpha != 1 else ''}rho = {float(rho):g}",
                kernel,
                stride,
                thin_inputs,
                thin_outputs,
                small,
            )
        )
    return LayerComparison(kernel, stride, alpha, rho, tuple(forms))


def _separable(title: str, kernel: int, stride: int, inputs: int, outputs: int, feature: int) -> Form:
    depthwise = Conv2d("depthwise", Shape(inputs, feature, feature), inputs, (kernel, kernel), stride, groups=inputs)
    pointwise = Conv2d("pointwise", depthwise.output, outputs)
    return _form(title, inputs, outputs, feature, depthwise.tally() + pointwise.tally())


def _form(title: str, inputs: int, outputs: int, feature: int, tally: Tally) -> Form:
    return Form(title, inputs, outputs, feature, tally.weights, tally.conv_macs)


@dataclass(frozen=True)
class Pair:
    """The layers around one depthwise layer and the dense convolution in whose place they stand."""

    name: str
    """The block, `<stage>.<repeat>`."""
    kernel: tuple[int, int]
    stride: int
    inputs: int
    outputs: int
    """Channels of the dense convolution's output: N, or the expanded width of a bottleneck."""
    standard: Tally
    separable: Tally

    @property
    def ratio(self) -> Fraction:
        """Multiply-adds of the separable form over the standard one."""
        return Fraction(self.separable.conv_macs, self.standard.conv_macs)

    @property
    def formula(self) -> Fraction:
        """1/N + 1/K²: V1 paper, section 3.1."""
        return Fraction(1, self.outputs) + Fraction(1, self.kernel[0] * self.kernel[1])

    @property
    def eight_to_nine(self) -> bool:
        """Whether the paper's "8 to 9 times" holds."""
        return LEAST_CHEAPER <= 1 / self.ratio <= MOST_CHEAPER


@dataclass(frozen=True)
class NetworkComparison:
    """A network and the same network with dense convolutions."""

    network: Network
    full: Network
    """The same network at alpha = 1 and the table's own resolution."""
    pairs: tuple[Pair, ...]
    separable: Tally
    standard: Tally
    classifier: Tally


def compare_network(network: Network, full: Network) -> NetworkComparison:
    """`network` beside its standard form, block by block.

    The standard form of *depthwise -> pointwise* is one dense convolution. That of *expand -> depthwise -> project* is
    one dense convolution to the expanded width, followed by the projection as it is; squeeze-and-excite stays too.

    Args:
        network: the network to compare.
        full: the same at alpha = 1 and the table's own resolution, for what alpha and rho really do.

    Raises:
        MbcostError: the network has no depthwise layer.
    """
    pairs = tuple(_pairs(network))
    if not pairs:
        raise MbcostError(f"{network.spec.name} has no depthwise layers to compare with")
    separable = network.tally()
    kept = total(step.tally for step in network.steps if step.name not in _replaced_names(network))
    standard = kept + total(pair.standard for pair in pairs)
    classifier = [step.tally for step in network.steps if step.part == "classifier"]
    return NetworkComparison(network, full, pairs, separable, standard, total(classifier) if classifier else Tally())


def _pairs(network: Network) -> Iterator[Pair]:
    for name, replaced in _replaced(network):
        first, last = replaced[0], replaced[-1]
        depthwise = next(step.lead for step in replaced if step.part == "depthwise")
        assert isinstance(depthwise, Conv2d), "a depthwise part is a convolution"
        dense = Conv2d(
            name, first.lead.input, last.output.channels, depthwise.kernel, depthwise.stride, padding=depthwise.padding
        )
        standard = dense.tally() + BatchNorm(name, dense.output).tally()
        yield Pair(
            name,
            dense.kernel,
            dense.stride,
            dense.input.channels,
            dense.channels,
            standard,
            total(step.tally for step in replaced),
        )


def _replaced(network: Network) -> Iterator[tuple[str, list[Step]]]:
    """The steps of every block that one dense convolution stands for."""
    for name, steps in groupby(network.steps, key=attrgetter("block")):
        parts = {step.part: step for step in steps}
        if "depthwise" in parts:
            around = ("depthwise", "pointwise") if "pointwise" in parts else ("expand", "depthwise")
            yield name, [parts[part] for part in around if part in parts]


def _replaced_names(network: Network) -> set[str]:
    return {step.name for _, steps in _replaced(network) for step in steps}
