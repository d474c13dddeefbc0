"""Which equation gives the cost of a layer, and how does the cost depend on alpha and rho?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mbcost.analytic.layers import Conv2d, Linear
from mbcost.analytic.network import Network, Step, resolve
from mbcost.errors import unknown
from mbcost.spec.catalogue.library import load_convention
from mbcost.spec.implementation import ChannelRule
from mbcost.spec.shown import show
from mbcost.spec.table import SQUEEZE_DIVISOR, Spec

_UNROUNDED = ChannelRule("round", divisor=1, minimum=1)


@dataclass(frozen=True)
class Term:
    """A product in the paper's letters, the same product with numbers, and its value."""

    letters: str
    numbers: str
    value: int


@dataclass(frozen=True)
class ClosedForm:
    """value · α^alpha_power · ρ^rho_power: the cost with the printed widths and map scaled and nothing rounded."""

    value: int
    alpha_power: int
    rho_power: int


@dataclass(frozen=True)
class Formula:
    """The cost of one layer as equations."""

    network: Network
    step: Step
    kind: str
    """`standard`, `grouped`, `depthwise`, `pointwise`, `transposed` or `linear` of a layer with weights, else the
    operator."""
    mult_adds: Term | None
    """None for a layer without weights, which has no multiply-adds either."""
    weights: Term | None
    params: int
    """The count of the default convention: weights, biases, norm scale and shift."""
    closed_mult_adds: ClosedForm | None
    closed_weights: ClosedForm | None

    def __repr__(self) -> str:
        mult_adds = "no" if self.mult_adds is None else f"{self.mult_adds.numbers} = {self.mult_adds.value:,}"
        name = f"{self.step.name} of {self.network.label}"
        return show(self, f"{name}, {self.kind}: {mult_adds} mult-adds, {self.params:,} params")


def derive_formula(network: Network, layer: str) -> Formula:
    """Return the equations of the layer called `layer`.

    A layer of a list or a file can also be called by its number, or by its own name without the number.

    Raises:
        MbcostError: the network has no such layer.
    """
    step = _find_step(network, layer)
    params = load_convention().params(step.tally)
    lead = step.lead
    if not isinstance(lead, Conv2d | Linear):
        return Formula(network, step, lead.operator, None, None, params, None, None)
    kind, letters, numbers = _equation(lead)
    weights = Term(letters, numbers if step.tally.weights else "those of an earlier layer", step.tally.weights)
    # A transposed convolution uses every weight at each position of its input.
    at = lead.input if lead.operator == "transposed_conv" else lead.output
    count = step.tally.conv_macs + step.tally.linear_macs
    if isinstance(lead, Linear) and at.height == at.width == 1:
        macs = Term(letters, numbers, count)
    else:
        macs = Term(f"{letters} · D_F·D_F", f"{numbers} · {at.height}·{at.width}", count)
    closed = (None, None) if network.spec.is_flat else _closed_forms(network, layer)
    return Formula(network, step, kind, macs, weights, params, *closed)


def _find_step(network: Network, layer: str) -> Step:
    """Return the step that a user means.

    Raises:
        MbcostError: there is none, or more than one.
    """
    steps = {step.name: step for step in network.steps}
    if layer in steps:
        return steps[layer]
    if network.spec.is_flat:
        meant = [step for step in steps.values() if layer in (step.stage, step.block, step.part)]
        if len(meant) == 1:
            return meant[0]
    parts = [name for name in steps if name.startswith(f"{layer}.") or name.endswith(f".{layer}")]
    raise unknown(f"layer of {network.spec.name}", layer, parts or steps)


def _equation(lead: Conv2d | Linear) -> tuple[str, str, str]:
    kind, letters, factors = name_equation(lead)
    inputs = lead.input.channels
    numbers = {
        "kernel": f"{lead.kernel[0]}·{lead.kernel[1]}",
        "inputs": str(inputs),
        "group": str(inputs // lead.groups),
        "outputs": str(lead.channels),
    }
    return kind, letters, " · ".join(numbers[factor] for factor in factors)


def name_equation(lead: Conv2d | Linear) -> tuple[str, str, tuple[str, ...]]:
    """Return the kind of a layer, its weights in the paper's letters, and the factors of that product.

    A factor is `kernel`, `inputs`, `outputs` or `group`, the input channels of one group.
    """
    if isinstance(lead, Linear):
        return "linear", "M · N", ("inputs", "outputs")
    if lead.operator == "depthwise" and lead.input.channels == lead.channels:
        return "depthwise", "D_K·D_K · M", ("kernel", "inputs")
    if lead.operator == "transposed_conv" and lead.groups == 1:
        return "transposed", "D_K·D_K · M · N", ("kernel", "inputs", "outputs")
    if lead.groups > 1:
        return "grouped", "D_K·D_K · M/G · N", ("kernel", "group", "outputs")
    if lead.kernel == (1, 1):
        return "pointwise", "M · N", ("inputs", "outputs")
    return "standard", "D_K·D_K · M · N", ("kernel", "inputs", "outputs")


def _closed_forms(network: Network, layer: str) -> tuple[ClosedForm | None, ClosedForm | None]:
    """Return the closed forms of the multiply-adds and the weights: the printed cost, and the powers of alpha and rho.

    The powers are measured on the same network with nothing rounded, by doubling the widths and by doubling the map.
    Both start from sizes that every division in the network leaves whole. A layer whose cost does not grow by a power
    of two has no closed form.
    """
    spec = _unrounded(network)
    side = math.prod(row.stride for row in spec.rows)
    base, wide, wider, small, large = (
        _macs_and_weights(spec, network, layer, alpha, resolution)
        for alpha, resolution in (
            (1.0, spec.resolution),
            (SQUEEZE_DIVISOR, spec.resolution),
            (2 * SQUEEZE_DIVISOR, spec.resolution),
            (1.0, (side, side)),
            (1.0, (2 * side, 2 * side)),
        )
    )
    if base is None or wide is None or wider is None or small is None or large is None:
        return None, None
    by_alpha, by_rho = _doublings(wide[0], wider[0]), _doublings(small[0], large[0])
    weights_by_alpha, weights_by_rho = _doublings(wide[1], wider[1]), _doublings(small[1], large[1])
    return (
        None if by_alpha is None or by_rho is None else ClosedForm(base[0], by_alpha, by_rho),
        None
        if weights_by_alpha is None or weights_by_rho is None
        else ClosedForm(base[1], weights_by_alpha, weights_by_rho),
    )


def _doublings(before: int, after: int) -> int | None:
    """Return the power p of after = 2^p · before, from 0 to 2, or None if there is none."""
    return next((power for power in range(3) if after == before << power), None)


def _macs_and_weights(
    spec: Spec, network: Network, layer: str, alpha: float, resolution: tuple[int, int]
) -> tuple[int, int] | None:
    """Return both counts of the layer in another size of the network, or None if it does not have the layer there."""
    probe = resolve(
        spec,
        alpha=alpha,
        resolution=resolution,
        implementation=network.implementation,
        classes=network.classes,
        in_channels=network.in_channels,
    )
    tallies = [step.tally for step in probe.steps if step.name == layer]
    return (tallies[0].conv_macs + tallies[0].linear_macs, tallies[0].weights) if tallies else None


def _unrounded(network: Network) -> Spec:
    """Return the spec with an implementation that rounds nothing and scales the same rows as at the network's alpha."""
    rules = network.spec.implementation(network.implementation)
    unscaled = {role: float("inf") for role, alpha in rules.unscaled_below.items() if network.alpha < alpha}
    plain = replace(rules, channels=_UNROUNDED, channels_of={}, squeeze=_UNROUNDED, unscaled_below=unscaled)
    return replace(network.spec, implementations={network.implementation: plain})
