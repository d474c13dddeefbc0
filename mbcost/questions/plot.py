"""Which exact numbers does each picture show? The drawing only arranges them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp

from mbcost.analytic.blocks import plan
from mbcost.analytic.layers import Conv2d
from mbcost.analytic.many.grid import compute_costs, compute_sides, compute_totals
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.analytic.network import Network, Step, resolve
from mbcost.errors import MbcostError, unknown
from mbcost.questions.device.roofline import name_kind
from mbcost.spec.convention import Convention
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import CLASSES, Spec
from mbcost.spec.tally import total

MOST_CELLS = 20_000
"""More cells than this cannot be told apart in a heat map on a page."""
BLOCKS_AT_ONCE = 2**15
"""The number of blocks whose networks are computed together, in some ten megabytes."""


@dataclass(frozen=True)
class Bar:
    """The cost of one layer along the network."""

    name: str
    stage: str
    kind: str
    """The kind that `mbcost.questions.device.roofline.name_kind` returns."""
    mult_adds: int
    params: int
    activations: int


@dataclass(frozen=True)
class Profile:
    """The layers of a network that cost something, in order."""

    network: Network
    convention: Convention
    bars: tuple[Bar, ...]


def profile_layers(network: Network, convention: Convention) -> Profile:
    """Return the multiply-adds, parameters and activations along the network."""
    bars = (
        Bar(
            step.name,
            step.stage,
            name_kind(step.lead),
            convention.mult_adds(step.tally),
            convention.params(step.tally),
            step.tally.outputs,
        )
        for step in network.steps
    )
    return Profile(network, convention, tuple(bar for bar in bars if bar.mult_adds or bar.params or bar.activations))


@dataclass(frozen=True)
class CostGrid:
    """Multiply-adds of one spec over alphas and square resolutions."""

    spec: Spec
    implementation: str
    convention: Convention
    alphas: tuple[float, ...]
    resolutions: tuple[int, ...]
    mult_adds: tuple[tuple[int, ...], ...]
    """One row per alpha, one column per resolution."""


def compute_cost_grid(
    spec: Spec,
    implementation: str,
    convention: Convention,
    alphas: Sequence[float],
    resolutions: Sequence[int],
    *,
    classes: int,
    in_channels: int,
) -> CostGrid:
    """Return the multiply-adds at every alpha and resolution.

    Raises:
        MbcostError: there are too many points for a picture, or no network can be built at one of them.
    """
    if len(alphas) * len(resolutions) > MOST_CELLS:
        raise MbcostError(
            f"{len(alphas)} x {len(resolutions)} points are too many for a picture: ask for at most {MOST_CELLS:,}"
        )
    rules = spec.implementation(implementation)
    quantity = WeightedCount.from_coefficients(convention.mult_adds_coefficients)
    sizes = [(side, side) for side in resolutions]
    rows: list[tuple[int, ...]] = []
    step = max(1, BLOCKS_AT_ONCE // max(1, sum(row.repeats for row in spec.rows)))
    for start in range(0, len(alphas), step):
        plans = [plan(Scaling(spec, rules, alpha, classes), in_channels) for alpha in alphas[start : start + step]]
        costs = compute_costs(group_columns(plans), quantity)
        if (
            compute_sides(costs.scales, 0, resolutions).min() < 1
            or compute_sides(costs.scales, 1, resolutions).min() < 1
        ):
            for side in resolutions:
                resolve(
                    spec, alpha=alphas[start], resolution=side, implementation=implementation, classes=classes,
                    in_channels=in_channels,
                )  # fmt: skip
        rows += map(tuple, compute_totals(costs, sizes).tolist())
    return CostGrid(spec, implementation, convention, tuple(alphas), tuple(resolutions), tuple(rows))


def count_mult_adds(
    convention: Convention, spec: Spec, implementation: str, alphas: Sequence[float], sides: Sequence[int]
) -> tuple[tuple[int, ...], ...]:
    """Return the multiply-adds of networks with 1000 classes, one row per alpha, one column per square resolution.

    Raises:
        MbcostError: as `compute_cost_grid`.
    """
    grid = compute_cost_grid(
        spec, implementation, convention, alphas, sides, classes=CLASSES, in_channels=spec.channels
    )
    return grid.mult_adds


@dataclass(frozen=True)
class BlockConvolution:
    """A convolution of a block."""

    part: str
    kind: str
    kernel: tuple[int, int]
    channels: int
    """Channels of its output."""


@dataclass(frozen=True)
class BlockShape:
    """A block as a chain of convolutions with the numbers of channels between them."""

    network: Network
    convention: Convention
    name: str
    inputs: int
    convolutions: tuple[BlockConvolution, ...]
    squeezed: int
    """Channels inside the squeeze-and-excite before the last convolution; 0 if there is none."""
    added: bool
    """Whether the block's input is added to its output."""
    map: tuple[int, int]
    """Height and width of the block's input."""
    mult_adds: int
    params: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels from the block's input to its output."""
        return (self.inputs, *(convolution.channels for convolution in self.convolutions))


EXAMPLES = (("resnet-50", "4.2"), ("v1", "7.2"), ("v2", "5.2"), ("v3-large", "12.1"))
"""One block per network, each with stride 1 on a 14x14 map, so that the four can be compared."""


def describe_block(network: Network, name: str, convention: Convention) -> BlockShape:
    """Return the shape and cost of the block `<stage>.<repeat>` of a network.

    Raises:
        MbcostError: there is no such block, or it has no convolution.
    """
    blocks: dict[str, list[Step]] = {}
    for step in network.steps:
        blocks.setdefault(step.block, []).append(step)
    if name not in blocks:
        raise unknown(f"block of {network.spec.name}", name, blocks)
    steps = blocks[name]
    convolutions = tuple(
        BlockConvolution(step.part, name_kind(step.lead), step.lead.kernel, step.output.channels)
        for step in steps
        if isinstance(step.lead, Conv2d) and not step.part.startswith("se.") and step.part != "shortcut"
    )
    if not convolutions:
        raise MbcostError(f"block {name} of {network.spec.name} has no convolution to draw: choose a different block")
    tally, first = total(step.tally for step in steps), steps[0].lead.input
    return BlockShape(
        network,
        convention,
        name,
        first.channels,
        convolutions,
        next((step.output.channels for step in steps if step.part == "se.reduce"), 0),
        any(step.part == "add" for step in steps),
        (first.height, first.width),
        convention.mult_adds(tally),
        convention.params(tally),
    )


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e^-x)."""
    return 1 / (1 + exp(-x))


def hard_sigmoid(x: float) -> float:
    """Return ReLU6(x + 3) / 6: V3 paper (arXiv:1905.02244), section 5.2.

    >>> hard_sigmoid(0.0), hard_sigmoid(4.0)
    (0.5, 1.0)
    """
    return min(max(x + 3, 0.0), 6.0) / 6


def swish(x: float) -> float:
    """Return x · sigmoid(x)."""
    return x * sigmoid(x)


def hard_swish(x: float) -> float:
    """Return x · ReLU6(x + 3) / 6: V3 paper, section 5.2."""
    return x * hard_sigmoid(x)


@dataclass(frozen=True)
class Curve:
    """A function's values at the abscissas of its pair."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class ActivationPair:
    """A smooth activation and the piecewise polynomial that replaces it."""

    abscissas: tuple[float, ...]
    smooth: Curve
    hard: Curve

    @property
    def distance(self) -> tuple[float, float]:
        """The largest distance between the two curves, and the first abscissa from the left at which they have it."""
        gaps = [abs(smooth - hard) for smooth, hard in zip(self.smooth.values, self.hard.values, strict=True)]
        index = max(range(len(gaps)), key=lambda index: (round(gaps[index], 12), -index))
        return gaps[index], self.abscissas[index]


REACH, STEPS = 6, 50
"""The curves go from -6 to 6, with 50 points per unit."""
_PAIRS: tuple[tuple[tuple[str, Callable[[float], float]], tuple[str, Callable[[float], float]]], ...] = (
    (("sigmoid", sigmoid), ("hard-sigmoid", hard_sigmoid)),
    (("swish", swish), ("hard-swish", hard_swish)),
)


def sample_activations() -> tuple[ActivationPair, ...]:
    """Return sigmoid and swish, each with its hard form."""
    abscissas = tuple(index / STEPS for index in range(-REACH * STEPS, REACH * STEPS + 1))
    return tuple(
        ActivationPair(abscissas, *(Curve(name, tuple(map(function, abscissas))) for name, function in pair))
        for pair in _PAIRS
    )
