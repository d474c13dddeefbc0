"""Every published figure has a computed verdict, and its number is worked out again here from the layers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from mbcost.analytic.network import resolve
from mbcost.questions.explain.columns import columns_of
from mbcost.questions.explain.readings import named_readings
from mbcost.questions.published.parts import PARTS
from mbcost.questions.published.verdict import NO_CLASSIFIER, QUANTITIES, STATUSES, Verdict
from mbcost.questions.published.verdicts import judge_figures, summarize
from mbcost.spec.catalogue.library import load_spec, specs_folder
from mbcost.spec.catalogue.published import Published, load_published

DOCS = Path(__file__).parents[3] / "docs"
FIGURES = {
    "d_li14_v2": 16, "d_li14_v3": 8, "keras_applications_docstring": 56, "keras_applications_readme": 24,
    "keras_io_applications": 4, "keras_v3_docstring": 12, "mmpretrain_metafile": 10, "paper_v1": 108, "paper_v2": 72,
    "paper_v3_early": 58, "paper_v3_final": 110, "paper_v3_mid": 18, "slim_mobilenet_readme": 62, "slim_v1_md": 32,
    "slim_v1_py": 112, "slim_v2_py": 2, "tflite_hosted_models": 11, "timm_results": 86, "tonylins_v2": 4,
    "torchvision_meta": 15, "vww_gap9_copy": 1, "vww_inventory_copy": 2,
}  # fmt: skip
"""Source -> number of figures that were transcribed from it."""
COUNTED = {"exact": 546, "erratum": 22, "open": 33, "out of scope": 222}
"""Verdict -> number of figures: change these numbers only on purpose."""
ERRATA = {
    "classifier left out": ["paper_v1-017"],
    "copied": [
        "keras_applications_docstring-010", "keras_applications_docstring-011", "keras_applications_docstring-012",
        "paper_v1-055", "paper_v1-059",
    ],
    "mistyped": ["paper_v1-013"],
    "stem left out": ["slim_v1_md-009", "slim_v1_md-011", "slim_v1_md-013", "slim_v1_md-015"],
    "top left out": ["mmpretrain_metafile-003", "mmpretrain_metafile-005"],
    "widths in fours": ["d_li14_v2-011", "d_li14_v2-012"],
    # Left over from a different version, or contradicted by a table of the same paper that is right:
    "": ["paper_v3_early-041", "paper_v3_final-022", "paper_v3_final-025", "paper_v3_final-031", "paper_v3_final-039",
         "paper_v3_final-051", "paper_v3_mid-001"],
}  # fmt: skip
"""Departure -> the figures that it explains."""


@cache
def every() -> tuple[Verdict, ...]:
    return judge_figures(load_published())


def with_status(status: str) -> list[Verdict]:
    return [verdict for verdict in every() if verdict.status == status]


def test_every_file_is_loaded_with_all_its_figures() -> None:
    files = {file.stem for file in (specs_folder() / "published").glob("*.yaml")}
    assert Counter(figure.source.name for figure in load_published()) == FIGURES
    assert files == FIGURES.keys()
    assert sum(FIGURES.values()) == len({figure.id for figure in load_published()}) == 823


def test_figures_are_numbered_without_gaps() -> None:
    numbers: dict[str, list[int]] = {}
    for figure in load_published():
        source, _, number = figure.id.rpartition("-")
        assert source == figure.source.name
        numbers.setdefault(source, []).append(int(number))
    for source, taken in numbers.items():
        assert sorted(taken) == list(range(1, FIGURES[source] + 1)), source


def test_every_figure_has_a_verdict_and_the_counts_are_pinned() -> None:
    assert [verdict.figure for verdict in every()] == list(load_published())
    assert Counter(verdict.status for verdict in every()) == COUNTED
    assert list(COUNTED) == list(STATUSES)
    summed = Counter[str]()
    for summary in summarize(every()):
        assert sum(summary.counts.values()) == FIGURES[summary.source]
        summed.update(summary.counts)
    assert summed == COUNTED


def test_the_readme_states_the_counts() -> None:
    readme = " ".join((DOCS.parent / "README.md").read_text(encoding="utf-8").split())
    counted = (
        f"{COUNTED['exact']} are exact, {COUNTED['erratum']} are explained by a mistake, {COUNTED['open']} are open "
        f"with an account of what was tried, and {COUNTED['out of scope']} are about something else"
    )
    assert counted in readme


def test_an_exact_figure_is_what_its_network_has_layer_by_layer() -> None:
    """The number is computed without the search: by implementation, convention and rounding of the verdict."""
    checked = 0
    for verdict in with_status("exact"):
        figure = verdict.figure
        assert verdict.network is not None
        assert not verdict.departures
        assert verdict.ours is not None
        assert (
            figure.prints(verdict.ours, str(verdict.rounding).replace("binary bytes", "rounds")) or "MB" in figure.unit
        )
        if figure.task in PARTS:
            continue
        assert verdict.ours == recount(verdict)
        checked += 1
    assert checked > 400


def recount(verdict: Verdict) -> Fraction:
    """Return the verdict's number, computed from the layers of its network."""
    figure, spec = verdict.figure, load_spec(str(verdict.network))
    network = resolve(
        spec.without_top() if figure.task in NO_CLASSIFIER else spec,
        alpha=figure.alpha or 1.0,
        resolution=figure.resolution,
        implementation=verdict.implementation,
        classes=verdict.classes or 1000,
    )
    readings = {reading.name: reading for reading in named_readings(QUANTITIES[figure.quantity])}
    tally = network.tally()
    return Fraction(readings[str(verdict.convention)].weigh(columns_of(tally, trained=True)))


def test_the_rows_of_a_table_are_exact_in_one_way() -> None:
    readings: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
    for verdict in with_status("exact"):
        figure = verdict.figure
        table = (figure.source.name, figure.table, figure.net, figure.task, figure.classes, figure.quantity)
        text = figure.alpha if "text" in figure.table else None  # running text is not a table
        reading = (verdict.network, verdict.implementation, verdict.classes, verdict.convention, verdict.rounding)
        if figure.task not in PARTS:
            readings.setdefault((*table, text), set()).add(reading)
    assert all(len(group) == 1 for group in readings.values())


def test_each_erratum_has_its_known_cause() -> None:
    ids_by_departures: dict[str, list[str]] = {}
    for verdict in with_status("erratum"):
        ids_by_departures.setdefault(", ".join(verdict.departures), []).append(verdict.figure.id)
        assert verdict.reason
        assert verdict.ours is not None
        if verdict.departures in (("copied",), ("mistyped",)) or "is right" in verdict.reason:
            assert not verdict.figure.prints(verdict.ours), "the figure would be exact"
        else:
            assert verdict.figure.prints(verdict.ours, str(verdict.rounding))
    assert {name: sorted(ids) for name, ids in ids_by_departures.items()} == {
        name: sorted(ids) for name, ids in ERRATA.items()
    }


@pytest.mark.parametrize("status", ["erratum", "open"])
def test_the_documentation_describes_every_such_figure(status: str) -> None:
    """docs/published.md says what was tried for each figure, or what its error is."""
    page = (DOCS / "published.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`([a-z0-9_]+-\d{3})`", page))
    assert {verdict.figure.id for verdict in with_status(status)} <= described
    assert described <= {verdict.figure.id for verdict in (*with_status("erratum"), *with_status("open"))}


def test_a_figure_that_is_changed_is_no_longer_exact() -> None:
    """One digit of a row of TF-slim's page is changed: only the verdict on that row changes."""
    page = [figure for figure in load_published() if figure.source.name == "slim_v1_md"]
    changed = [replace(figure, value="581") if figure.id == "slim_v1_md-001" else figure for figure in page]
    before, after = (
        {verdict.figure.id: verdict.status for verdict in judge_figures(figures)} for figures in (page, changed)
    )
    assert {name for name in before if before[name] != after[name]} == {"slim_v1_md-001"}
    assert after["slim_v1_md-001"] != "exact"


def test_a_figure_out_of_scope_has_a_reason() -> None:
    reasons = Counter(verdict.reason for verdict in with_status("out of scope"))
    assert all(reasons)
    assert all(
        isinstance(verdict.figure, Published) and verdict.ours is None for verdict in with_status("out of scope")
    )


def test_a_version_of_a_paper_is_contradicted_by_another_version_only_about_the_same_network() -> None:
    verdicts = {verdict.figure.id: verdict for verdict in every()}
    assert verdicts["paper_v3_mid-001"].reason == "Table 9 (appendix A) of paper_v3_early prints 217M, which is right"
    # The last version prints 57 M for a V3-Small with another head, which does not contradict 66 M.
    assert verdicts["paper_v3_final-023"].status == "exact"
    assert verdicts["paper_v3_mid-011"].status == "open"
