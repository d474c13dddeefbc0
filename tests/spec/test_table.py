"""Printed rows, their roles, and networks without a top."""

from __future__ import annotations

import pytest

from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.reading.columns import COLUMNS
from mbcost.spec.table import Row


def test_an_empty_cell_means_one_repeat_and_stride_one_and_is_shown_empty() -> None:
    row = Row(stage=9, operator="global_pool")
    assert (row.repeats, row.stride) == (1, 1)
    assert row.letters == dict.fromkeys(set(COLUMNS) - {"operator", "in"}, "")
    full = Row(4, "bottleneck", k=(5, 5), exp=72, c=40, n=1, s=2, se=True, nl="RE")
    stated = {"k": "5x5", "exp": "72", "c": "40", "n": "1", "s": "2", "se": "yes", "nl": "RE"}
    assert full.letters == {**row.letters, **stated}
    last = Row(5, "universal_bottleneck", a=(3, 5), k=(0, 0), t=4, c=40, res=False)
    assert last.letters == {**row.letters, "a": "3x5", "k": "0", "t": "4", "c": "40", "res": "no"}


@pytest.mark.parametrize(
    ("network", "roles"),
    [
        ("v1", {0: "stem"}),
        ("v2", {0: "stem", 8: "last_conv"}),
        ("v3-large", {0: "stem", 16: "last_conv", 18: "head"}),
        ("v3-small", {0: "stem", 12: "last_conv", 14: "head"}),
    ],
)
def test_the_stem_the_last_convolution_and_the_head_have_roles(network: str, roles: dict[int, str]) -> None:
    spec = load_spec(network)
    assert {row.stage: spec.role(row.stage) for row in spec.rows if spec.role(row.stage)} == roles


def test_a_network_without_its_top_ends_before_the_pool() -> None:
    spec = load_spec("v2").without_top()
    assert [row.c for row in spec.rows] == [32, 16, 24, 32, 64, 96, 160, 320, 1280]
    with pytest.raises(MbcostError, match="v2 has no global_pool row, so it has no top to leave out"):
        spec.without_top()


def test_an_unknown_implementation_is_reported_with_a_similar_name() -> None:
    with pytest.raises(MbcostError, match=r"unknown implementation of v2 'torchvison': did you mean 'torchvision'\?"):
        load_spec("v2").implementation("torchvison")
