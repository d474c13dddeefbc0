"""Conventions against what the tools said when they were run once, to the last integer or printed digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mbcost.analytic.network import Network
from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.questions.cost.ledger import count_blindly
from mbcost.questions.explain.windows import float32_sum
from mbcost.spec.catalogue.library import load_convention, load_conventions
from mbcost.spec.convention import Convention

DATA: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "data" / "earlier_counters.yaml").read_text(encoding="utf-8")
)["measured"]
RECORDED = {name for name, convention in load_conventions().items() if convention.proof == "recorded"}


def expected(convention: Convention, network: Network, quantity: str) -> int:
    """Return what the tool counts on the library's own model, its blind spots included."""
    blind = count_blindly(network, convention, quantity)
    if blind is not None:
        assert blind.total is not None
        return blind.total
    tally = network.tally()
    return convention.mult_adds(tally) if quantity == "mult_adds" else convention.params(tally)


def as_reported(amount: int, record: dict[str, Any]) -> int | str:
    """Return the number as the tool reports it: the integer, or in millions with three decimals."""
    return f"{amount / 10**6:.3f}" if record.get("printed") == "M" else amount


def test_every_recorded_convention_has_its_numbers() -> None:
    assert set(DATA) == RECORDED
    assert {name for name, convention in load_conventions().items() if convention.earlier} <= RECORDED


@pytest.mark.parametrize("name", DATA)
def test_it_counts_what_the_tool_counted(name: str) -> None:
    convention, record = load_convention(name), DATA[name]
    beyond = record.get("beyond", {})
    for quantity in ("mult_adds", "params"):
        for reference, measured in record.get(quantity, {}).items():
            network = resolve_network(reference, NetworkOptions())
            if record.get("float32"):
                amount = float32_sum([convention.mult_adds(layer.tally()) for layer in network.layers])
            else:
                amount = expected(convention, network, quantity)
            more = beyond.get(reference, 0) if quantity == "mult_adds" else 0
            assert as_reported(amount + more, record) == measured, (quantity, reference)


@pytest.mark.parametrize("name", DATA)
def test_the_convention_states_the_networks_on_which_the_tool_was_run(name: str) -> None:
    """Every tool was run on at least three networks, and a number beyond the raw counts belongs to a blind spot."""
    convention, record = load_convention(name), DATA[name]
    assert convention.run_on == tuple(record["mult_adds"])
    assert len({reference.partition(":")[0].partition("@")[0] for reference in convention.run_on}) >= 3
    for reference in record.get("beyond", {}):
        network, _, implementation = reference.partition(":")
        spot = convention.blind_spot(implementation, network.partition("@")[0])
        assert spot is not None
        assert "mult_adds" in spot.partial


@pytest.mark.parametrize("name", DATA)
def test_the_tool_was_run_in_a_version_that_the_convention_states(name: str) -> None:
    tool, version = DATA[name]["versions"][0].split()
    stated = " ".join(load_convention(name).versions)
    assert tool in stated
    assert version in stated
