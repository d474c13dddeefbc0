"""Questions from public threads: the known cause is among the first three explanations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mbcost.questions.explain.answer import Explanation
from mbcost.questions.explain.explain import explain
from mbcost.questions.explain.facts import Fact, Query
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.printed import parse_printed

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "data" / "cases.yaml").read_text(encoding="utf-8")
)["cases"]


def query(case: dict[str, Any]) -> Query:
    facts = (Fact(parse_printed(text), name, case["alpha"], (224, 224)) for name, text in case["facts"].items())
    return Query(tuple(facts), load_spec(case["net"]), classes=1000)


def agrees(explanation: Explanation, expected: dict[str, Any]) -> bool:
    """Return whether the explanation is the known cause in every detail."""
    counted = [value.reading.name for value in explanation.values]
    roundings = {value.rounding for value in explanation.values}
    return (
        explanation.exact
        and explanation.spec.name == expected["network"]
        and list(explanation.departures) == expected.get("departures", [])
        and all(name in names for name, names in zip(counted, expected["counted"], strict=True))
        and expected.get("rounding", next(iter(roundings))) in roundings
    )


@pytest.mark.parametrize("case", [case for case in CASES if case["expect"]], ids=lambda case: case["thread"])
def test_the_known_cause_is_among_the_first_three_explanations(case: dict[str, Any]) -> None:
    first = explain(query(case), limit=3).explanations
    assert any(agrees(explanation, case["expect"]) for explanation in first), [
        (other.spec.name, other.departures, [value.reading.name for value in other.values]) for other in first
    ]


@pytest.mark.parametrize("case", [case for case in CASES if not case["expect"]], ids=lambda case: case["thread"])
def test_no_cause_is_claimed_for_a_network_that_is_not_known(case: dict[str, Any]) -> None:
    answer = explain(query(case))
    assert not answer.claimed_by
    assert not any(explanation.claimed or explanation.explained for explanation in answer.explanations)
