"""The ways to count: each occurs once, and every convention is among them."""

from __future__ import annotations

import pytest

from mbcost.questions.explain.readings import QUANTITIES, multiply_adds_only, named_readings, other_readings
from mbcost.spec.catalogue.library import load_conventions
from mbcost.spec.convention import Coefficients
from mbcost.spec.tally import COUNTS


def row(coefficients: Coefficients) -> tuple[int, ...]:
    return tuple(coefficients.get(count, 0) for count in COUNTS)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_way_to_count_occurs_once_and_the_cheapest_is_first(quantity: str) -> None:
    named, others = named_readings(quantity), other_readings(quantity)
    rows = [reading.row for reading in (*named, *others)]
    assert len(set(rows)) == len(rows)
    assert len({(reading.name, reading.row) for reading in (*named, *others)}) == len(rows)
    for readings in (named, others):
        assert [reading.cost for reading in readings] == sorted(reading.cost for reading in readings)
        assert all(reading.quantity == quantity and len(reading.row) == len(COUNTS) for reading in readings)
    assert all(reading.named for reading in named)


@pytest.mark.parametrize("quantity", ["mult_adds", "params"])
def test_every_convention_is_a_named_reading_and_every_named_reading_a_convention(quantity: str) -> None:
    by_row = {reading.row: reading.name for reading in named_readings(quantity)}
    conventions = load_conventions()
    rows = {name: row(convention.coefficients(quantity)) for name, convention in conventions.items()}
    assert set(by_row) == set(rows.values())
    assert all(
        rows[name] == counted for counted, name in by_row.items()
    )  # each has the name of a convention with these coefficients
    assert named_readings(quantity)[0].name == "macs"


def test_weights_in_bytes_are_the_params_times_the_size_of_a_value() -> None:
    params = {row(convention.params_coefficients) for convention in load_conventions().values()}
    expected = {tuple(size * factor for factor in counted) for counted in params for size in (1, 2, 4)}
    assert {reading.row for reading in named_readings("bytes")} == expected


def test_multiply_adds_only_leaves_out_conventions_that_count_more() -> None:
    names = {reading.name for reading in multiply_adds_only("mult_adds")}
    assert {"macs", "flops2"} <= names
    assert not names & {"thop", "fvcore", "ptflops"}
    assert multiply_adds_only("params") == named_readings("params")
