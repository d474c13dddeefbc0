"""The costs of an explanation's parts name what there is, all of it and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from mbcost.errors import MbcostError, SpecError
from mbcost.questions.explain.costs import SECTIONS, Weights, load_weights, parse_weights
from mbcost.questions.explain.facts import OPEN_QUANTITIES
from mbcost.questions.explain.structures import LEFT_OUT, USUAL_CLASSES
from mbcost.questions.mistakes.known import MISTAKES
from mbcost.spec.catalogue.library import NETWORKS, load_conventions, load_spec
from mbcost.spec.printed import ROUNDINGS

OTHER = ("other",)
KINDS = ("of one quantity only", "second", "generic stride", "generic repeat", "generic kernel", "batch")
"""Costs in the section of mistakes that are not those of a known one."""
IMPLEMENTATIONS = {name for net in NETWORKS for name in load_spec(net).implementations}


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("networks", (*NETWORKS, *OTHER)),
        ("mistakes", (*MISTAKES, *LEFT_OUT, *KINDS)),
        ("quantities", OPEN_QUANTITIES),
        ("classes", (*map(str, USUAL_CLASSES), *OTHER)),
        ("roundings", (*ROUNDINGS, ">", "<", "float32", "mistyped", "binary", "binary bytes")),
        ("settings", ("default", "published", "other_resolution", "other_alpha")),
        ("bytes", ("4", "1", "2")),
        ("activations", ("outputs", "all")),
        ("counting", ("base", "term", "doubled", "twice", "norm_values", "with a mistake")),
        ("tables", ("missed", "copied")),
    ],
)
def test_a_section_lists_every_name_and_no_other(section: str, names: Sequence[str]) -> None:
    assert sorted(load_weights().sections[section]) == sorted(names)


@pytest.mark.parametrize(
    ("section", "known"),
    [("implementations", IMPLEMENTATIONS), ("conventions", load_conventions()), ("params", load_conventions())],
)
def test_a_section_with_others_names_nothing_that_is_not_there(section: str, known: Iterable[str]) -> None:
    listed = set(load_weights().sections[section])
    assert listed <= {*known, *OTHER}
    assert set(OTHER) <= listed


def test_every_cost_is_less_than_30_bits_and_the_origin_is_stated() -> None:
    weights = load_weights()
    assert weights.origin
    assert tuple(weights.sections) == SECTIONS
    assert all(0 <= cost < 30_00 for section in weights.sections.values() for cost in section.values())


def test_what_is_not_listed_costs_what_others_cost() -> None:
    weights = Weights("me", {"some": {"a": 150, "other": 300}, "all": {"a": 150}})
    assert [weights.cost("some", name) for name in ("a", "b", "other")] == [150, 300, 300]
    with pytest.raises(MbcostError, match=r"^costs\.yaml: all does not say what 'b' costs$"):
        weights.cost("all", "b")


TEXT = "origin: me\n" + "".join(f"{section}:\n  thing: 2\n" for section in SECTIONS)


def test_what_is_read() -> None:
    assert parse_weights(TEXT, "mine.yaml") == Weights("me", {section: {"thing": 200} for section in SECTIONS})


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("origin: me\n", "", ["1:1: the key 'origin' is missing: add it"]),
        (
            "networks:",
            "network:",
            ["1:1: the key 'networks' is missing: add it", "2:1: unknown key 'network': did you mean"],
        ),
        ("thing: 2", "thing: two", ["3:10: expected a number, found text 'two'"]),
        ("thing: 2", "thing: -1", ["3:10: -1 is too small: it must be at least 0"]),
        ("thing: 2", "thing: .nan", ["3:10: "]),
        ("thing: 2", "thing: 1.255", ["3:10: a cost has at most two decimals"]),
        ("thing: 2\n", "thing: 2\n  thing: 3\n", ["4:3: 'thing' is given twice: remove one"]),
        ("networks:\n  thing: 2", "networks: 2", ["2:11: expected a mapping, found a whole number '2'"]),
        ("thing: 2\nsettings:\n  thing: 2", "thing: x\nsettings:\n  thing: y", ["3:10: expected", "5:10: expected"]),
        (TEXT, "", ["1:1: the file is empty"]),
    ],
)
def test_every_mistake_is_named_with_its_place(old: str, new: str, problems: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        parse_weights(TEXT.replace(old, new, 1), "mine.yaml")
    assert len(caught.value.problems) == len(problems)
    for found, expected in zip(caught.value.problems, problems, strict=True):
        assert found.startswith(f"mine.yaml:{expected}")
