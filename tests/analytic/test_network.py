"""Whole networks: totals that are known exactly, what they depend on, and arguments that are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.layers import Shape
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_conventions, load_spec
from mbcost.spec.implementation import Padding
from mbcost.spec.table import Row, Spec
from mbcost.spec.tally import total

PAIRS = [(name, implementation) for name in NETWORKS for implementation in load_spec(name).implementations]


@pytest.mark.parametrize(
    ("name", "implementation", "alpha", "resolution", "mult_adds", "params"),
    [
        ("v1", "official", 1, 224, 568_740_352, 4_231_976),
        ("v2", "official", 1, 224, 300_774_272, 3_504_872),
        ("v3-large", "official", 1, 224, 216_589_760, 5_483_032),
        ("v3-small", "official", 1, 224, 56_510_400, 2_542_856),
        ("v2", "official", 0.75, 160, 107_295_200, 2_636_424),
        ("v3-large", "official", 0.75, 224, 154_560_624, 3_993_528),
        ("v3-large", "torchvision", 0.75, 224, 140_033_816, 3_377_576),  # the same table, different rules of scaling
        ("v1", "official", 1, 225, 644_580_288, 4_231_976),
        ("v1", "keras", 1, 225, 569_460_352, 4_231_976),  # an odd map with one zero at its end
        ("v1", "keras", 1, 224, 568_740_352, 4_231_976),
        # params: `num_params` in the meta of torchvision 0.29.1; mult-adds: its `_ops`, 4.089, 15.47, 0.314 and 0.386 G
        ("resnet-50", "torchvision", 1, 224, 4_089_184_256, 25_557_032),
        ("vgg-16", "torchvision", 1, 224, 15_470_264_320, 138_357_544),
        ("mnasnet-1.0", "torchvision", 1, 224, 314_415_872, 4_383_312),
        ("efficientnet-b0", "torchvision", 1, 224, 385_814_752, 5_288_548),
    ],
)  # fmt: skip
def test_totals_are_the_known_ones(
    name: str, implementation: str, alpha: float, resolution: int, mult_adds: int, params: int
) -> None:
    network = resolve(load_spec(name), alpha=alpha, resolution=resolution, implementation=implementation)
    assert (network.mult_adds(), network.params()) == (mult_adds, params)


def test_the_dense_v1_has_the_4_9_billion_mult_adds_of_the_paper() -> None:
    """V1 paper, table 4, "Conv MobileNet": 4866 million mult-adds, truncated in print, 8.6 times those of V1."""
    dense, separable = resolve(load_spec("v1-standard")).mult_adds(), resolve(load_spec("v1")).mult_adds()
    assert dense == 4_867_293_184
    assert round(dense / separable, 1) == 8.6


@pytest.mark.parametrize(("name", "implementation"), PAIRS)
@given(st.sampled_from([0.25, 0.35, 0.5, 0.75, 1.0, 1.3, 1.4]), st.integers(96, 256), st.integers(96, 256))
@settings(max_examples=3)  # of each of the pairs
def test_params_do_not_depend_on_the_resolution_and_steps_sum_to_the_network(
    name: str, implementation: str, alpha: float, height: int, width: int
) -> None:
    spec = load_spec(name)
    network = resolve(spec, alpha=alpha, resolution=(height, width), implementation=implementation)
    assert network.params() == resolve(spec, alpha=alpha, implementation=implementation).params()
    assert total(step.tally for step in network.steps) == network.tally()
    turned = resolve(spec, alpha=alpha, resolution=(width, height), implementation=implementation)
    assert turned.tally() == network.tally(), "all kernels of the built-in tables are square"


@given(
    st.integers(1, 9), st.sampled_from([name for name in NETWORKS if not any(row.se for row in load_spec(name).rows)])
)
def test_multiply_adds_are_proportional_to_the_square_of_rho(factor: int, name: str) -> None:
    """V1 paper, section 3.4: exact for convolutions if every stride divides the size of its map."""
    spec = load_spec(name).without_top()
    side = math.prod(row.stride for row in spec.rows)
    small, large = resolve(spec, resolution=side), resolve(spec, resolution=side * factor)
    assert large.mult_adds() == factor**2 * small.mult_adds()


def make_divisible(width: float) -> int:
    """Round half up to a multiple of 8, at least 8, and to the next one if that removes more than a tenth."""
    lower = int(width // 8) * 8
    nearest = lower + 8 if width - lower >= 4 else lower
    return max(8, nearest if nearest >= 0.9 * width else nearest + 8)


def v2_by_hand(alpha: float, resolution: int) -> tuple[int, int]:
    """Mult-adds and params of MobileNetV2 from the rows (t, c, n, s) of table 2 and the lines of table 1 only."""
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    side, channels = math.ceil(resolution / 2), make_divisible(32 * alpha)
    mult_adds, params = side * side * 9 * 3 * channels, 9 * 3 * channels + 2 * channels
    for t, c, n, s in table:
        for repeat in range(n):
            hidden, output = t * channels, make_divisible(c * alpha)
            if t != 1:
                mult_adds += side * side * channels * hidden
                params += channels * hidden + 2 * hidden
            side = math.ceil(side / s) if repeat == 0 else side
            mult_adds += side * side * (9 * hidden + hidden * output)
            params += 9 * hidden + 2 * hidden + hidden * output + 2 * output
            channels = output
    last = 1280 if alpha < 1 else make_divisible(1280 * alpha)
    mult_adds += side * side * channels * last + last * 1000
    params += channels * last + 2 * last + last * 1000 + 1000
    return mult_adds, params


@given(st.floats(0.1, 2), st.integers(1, 320))
def test_v2_has_the_totals_computed_by_hand(alpha: float, resolution: int) -> None:
    network = resolve(load_spec("v2"), alpha=alpha, resolution=resolution)
    assert (network.mult_adds(), network.params()) == v2_by_hand(alpha, resolution)


@pytest.mark.parametrize("name", NETWORKS)
def test_classes_and_input_channels_change_only_the_first_and_last_layer(name: str) -> None:
    spec = load_spec(name)
    usual, small = resolve(spec), resolve(spec, classes=10, in_channels=1)
    differ = [step.name for step, changed in zip(usual.steps, small.steps, strict=True) if step != changed]
    assert differ == [usual.steps[0].name, usual.steps[-1].name]
    features = usual.steps[-1].lead.input.channels
    height, width = spec.rows[0].kernel
    assert usual.params() - small.params() == 990 * (features + 1) + height * width * 2 * usual.steps[0].output.channels


def test_the_default_resolution_is_that_of_the_table() -> None:
    spec = load_spec("v2")
    assert resolve(spec) == resolve(spec, resolution=224) == resolve(spec, resolution=(224, 224))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0}, "alpha is 0: it must be a positive number"),
        ({"alpha": -1}, "alpha is -1: it must be a positive number"),
        ({"alpha": math.nan}, "alpha is nan: it must be a positive number"),
        ({"alpha": math.inf}, "alpha is inf: it must be a positive number"),
        ({"resolution": 0}, "resolution is 0: it must be at least 1"),
        ({"resolution": (224, -1)}, "resolution is -1: it must be at least 1"),
        ({"classes": 0}, "classes is 0: it must be at least 1"),
        ({"in_channels": 0}, "in-channels is 0: it must be at least 1"),
        (
            {"implementation": "slim"},
            "unknown implementation of v1 'slim': choose from official, keras, timm, transformers",
        ),
        (
            {"implementation": "keras", "resolution": 16},
            "row 8 of v1: the map is empty after 8.1.depthwise at resolution 16x16: use a larger resolution",
        ),
        (
            {"implementation": "keras", "alpha": 0.01},
            "row 0 of v1: alpha 0.01 leaves it without channels: use a larger alpha",
        ),
    ],
)
def test_arguments_without_a_network_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(MbcostError) as caught:
        resolve(load_spec("v1"), **options)
    assert str(caught.value) == message


def test_a_resolution_of_one_pixel_is_enough_with_same_padding() -> None:
    assert resolve(load_spec("v1"), resolution=1).params() == 4_231_976


def pooled(padding: str) -> Spec:
    """A stem and a 4x4 max pool at the very end, with one padding everywhere."""
    v2 = load_spec("v2")
    record = v2.implementation("official")
    rules = replace(record.layer_rules, padding=Padding(padding, padding, padding))
    rows = (Row(0, "conv", k=(1, 1), c=8), Row(1, "max_pool", k=(4, 4), s=1))
    return replace(v2, rows=rows, implementations={"official": replace(record, layer_rules=rules)})


@pytest.mark.parametrize(
    ("resolution", "output"),
    [((2, 2), (1, 1)), ((2, 9), (1, 8)), ((9, 2), (8, 1)), ((1, 9), None), ((9, 1), None), ((1, 1), None)],
)
def test_a_map_that_is_empty_after_the_last_pool_is_refused(
    resolution: tuple[int, int], output: tuple[int, int] | None
) -> None:
    """With one zero on each side, a 4x4 window needs two positions: (2 + 2 - 4) / 1 + 1 = 1."""
    if output is not None:
        assert resolve(pooled("symmetric"), resolution=resolution).steps[-1].output == Shape(8, *output)
        return
    with pytest.raises(MbcostError) as caught:
        resolve(pooled("symmetric"), resolution=resolution)
    size = f"{resolution[0]}x{resolution[1]}"
    message = f"the map is empty after 1.1.pool at resolution {size}: use a larger resolution"
    assert str(caught.value) == f"row 1 of v2: {message}"
    assert resolve(pooled("same"), resolution=resolution).steps[-1].output == Shape(8, *resolution)


def test_the_name_of_a_step_states_its_row_its_repeat_and_its_part() -> None:
    """V3-Large has more than ten rows and parts with a point."""
    network = resolve(load_spec("v3-large"))
    (step,) = [step for step in network.steps if step.name == "12.1.se.reduce"]
    assert (step.stage, step.block, step.part) == ("12", "12.1", "se.reduce")
    assert step.row == network.spec.rows[12]
    assert step.lead == step.layers[0]
    assert (step.output, step.tally) == (step.layers[-1].output, total(layer.tally() for layer in step.layers))


def test_a_resolution_is_one_number_or_two() -> None:
    spec = load_spec("v2")
    network = resolve(spec, resolution=(96, 128), classes=7, in_channels=1)
    assert (network.resolution, network.classes, network.in_channels, network.alpha) == ((96, 128), 7, 1, 1.0)
    assert network.layers[0].input == Shape(1, 96, 128)
    sides: Any = (96, 96, 3)
    with pytest.raises(MbcostError, match=r"^resolution is \(96, 96, 3\): write one number or \(height, width\)$"):
        resolve(spec, resolution=sides)


def test_totals_under_a_convention_are_its_sums_of_the_counts() -> None:
    network = resolve(load_spec("v1"))
    for convention in load_conventions().values():
        assert network.params(convention) == convention.params(network.tally())
        assert network.mult_adds(convention) == convention.mult_adds(network.tally())


def test_a_network_that_begins_with_a_flattened_map_reads_the_input_as_one_vector() -> None:
    """A flattening without a grid makes no layer, so that the next layer reads the input itself."""
    rows = (Row(0, "flatten"), Row(1, "dense", c="k"))
    network = resolve(replace(load_spec("v2"), rows=rows), resolution=(4, 6), classes=5)
    assert [(step.name, step.lead.input) for step in network.steps] == [("1.1.classifier", Shape(3 * 24, 1, 1))]
    assert network.params() == 72 * 5 + 5
