"""Widths under alpha and an implementation's rules."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from mbcost.analytic.blocks import plan
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import Scaling


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
