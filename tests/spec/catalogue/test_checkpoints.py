"""Released checkpoints: all that the pages list, each of a built-in network and with published costs."""

from __future__ import annotations

from collections import Counter

import pytest

from mbcost.errors import SpecError
from mbcost.spec.catalogue.checkpoints import OFFICIAL, load_recipes, parse_recipes
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import load_published

HEAD = """\
recipes:
  mine:
    title: Mine
    implementation: official
    classes: 1000
    sources: [here]
    columns: [net, alpha, resolution, top1, top5]
    rows: ["""


def test_every_checkpoint_of_the_pages_is_listed_once() -> None:
    checkpoints = load_recipes()[OFFICIAL].checkpoints
    assert Counter(checkpoint.net for checkpoint in checkpoints) == {
        "v1": 16, "v2": 22, "v3-large": 2, "v3-small": 2, "v3-large-minimalistic": 1, "v3-small-minimalistic": 1,
    }  # fmt: skip
    settings = {(checkpoint.net, checkpoint.alpha, checkpoint.resolution): checkpoint for checkpoint in checkpoints}
    assert len(settings) == len(checkpoints)
    v2 = settings["v2", 1.0, 160]
    assert (v2.top1, v2.top5) == (68.8, 89.0)


def test_the_same_pages_print_the_costs_of_every_checkpoint() -> None:
    costs = {
        (figure.net, figure.alpha, figure.resolution)
        for figure in load_published()
        if figure.source.name in ("slim_v1_md", "slim_mobilenet_readme")
    }
    for checkpoint in load_recipes()[OFFICIAL].checkpoints:
        assert (checkpoint.net, checkpoint.alpha, (checkpoint.resolution, checkpoint.resolution)) in costs
        assert checkpoint.alpha in load_spec(checkpoint.net).published_alphas


def test_wrong_cells_are_reported_at_their_position() -> None:
    with pytest.raises(SpecError) as refusal:
        parse_recipes(HEAD + "[v1, 1.0, 224, 70.9], [v1, x, 1.5, 70.9, ~], [v22, 0, 96, 170, 0]]\n", "c.yaml")
    assert [problem.partition(": ")[2] for problem in refusal.value.problems] == [
        "expected 5 cells (net, alpha, resolution, top1, top5), found 4",
        "expected a number, found text 'x'",
        "expected a whole number, found 1.5",
        "unknown network 'v22': did you mean 'v2'?",
        "expected a number above 0, found 0",
        "expected an accuracy in percent, below 100, found 170",
        "expected a number above 0, found 0",
    ]
    assert refusal.value.problems[0].startswith("c.yaml:8:12: ")
    with pytest.raises(SpecError, match="this network, alpha and resolution have a row above: remove one"):
        parse_recipes(HEAD + "[v1, 1, 224, 70.9, ~], [v1, 1.0, 224, 71, ~]]\n", "c.yaml")
    with pytest.raises(SpecError, match=r"^c.yaml:7:14: expected the columns net, alpha"):
        parse_recipes(HEAD.replace("net, alpha, ", "alpha, ") + "]\n", "c.yaml")


def test_the_rows_of_paddleclas_are_of_one_recipe_and_belong_to_its_implementation() -> None:
    recipe = load_recipes()["paddleclas"]
    assert Counter(checkpoint.net for checkpoint in recipe.checkpoints) == {
        "v2": 6, "v3-large": 5, "v3-small-arxiv4": 5,
    }  # fmt: skip
    assert {checkpoint.resolution for checkpoint in recipe.checkpoints} == {224}
    assert all(recipe.implementation in load_spec(net).implementations for net in recipe.nets)
    assert {checkpoint.alpha: checkpoint.top1 for checkpoint in recipe.of("v3-large")}[1.25] == 76.41
