from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Mbcost


@pytest.mark.parametrize(
    ("network", "layer", "kind", "equation", "value", "closed"),
    [
        ("v1", "0.1.conv", "standard", "D_K·D_K · M · N · D_F·D_F", 10_838_016, (10_838_016, 1, 2)),
        ("v1", "1.1.depthwise", "depthwise", "D_K·D_K · M · D_F·D_F", 3_612_672, (3_612_672, 1, 2)),
        ("v1", "1.1.pointwise", "pointwise", "M · N · D_F·D_F", 25_690_112, (25_690_112, 2, 2)),
        ("v1:timm", "11.1.classifier", "linear", "M · N", 1_024_000, (1_024_000, 1, 0)),
        # The closed form has the printed widths; the value has those of alpha = 0.75 at 160.
        ("v2@0.75/160", "2.1.expand", "pointwise", "M · N · D_F·D_F", 9_830_400, (19_267_584, 2, 2)),
        # Below alpha 1 the last convolution keeps its 1280 channels, so only its input scales; above, both do.
        ("v2@0.5", "8.1.conv", "pointwise", "M · N · D_F·D_F", 10_035_200, (20_070_400, 1, 2)),
        ("v2@1.4", "8.1.conv", "pointwise", "M · N · D_F·D_F", 448 * 1792 * 49, (20_070_400, 2, 2)),
        # Squeeze-and-excite works on a 1x1 map at every resolution; 72 / 4 = 18 is rounded to 24.
        ("v3-large", "4.1.se.reduce", "pointwise", "M · N · D_F·D_F", 72 * 24, (72 * 18, 2, 0)),
    ],
)
def test_a_layer_has_its_equation_value_and_closed_form(
    mbcost: Mbcost, network: str, layer: str, kind: str, equation: str, value: int, closed: tuple[int, int, int]
) -> None:
    answer = json.loads(mbcost("formula", network, layer, "--format", "json").out)
    assert (answer["kind"], answer["mult_adds"]["equation"], answer["mult_adds"]["value"]) == (kind, equation, value)
    assert tuple(answer["mult_adds"]["closed_form"].values()) == closed


def test_every_layers_numbers_multiply_to_its_value(mbcost: Mbcost) -> None:
    table = json.loads(mbcost("table", "v3-small@0.75/97:timm", "--format", "json").out)
    for row in table["rows"]:
        answer = json.loads(mbcost("formula", "v3-small@0.75/97:timm", row["name"], "--format", "json").out)
        assert answer["params"] == row["params"]
        term = answer["mult_adds"]
        assert (term or {"value": 0})["value"] == row["mult_adds"]
        if term:
            product = 1
            for factor in term["numbers"].replace(" ", "").split("·"):
                product *= int(factor)
            assert product == term["value"]


def test_text_has_the_equation_with_its_numbers(mbcost: Mbcost) -> None:
    out = mbcost("formula", "v1", "1.1.depthwise").out
    assert "3·3 · 32 · 112·112" in out
    assert "mult-adds(alpha, rho) = 3,612,672 · alpha · rho^2 before channels and maps are rounded" in out
    assert "has no weights" in mbcost("formula", "v1", "10.1.pool").out
