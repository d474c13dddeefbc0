from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.layers import Conv2d
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.questions.device.roofline import count_elements_read
from mbcost.questions.latency.work import (
    KINDS,
    LANES,
    PER_NETWORK,
    describe_channels,
    describe_network,
    describe_sizes,
    measure_grid,
    measure_work,
)
from mbcost.spec.catalogue.library import NETWORKS, load_spec


def work_of(name: str, alpha: float = 1.0, size: int = 224, lanes: int = 1, batch: int = 1) -> dict[str, float]:
    network = resolve(load_spec(name), alpha=alpha, resolution=size)
    return dict(zip(KINDS, measure_work([describe_network(network)], lanes, batch)[0].tolist(), strict=True))


@settings(max_examples=25)
@given(st.sampled_from(list(NETWORKS)), st.floats(0.25, 1.5), st.integers(64, 300))
def test_the_work_is_that_of_the_cost_table(name: str, alpha: float, size: int) -> None:
    network = resolve(load_spec(name), alpha=alpha, resolution=size)
    work, tally = work_of(name, alpha, size), network.tally()
    assert work["dense"] + work["depthwise"] == tally.conv_macs + tally.linear_macs
    assert work["weights"] == tally.weights
    assert work["layers"] == len(network.steps)
    assert work["maps"] == pytest.approx(
        sum(count_elements_read(step.lead) + step.output.elements for step in network.steps), rel=1e-12
    )
    smooth = ("hard_swish", "hard_sigmoid", "swish", "sigmoid")
    assert work["smooth activations"] == sum(getattr(tally, f"{function}_elements") for function in smooth)
    assert work["separate elements"] / 2 == sum(
        layer.output.elements for step in network.steps for layer in step.layers[1:]
    )


def test_channels_are_rounded_up_to_lanes_except_those_of_an_image() -> None:
    # V1 at 0.25: 3 -> 8 channels at 112x112, then a depthwise layer of 8, a pointwise one from 8 to 16 ...
    network = resolve(load_spec("v1"), alpha=0.25)
    channels = describe_channels(network)
    first = list(zip(channels.read, channels.written, strict=True))
    assert first[:3] == [(3, 8), (8, 8), (8, 16)]

    def dense(read: int, written: int, lanes: int) -> int:
        padded = read if read <= 4 else -(-read // lanes) * lanes
        return padded * (-(-written // lanes) * lanes)

    for lanes in LANES:
        expected = 0
        for step in network.steps:
            lead, positions = step.lead, step.output.height * step.output.width
            if isinstance(lead, Conv2d) and lead.groups == 1:
                kernel = lead.kernel[0] * lead.kernel[1]
                expected += kernel * dense(lead.input.channels, lead.channels, lanes) * positions
        assert work_of("v1", 0.25, lanes=lanes)["dense"] == expected


@pytest.mark.parametrize("name", ["v1", "v3-small", "efficientnet-b0", "vgg-16"])
def test_a_batch_multiplies_what_grows_with_it(name: str) -> None:
    one, four = work_of(name), work_of(name, batch=4)
    assert four == {kind: one[kind] * (1 if kind in PER_NETWORK else 4) for kind in KINDS}


def test_a_grid_is_the_work_of_each_network() -> None:
    alphas, sides = (0.3, 0.75, 1.2), (96, 160, 321)
    v3 = load_spec("v3-large")
    grid = measure_grid(
        [describe_channels(resolve(v3, alpha=alpha)) for alpha in alphas],
        [describe_sizes(resolve(v3, resolution=side)) for side in sides],
        lanes=16,
    )
    each = [
        [measure_work([describe_network(resolve(v3, alpha=alpha, resolution=side))], 16)[0] for side in sides]
        for alpha in alphas
    ]
    assert np.allclose(grid, each, rtol=1e-12, atol=0)


@pytest.mark.parametrize("power", [155, 200, 400])
@pytest.mark.parametrize("what", ["classes", "in_channels"])
def test_a_network_that_float64_cannot_hold_is_refused_with_what_to_do(what: str, power: int) -> None:
    network = resolve(load_spec("v2"), **{what: 10**power})
    with pytest.raises(MbcostError, match=r"too large for an estimate .* or fewer classes or channels"):
        measure_work([describe_network(network)])
    with pytest.raises(MbcostError, match="too large for an estimate of its latency"):
        measure_grid([describe_channels(network)], [describe_sizes(network)], lanes=16)
    assert np.isfinite(measure_work([describe_network(resolve(load_spec("v2"), classes=10**100))]) ** 2).all()
