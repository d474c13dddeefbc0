"""What the pictures show, as exact numbers: the drawing only places them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import exp

from mbcost.analytic.blocks import plan
from mbcost.analytic.compact import compact
from mbcost.analytic.layers import Conv2d
from mbcost.analytic.network import Network, Step, resolve
from mbcost.errors import MbcostError, unknown
from mbcost.questions.device.roofline import name_kind
from mbcost.spec.catalogue.checkpoints import Checkpoint
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.convention import Convention
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec
from mbcost.spec.tally import total

MOST_CELLS = 20_000
"""A heat map with more cells than it has dots on a page shows nothing more."""


@dataclass(frozen=True)
class Bar:
    """One layer along the network."""

    name: str
    stage: str
    kind: str
    """See `mbcost.questions.device.roofline.kind_of`."""
    mult_adds: int
    params: int
    activations: int


@dataclass(frozen=True)
class Profile:
    """The layers that cost something, in order."""

    network: Network
    convention: Convention
    bars: tuple[Bar, ...]


def profile(network: Network, convention: Convention) -> Profile:
    """Where along the network its multiply-adds, parameters and activations are."""
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
    """Multiply-adds of one network over alphas and square resolutions."""

    spec: Spec
    implementation: str
    convention: Convention
    alphas: tuple[float, ...]
    resolutions: tuple[int, ...]
    mult_adds: tuple[tuple[int, ...], ...]
    """One row an alpha, one column a resolution."""


def cost_grid(
    spec: Spec,
    implementation: str,
    convention: Convention,
    alphas: Sequence[float],
    resolutions: Sequence[int],
    *,
    classes: int,
    in_channels: int,
) -> CostGrid:
    """The multiply-adds at every point, from the engine's compact form.

    Raises:
        MbcostError: there are too many points to be seen, or no network can be built at one of them.
    """
    if len(alphas) * len(resolutions) > MOST_CELLS:
        raise MbcostError(
            f"{len(alphas)} x {len(resolutions)} are more points than a picture can show: the most is {MOST_CELLS:,}"
        )
    rules = spec.implementation(implementation)
    rows = []
    for alpha in alphas:
        form = compact(plan(Scaling(spec, rules, alpha, classes), in_channels))
        rows.append(tuple(convention.mult_adds(form.tally((side, side))) for side in resolutions))
    return CostGrid(spec, implementation, convention, tuple(alphas), tuple(resolutions), tuple(rows))


@dataclass(frozen=True)
class AccuracyPoint:
    """A released checkpoint and what its network costs."""

    checkpoint: Checkpoint
    mult_adds: int


def accuracy_points(
    checkpoints: Iterable[Checkpoint], convention: Convention, nets: Sequence[str] = ()
) -> tuple[AccuracyPoint, ...]:
    """Published accuracy beside the cost of the official network with 1000 classes, for `nets` or for all.

    Raises:
        MbcostError: one of `nets` has no checkpoint.
    """
    known = tuple(checkpoints)
    names = tuple(dict.fromkeys(each.net for each in known))
    for net in nets:
        if net not in names:
            raise unknown("network with published checkpoints", net, names)
    return tuple(
        AccuracyPoint(
            each,
            resolve(load_spec(each.net), alpha=each.alpha, resolution=each.resolution).mult_adds(convention),
        )
        for each in known
        if each.net in (nets or names)
    )


@dataclass(frozen=True)
class Link:
    """A convolution of a block."""

    part: str
    kind: str
    kernel: tuple[int, int]
    channels: int
    """Of the map that it gives."""


@dataclass(frozen=True)
class BlockShape:
    """A block as its channels and the convolutions between them."""

    network: Network
    convention: Convention
    name: str
    inputs: int
    links: tuple[Link, ...]
    squeezed: int
    """Channels in the middle of squeeze-and-excite, which stands before the last convolution; 0 without it."""
    added: bool
    """Whether the block's input is added to its output."""
    map: tuple[int, int]
    """Height and width that it reads."""
    mult_adds: int
    params: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels from the block's input to its output."""
        return (self.inputs, *(link.channels for link in self.links))


EXAMPLES = (("resnet-50", "4.2"), ("v1", "7.2"), ("v2", "5.2"), ("v3-large", "12.1"))
"""One block a network, each with stride 1 on a 14x14 map, so that the four can be compared."""


def block_shape(network: Network, name: str, convention: Convention) -> BlockShape:
    """The block `<stage>.<repeat>` of a network.

    Raises:
        MbcostError: there is no such block, or it has no convolution.
    """
    blocks: dict[str, list[Step]] = {}
    for step in network.steps:
        blocks.setdefault(step.block, []).append(step)
    if name not in blocks:
        raise unknown(f"block of {network.spec.name}", name, blocks)
    steps = blocks[name]
    links = tuple(
        Link(step.part, name_kind(step.lead), step.lead.kernel, step.output.channels)
        for step in steps
        if isinstance(step.lead, Conv2d) and not step.part.startswith("se.") and step.part != "shortcut"
    )
    if not links:
        raise MbcostError(f"block {name} of {network.spec.name} has no convolution to draw")
    tally, first = total(step.tally for step in steps), steps[0].lead.input
    return BlockShape(
        network,
        convention,
        name,
        first.channels,
        links,
        next((step.output.channels for step in steps if step.part == "se.reduce"), 0),
        any(step.part == "add" for step in steps),
        (first.height, first.width),
        convention.mult_adds(tally),
        convention.params(tally),
    )


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x)."""
    return 1 / (1 + exp(-x))


def hard_sigmoid(x: float) -> float:
    """ReLU6(x + 3) / 6: V3 paper (arXiv:1905.02244), section 5.2.

    >>> hard_sigmoid(0.0), hard_sigmoid(4.0)
    (0.5, 1.0)
    """
    return min(max(x + 3, 0.0), 6.0) / 6


def swish(x: float) -> float:
    """X · sigmoid(x)."""
    return x * sigmoid(x)


def hard_swish(x: float) -> float:
    """X · ReLU6(x + 3) / 6: V3 paper, section 5.2."""
    return x * hard_sigmoid(x)


@dataclass(frozen=True)
class Curve:
    """A function's values over the abscissas of its pair."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class ActivationPair:
    """A smooth activation and the piecewise form that stands for it."""

    abscissas: tuple[float, ...]
    smooth: Curve
    hard: Curve

    @property
    def distance(self) -> tuple[float, float]:
        """The largest distance between the two and the first abscissa, from the left, that has it."""
        gaps = [abs(one - other) for one, other in zip(self.smooth.values, self.hard.values, strict=True)]
        place = max(range(len(gaps)), key=lambda place: (round(gaps[place], 12), -place))
        return gaps[place], self.abscissas[place]


REACH, STEPS = 6, 50
"""The curves go from -6 to 6, with 50 points a unit."""
_PAIRS: tuple[tuple[tuple[str, Callable[[float], float]], tuple[str, Callable[[float], float]]], ...] = (
    (("sigmoid", sigmoid), ("hard-sigmoid", hard_sigmoid)),
    (("swish", swish), ("hard-swish", hard_swish)),
)


def activation_pairs() -> tuple[ActivationPair, ...]:
    """Sigmoid and swish, each beside its hard form."""
    abscissas = tuple(place / STEPS for place in range(-REACH * STEPS, REACH * STEPS + 1))
    return tuple(
        ActivationPair(abscissas, *(Curve(name, tuple(map(function, abscissas))) for name, function in pair))
        for pair in _PAIRS
    )
