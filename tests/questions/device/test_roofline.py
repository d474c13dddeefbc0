from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.layers import Add, Conv2d, Multiply, Shape, WindowPool
from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.analytic.network import resolve
from mbcost.questions.device.roofline import Machine, Roofline, compute_roofline, count_elements_read
from mbcost.spec.catalogue.devices import load_devices
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.dtype import DTYPES

SLOW = Machine("slow", Fraction(10**9), Fraction(2 * 10**9))


def compute(name: str, dtype: str = "float32", machine: Machine = SLOW) -> Roofline:
    return compute_roofline(resolve(load_spec(name)), machine, DTYPES[dtype])


def compute_on(device: str, name: str, dtype: str) -> Roofline:
    known = load_devices()[device]
    return compute(name, dtype, Machine(known.title, Fraction(known.peak[dtype]), Fraction(known.bandwidth)))


def test_the_work_of_each_kind_of_layer_is_that_computed_by_hand() -> None:
    layers = {layer.name: layer.work for layer in compute("v3-small", "int8").layers}
    counts = {
        name: (work.weight_bytes, work.input_bytes, work.output_bytes, work.mult_adds) for name, work in layers.items()
    }
    # Norms are folded: int8 weights have one int32 bias per channel.
    assert counts["0.1.conv"] == (27 * 16 + 4 * 16, 3 * 224 * 224, 16 * 112 * 112, 27 * 16 * 112 * 112)
    assert counts["1.1.depthwise"] == (9 * 16 + 4 * 16, 16 * 112 * 112, 16 * 56 * 56, 9 * 16 * 56 * 56)
    assert counts["1.1.se.pool"] == (0, 16 * 56 * 56, 16, 0)
    assert counts["1.1.se.reduce"] == (16 * 8 + 4 * 8, 16, 8, 16 * 8)
    assert counts["1.1.se.multiply"] == (0, 16 * 56 * 56 + 16, 16 * 56 * 56, 0)
    assert counts["3.1.add"] == (0, 2 * 24 * 28 * 28, 24 * 28 * 28, 0)
    head = compute("v3-small", "float16").layers[-1].work
    assert (head.weight_bytes, head.input_bytes, head.output_bytes) == (2 * (1024 * 1000 + 1000), 2048, 2000)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_time_of_a_layer_is_the_larger_one_of_its_two_lower_bounds(name: str, dtype: str) -> None:
    answer, machine = compute(name, dtype), SLOW
    for layer in answer.layers:
        times = {"compute": layer.work.mult_adds / machine.peak, "memory": layer.work.bytes / machine.bandwidth}
        assert layer.work.seconds == max(times.values()) == times[layer.bound]
        assert (layer.work.intensity >= machine.balance) == (layer.bound == "compute")
    total = answer.total
    assert total.mult_adds == answer.network.mult_adds()
    assert total.seconds >= max(total.mult_adds / machine.peak, total.bytes / machine.bandwidth)
    assert sum(kind.work.seconds for kind in answer.kinds) == total.seconds
    assert sum(kind.work.bytes for kind in answer.kinds) == total.bytes


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_weight_bytes_are_those_stored_in_flash(name: str, dtype: str) -> None:
    answer = compute(name, dtype)
    flash = compute_flash(count_stored(answer.network), dtype)
    assert answer.total.weight_bytes == flash.weights + flash.biases


def test_a_machine_with_twice_the_peak_and_bandwidth_needs_half_the_time() -> None:
    faster = Machine("fast", 2 * SLOW.peak, 2 * SLOW.bandwidth)
    assert compute("v2", machine=faster).total.seconds * 2 == compute("v2").total.seconds


def test_depthwise_layers_have_few_multiply_adds_and_much_time() -> None:
    answer = compute_on("jetson-nano", "v2", "float16")
    depthwise = next(kind for kind in answer.kinds if kind.kind == "depthwise")
    assert depthwise.memory_bound == depthwise.layers == 17
    assert Fraction(depthwise.work.mult_adds, answer.total.mult_adds) < Fraction(7, 100)
    assert depthwise.work.seconds / answer.total.seconds > Fraction(25, 100)


@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 2),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
)
def test_a_convolution_reads_at_least_the_positions_in_its_windows(
    kernel: int, stride: int, dilation: int, height: int, width: int
) -> None:
    conv = Conv2d("x", Shape(3, height, width), 4, (kernel, kernel), stride, dilation=dilation)
    window = conv.window[0]

    def covered(side: int, outputs: int) -> set[int]:
        before = max((outputs - 1) * stride + window - side, 0) // 2
        starts = (output * stride - before for output in range(outputs))
        return {row for start in starts for row in range(start, start + window) if 0 <= row < side}

    needed = 3 * len(covered(height, conv.output.height)) * len(covered(width, conv.output.width))
    assert needed <= count_elements_read(conv) <= conv.input.elements
    if window == 1:
        assert count_elements_read(conv) == needed


def test_sums_products_and_pools_read_these_elements() -> None:
    shape = Shape(8, 7, 7)
    assert count_elements_read(Add("x", shape)) == 2 * 8 * 49
    assert count_elements_read(Multiply("x", shape)) == 8 * 49 + 8
    assert count_elements_read(WindowPool("x", shape, "max", (1, 1), 2)) == 8 * 16
    assert count_elements_read(WindowPool("x", shape, "max", (3, 3), 2)) == 8 * 49
