"""Figures that were collected after `explain` was written: the true cause is claimed, or is among the first."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Mbcost

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "data" / "fresh_cases.yaml").read_text(encoding="utf-8")
)["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_cause_is_among_those_that_are_claimed_or_else_among_the_first_three(
    case: dict[str, Any], mbcost: Mbcost
) -> None:
    result = mbcost("explain", *shlex.split(case["command"]), "--limit", "20", "--format", "json")
    assert result.code == 0, result.err
    document = json.loads(result.out)
    ranks = document["claimed_by"] or (1, 2, 3)
    listed = [entry for rank, entry in enumerate(document["explanations"], 1) if rank in ranks]
    expected = {key: value if key == "convention" else [value] for key, value in case["expect"].items()}
    found = [{key: entry[key] for key in expected} for entry in listed]
    assert any(all(entry[key] in values for key, values in expected.items()) for entry in found), found
    if "check" in case:
        assert re.fullmatch("[0-9+*()-]+", case["check"])
        count = eval(case["check"])  # only digits and operators
        assert count in [value["value"] for entry in listed for value in entry["values"]]
