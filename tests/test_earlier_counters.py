"""Conventions of the past against what the tools said when they were run, to the last integer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mbcost.analytic.network import resolve
from mbcost.cli.arguments import parse_reference
from mbcost.questions.explain.windows import float32_sum
from mbcost.spec.catalogue.library import load_convention, load_conventions, load_spec

DATA: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "data" / "earlier_counters.yaml").read_text(encoding="utf-8")
)


def test_every_convention_of_the_past_was_run() -> None:
    earlier = {name for name, convention in load_conventions().items() if convention.earlier}
    assert earlier
    assert set(DATA["measured"]) == earlier | {"torchsummaryx"}


@pytest.mark.parametrize("name", DATA["measured"])
def test_it_counts_what_the_tool_counted(name: str) -> None:
    convention, record = load_convention(name), DATA["measured"][name]
    for model, measured in zip(DATA["models"], record["mult_adds"], strict=True):
        reference = parse_reference(model)
        network = resolve(load_spec(reference.name), alpha=reference.alpha or 1.0, implementation="torchvision")
        amounts = [convention.mult_adds(layer.tally()) for layer in network.layers]
        assert (float32_sum(amounts) if record["float32"] else sum(amounts)) == measured, model
