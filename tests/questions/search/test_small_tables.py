"""A search over small tables, each a special case of the arrays, equals the layers of every configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.errors import MbcostError
from mbcost.questions.device.memory import compute_memory
from mbcost.questions.search.configurations import CountingRules, compute_sheet
from mbcost.questions.search.series import Series
from mbcost.questions.search.sweep import sweep
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.implementation import ChannelRule, Padding
from mbcost.spec.table import Row

STEM = Row(0, "conv", c=16, s=2)
TABLES = {
    "one block": (Row(0, "conv", c=8),),
    "one block with a single output": (Row(0, "conv", c="k"),),
    "one block of bottlenecks": (Row(0, "bottleneck", t=6, c=16, n=3),),
    "a pool alone": (Row(0, "global_pool"),),
    "two vectors": (Row(0, "global_pool"), Row(1, "linear", c="k")),
    # 12 channels inside: at small alphas they are rounded to as many as the input or the output has.
    "narrow, as wide and wide": (STEM, Row(1, "bottleneck", exp=12, c=8, n=2, s=2), Row(2, "bottleneck", exp=40, c=24)),
    "narrower than the output": (Row(0, "conv", c=8), Row(1, "bottleneck", exp=16, c=24)),
    "narrower than the input": (Row(0, "conv", c=24), Row(1, "bottleneck", exp=16, c=8)),
    "as wide as the output": (Row(0, "conv", c=8), Row(1, "bottleneck", exp=24, c=24)),
    "a gate": (STEM, Row(1, "bottleneck", t=4, c=16, n=2, se=True), Row(2, "fused_bottleneck", t=1, c=16, se=True)),
    "a gate in a narrow block": (Row(0, "conv", c=8), Row(1, "bottleneck", exp=16, c=64, se=True)),
    "two depthwise layers": (STEM, Row(1, "universal_bottleneck", k=(3, 3), a=(5, 5), t=2, c=16, n=2)),
    "none": (STEM, Row(1, "universal_bottleneck", k=(0, 0), t=2, c=16), Row(2, "fused_bottleneck", t=3, c=8, n=2)),
    "residual": (STEM, Row(1, "residual", exp=16, c=32, n=2), Row(2, "residual", c=48, n=2)),
    "groups": (STEM, Row(1, "conv", c=16, g=2), Row(2, "residual", exp=16, c=16, g=4)),
    "as many groups as channels": (Row(0, "conv", c=8), Row(1, "conv", c=8, g=8), Row(2, "conv", c=16, g=8)),
    # At alpha 1/32 the depthwise layer has one channel, so that it is a standard convolution and not in place. At 1/2
    # it is in place; otherwise it would have the peak, 16 channels and a quarter of them, after 3 + 16 in the stem.
    "one channel": (Row(0, "conv", c=32), Row(1, "separable", c=48, s=2)),
    "a last pool": (STEM, Row(1, "max_pool", k=(3, 3), s=2)),
    "a grid": (STEM, Row(1, "flatten", k=(3, 2)), Row(2, "dense", c=50), Row(3, "batch_norm"), Row(4, "dense", c="k")),
}
ALPHAS = [0.03125, 0.0625, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 40.0]
SIZES = [(9, 32), (33, 17)]


def make_series(rows: tuple[Row, ...], padding: str, divisor: int) -> Series:
    v2 = load_spec("v2")
    record = v2.implementation("official")
    rules = replace(record.layer_rules, padding=Padding(padding, padding, padding))
    record = replace(
        record, channels=ChannelRule("none", divisor, divisor), channels_of={}, unscaled_below={}, layer_rules=rules
    )
    return Series(replace(v2, rows=rows, implementations={"official": record}), record, 7, 3)


def list_alphas(series: Series) -> list[float]:
    """Those of `ALPHAS` that give a network."""
    alphas = []
    for alpha in ALPHAS:
        try:
            series.resolve(alpha, (33, 33))
        except MbcostError:
            continue  # groups do not divide the channels
        alphas.append(alpha)
    return alphas


@pytest.mark.parametrize("allocator", ALLOCATORS)
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(("padding", "divisor"), [("same", 8), ("symmetric", 1), ("trailing", 4)])
def test_every_configuration_of_a_small_table_costs_what_its_layers_cost(
    name: str, padding: str, divisor: int, allocator: str
) -> None:
    series = make_series(TABLES[name], padding, divisor)
    rules = CountingRules(load_convention("ptflops"), allocator, "int8")
    alphas = list_alphas(series)
    assert alphas
    # At a single position the squeeze can have the peak: at alpha 1/32 it has 8 channels, and its block 4.
    sizes = SIZES if padding == "trailing" else [(1, 1), *SIZES]
    (batch,) = sweep([compute_sheet(series, series.plan_alphas(alphas), rules)], [sizes])
    points = list(batch.list_configurations())
    assert len(points) == len(batch.plateaus) * len(sizes)
    for point in points:
        network = point.network
        memory = compute_memory(network, (allocator,), "int8", "int8")
        assert (point.mult_adds, point.params, point.memory, point.flash) == (
            network.mult_adds(rules.convention),
            network.params(rules.convention),
            memory.peaks[0].bytes,
            memory.flash.total,
        ), (point.plateau.alpha, point.resolution)


@pytest.mark.parametrize("resolution", [(1, 32), (32, 1), (2, 2)])
def test_a_size_at_which_the_last_pool_leaves_nothing_is_not_searched(resolution: tuple[int, int]) -> None:
    """After the stem's stride a side of 2 is 1; with one zero on each side of it, a window of 4 does not fit."""
    series = make_series((STEM, Row(1, "average_pool", k=(4, 4))), "symmetric", 8)
    rules = CountingRules(load_convention(), "naive", "int8")
    sheet = compute_sheet(series, series.plan_alphas([1.0]), rules)
    assert sheet.filter_resolutions([resolution, (3, 3)]) == ((3, 3),)
    with pytest.raises(MbcostError, match=r"the map is empty after 1\.1\.pool at resolution"):
        series.resolve(1.0, resolution)
    with pytest.raises(MbcostError, match=r"the map is empty after 1\.1\.pool at resolution"):
        sheet.compute_batch(slice(None), [(3, 3), resolution])
