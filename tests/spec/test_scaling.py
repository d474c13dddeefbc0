"""Widths under alpha and an implementation's rules."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from mbcost.analytic.blocks import plan
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import ChannelRule
from mbcost.spec.scaling import Scaling, check_whole, round_channels
from mbcost.spec.table import Row


def list_output_widths(network: str, implementation: str, alpha: float) -> list[int]:
    """The output channels of every row with 1000 classes."""
    spec = load_spec(network)
    scaling = Scaling(spec, spec.implementation(implementation), alpha, classes=1000)
    widths, channels = [], spec.channels
    for row in spec.rows:
        channels = scaling.output(row.stage, channels)
        widths.append(channels)
    return widths


def test_the_last_convolution_of_the_dense_v1_is_scaled_like_any_other() -> None:
    """The last row before the pool is a 3x3 convolution, so it has the role "last_conv", for which there is no rule."""
    spec = load_spec("v1-standard")
    assert spec.role(9) == "last_conv"
    assert list_output_widths("v1-standard", "official", 0.5)[9] == 512


@pytest.mark.parametrize(
    ("network", "implementation", "alpha", "widths"),
    [
        ("v1", "official", 0.25, [8, 16, 32, 32, 64, 64, 128, 128, 256, 256]),
        ("v1", "official", 0.1, [8, 8, 12, 12, 25, 25, 51, 51, 102, 102]),  # the minimum 8, and no rounding to 8
        ("v1", "keras", 0.1, [3, 6, 12, 12, 25, 25, 51, 51, 102, 102]),
        ("v1", "timm", 0.1, [8, 8, 16, 16, 24, 24, 48, 48, 104, 104]),
        ("v2", "official", 1.4, [48, 24, 32, 48, 88, 136, 224, 448, 1792]),
        ("v2", "official", 0.35, [16, 8, 8, 16, 24, 32, 56, 112, 1280]),  # "except the very last convolutional layer"
        ("v2", "keras", 0.35, [16, 8, 8, 16, 24, 32, 56, 112, 1280]),
        ("v2", "keras", 0.28, [16, 8, 8, 8]),  # 32 x 0.28 is 8.96, and 16 in the stem; in a block int() makes it 8
        ("v3-large", "official", 0.5, [8, 8, 16, 16, 24, 24, 24, 40, 40, 40, 40, 56, 56, 80, 80, 80, 480, 480, 1280]),
        ("v3-large", "keras", 0.5, [16, 8, 16, 16, 24, 24, 24, 40, 40, 40, 40, 56, 56, 80, 80, 80, 480, 480, 1280]),
        ("v3-large", "torchvision", 0.5, [8, 8, 16, 16, 24, 24, 24, 40, 40, 40, 40, 56, 56, 80, 80, 80, 480, 480, 640]),
        ("v3-small", "timm", 0.75, [16, 16, 24, 24, 32, 32, 32, 40, 40, 72, 72, 72, 432, 432, 1024]),
        ("v3-small", "timm", 0.5, [16, 8, 16, 16, 24, 24, 24, 24, 24, 48, 48, 48, 288, 288, 1024]),
    ],
)
def test_output_widths_are_those_of_the_implementation(
    network: str, implementation: str, alpha: float, widths: list[int]
) -> None:
    assert list_output_widths(network, implementation, alpha)[: len(widths)] == widths


@pytest.mark.parametrize(
    ("implementation", "expanded"),
    [("torchvision", 136), ("official", 144)],  # 184 x 0.75 = 138, or 184 / 80 of the scaled input 64
)
def test_an_expanded_width_is_either_scaled_or_follows_from_its_input(implementation: str, expanded: int) -> None:
    spec = load_spec("v3-large")
    scaling = Scaling(spec, spec.implementation(implementation), 0.75, classes=1000)
    assert scaling.output(8, 64) == 64
    assert scaling.expanded(9, 64, first=True) == expanded


@pytest.mark.parametrize(("implementation", "squeezed"), [("official", 24), ("torchvision", 24), ("article", 18)])
def test_the_squeeze_is_a_quarter_of_the_expanded_width(implementation: str, squeezed: int) -> None:
    spec = load_spec("v3-large")
    assert Scaling(spec, spec.implementation(implementation), 1, classes=1000).squeezed(4, 24, 72) == squeezed


def test_the_squeeze_of_efficientnet_is_a_quarter_of_the_input() -> None:
    spec = load_spec("efficientnet-b0")
    scaling = Scaling(spec, spec.implementation("torchvision"), 1, classes=1000)
    assert [scaling.squeezed(2, inputs, 96) for inputs in (16, 3)] == [4, 1]


def test_groups_that_do_not_divide_the_scaled_channels_are_refused() -> None:
    spec = load_spec("v1-standard")
    spec = replace(spec, rows=(spec.rows[0], replace(spec.rows[1], g=32), *spec.rows[2:]))
    rules = spec.implementation("official")
    assert Scaling(spec, rules, 1, classes=10).groups(1, 32, 64) == 32
    with pytest.raises(MbcostError) as caught:
        resolve(spec, alpha=0.5)
    message = "row 1 of v1-standard: 32 groups do not divide 16 input channels at alpha 0.5"
    assert str(caught.value) == message
    from mbcost.measured.build import build

    with pytest.raises(MbcostError, match=message):
        build(spec, alpha=0.5)


def test_each_witness_counts_the_cells_of_a_flattened_map_into_the_channels() -> None:
    spec = load_spec("vgg-16")
    scaling = Scaling(spec, spec.implementation("torchvision"), 1, classes=1000)
    assert scaling.output(10, 512) == 512, "flattening is not a matter of widths"
    assert plan(scaling, 3)[-3].form.inputs == 512 * 7 * 7
    assert [row.stage for row in spec.without_top().rows] == list(range(10))
    import torch

    from mbcost.measured.build import build

    with torch.device("meta"):
        assert build(spec, implementation="torchvision").get_submodule("11.1.head.linear").in_features == 512 * 7 * 7


@pytest.mark.parametrize(
    ("alpha", "classes", "message"),
    [
        (0, 1000, "alpha is 0: it must be a positive number"),
        (-0.5, 1000, "alpha is -0.5: it must be a positive number"),
        (math.nan, 1000, "alpha is nan: it must be a positive number"),
        (math.inf, 1000, "alpha is inf: it must be a positive number"),
        (1, 0, "classes is 0: it must be at least 1"),
    ],
)
def test_an_alpha_or_classes_without_a_network_are_refused(alpha: float, classes: int, message: str) -> None:
    spec = load_spec("v2")
    with pytest.raises(MbcostError) as caught:
        Scaling(spec, spec.implementation("official"), alpha, classes)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("network", "alpha", "message"),
    [
        ("v1", 0.01, "row 0 of v1: alpha 0.01 leaves it without channels: use a larger alpha"),  # Keras: int(0.32)
        ("v2", 1e15, "row 0 of v2: alpha 1e+15 makes it too wide to count exactly: use a smaller alpha"),
        ("v2", 1e308, "row 0 of v2: alpha 1e+308 makes it too wide to count exactly: use a smaller alpha"),
    ],
)
def test_an_alpha_that_leaves_no_channel_or_too_many_is_refused(network: str, alpha: float, message: str) -> None:
    spec = load_spec(network)
    with pytest.raises(MbcostError) as caught:
        Scaling(spec, spec.implementation("keras"), alpha, classes=1000).output(0, spec.channels)
    assert str(caught.value) == message


def scale_rows(*rows: Row, alpha: float = 1.0, **rules: Any) -> Scaling:
    """Widths of these rows under V3's official rules, some of which are replaced; the input has three channels."""
    v3 = load_spec("v3-large")
    record = replace(v3.implementation("official"), **rules)
    return Scaling(replace(v3, rows=rows), record, alpha, classes=7)


def test_a_width_by_a_whole_factor_is_not_rounded_and_one_by_a_fraction_is() -> None:
    rows = Row(0, "conv", c=24), Row(1, "bottleneck", t=3, c=24), Row(2, "bottleneck", t=2.5, c=24)
    scaling = scale_rows(*rows)
    assert [scaling.expanded(1, inputs, first=True) for inputs in (24, 5)] == [72, 15]
    # 60 is rounded to 64, 12.5 to 16, and 7.5 to the minimum.
    assert [scaling.expanded(2, inputs, first=True) for inputs in (24, 5, 3)] == [64, 16, 8]


def test_a_printed_expansion_keeps_its_ratio_to_the_width_that_is_printed_before_it() -> None:
    """V3's official code. A pool prints no width, so that the ratio is that to the row before the pool."""
    rows = (
        Row(0, "conv", c=16), Row(1, "max_pool"), Row(2, "bottleneck", exp=64, c=32, n=2),
        Row(3, "bottleneck", exp=64, c=64),
    )  # fmt: skip
    scaling = scale_rows(*rows, expansion="input")
    assert scaling.expanded(2, 8, first=True) == 8 * 64 // 16
    assert scaling.expanded(2, 24, first=False) == 24 * 64 // 32  # the second repeat reads the row's own output
    assert scaling.expanded(3, 16, first=True) == 16 * 64 // 32
    # The first row of a table reads the input, whose three channels are not scaled.
    assert scale_rows(Row(0, "bottleneck", exp=24, c=16), expansion="input").expanded(0, 3, first=True) == 24
    printed = scale_rows(*rows, alpha=0.5, expansion="printed")
    assert [printed.expanded(2, inputs, first=True) for inputs in (8, 24)] == [32, 32]


def test_alpha_scales_neither_the_classes_nor_a_users_own_head_nor_a_row_without_a_width() -> None:
    rows = (
        Row(0, "conv", c=32), Row(1, "global_pool"), Row(2, "batch_norm"), Row(3, "dense", c=50),
        Row(4, "linear", c="k"), Row(5, "conv", c=32),
    )  # fmt: skip
    scaling = scale_rows(*rows, alpha=0.5)
    assert [scaling.output(stage, 20) for stage in range(6)] == [16, 20, 20, 50, 7, 16]


def test_a_role_has_its_own_rounding_its_own_factor_and_its_own_threshold() -> None:
    rows = Row(0, "conv", c=36), Row(1, "conv", c=36), Row(2, "conv", c=36)  # a stem, none, the last convolution
    by_four = ChannelRule("none", 4, 4)
    assert [scale_rows(*rows, channels_of={"stem": by_four}).output(stage, 10) for stage in range(3)] == [36, 40, 40]
    factor = scale_rows(*rows, alpha=0.5, width_from_input={"last_conv": 6})
    assert [factor.output(stage, 8) for stage in range(3)] == [24, 24, 48]
    # 36 x 0.75 is 27, and 24 would be more than a tenth less.
    for alpha, width in ((0.74, 36), (0.75, 32), (1.0, 40)):
        scaling = scale_rows(*rows, alpha=alpha, unscaled_below={"last_conv": 0.75})
        assert scaling.output(2, 8) == width, alpha


def test_the_squeeze_is_a_quarter_of_the_input_or_of_the_channels_inside() -> None:
    row = Row(0, "bottleneck", t=4, c=16, se=True)
    exact = ChannelRule("none", 1, 1)
    for squeeze_of, squeezed in (("input", 4), ("expanded", 16)):
        assert scale_rows(row, squeeze_of=squeeze_of, squeeze=exact).squeezed(0, 16, 64) == squeezed


@pytest.mark.parametrize(
    ("width", "alpha", "message"),
    [
        (2**53, 1.0, None),
        (2.0**53 + 2, 1.0, "it is too wide to count exactly: use a smaller width or expansion"),
        (2.0**53 + 2, 0.5, "it is too wide to count exactly: use a smaller width or expansion"),
        (2.0**53 + 2, 1.5, "alpha 1.5 makes it too wide to count exactly: use a smaller alpha"),
        (1.0, 0.5, None),
        (0.75, 0.25, "alpha 0.25 leaves it without channels: use a larger alpha"),
    ],
)
def test_float64_counts_channels_up_to_2_to_the_53(width: float, alpha: float, message: str | None) -> None:
    rule = ChannelRule("truncate", divisor=1, minimum=0)
    if message is None:
        assert round_channels(rule, width, alpha) == int(width)
        return
    with pytest.raises(MbcostError) as caught:
        round_channels(rule, width, alpha)
    assert str(caught.value) == message


@pytest.mark.parametrize(("number", "message"), [
    (1.5, "classes is 1.5: it must be a whole number"), ("7", "classes is '7': it must be a whole number"),
    (-1, "classes is -1: it must be at least 1"),
])  # fmt: skip
def test_a_number_that_counts_something_is_whole(number: Any, message: str) -> None:
    with pytest.raises(MbcostError) as caught:
        check_whole(number, "classes")
    assert str(caught.value) == message
    assert check_whole(1, "classes") == 1


@pytest.mark.parametrize("groups", [5, 7])
def test_groups_divide_both_the_input_and_the_output_channels(groups: int) -> None:
    scaling = scale_rows(Row(0, "conv", c=16, g=groups))
    assert scaling.groups(0, 5 * 7, 2 * 5 * 7) == groups
    for channels, kind in (((36, 35), "36 input"), ((35, 36), "36 output")):
        with pytest.raises(MbcostError) as caught:
            scaling.groups(0, *channels)
        assert str(caught.value) == f"row 0 of v3-large: {groups} groups do not divide {kind} channels at alpha 1"


def test_a_number_of_1000_digits_counts_something_and_one_of_1001_does_not() -> None:
    assert check_whole(10**1000 - 1, "classes") == 10**1000 - 1
    with pytest.raises(MbcostError, match=r"^classes has more than 1,000 digits: use a smaller number$"):
        check_whole(10**1000, "classes")
