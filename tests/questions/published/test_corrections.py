"""Every erratum: what is printed is wrong, and what is said to be right is computed again from the layers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import yaml

from mbcost.analytic.layers import Conv2d
from mbcost.analytic.network import Network, resolve
from mbcost.present.published import right_text
from mbcost.questions.published.corrections import CellCorrection, Correction, correct_cells, correct_figures
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Source, load_published
from tests.questions.published.test_verdicts import every

PRINTED = Path(__file__).parents[2] / "data" / "as_printed"
UNUSUAL = {"d_li14_v2-011", "d_li14_v2-012", "mmpretrain_metafile-003", "mmpretrain_metafile-005"}
"""Their verdict is erratum, but they are right for a network or a part of it that the table does not announce."""
LEFT_OVER = {
    "keras_v3_docstring-008", "keras_v3_docstring-009", "keras_v3_docstring-010", "slim_mobilenet_readme-050",
    "slim_mobilenet_readme-051", "slim_mobilenet_readme-052",
}  # fmt: skip
"""They are exact for a network that the source no longer describes."""
AS_PRINTED = {"v1": "v1", "v2-arxiv1": "v2", "v3-large-early": "v3-large", "v3-small": "v3-small"}
"""Table as printed -> the built-in network with the right cells."""
COPIES = {
    "paper_v3_final-039": {"paper_v3_early-041", "paper_v3_mid-001"},
    "slim_mobilenet_readme-049": {
        "keras_v3_docstring-007", "paper_v3_early-023", "paper_v3_early-051", "paper_v3_mid-011",
    },
    "keras_v3_docstring-011": {"slim_mobilenet_readme-055"},
    "paper_v3_final-025": {"keras_v3_docstring-009", "slim_mobilenet_readme-051"},
    "slim_v1_md-027": set(),
}  # fmt: skip


@cache
def corrections() -> dict[str, Correction]:
    return {correction.figure.id: correction for correction in correct_figures(every())}


@cache
def cells() -> dict[str, CellCorrection]:
    return {cell.misprint.id: cell for cell in correct_cells(load_published())}


def network_of(correction: Correction) -> Network:
    build = correction.build
    spec = load_spec(build.network)
    return resolve(
        spec if build.top else spec.without_top(),
        alpha=build.alpha or 1.0,
        resolution=build.resolution,
        implementation=build.implementation,
        classes=build.classes,
    )


def count(correction: Correction) -> Fraction:
    """Count a figure without conventions: multiply-adds, weights, biases and norms of convolutions and classifiers."""
    network, figure = network_of(correction), correction.figure
    tallies = [layer.tally() for layer in network.layers]
    macs = sum(tally.conv_macs + tally.linear_macs for tally in tallies)
    if figure.quantity == "mult_adds":
        return Fraction(macs)
    if figure.quantity == "mult_adds_share":
        stem = next(layer for layer in network.layers if isinstance(layer, Conv2d))
        return Fraction(stem.tally().conv_macs, macs)
    if figure.quantity == "params":
        norms = 0 if correction.build.convention == "weights" else 2  # the scale and shift of every channel
        return Fraction(sum(tally.weights + tally.biases + norms * tally.norm_channels for tally in tallies))
    side = int((figure.row or "").partition("x")[0])
    rows = network.spec.rows
    ends = {step.block: step.output for step in network.steps if rows[int(step.name.split(".")[0])].operator != "conv"}
    return Fraction(max(2 * output.elements for output in ends.values() if output.height == side))


def test_the_wrong_figures_and_cells_are_counted() -> None:
    assert (len(corrections()), len(cells())) == (47, 11)
    assert len({figure_id for source in sources() for item in source.errata for figure_id in item.figures}) == 47


def sources() -> dict[Source, None]:
    return dict.fromkeys(figure.source for figure in load_published())


def test_every_figure_with_the_verdict_erratum_is_listed_or_known_to_be_unusual() -> None:
    errata = {verdict.figure.id for verdict in every() if verdict.status == "erratum"}
    assert errata - corrections().keys() == UNUSUAL


def test_a_listed_figure_has_no_verdict_that_calls_it_right() -> None:
    exact = {verdict.figure.id for verdict in every() if verdict.status == "exact"}
    assert exact & corrections().keys() == LEFT_OVER


def test_the_right_number_is_computed_from_the_layers_and_is_not_printed_like_the_figure() -> None:
    for correction in corrections().values():
        figure = correction.figure
        assert correction.exact == count(correction), figure.id
        assert not figure.prints(correction.exact, "rounds"), figure.id
        assert not figure.prints(correction.exact, "floors"), figure.id
        assert replace(figure, value=right_text(correction)).prints(correction.exact), figure.id
        assert correction.cause, figure.id


def test_a_source_that_repeats_a_wrong_number_contains_it() -> None:
    for correction in corrections().values():
        for other in correction.also:
            figure = correction.figure
            assert other.source.name != figure.source.name
            assert (other.net, other.alpha, other.resolution) == (figure.net, figure.alpha, figure.resolution)
            assert (other.quantity, other.number) == (figure.quantity, figure.number)
            assert other in load_published()


@pytest.mark.parametrize("figure_id", COPIES)
def test_the_known_copies_are_found(figure_id: str) -> None:
    assert {other.id for other in corrections()[figure_id].also} == COPIES[figure_id]


def test_a_misprinted_cell_is_in_the_network_as_printed_and_not_in_the_right_one() -> None:
    for cell in cells().values():
        misprint = cell.misprint
        assert cell.right != misprint.printed
        if misprint.against is not None and misprint.column != "in":
            row = load_spec(misprint.against).rows[misprint.stage]
            assert row.letters[misprint.column] == misprint.printed


@pytest.mark.parametrize("table", AS_PRINTED)
def test_the_misprints_are_those_of_the_tables_as_printed(table: str) -> None:
    """A table as printed differs from the built-in network in the misprints, and in inputs that follow from them."""
    network = AS_PRINTED[table]
    printed = yaml.safe_load((PRINTED / f"{table}.yaml").read_text(encoding="utf-8"))
    rows = [dict(zip(printed["columns"], row, strict=True)) for row in printed["rows"]]
    wrong = {
        (row.stage, column)
        for row in load_spec(network).rows
        for column in {"exp", "s", "se"}.intersection(printed["columns"])
        if spell(rows[row.stage][column]) != row.letters[column]
    }
    listed = {(cell.misprint.stage, cell.misprint.column): cell.misprint.printed for cell in of_network(network)}
    assert wrong == {place for place in listed if place[1] != "in"}
    for (stage, column), text in listed.items():
        assert spell(rows[stage][column]) == text


def of_network(network: str) -> list[CellCorrection]:
    return [cell for cell in cells().values() if cell.misprint.network == network]


def spell(cell: object) -> str:
    """Spell a cell of a YAML file as mbcost spells it."""
    if isinstance(cell, bool):
        return "yes" if cell else ""
    return "" if cell is None else str(cell).replace("14^2 x ", "14x14x")


def test_a_stem_with_sixteen_channels_gives_the_34_of_tf_slims_page() -> None:
    correction = corrections()["slim_v1_md-027"]
    first = network_of(correction).layers[0]
    assert isinstance(first, Conv2d)
    assert first.channels == 8
    # Twice the channels of the stem double the stem, the first depthwise layer and the first pointwise layer.
    doubled = sum(layer.tally().conv_macs for layer in network_of(correction).layers if layer.name[:2] in ("0.", "1."))
    assert correction.figure.prints(correction.exact + doubled)


def test_the_early_table_with_a_stride_one_row_late_gives_66() -> None:
    assert corrections()["paper_v3_early-051"].figure.prints(resolve(load_spec("v3-small-arxiv1")).mult_adds())


def test_the_page_for_authors_shows_every_erratum_and_says_what_is_only_unusual() -> None:
    page = (PRINTED.parents[2] / "docs" / "errata.md").read_text(encoding="utf-8")
    wrong, _, unusual = page.partition("## Unusual, but not wrong")
    for name in (*corrections(), *cells()):
        assert f"\n{name} " in wrong
        assert name not in unusual
    assert all(f"`{name}`" in unusual for name in UNUSUAL)
