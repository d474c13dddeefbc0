"""Released checkpoints: all that the pages list, each of a built-in network and with published costs."""

from __future__ import annotations

from collections import Counter

import pytest

from mbcost.errors import SpecError
from mbcost.spec.catalogue.checkpoints import load_checkpoints, parse_checkpoints
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import load_published


def test_every_checkpoint_of_the_pages_is_listed_once() -> None:
    checkpoints = load_checkpoints()
    assert Counter(checkpoint.net for checkpoint in checkpoints) == {
        "v1": 16, "v2": 22, "v3-large": 2, "v3-small": 2, "v3-large-minimalistic": 1, "v3-small-minimalistic": 1,
    }  # fmt: skip
    settings = {(checkpoint.net, checkpoint.alpha, checkpoint.resolution): checkpoint for checkpoint in checkpoints}
    assert len(settings) == len(checkpoints)
    v2 = settings["v2", 1.0, 160]
    assert (v2.top1, v2.top5, v2.latency_ms) == (68.8, 89.0, {"pixel1": 40.2})


def test_the_same_pages_print_the_costs_of_every_checkpoint() -> None:
    costs = {
        (figure.net, figure.alpha, figure.resolution)
        for figure in load_published()
        if figure.source.name in ("slim_v1_md", "slim_mobilenet_readme")
    }
    for checkpoint in load_checkpoints():
        assert (checkpoint.net, checkpoint.alpha, (checkpoint.resolution, checkpoint.resolution)) in costs
        assert checkpoint.alpha in load_spec(checkpoint.net).published_alphas


def test_wrong_cells_are_reported_at_their_position() -> None:
    text = "columns: [net, alpha, resolution, top1, top5]\nrows:\n  - [v1, 1.0, 224, 70.9]\n  - [v1, x, 1.5, 70.9, ~]\n"
    with pytest.raises(SpecError) as refusal:
        parse_checkpoints(text, "c.yaml")
    assert refusal.value.problems == (
        "c.yaml:3:5: expected 5 cells (net, alpha, resolution, top1, top5), found 4",
        "c.yaml:4:10: expected a number, found text 'x'",
        "c.yaml:4:13: expected a whole number, found 1.5",
    )
    with pytest.raises(SpecError, match=r"^c.yaml:1:10: expected the columns net, alpha"):
        parse_checkpoints("columns: [alpha]\nrows: []\n", "c.yaml")
