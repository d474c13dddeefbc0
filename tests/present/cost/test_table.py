from __future__ import annotations

from dataclasses import replace

import pytest

from mbcost.analytic.network import Network, resolve
from mbcost.present.compare import separable
from mbcost.present.cost import formula, nets, show, table
from mbcost.questions.compare.separable import compare_network
from mbcost.questions.cost.formula import derive_formula
from mbcost.questions.cost.nets import BuiltInNetworks, sum_network
from mbcost.questions.cost.table import tabulate_costs
from mbcost.spec.catalogue.library import load_convention, load_spec


def sorted_column(sort: str, network: str = "v2", by: str = "stage", shown: str | None = None) -> list[object]:
    answer = tabulate_costs(resolve(load_spec(network)), load_convention(), by)
    return [row[0] for row in table.as_table(answer, [shown or sort], sort).rows]


def test_numbers_are_sorted_as_numbers_largest_first() -> None:
    # The classifier's "k" is 1000 channels; the pool prints no c and comes last.
    assert sorted_column("c") == ["1280", "k", "320", "160", "96", "64", "32", "32", "24", "16", ""]
    assert sorted_column("exp", "v3-small")[:4] == ["576", "576", "288", "240"]
    assert sorted_column("stride", by="layer")[:3] == [2, 2, 2]


def test_names_stay_in_the_order_of_the_table() -> None:
    assert sorted_column("name") == [str(stage) for stage in range(11)]


def test_maps_are_sorted_by_their_elements() -> None:
    # 112·112·32, 112·112·16, 56·56·24, 7·7·1280, 28·28·32 …
    assert sorted_column("output")[:5] == ["112x112x32", "112x112x16", "56x56x24", "7x7x1280", "28x28x32"]
    assert sorted_column("kernel", "v3-large", by="layer")[0] == "5x5"


def test_text_is_sorted_from_a_to_z_and_empty_cells_come_last() -> None:
    operators = sorted_column("operator")
    assert operators == sorted(operators, key=str)
    assert sorted_column("se", "v3-small")[0] == "yes"
    activations = sorted_column("nl", "v3-small")
    assert (activations[0], activations[-1]) == ("HS", "")


def test_shares_are_sorted_by_their_counts() -> None:
    assert sorted_column("share", "v1", "layer", "name") == sorted_column("mult-adds", "v1", "layer", "name")


@pytest.fixture
def untitled() -> Network:
    spec = replace(load_spec("v2"), name="mine", title="", source="")
    return resolve(spec, alpha=0.123456789)


def test_a_spec_without_a_title_is_called_by_its_name_and_alpha_is_exact(untitled: Network) -> None:
    convention = load_convention()
    assert show.as_table(untitled).title == "mine"
    assert formula.as_table(derive_formula(untitled, "2.1.expand")).title.startswith("mine 2.1.expand: ")
    for shown in (
        table.as_table(tabulate_costs(untitled, convention)),
        separable.network_table(compare_network(untitled, untitled)),
    ):
        assert shown.title.startswith("mine ")
        assert "alpha 0.123456789" in shown.title
    assert nets.as_table(BuiltInNetworks(convention, (sum_network(untitled, convention),))).rows[0][1] == "mine"
    assert show.as_json(untitled)["title"] == "mine"


def test_the_title_says_when_the_top_is_left_out() -> None:
    whole = resolve(load_spec("v2"))
    without = resolve(load_spec("v2").without_top())
    answers = [tabulate_costs(network, load_convention()) for network in (whole, without)]
    assert [table.as_json(answer)["top"] for answer in answers] == [True, False]
    titles = [table.as_table(answer).title for answer in answers]
    assert [title.rsplit("  ", 1)[1] for title in titles] == ["classes 1000", "no top"]


@pytest.mark.parametrize(("layer", "note"), [("2.2.add", "an add layer has"), ("9.1.pool", "a pool layer has")])
def test_the_note_on_a_layer_without_weights_has_the_right_article(layer: str, note: str) -> None:
    assert formula.as_table(derive_formula(resolve(load_spec("v2")), layer)).notes[0].startswith(note)


@pytest.mark.parametrize(("network", "projects"), [("v1", False), ("v2", True)])
def test_only_a_network_with_projections_has_the_note_on_them(network: str, projects: bool) -> None:
    resolved = resolve(load_spec(network))
    assert (separable.PROJECTION in separable.network_table(compare_network(resolved, resolved)).notes) is projects
