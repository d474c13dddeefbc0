"""`mbcost accuracy`: numbers with their errors, or reasons; the same in text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from mbcost.questions.accuracy.surface import load_surfaces
from tests.cli.conftest import Mbcost


def test_text_csv_and_json_have_the_same_numbers_and_reasons(mbcost: Mbcost) -> None:
    nets = ("v2@0.75/160", "v2@0.6/176", "v2@0.6:paddleclas", "v1@0.1", "v2:keras", "docs/tiny.yaml")
    text, table, answer = (mbcost("accuracy", *nets, "--format", name) for name in ("text", "csv", "json"))
    assert (text.code, table.code, answer.code) == (0, 0, 0)
    estimates = json.loads(answer.out)["estimates"]
    rows = list(csv.DictReader(io.StringIO(table.out)))
    for row, estimate in zip(rows, estimates, strict=True):
        for column, key in (("top1_percent", "top1"), ("low_percent", "low"), ("high_percent", "high")):
            value = estimate[key]
            assert (row[column] == "") == (value is None)
            assert value is None or f"{value:.1f}" == row[column]
            assert row[column] in text.out
        assert (row["released"] == "true") == estimate["exact"]
        assert (row["recipe"], row["reason"]) == (estimate["recipe"] or "", estimate["reason"] or "")
        assert row["reason"] in text.out
    assert [estimate["exact"] for estimate in estimates] == [True, *[False] * 5]
    assert [estimate["top1"] is None for estimate in estimates] == [False] * 3 + [True] * 3
    assert [estimate["low"] is None for estimate in estimates] == [False] * 2 + [True] * 4
    assert [bool(estimate["reason"]) for estimate in estimates] == [False] * 2 + [True] * 4


def test_an_estimate_never_stands_without_the_errors_of_its_surface(mbcost: Mbcost) -> None:
    shown = mbcost("accuracy", "v1@0.6/144", "v2@0.6:paddleclas").out
    for surface in load_surfaces():
        used = (surface.recipe.name, surface.net) in (("tf-slim", "v1"), ("paddleclas", "v2"))
        assert (f"{surface.net} by {surface.recipe.name}: of {len(surface.checkpoints)} checkpoints" in shown) == used
        if used and surface.left_out:
            errors = surface.left_out
            assert f"the mean error is {errors.mean:.2f} points and the worst {errors.worst:.2f}" in shown
            assert all(source in shown for source in surface.recipe.sources)


def test_without_networks_it_shows_every_recipe_and_network_with_the_errors(mbcost: Mbcost) -> None:
    shown = json.loads(mbcost("accuracy", "--format", "json").out)
    assert shown["estimates"] == []
    assert [(row["recipe"], row["network"], row["checkpoints"]) for row in shown["surfaces"]] == [
        (surface.recipe.name, surface.net, len(surface.checkpoints)) for surface in load_surfaces()
    ]
    rows = list(csv.DictReader(io.StringIO(mbcost("accuracy", "--format", "csv", "--recipe", "paddleclas").out)))
    assert [row["network"] for row in rows] == ["v2", "v3-large", "v3-small-arxiv4"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v2", "--recipe", "tfslim"), "unknown recipe 'tfslim': did you mean 'tf-slim'?"),
        (("v9",), "unknown network 'v9'"),
        (("v2@0",), "alpha is 0: it must be a positive number"),
        (("v2", "--sort", "accuracy"), "unknown column 'accuracy'"),
    ],
)
def test_an_error_is_one_line(mbcost: Mbcost, arguments: tuple[str, ...], message: str) -> None:
    result = mbcost("accuracy", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: {message}")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--classes", "10"), "it has 10 classes"),
        (("--in-channels", "1"), "its input has 1 channel"),
        (("--head", "512,26"), "its head is not the released one"),
        (("--no-top",), "its head is not the released one"),
        (("--res", "224x192"), "its input is not square"),
        (("--alpha", "0.1"), "it is outside of what tf-slim released"),
        (("--impl", "keras"), "no recipe here trained the implementation keras"),
        (("--recipe", "paddleclas"), "paddleclas trained the implementation paddleclas, not official"),
    ],
)
def test_a_network_that_was_not_trained_so_gets_a_reason_and_exit_code_0(
    mbcost: Mbcost, options: tuple[str, ...], reason: str
) -> None:
    result = mbcost("accuracy", "v2", *options, "--format", "json")
    (estimate,) = json.loads(result.out)["estimates"]
    assert (result.code, estimate["top1"], estimate["exact"]) == (0, None, False)
    assert estimate["reason"].startswith(reason)


def test_an_exported_spec_with_a_changed_row_has_no_accuracy(mbcost: Mbcost, tmp_path: Path) -> None:
    text = mbcost("export", "v1").out
    assert "1024" in text
    (tmp_path / "net.yaml").write_text(text.replace("1024", "1000"), encoding="utf-8")
    (estimate,) = json.loads(mbcost("accuracy", str(tmp_path / "net.yaml"), "--format", "json").out)["estimates"]
    assert (estimate["top1"], estimate["exact"]) == (None, False)
