"""Known mistakes: any two of them can be made together, and a mistake that does not apply leaves the draft as it is."""

from __future__ import annotations

import random

import pytest

from mbcost.questions.mistakes.draft import Draft
from mbcost.questions.mistakes.known import MISTAKES, find_mistake
from mbcost.questions.mistakes.row_changes import list_row_changes
from mbcost.spec.catalogue.library import load_spec

MAIN = ("v1", "v2", "v3-large", "v3-small")


@pytest.mark.parametrize("net", MAIN)
def test_two_mistakes_give_the_same_network_in_either_order(net: str) -> None:
    """Mistakes act on the blocks of the table, so that their order does not matter."""
    spec = load_spec(net)
    start = Draft(spec, spec.implementation("official"))
    generator = random.Random(net)
    for _ in range(40):
        first, second = generator.sample(sorted(MISTAKES), 2)
        if {"dense instead of depthwise", "groups ignored"} == {first, second} or _exclude(first, second):
            continue
        there = MISTAKES[second].make(MISTAKES[first].make(start)).network(0.5, (128, 128), 1000).tally()
        back = MISTAKES[first].make(MISTAKES[second].make(start)).network(0.5, (128, 128), 1000).tally()
        assert there == back, (first, second)


def _exclude(first: str, second: str) -> bool:
    """Return whether two mistakes change the same thing, so that the later one wins."""
    subjects = (
        "widths",
        "expansion from",
        "head",
        "last convolution",
        "squeeze",
        "bias",
        "norm",
        "depthwise",
        "groups",
    )
    return any(subject in first and subject in second for subject in subjects)


def test_a_mistake_that_does_not_apply_leaves_the_draft_as_it_is() -> None:
    spec = load_spec("v1")
    start = Draft(spec, spec.implementation("official"))
    assert MISTAKES["no squeeze"].make(start) == start  # V1 does not have squeeze-and-excite
    assert MISTAKES["no head"].make(start) == start


def test_every_change_of_a_row_changes_the_table_in_that_row_only() -> None:
    spec = load_spec("v2")
    changes = list_row_changes(spec)
    assert len(changes) > 40
    for name, mistake in changes.items():
        assert find_mistake(name, spec).text == mistake.text
        draft = mistake.make(Draft(spec, spec.implementation("official")))
        pairs = zip(draft.spec.rows, spec.rows, strict=True)
        changed = [before.stage for after, before in pairs if after != before]
        assert [f"row {stage}" for stage in changed] == [name.partition(":")[0]]
