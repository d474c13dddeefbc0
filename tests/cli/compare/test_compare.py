from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Mbcost


def answer(mbcost: Mbcost, *arguments: str) -> dict[str, Any]:
    result = mbcost("compare", *arguments, "--format", "json")
    assert result.code == 0, result.err
    loaded: dict[str, Any] = json.loads(result.out)
    return loaded


def test_the_default_layer_is_the_v1_papers_table_3(mbcost: Mbcost) -> None:
    forms = answer(mbcost, "standard-vs-dws")["forms"]
    assert [(form["mult_adds"], form["params"]) for form in forms] == [
        (462_422_016, 2_359_296),  # printed 462 and 2.36 million
        (52_283_392, 266_752),  # 52.3 and 0.27
        (29_578_752, 150_912),  # 29.6 and 0.15
        (15_091_200, 150_912),  # 15.1 and 0.15
    ]


def test_options_describe_a_different_layer(mbcost: Mbcost) -> None:
    compared = answer(mbcost, "standard-vs-dws", "--kernel", "5", "--in", "64", "--out", "128", "--stride", "2")
    standard, separable = compared["forms"]
    assert standard["mult_adds"] == 5 * 5 * 64 * 128 * 7 * 7
    assert separable["mult_adds"] == (5 * 5 * 64 + 64 * 128) * 7 * 7
    assert compared["ratio"] == compared["formula"] == [153, 3200]  # 1/128 + 1/25


def test_v1_in_both_forms_is_the_v1_papers_table_4(mbcost: Mbcost) -> None:
    compared = answer(mbcost, "standard-vs-dws", "--net", "v1")
    # Printed: 4866 M and 29.3 M against 569 M and 4.2 M.
    assert compared["standard"] == {"params": 29_294_088, "mult_adds": 4_867_293_184}
    assert compared["separable"] == {"params": 4_231_976, "mult_adds": 568_740_352}
    assert compared["standard"]["mult_adds"] - compared["classifier"]["mult_adds"] == 4_866_269_184
    text = mbcost("compare", "standard-vs-dws", "--net", "v1").out
    assert "4,866,269,184" in text
    assert "prints 4866 M for the standard form, which leaves the classifier out" in text


@pytest.mark.parametrize("network", ["v1", "v2", "v3-large", "v3-small", "v2@0.5/160", "v3-large-minimalistic"])
def test_the_standard_form_is_described_and_blocks_sum_to_the_network(mbcost: Mbcost, network: str) -> None:
    compared = answer(mbcost, "standard-vs-dws", "--net", network)
    assert "followed by the projection" in compared["standard_form"]
    saved = sum(block["standard"]["mult_adds"] - block["separable"]["mult_adds"] for block in compared["blocks"])
    assert compared["standard"]["mult_adds"] - compared["separable"]["mult_adds"] == saved


def test_the_exact_effect_of_alpha_and_rho_is_in_the_notes(mbcost: Mbcost) -> None:
    out = mbcost("compare", "standard-vs-dws", "--net", "v2@0.5/160").out
    assert "alpha^2 rho^2 = 0.2500 x 0.5102 = 0.1276; the exact factor is 0.1668" in out


def test_residual_and_inverted_blocks_cost_what_torchvisions_layers_cost(mbcost: Mbcost) -> None:
    blocks = answer(mbcost, "residual-vs-inverted", "--channels", "256", "--feature", "56", "--expansion", "6")[
        "blocks"
    ]
    resnet, v2, v3 = blocks
    # torchvision's resnet50 layer1.1: 256 -> 64 -> 64 -> 256.
    assert resnet["widths"] == [256, 64, 64, 256]
    assert resnet["params"] == 256 * 64 + 64 * 64 * 9 + 64 * 256 + 2 * (64 + 64 + 256)
    assert v2["mult_adds"] == (2 * 256 * 1536 + 9 * 1536) * 56 * 56
    assert v3["mult_adds"] - v2["mult_adds"] == 2 * 1536 * 384
    assert v3["params"] - v2["params"] == 2 * 1536 * 384 + 1536 + 384


def test_networks_are_compared_with_the_first(mbcost: Mbcost) -> None:
    compared = answer(mbcost, "v1", "v2@0.75", "v3-large/192", "v3-large@0.75:torchvision")
    assert [net["mult_adds"] for net in compared["networks"]] == [568_740_352, 209_069_792, 160_192_640, 140_033_816]
    out = mbcost("compare", "v1", "v2@0.75", "--format", "csv").out
    assert out.splitlines()[2].split(",")[7] == "0.368"  # 209.07 / 568.74
    assert mbcost("compare", "nets", "v1", "v2@0.75", "--format", "csv").out == out
