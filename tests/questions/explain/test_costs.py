"""The costs list every part of an explanation, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from mbcost.errors import MbcostError, SpecError
from mbcost.questions.explain.costs import SECTIONS, PartCosts, load_costs, parse_costs
from mbcost.questions.explain.facts import OPEN_QUANTITIES
from mbcost.questions.explain.readings import named_readings
from mbcost.questions.explain.structures import LEFT_OUT, OTHER_CLASSES, USUAL_CLASSES
from mbcost.questions.mistakes.known import MISTAKES
from mbcost.spec.catalogue.library import NETWORKS, load_conventions, load_spec
from mbcost.spec.printed import ROUNDINGS

OTHER = ("other",)
KINDS = ("of one quantity only", "second", "common second", "generic stride", "generic repeat", "generic kernel")
"""Costs in the section of mistakes that do not belong to a single known mistake."""
SLIPS = ("doubled", "padded", "file", "batch")
ELSEWHERE = ("other_resolution", "other_alpha", "any_even_resolution", "any_resolution", "any_alpha")
IMPLEMENTATIONS = {name for net in NETWORKS for name in load_spec(net).implementations}


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("networks", (*NETWORKS, *OTHER)),
        ("mistakes", (*MISTAKES, *LEFT_OUT, *KINDS)),
        ("quantities", OPEN_QUANTITIES),
        ("classes", (*map(str, USUAL_CLASSES + OTHER_CLASSES), *OTHER, "few", "many", "not as claimed")),
        ("roundings", (*ROUNDINGS, ">", "<", "float32", "mistyped", "binary", "binary bytes", *SLIPS)),
        ("settings", ("default", "published", *ELSEWHERE)),
        ("trained", ("classifier", "from a layer")),
        ("heads", ("replaced", "common width", "width", "second width", "repeated width", "bn", "flatten", "pool")),
        ("bytes", ("4", "1", "2")),
        ("activations", ("outputs", "peak", "all")),
        ("counting", ("base", "term", "doubled", "twice", "norm_values", "with a mistake")),
        ("tables", ("missed", "copied")),
    ],
)
def test_a_section_lists_every_name_and_no_other(section: str, names: Sequence[str]) -> None:
    assert sorted(load_costs().sections[section]) == sorted(names)


@pytest.mark.parametrize(
    ("section", "known"),
    [
        ("implementations", IMPLEMENTATIONS),
        ("conventions", (*load_conventions(), "of a different framework")),
        ("params", [reading.name for reading in named_readings("params")]),
    ],
)
def test_a_section_with_others_lists_only_known_names(section: str, known: Iterable[str]) -> None:
    listed = set(load_costs().sections[section])
    assert listed <= {*known, *OTHER}
    assert set(OTHER) <= listed


def test_every_cost_is_less_than_30_bits_and_the_origin_is_stated() -> None:
    costs = load_costs()
    assert costs.origin
    assert tuple(costs.sections) == SECTIONS
    assert all(0 <= cost < 30_00 for section in costs.sections.values() for cost in section.values())


def test_a_name_that_is_not_listed_costs_as_much_as_other() -> None:
    costs = PartCosts("me", {"some": {"a": 150, "other": 300}, "all": {"a": 150}})
    assert [costs.cost("some", name) for name in ("a", "b", "other")] == [150, 300, 300]
    with pytest.raises(MbcostError, match=r"^costs\.yaml: all does not say what 'b' costs$"):
        costs.cost("all", "b")


TEXT = "origin: me\n" + "".join(f"{section}:\n  thing: 2\n" for section in SECTIONS)


def test_costs_are_read_as_hundredths_of_a_bit() -> None:
    assert parse_costs(TEXT, "mine.yaml") == PartCosts("me", {section: {"thing": 200} for section in SECTIONS})


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
        ("thing: 2", "thing: 1.255", ["3:10: a cost has at most two decimals: round it"]),
        ("thing: 2\n", "thing: 2\n  thing: 3\n", ["4:3: 'thing' is given twice: remove one"]),
        ("networks:\n  thing: 2", "networks: 2", ["2:11: expected a mapping, found a whole number '2'"]),
        ("thing: 2\nsettings:\n  thing: 2", "thing: x\nsettings:\n  thing: y", ["3:10: expected", "5:10: expected"]),
        (TEXT, "", ["1:1: the file is empty"]),
    ],
)
def test_every_problem_is_reported_with_its_position(old: str, new: str, problems: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        parse_costs(TEXT.replace(old, new, 1), "mine.yaml")
    assert len(caught.value.problems) == len(problems)
    for problem, expected in zip(caught.value.problems, problems, strict=True):
        assert problem.startswith(f"mine.yaml:{expected}")
