"""What does a depthwise separable convolution save over a standard one, in one layer and in a whole network?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

from mbcost.analytic.layers import BatchNorm, Conv2d, Shape
from mbcost.analytic.network import Network, Step, resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import EXACT, ChannelRule
from mbcost.spec.scaling import alpha_text, check_alpha, check_whole, round_channels
from mbcost.spec.shown import count, show
from mbcost.spec.tally import Tally, total

PAPER_ALPHA, PAPER_RHO = 0.75, Fraction("0.714")
"""V1 paper, table 3, rows 3 and 4."""
LEAST_CHEAPER, MOST_CHEAPER = 8, 9
"""V1 paper, section 3.1: "between 8 to 9 times less computation"."""


@dataclass(frozen=True)
class LayerSizes:
    """The sizes of a convolution; by default those of the layer in the V1 paper's table 3.

    Raises:
        MbcostError: a size is below 1 or too large to count exactly.
    """

    kernel: int = 3
    """Side of the kernel, K."""
    inputs: int = 512
    """Input channels, M."""
    outputs: int = 512
    """Output channels, N."""
    feature: int = 14
    """Side of the input map, D_F; the output map is ceil(D_F / stride)."""
    stride: int = 1

    def __post_init__(self) -> None:
        for name, size in asdict(self).items():
            if check_whole(size, name) > EXACT:
                raise MbcostError(f"{name} is {size}: it must be at most {EXACT}")


@dataclass(frozen=True)
class ConvolutionForm:
    """A layer in one form, with its weights only: the paper's table 3 counts no norm and no bias."""

    title: str
    inputs: int
    outputs: int
    feature: int
    """Side of the input map, D_F."""
    params: int
    mult_adds: int


@dataclass(frozen=True)
class LayerComparison:
    """A layer in its standard form, in its separable form, and in this one under alpha and then also under rho."""

    sizes: LayerSizes
    alpha: float
    rho: Fraction
    forms: tuple[ConvolutionForm, ...]

    @property
    def ratio(self) -> Fraction:
        """Multiply-adds of the separable form divided by those of the standard form, at alpha = 1 and rho = 1."""
        return Fraction(self.forms[1].mult_adds, self.forms[0].mult_adds)

    @property
    def formula(self) -> Fraction:
        """1/N + 1/K²: V1 paper, section 3.1."""
        return Fraction(1, self.sizes.outputs) + Fraction(1, self.sizes.kernel**2)

    def __repr__(self) -> str:
        standard, separable = self.forms[0].mult_adds, self.forms[1].mult_adds
        return show(self, f"{standard:,} mult-adds in the standard form, {separable:,} in the separable form")


def compare_as_printed(
    sizes: Mapping[str, int], alpha: float | None = None, rho: Fraction | None = None
) -> LayerComparison:
    """Return one layer in both forms, with V1's rule of rounding; without arguments, the V1 paper's table 3.

    Args:
        sizes: the fields of `LayerSizes` that are not the paper's.
        alpha: width multiplier.
        rho: resolution multiplier.

    Raises:
        MbcostError: a size is not a positive number, or no channel or no pixel is left under alpha or rho.
    """
    if not sizes and alpha is None and rho is None:
        alpha, rho = PAPER_ALPHA, PAPER_RHO
    rule = load_spec("v1").implementation("official").channels
    return compare_layer(
        rule, LayerSizes(**sizes), alpha=1.0 if alpha is None else alpha, rho=Fraction(1) if rho is None else rho
    )


def compare_layer(
    rule: ChannelRule, sizes: LayerSizes, *, alpha: float = 1.0, rho: Fraction = Fraction(1)
) -> LayerComparison:
    """Return one layer in its standard and its separable form.

    Args:
        rule: how a width times alpha becomes a number of channels.
        sizes: the layer at alpha = 1 and rho = 1.
        alpha: width multiplier.
        rho: resolution multiplier; rho times D_F is rounded half up.

    Raises:
        MbcostError: no channel or no pixel is left under alpha or rho.
    """
    check_alpha(alpha)
    feature = int(sizes.feature * rho + Fraction(1, 2))
    if feature < 1:
        raise MbcostError(
            f"rho {float(rho):g} leaves nothing of a {sizes.feature}x{sizes.feature} map: use a larger rho"
        )
    thin, settings = sizes, []
    forms = [_standard_form(sizes), _separable_form("depthwise separable", sizes)]
    if alpha != 1:
        inputs, outputs = (round_channels(rule, width * alpha, alpha) for width in (sizes.inputs, sizes.outputs))
        thin, settings = replace(sizes, inputs=inputs, outputs=outputs), [f"alpha = {alpha_text(alpha)}"]
        forms.append(_separable_form(", ".join(["separable", *settings]), thin))
    if rho != 1:
        title = ", ".join(["separable", *settings, f"rho = {float(rho):g}"])
        forms.append(_separable_form(title, replace(thin, feature=feature)))
    return LayerComparison(sizes, alpha, rho, tuple(forms))


def _standard_form(sizes: LayerSizes) -> ConvolutionForm:
    kernel = (sizes.kernel, sizes.kernel)
    shape = Shape(sizes.inputs, sizes.feature, sizes.feature)
    return _form("standard convolution", sizes, Conv2d("standard", shape, sizes.outputs, kernel, sizes.stride).tally())


def _separable_form(title: str, sizes: LayerSizes) -> ConvolutionForm:
    kernel, width = (sizes.kernel, sizes.kernel), sizes.inputs
    shape = Shape(width, sizes.feature, sizes.feature)
    depthwise = Conv2d("depthwise", shape, width, kernel, sizes.stride, groups=width)
    pointwise = Conv2d("pointwise", depthwise.output, sizes.outputs)
    return _form(title, sizes, depthwise.tally() + pointwise.tally())


def _form(title: str, sizes: LayerSizes, tally: Tally) -> ConvolutionForm:
    return ConvolutionForm(title, sizes.inputs, sizes.outputs, sizes.feature, tally.weights, tally.conv_macs)


@dataclass(frozen=True)
class BlockComparison:
    """The layers around a depthwise layer, and the dense convolution that they replace."""

    name: str
    """The block, `<stage>.<repeat>`."""
    kernel: tuple[int, int]
    stride: int
    inputs: int
    outputs: int
    """Output channels of the dense convolution: N, or the expanded width of a bottleneck."""
    standard: Tally
    separable: Tally

    @property
    def ratio(self) -> Fraction:
        """Multiply-adds of the separable form divided by those of the standard form."""
        return Fraction(self.separable.conv_macs, self.standard.conv_macs)

    @property
    def formula(self) -> Fraction:
        """1/N + 1/K²: V1 paper, section 3.1."""
        return Fraction(1, self.outputs) + Fraction(1, self.kernel[0] * self.kernel[1])

    @property
    def eight_to_nine(self) -> bool:
        """Whether the paper's "8 to 9 times" holds for the block."""
        return LEAST_CHEAPER <= 1 / self.ratio <= MOST_CHEAPER

    def __repr__(self) -> str:
        counts = f"{self.standard.conv_macs:,} mult-adds in the standard form, {self.separable.conv_macs:,} as it is"
        return show(self, f"{self.name}: {counts}")


@dataclass(frozen=True)
class NetworkComparison:
    """A network and the same network with dense convolutions."""

    network: Network
    full: Network
    """The same network at alpha = 1 and the resolution of its table."""
    blocks: tuple[BlockComparison, ...]
    separable: Tally
    standard: Tally
    classifier: Tally

    def __repr__(self) -> str:
        counts = f"{self.standard.conv_macs:,} mult-adds in the standard form, {self.separable.conv_macs:,} as it is"
        return show(self, f"{self.network.label}, {count(self.blocks, 'block')}: {counts}")


def compare_with_standard(network: Network) -> NetworkComparison:
    """Return a network beside its standard form, and the effect of its alpha and its resolution.

    Raises:
        MbcostError: the network is a flat list of layers, or has no depthwise layer.
    """
    if network.spec.is_flat:
        raise MbcostError(f"{network.spec.name} is a flat list of layers: name a spec with rows and implementations")
    return compare_network(network, resolve(network.spec, implementation=network.implementation))


def compare_network(network: Network, full: Network) -> NetworkComparison:
    """Return `network` beside its standard form, block by block.

    The standard form of *depthwise -> pointwise* is one dense convolution. The standard form of *expand -> depthwise ->
    project* is one dense convolution to the expanded width, followed by the same projection; squeeze-and-excite stays.

    Args:
        network: the network to compare.
        full: the same network at alpha = 1 and the resolution of its table, to measure the effect of alpha and rho.

    Raises:
        MbcostError: the network has no depthwise layer.
    """
    replaced = dict(find_replaced(network.steps))
    if not replaced:
        raise MbcostError(f"{network.spec.name} has no depthwise layers to compare with")
    blocks = tuple(compare_block(name, steps) for name, steps in replaced.items())
    names = {step.name for steps in replaced.values() for step in steps}
    kept = total(step.tally for step in network.steps if step.name not in names)
    standard = kept + total(block.standard for block in blocks)
    classifier = total(step.tally for step in network.steps if step.part == "classifier")
    return NetworkComparison(network, full, blocks, network.tally(), standard, classifier)


def find_replaced(all_steps: Iterable[Step]) -> Iterator[tuple[str, list[Step]]]:
    """Yield every block that has a depthwise layer, with the steps that one dense convolution stands for."""
    for name, steps in groupby(all_steps, key=attrgetter("block")):
        parts = {step.part: step for step in steps}
        if "depthwise" in parts:
            around = ("depthwise", "pointwise") if "pointwise" in parts else ("expand", "depthwise")
            yield name, [parts[part] for part in around if part in parts]


def compare_block(name: str, steps: Sequence[Step]) -> BlockComparison:
    """Return the steps that `find_replaced` found beside the dense convolution that stands for them."""
    depthwise = next(step.lead for step in steps if step.part == "depthwise")
    assert isinstance(depthwise, Conv2d), "a depthwise part is a convolution"
    outputs = steps[-1].output.channels
    dense = Conv2d(name, steps[0].lead.input, outputs, depthwise.kernel, depthwise.stride, padding=depthwise.padding)
    standard = dense.tally() + BatchNorm(name, dense.output).tally()
    separable = total(step.tally for step in steps)
    return BlockComparison(name, dense.kernel, dense.stride, dense.input.channels, outputs, standard, separable)
