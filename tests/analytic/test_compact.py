"""The engine's two forms give equal raw counts for every network, implementation, alpha and resolution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.blocks import Block, Form, plan
from mbcost.analytic.compact import FULL, Chain, Compact, Scale, compact, compact_form, count_positions, join_scales
from mbcost.analytic.layers import Conv2d, Layer, padded_output
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.implementation import PADDINGS, ChannelRule, Padding
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row
from mbcost.spec.tally import total
from tests.tables import tables, where_possible

Window = tuple[int, int, str]
PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]


def blocks(net: str, implementation: str = "official", alpha: float = 1.0, classes: int = 1000) -> tuple[Block, ...]:
    spec = load_spec(net)
    return plan(Scaling(spec, spec.implementation(implementation), alpha, classes), spec.channels)


@given(
    pair=st.sampled_from(PAIRS),
    alpha=st.floats(0.2, 2.0),
    resolution=st.tuples(st.integers(33, 400), st.integers(33, 400)),
    classes=st.integers(1, 2000),
)
def test_both_forms_have_equal_counts(
    pair: tuple[str, str], alpha: float, resolution: tuple[int, int], classes: int
) -> None:
    net, implementation = pair
    network = resolve(
        load_spec(net), alpha=alpha, resolution=resolution, implementation=implementation, classes=classes
    )
    assert compact(blocks(net, implementation, alpha, classes)).tally(resolution) == network.tally()


@given(tables(), st.sampled_from([0.3, 1.0, 1.7]), st.tuples(st.integers(1, 90), st.integers(1, 90)))
def test_both_forms_of_a_random_table_have_equal_counts(text: str, alpha: float, resolution: tuple[int, int]) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    with where_possible():
        network = resolve(spec, alpha=alpha, resolution=resolution, implementation="any", classes=7)
    scaling = Scaling(spec, spec.implementation("any"), alpha, classes=7)
    assert compact(plan(scaling, spec.channels)).tally(resolution) == network.tally()


@pytest.mark.parametrize(("net", "implementation"), PAIRS)
@pytest.mark.parametrize("resolution", [(224, 224), (225, 161)])
def test_both_forms_of_every_block_have_equal_counts(
    net: str, implementation: str, resolution: tuple[int, int]
) -> None:
    """The comparison is per block, so that no two errors can cancel; at odd sizes the paddings differ."""
    network = resolve(load_spec(net), alpha=0.75, resolution=resolution, implementation=implementation)
    scale = FULL
    for block in blocks(net, implementation, 0.75):
        part = compact_form(block.form)
        growing = tuple((join_scales(scale, inner), tally) for inner, tally in part.growing)
        layers = [step.tally for step in network.steps if step.block == block.name]
        assert Compact(part.fixed, growing, FULL).tally(resolution) == total(layers), block.name
        scale = join_scales(scale, part.output)


def test_equal_reductions_share_a_scale_and_different_paddings_do_not() -> None:
    """V2 has maps of 1/2 to 1/32 of the input and the pooled map; Keras V1 rounds down, except in its stem."""
    scales = [scale for scale, _ in compact(blocks("v2")).growing]
    assert [count_positions(scale, (224, 224)) for scale in scales] == [112**2, 56**2, 28**2, 14**2, 7**2]
    assert compact(blocks("v2")).output is None
    scales = [scale for scale, _ in compact(blocks("v1", "keras")).growing]
    assert [count_positions(scale, (225, 225)) for scale in scales] == [113**2, 56**2, 28**2, 14**2, 7**2]
    assert [count_positions(scale, (225, 225)) for scale, _ in compact(blocks("v1")).growing] == [
        113**2, 57**2, 29**2, 15**2, 8**2,
    ]  # fmt: skip


def test_an_edit_changes_the_counts_of_its_own_form_only() -> None:
    def dense(_: Form, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        return tuple(replace(layer, groups=1) if isinstance(layer, Conv2d) else layer for layer in layers)

    form = blocks("v2")[2].form  # 16 -> 96 -> 24
    edited = replace(form, edits=(dense,))
    assert compact_form(edited).fixed.weights - compact_form(form).fixed.weights == 9 * 96 * 95
    assert compact_form(form).fixed.weights == 16 * 96 + 9 * 96 + 96 * 24


@pytest.mark.parametrize(
    ("chain", "shortest"),
    [
        ([(3, 1, "symmetric"), (1, 1, "same"), (5, 1, "same"), (3, 1, "trailing"), (4, 1, "same")], ()),
        ([(3, 2, "symmetric")], ((1, 2, "same"),)),  # (k - 1) // 2 zeros on both sides of an odd kernel round up, too
        ([(4, 2, "same")], ((1, 2, "same"),)),
        ([(3, 2, "same"), (7, 1, "symmetric"), (3, 3, "symmetric"), (4, 2, "same")], ((1, 12, "same"),)),
        ([(4, 1, "symmetric")], ((4, 1, "symmetric"),)),  # an even kernel makes the map smaller by one
        ([(2, 2, "symmetric")], ((2, 2, "symmetric"),)),
        ([(3, 2, "trailing")], ((3, 2, "trailing"),)),  # this rounds down
        ([(3, 2, "same"), (3, 2, "trailing"), (3, 2, "same")], ((1, 2, "same"), (3, 2, "trailing"), (1, 2, "same"))),
        (
            [(3, 2, "trailing"), (2, 2, "symmetric"), (1, 2, "symmetric"), (3, 2, "same")],
            ((3, 2, "trailing"), (2, 2, "symmetric"), (1, 4, "same")),
        ),
    ],
)
def test_successive_ceilings_are_one_and_other_windows_stay(chain: list[Window], shortest: Chain) -> None:
    scale: Scale = FULL
    for window in chain:
        scale = join_scales(scale, ((window,), ()))
    assert scale == (shortest, ())
    assert join_scales(FULL, ((), tuple(chain))) == ((), shortest)
    assert join_scales(None, scale) is join_scales(scale, None) is None


WINDOWS = st.tuples(st.integers(1, 5), st.integers(1, 3), st.sampled_from(PADDINGS))


@given(st.lists(WINDOWS, max_size=4), st.lists(WINDOWS, max_size=4), st.integers(99, 400), st.integers(99, 400))
def test_a_shortened_chain_gives_the_size_of_every_map(
    vertical: list[Window], horizontal: list[Window], height: int, width: int
) -> None:
    scale = join_scales((tuple(vertical), ()), (tuple(horizontal), ()))
    sides = height, width
    for window in [*vertical, *horizontal]:
        sides = padded_output(sides[0], *window), width
    assert count_positions(scale, (height, width)) == sides[0] * sides[1]
    turned = join_scales(((), tuple(vertical)), ((), tuple(horizontal)))
    assert count_positions(turned, (width, height)) == sides[0] * sides[1]
    assert count_positions(None, (height, width)) == 1


@pytest.mark.parametrize("channels", [1, 2])
def test_a_flattened_map_grows_with_the_resolution_also_if_it_has_one_channel(channels: int) -> None:
    """Weights of a layer that reads the whole map: channels x positions x outputs, here after a stride of 2 by 2."""
    v2 = load_spec("v2")
    record = replace(v2.implementation("official"), channels=ChannelRule("none", 1, 1))
    rows = Row(0, "conv", k=(1, 3), c=channels, s=2), Row(1, "flatten"), Row(2, "batch_norm"), Row(3, "dense", c="k")
    spec = replace(v2, rows=rows, implementations={"official": record})
    whole = compact(plan(Scaling(spec, record, 1.0, classes=5), 3))
    for resolution, positions in (((9, 16), 5 * 8), ((1, 1), 1), ((2, 3), 2)):
        tally = whole.tally(resolution)
        assert tally == resolve(spec, resolution=resolution, classes=5).tally()
        assert tally.weights == 9 * channels + positions * channels * 5
        assert tally.linear_macs == positions * channels * 5
        assert tally.plain_norm_channels == channels + positions * channels
    assert whole.output is None


def test_the_constant_of_a_network_has_its_weights_and_its_classifier() -> None:
    """V2's official classifier is a 1x1 convolution of the pooled map; all other layers grow with their own maps."""
    whole = compact(blocks("v2"))
    assert None not in dict(whole.growing)
    assert whole.fixed.weights == resolve(load_spec("v2")).tally().weights
    assert whole.fixed.conv_macs == 1280 * 1000
    assert sum(tally.conv_macs for _, tally in whole.growing) == whole.fixed.weights - 1280 * 1000
    assert all(tally.weights == tally.norms == 0 for _, tally in whole.growing)


@pytest.mark.parametrize(
    ("padding", "kernel", "stride", "side"), [("symmetric", (2, 2), 2, 4), ("trailing", (3, 1), 3, 3)]
)
def test_a_sum_of_maps_that_agree_at_some_resolutions_only_has_no_form_for_every_resolution(
    padding: str, kernel: tuple[int, int], stride: int, side: int
) -> None:
    """A window with few zeros before it rounds down, the 1x1 window of the shortcut up.

    PyTorch's zeros are (k - 1) // 2. With a stride of 3 the two agree on one map of three, which the probe can be.
    """
    v2 = load_spec("v2")
    record = v2.implementation("official")
    zeros: Any = padding
    record = replace(record, layer_rules=replace(record.layer_rules, padding=Padding(zeros, zeros, zeros)))
    rows = (Row(0, "conv", c=8), Row(1, "residual", k=kernel, exp=8, c=8, s=stride))
    spec = replace(v2, rows=rows, implementations={"official": record})
    with pytest.raises(MbcostError, match=r"^row 1 of v2: 1\.1\.add cannot add maps of"):
        resolve(spec, resolution=9)
    assert resolve(spec, resolution=8).steps[-1].output.map == (side, side, 8)
    with pytest.raises(MbcostError, match=r"equal maps at some resolutions only: use mbcost table"):
        compact(plan(Scaling(spec, record, 1.0, classes=5), 3))
