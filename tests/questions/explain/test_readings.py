"""The ways to count: each occurs once, and every convention is among them."""

from __future__ import annotations

import pytest

from mbcost.questions.explain.columns import COLUMNS
from mbcost.questions.explain.readings import QUANTITIES, multiply_adds_only, named_readings, other_readings
from mbcost.spec.catalogue.library import load_conventions
from mbcost.spec.convention import Coefficients


def row(coefficients: Coefficients) -> tuple[int, ...]:
    return tuple(coefficients.get(count, 0) for count in COLUMNS)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_way_to_count_occurs_once_and_the_cheapest_is_first(quantity: str) -> None:
    named, others = named_readings(quantity), other_readings(quantity)
    rows = [(reading.row, reading.framework) for reading in (*named, *others)]
    assert len(set(rows)) == len(rows)
    assert len({(reading.name, reading.row) for reading in (*named, *others)}) == len(rows)
    for readings in (named, others):
        assert [reading.cost for reading in readings] == sorted(reading.cost for reading in readings)
        assert all(reading.quantity == quantity and len(reading.row) == len(COLUMNS) for reading in readings)
    assert all(reading.named for reading in named)


@pytest.mark.parametrize("quantity", ["mult_adds", "params"])
def test_every_convention_is_a_named_reading_and_every_named_reading_a_convention(quantity: str) -> None:
    by_row = {reading.row: reading.name for reading in named_readings(quantity) if not reading.is_part}
    conventions = load_conventions()
    rows = {name: row(convention.coefficients(quantity)) for name, convention in conventions.items()}
    assert set(by_row) == set(rows.values())
    # Each has the name of a convention with these coefficients.
    assert all(rows[name] == counted for counted, name in by_row.items())
    assert named_readings(quantity)[0].name == "macs"


def test_weights_in_bytes_are_the_params_times_the_size_of_a_value() -> None:
    params = {reading.row for reading in named_readings("params")}
    expected = {tuple(size * factor for factor in counted) for counted in params for size in (1, 2, 4)}
    assert {reading.row for reading in named_readings("bytes")} == expected


def test_multiply_adds_only_leaves_out_conventions_that_count_more() -> None:
    names = {reading.name for reading in multiply_adds_only("mult_adds")}
    assert {"macs", "flops2"} <= names
    assert not names & {"thop", "fvcore", "ptflops"}
    usual = tuple(reading for reading in named_readings("params") if not reading.is_part)
    assert multiply_adds_only("params") == usual


def test_parts_of_the_parameters_are_those_that_keras_and_torch_print() -> None:
    """Keras prints 2,264,389 for V2 with 5 classes, and an optimizer's state of two values per trained value.

    The model has 2,230,277 trainable values and 34,112 moving statistics; a state_dict has one counter per norm, too.
    """
    counts = {"weights": 2_196_160, "biases": 5, "plain_norm_channels": 17_056, "norms": 52}
    counts |= {"trained": counts["weights"] + counts["biases"] + 2 * counts["plain_norm_channels"], "networks": 1}
    columns = [counts.get(name, 0) for name in COLUMNS]
    amounts = {reading.name: reading.weigh(columns) for reading in named_readings("params")}
    total, trained = amounts["keras"], amounts["trainable"]
    assert (total, trained, amounts["not trainable"]) == (2_264_389, 2_230_277, 34_112)
    assert amounts["frozen"] == 0
    assert amounts["stored + Adam"] == total + 2 * trained + 2
    assert amounts["stored + momentum"] == total + trained + 2
    assert amounts["stored + SGD"] == total + 2
    assert (amounts["state of Adam"], amounts["state of momentum"]) == (2 * trained + 2, trained + 2)
    assert amounts["state_dict"] == total + 52
