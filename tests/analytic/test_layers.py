"""Formulas of single layers, derived a second time: by counting one by one, and as the fractions in the papers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.layers import (
    Activation,
    Add,
    BatchNorm,
    Conv2d,
    GlobalPool,
    GridPool,
    Linear,
    Multiply,
    Shape,
    VectorNorm,
    WindowPool,
)
from mbcost.spec.implementation import PADDINGS
from mbcost.spec.tally import Tally

kernels = st.integers(1, 7)
channels = st.integers(1, 512)
sides = st.integers(1, 256)
strides = st.integers(1, 3)


@given(kernels, channels, channels, sides)
def test_a_separable_layer_costs_the_share_of_a_dense_layer_in_the_paper(k: int, m: int, n: int, d: int) -> None:
    """V1 paper, section 3.1: D_K² M D_F² + M N D_F² is 1/N + 1/D_K² of D_K² M N D_F², exactly."""
    image = Shape(m, d, d)
    dense = Conv2d("dense", image, n, kernel=(k, k)).tally()
    depthwise = Conv2d("depthwise", image, m, kernel=(k, k), groups=m)
    pointwise = Conv2d("pointwise", depthwise.output, n).tally()
    share = Fraction(1, n) + Fraction(1, k * k)
    assert Fraction(depthwise.tally().conv_macs + pointwise.conv_macs, dense.conv_macs) == share
    assert Fraction(depthwise.tally().weights + pointwise.weights, dense.weights) == share


def count_positions(size: int, kernel: int, stride: int, before: int, after: int) -> int:
    """The number of positions at which a window of the kernel's size fits on a padded map."""
    return len(range(-before, size + after - kernel + 1, stride))


@given(sides, kernels, strides, st.sampled_from(PADDINGS))
def test_the_output_has_a_position_wherever_the_window_fits(size: int, kernel: int, stride: int, padding: str) -> None:
    half = (kernel - 1) // 2
    zeros = {
        "same": divmod(max((-(-size // stride) - 1) * stride + kernel - size, 0), 2),  # as TensorFlow documents it
        "symmetric": (half, 0),
        "trailing": (0, 1) if stride > 1 else (half, 0),
    }[padding]
    before, after = zeros[0], sum(zeros)
    conv = Conv2d("conv", Shape(3, size, 224), 8, kernel=(kernel, 3), stride=stride, padding=padding)
    assert max(conv.output.height, 0) == count_positions(size, kernel, stride, before, after)


@given(sides)
def test_the_paddings_of_a_strided_layer_differ_only_on_an_odd_map(size: int) -> None:
    """TensorFlow's SAME and PyTorch's (k - 1) // 2 round up; a single zero at the end, as in Keras V1, rounds down."""
    side = {padding: Conv2d("depthwise", Shape(8, size, size), 8, (3, 3), 2, 8, padding=padding).output.height
            for padding in PADDINGS}  # fmt: skip
    assert side == {"same": -(-size // 2), "symmetric": -(-size // 2), "trailing": size // 2}


@given(
    st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), strides,
    st.sampled_from([(4, 6), (5, 5)]),
)  # fmt: skip
def test_multiply_accumulates_are_those_counted_one_by_one(
    groups: int, inputs: int, outputs: int, height: int, width: int, stride: int, image: tuple[int, int]
) -> None:
    conv = Conv2d(
        "conv", Shape(groups * inputs, *image), groups * outputs, kernel=(height, width), stride=stride, groups=groups
    )
    out, macs, weights = conv.output, 0, set()
    for channel, _row, _column in product(range(out.channels), range(out.height), range(out.width)):
        group = channel // outputs
        for read in product(range(group * inputs, (group + 1) * inputs), range(height), range(width)):
            macs += 1
            weights.add((channel, *read))
    tally = conv.tally()
    assert (tally.conv_macs, tally.weights, tally.outputs) == (macs, len(weights), out.elements)
    assert (tally.biases, tally.conv_bias_adds) == (0, 0)


def test_a_bias_adds_to_its_own_counts_only() -> None:
    without = Conv2d("conv", Shape(16, 14, 14), 24).tally()
    assert Conv2d("conv", Shape(16, 14, 14), 24, bias=True).tally() == without + Tally(
        biases=24, conv_bias_adds=24 * 14 * 14
    )


@given(channels, channels, st.booleans())
def test_a_linear_layer_costs_as_much_as_a_pointwise_convolution_on_one_pixel(m: int, n: int, bias: bool) -> None:
    linear = Linear("classifier", Shape(m, 1, 1), n, bias)
    conv = Conv2d("classifier", Shape(m, 1, 1), n, bias=bias)
    assert linear.output == conv.output
    adds = n if bias else 0
    as_linear, as_conv = Tally(linear_macs=m * n, linear_bias_adds=adds), Tally(conv_macs=m * n, conv_bias_adds=adds)
    assert linear.tally() + as_conv == conv.tally() + as_linear


@given(channels, sides, sides)
def test_other_layers_count_elements_and_no_multiply_accumulates(c: int, h: int, w: int) -> None:
    image, elements = Shape(c, h, w), c * h * w
    assert BatchNorm("n", image).tally() == Tally(plain_norm_channels=c, plain_norm_elements=elements, norms=1)
    fused = Tally(fused_norm_channels=c, fused_norm_elements=elements, norms=1)
    assert BatchNorm("n", image, fused=True).tally() == fused
    assert Activation("n", image, "relu").tally() == Tally(relu_elements=elements)
    assert GlobalPool("n", image).tally() == Tally(adaptive_pool_inputs=elements, adaptive_pool_outputs=c)
    assert Multiply("n", image).tally() == Tally(multiplies=elements)
    assert Add("n", image).tally() == Tally(adds=elements)
    assert GlobalPool("n", image).output == Shape(c, 1, 1)
    assert {layer.output for layer in (BatchNorm("n", image), Activation("n", image, "relu"), Multiply("n", image),
                                       Add("n", image))} == {image}  # fmt: skip


@pytest.mark.parametrize(
    ("inputs", "groups", "operator"),
    [(32, 32, "depthwise"), (2, 2, "depthwise"), (32, 1, "conv"), (32, 8, "conv"), (1, 1, "conv")],
)
def test_a_convolution_with_one_filter_per_channel_is_depthwise(inputs: int, groups: int, operator: str) -> None:
    assert Conv2d("conv", Shape(inputs, 7, 7), 32, (3, 3), groups=groups).operator == operator


def test_a_window_has_its_own_height_and_width_and_the_gaps_of_a_dilated_kernel() -> None:
    """A 3x5 kernel with gaps of two reads 7 x 13 positions; with symmetric zeros, 3 and 6 on each side."""
    conv = Conv2d("conv", Shape(2, 20, 30), 6, (3, 5), 2, dilation=3, padding="symmetric")
    assert conv.window == (7, 13)
    assert conv.output == Shape(6, (20 + 6 - 7) // 2 + 1, (30 + 12 - 13) // 2 + 1)
    assert replace(conv, kernel=(2, 4)).output == Shape(6, (20 + 2 - 4) // 2 + 1, (30 + 8 - 10) // 2 + 1)
    assert replace(conv, padding="same").output == Shape(6, 10, 15)
    assert replace(conv, padding="trailing").output == Shape(6, (20 + 1 - 7) // 2 + 1, (30 + 1 - 13) // 2 + 1)
    pool = WindowPool("pool", Shape(2, 20, 31), "max", (2, 5), 3, "symmetric")
    assert (pool.window, pool.operator) == ((2, 5), "max_pool")
    assert pool.output == Shape(2, (20 - 2) // 3 + 1, (31 + 4 - 5) // 3 + 1)
    assert pool.tally() == Tally(max_pool_inputs=2 * 20 * 31, max_pool_outputs=2 * 7 * 11)
    assert replace(pool, kind="average").tally() == Tally(
        average_pool_inputs=2 * 20 * 31, average_pool_outputs=2 * 7 * 11
    )


def test_a_grid_of_cells_becomes_one_vector_and_a_vector_has_one_norm_per_value() -> None:
    pool = GridPool("pool", Shape(16, 9, 5), (7, 2))
    assert (pool.output, pool.operator, pool.call) == (Shape(16 * 14, 1, 1), "pool", "adaptive")
    assert pool.tally() == Tally(adaptive_pool_inputs=16 * 45, adaptive_pool_outputs=16 * 14)
    norm = VectorNorm("norm", Shape(96, 1, 1))
    assert (norm.output, norm.operator) == (Shape(96, 1, 1), "norm")
    assert norm.tally() == Tally(plain_norm_channels=96, plain_norm_elements=96, norms=1)


def test_a_map_is_reported_with_its_channels_last() -> None:
    assert Shape(3, 20, 30).map == (20, 30, 3)


def test_a_linear_layer_is_reported_as_one_position_with_a_bias() -> None:
    """A layer that reads a whole map has one weight per element and output."""
    linear = Linear("classifier", Shape(8, 3, 2), 10)
    assert (linear.kernel, linear.stride, linear.groups, linear.operator) == ((1, 1), 1, 1, "linear")
    assert linear.tally() == Tally(weights=480, biases=10, linear_macs=480, linear_bias_adds=10, outputs=10)
    assert replace(linear, bias=False).tally() == Tally(weights=480, linear_macs=480, outputs=10)


def test_the_names_of_pools_and_sums_are_those_of_a_cost_table() -> None:
    image = Shape(4, 2, 3)
    assert [layer.operator for layer in (GlobalPool("p", image), Multiply("m", image), Add("a", image))] == [
        "pool", "multiply", "add",
    ]  # fmt: skip
    assert GlobalPool("p", image, "mean").tally() == Tally(mean_pool_inputs=24, mean_pool_outputs=4)
