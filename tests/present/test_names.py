"""Networks are spelled so that they can be typed back, and bytes so that they can be compared at a glance."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mbcost.analytic.flat import resolve_flat
from mbcost.analytic.network import resolve
from mbcost.cli.arguments import parse_reference, resolve_network
from mbcost.present.names import bytes_text, network_text, reference_text
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.flat import FlatLayer, FlatNetwork

SIDES = st.integers(1, 999)
UNITS = {"B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


@given(st.integers(0, 2**60))
@example(2**20 - 1)
@example(2**20 - 52)
def test_bytes_read_back_to_within_what_is_printed(count: int) -> None:
    number, unit = bytes_text(count).split()
    assert abs(float(number.replace(",", "")) * UNITS[unit.upper()] - count) <= 0.05 * UNITS[unit.upper()] + 1e-6
    assert bytes_text(-count).removeprefix("-") == bytes_text(count)


@given(st.integers(1, 2**50 - 2**39))
@example(2**20 - 1)
@example(2**30 - 1)
def test_bytes_are_in_the_unit_in_which_the_number_is_from_1_to_below_1024(count: int) -> None:
    number = bytes_text(count).split()[0]
    assert 1 <= float(number.replace(",", "")) < 1024
    assert len(number.partition(".")[2]) <= 1


@given(
    st.sampled_from(list(NETWORKS)),
    st.none() | st.floats(0.01, 8),
    st.none() | st.tuples(SIDES, SIDES) | SIDES.map(lambda side: (side, side)),
    st.none() | st.sampled_from(["official", "keras", "timm"]),
)
def test_a_reference_can_be_typed_back(
    name: str, alpha: float | None, resolution: tuple[int, int] | None, implementation: str | None
) -> None:
    reference = parse_reference(reference_text(name, alpha, resolution, implementation))
    assert reference.name == name
    assert reference.alpha == alpha
    assert reference.resolution == resolution
    assert reference.implementation == implementation


@pytest.mark.parametrize("name", NETWORKS)
def test_the_name_of_a_network_gives_the_same_network_on_the_command_line(name: str) -> None:
    for implementation in load_spec(name).implementations:
        network = resolve(load_spec(name), alpha=1.0, resolution=(256, 224), implementation=implementation)
        assert resolve_network(network_text(network)) == network


def test_a_flat_list_of_layers_has_its_name_only() -> None:
    network = FlatNetwork("mine", "", 3, (8, 8), (FlatLayer("stem", "conv", (8, 8, 3), (4, 4, 8), (3, 3), 2, norm=8),))
    assert network_text(resolve_flat(network)) == "mine"
