"""What is stored in flash: values, their dtypes, and a table whose flash depends on the resolution."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mbcost.analytic.blocks import plan
from mbcost.analytic.memory.flash import Flash, Stored, compute_flash, count_stored, count_stored_blocks
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row


def test_flash_has_the_scales_and_biases_of_its_dtype() -> None:
    """Floats need no scales, biases for int8 weights are int32, and the input has a scale too."""
    counts = Stored(weights=100, channels=7, maps=3)
    assert compute_flash(counts, "float32") == Flash(400, 28, 0, 0)
    assert compute_flash(counts, "float16") == Flash(200, 14, 0, 0)
    assert compute_flash(counts, "int8") == Flash(100, 28, 4 * (7 + 4), 4 * 4)
    assert compute_flash(counts, "int8").total == 100 + 28 + 44 + 16
    v2 = resolve(load_spec("v2"))
    folded = v2.tally()
    assert count_stored(v2).channels == folded.norm_channels + folded.biases


def test_weights_and_maps_can_have_different_dtypes() -> None:
    """int8 weights have a scale per channel; int8 maps, the input among them, have a scale and a zero point each."""
    counts = Stored(weights=100, channels=7, maps=3)
    assert compute_flash(counts, "int8", "float32") == Flash(100, 28, 28, 0)
    assert compute_flash(counts, "float32", "int8") == Flash(400, 28, 16, 16)
    assert compute_flash(counts, "float16", "int8") == Flash(200, 14, 16, 16)


def test_a_norm_of_a_vector_is_folded_into_the_layer_after_it_and_stored_nowhere() -> None:
    rows = (
        Row(0, "conv", c=8),
        Row(1, "global_pool"),
        Row(2, "batch_norm"),
        Row(3, "dense", c=16),
        Row(4, "dense", c="k"),
    )
    spec = replace(load_spec("v2"), rows=rows)
    network = resolve(spec, resolution=4)
    blocks = plan(Scaling(spec, spec.implementation("official"), 1.0, 1000), 3)
    assert [step.part for step in network.steps] == ["conv", "pool", "norm", "head", "classifier"]
    stored = Stored(weights=27 * 8 + 8 * 16 + 16 * 1000, channels=8 + 16 + 1000, maps=4)
    assert count_stored(network) == count_stored_blocks(blocks) == stored
    assert Stored(1, 2, 3) + Stored(10, 20, 30) == Stored(11, 22, 33)


@pytest.mark.parametrize(
    ("rows", "stored"),
    [
        ((Row(0, "flatten", k=(3, 2)), Row(1, "dense", c="k")), Stored(3 * 6 * 1000, 1000, 2)),
        ((Row(0, "global_pool"), Row(1, "linear", c=16), Row(2, "linear", c="k")), Stored(16 * 1003, 1016, 3)),
        (  # (0, 0) is also the kernel of a universal bottleneck without a depthwise layer after its expansion
            (Row(0, "universal_bottleneck", k=(0, 0), a=(3, 3), t=2, c=8), Row(1, "conv", k=(1, 1), c=16)),
            Stored(9 * 3 + 3 * 6 + 6 * 8 + 8 * 16, 3 + 6 + 8 + 16, 4),
        ),
        ((Row(0, "conv", k=(4, 4), c=8, s=2), Row(1, "max_pool", k=(9, 9), s=3)), Stored(16 * 3 * 8, 8, 2)),
    ],
)
def test_what_is_stored_does_not_depend_on_the_map(rows: tuple[Row, ...], stored: Stored) -> None:
    spec = replace(load_spec("v2"), rows=rows)
    blocks = plan(Scaling(spec, spec.implementation("official"), 1.0, 1000), 3)
    assert count_stored_blocks(blocks) == stored
    assert count_stored(resolve(spec, resolution=(5, 7))) == stored


def test_a_flattened_map_makes_flash_depend_on_the_resolution() -> None:
    spec = replace(load_spec("v2"), rows=(Row(0, "flatten"), Row(1, "dense", c="k")))
    blocks = plan(Scaling(spec, spec.implementation("official"), 1.0, 1000), 3)
    with pytest.raises(MbcostError, match=r"^a flattened map makes flash depend on the resolution: use a head that"):
        count_stored_blocks(blocks)
    assert count_stored(resolve(spec, resolution=(5, 7))) == Stored(3 * 35 * 1000, 1000, 1)
