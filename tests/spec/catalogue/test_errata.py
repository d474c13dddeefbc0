"""Errata and misprints at the end of a file of published figures, and every way to write them wrong."""

from __future__ import annotations

import pytest

from mbcost.errors import SpecError
from mbcost.spec.catalogue.errata import Erratum, Misprint
from mbcost.spec.catalogue.published import load_published, parse_published

PAGE = """\
title: A page
where: somewhere
seen: the page
counts: a multiply-add is one
confidence: primary
task: classification
net: v2
columns: [id, alpha, resolution, quantity, value, unit]
tables:
  - table: Table 1
    figures:
      - [page-1, 1.0, 224, mult_adds, "300", M]
"""
ERRATA = """\
errata:
  - figures: [page-1]
    cause: a typing error
    network: v1
    implementation: keras
    since: a date
"""
MISPRINTS = """\
misprints:
  - id: page-cell-1
    table: Table 2
    row: the last
    column: s
    printed: "2"
    network: v1
    stage: 9
    against: v1-printed
    cause: a typing error
    since: a later date
"""


def test_errata_and_misprints_are_read_with_their_source() -> None:
    source = parse_published(PAGE + ERRATA + MISPRINTS, "page.yaml", "page")[0].source
    assert source.errata == (Erratum(("page-1",), "a typing error", "v1", "keras", "a date"),)
    cell = Misprint(
        "page-cell-1", "Table 2", "the last", "s", "2", "v1", 9, "v1-printed", "a typing error", "a later date"
    )
    assert source.misprints == (cell,)


def test_a_source_without_errata_has_none_and_an_erratum_needs_only_its_figures() -> None:
    assert parse_published(PAGE, "page.yaml", "page")[0].source.errata == ()
    source = parse_published(PAGE + "since: a date\nerrata:\n  - figures: [page-1]\n", "page.yaml", "page")[0].source
    assert source.errata == (Erratum(("page-1",), "", None, None),)
    assert source.since == "a date"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "    cause: a typing error\n    network: v1\n    imp",
            "    couse: x\n    imp",
            "unknown key 'couse': did you",
        ),
        ("  - figures: [page-1]\n    cause", "  - cause", "the key 'figures' is missing: add it"),
        (
            "[page-1]\n    cause",
            "[page-2]\n    cause",
            "an erratum is about 'page-2', which is not a figure of this file",
        ),
        ("    network: v1\n    imp", "    network: v9\n    imp", "unknown network 'v9'"),
        ("column: s", "column: stride", "unknown column 'stride': choose from in, exp, se, s"),
        ("stage: 9", "stage: nine", "expected a number, found text 'nine'"),
        ("    since: a date\n", "", "add the key 'since', which says since when"),
        ("    row: the last\n", "", "the key 'row' is missing: add it"),
        ("against: v1-printed", "against: v1-print", "unknown network 'v1-print': did you mean 'v1-printed'"),
    ],
)
def test_a_mistake_in_an_erratum_is_reported_at_its_position(before: str, after: str, problem: str) -> None:
    text = PAGE + ERRATA + MISPRINTS
    assert before in text
    with pytest.raises(SpecError) as caught:
        parse_published(text.replace(before, after), "page.yaml", "page")
    assert any(problem in found for found in caught.value.problems), caught.value.problems


def test_every_id_of_a_misprint_begins_with_its_source_and_occurs_once() -> None:
    sources = dict.fromkeys(figure.source for figure in load_published())
    ids = [(source.name, misprint.id) for source in sources for misprint in source.misprints]
    assert ids
    assert all(misprint_id.startswith(f"{name}-cell-") for name, misprint_id in ids)
    assert len(set(ids)) == len(ids)


def test_a_figure_is_an_erratum_once() -> None:
    sources = dict.fromkeys(figure.source for figure in load_published())
    listed = [figure_id for source in sources for erratum in source.errata for figure_id in erratum.figures]
    assert len(set(listed)) == len(listed)
