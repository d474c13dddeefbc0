from __future__ import annotations

from dataclasses import replace

import pytest

from mbcost.analytic.network import Network, resolve
from mbcost.present.compare import separable
from mbcost.present.cost import formula, nets
from mbcost.present.cost import show as stages
from mbcost.present.cost import table as costs
from mbcost.questions.compare.nets import side_by_side
from mbcost.questions.compare.separable import compare_network
from mbcost.questions.cost.formula import formula as ask
from mbcost.questions.cost.table import cost_table
from mbcost.spec.catalogue.library import load_convention, load_spec


def column(sort: str, network: str = "v2", by: str = "stage", shown: str | None = None) -> list[object]:
    answer = cost_table(resolve(load_spec(network)), load_convention(), by)
    return [row[0] for row in costs.as_table(answer, [shown or sort], sort).rows]


def test_numbers_are_sorted_as_numbers_largest_first() -> None:
    # The classifier's "k" is 1000 channels; the pool prints no c and comes last.
    assert column("c") == ["1280", "k", "320", "160", "96", "64", "32", "32", "24", "16", ""]
    assert column("exp", "v3-small")[:4] == ["576", "576", "288", "240"]
    assert column("stride", by="layer")[:3] == [2, 2, 2]


def test_names_stay_in_the_order_of_the_table() -> None:
    assert column("name") == [str(stage) for stage in range(11)]


def test_maps_are_sorted_by_their_elements() -> None:
    # 112·112·32, 112·112·16, 56·56·24, 7·7·1280, 28·28·32 …
    assert column("output")[:5] == ["112x112x32", "112x112x16", "56x56x24", "7x7x1280", "28x28x32"]
    assert column("kernel", "v3-large", by="layer")[0] == "5x5"


def test_text_is_sorted_from_a_to_z_and_empty_cells_come_last() -> None:
    operators = column("operator")
    assert operators == sorted(operators, key=str)
    assert column("se", "v3-small")[0] == "yes"
    activations = column("nl", "v3-small")
    assert (activations[0], activations[-1]) == ("HS", "")


def test_shares_are_sorted_by_the_counts_behind_them() -> None:
    assert column("share", "v1", "layer", "name") == column("mult-adds", "v1", "layer", "name")


@pytest.fixture
def untitled() -> Network:
    spec = replace(load_spec("v2"), name="mine", title="", source="")
    return resolve(spec, alpha=0.123456789)


def test_a_spec_without_a_title_is_called_by_its_name_and_alpha_is_exact(untitled: Network) -> None:
    convention = load_convention()
    said = "alpha 0.123456789"
    assert stages.as_table(untitled).title == "mine"
    assert formula.as_table(ask(untitled, "2.1.expand")).title.startswith("mine 2.1.expand: ")
    for table in (
        costs.as_table(cost_table(untitled, convention)),
        separable.network_table(compare_network(untitled, untitled)),
    ):
        assert table.title.startswith("mine ")
        assert said in table.title
    assert nets.as_table(side_by_side([untitled], convention)).rows[0][1] == "mine"
    assert stages.as_json(untitled)["title"] == "mine"


def test_no_top_is_said() -> None:
    whole = resolve(load_spec("v2"))
    without = resolve(load_spec("v2").without_top())
    answers = [cost_table(network, load_convention()) for network in (whole, without)]
    assert [costs.as_json(answer)["top"] for answer in answers] == [True, False]
    titles = [costs.as_table(answer).title for answer in answers]
    assert [title.rsplit("  ", 1)[1] for title in titles] == ["classes 1000", "no top"]


@pytest.mark.parametrize(("layer", "note"), [("2.2.add", "an add layer has"), ("9.1.pool", "a pool layer has")])
def test_the_article(layer: str, note: str) -> None:
    assert formula.as_table(ask(resolve(load_spec("v2")), layer)).notes[0].startswith(note)


@pytest.mark.parametrize(("network", "projects"), [("v1", False), ("v2", True)])
def test_the_note_on_the_projection_stands_where_there_is_one(network: str, projects: bool) -> None:
    resolved = resolve(load_spec(network))
    assert (separable.PROJECTION in separable.network_table(compare_network(resolved, resolved)).notes) is projects
