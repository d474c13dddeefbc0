from __future__ import annotations

import json

import pytest

from mbcost.spec.catalogue.library import NETWORKS, load_spec
from tests.cli.conftest import Mbcost


@pytest.mark.parametrize("network", NETWORKS)
def test_show_has_the_columns_and_widths_of_the_spec(mbcost: Mbcost, network: str) -> None:
    spec = load_spec(network)
    answer = json.loads(mbcost("show", network, "--format", "json").out)
    assert answer["columns"] == list(spec.columns)
    assert [row["c"] for row in answer["rows"]] == [row.c for row in spec.rows]


def test_v2_is_shown_by_stages_with_input_maps(mbcost: Mbcost) -> None:
    lines = mbcost("show", "v2").out.splitlines()
    assert lines[6].split() == ["112x112x16", "bottleneck", "6", "24", "2", "2"]
    assert lines[-1].split() == ["1x1x1280", "linear", "k"]


def test_v1_is_shown_layer_by_layer(mbcost: Mbcost) -> None:
    lines = [line.split("  ") for line in mbcost("show", "v1").out.splitlines()]
    cells = [[part.strip() for part in line if part.strip()] for line in lines]
    assert cells[5] == ["Conv dw / s1", "3x3x32 dw", "112x112x32"]  # V1 paper, table 1, row 2
    assert cells[-1] == ["FC / s1", "1024x1000", "1x1x1024"]
    # 28 layers "counting depthwise and pointwise convolutions as separate layers", and the pool.
    assert len(cells) - 4 == 28 + 1
