"""What is right where a source is wrong: the exact number, the network that has it, and who prints the same number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mbcost.analytic.network import resolve
from mbcost.questions.device.memory import find_largest_maps
from mbcost.questions.published.parts import PARTS
from mbcost.questions.published.verdict import NO_CLASSIFIER, Verdict, agree
from mbcost.spec.catalogue.errata import Erratum, Misprint
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.catalogue.published import Published, Source
from mbcost.spec.table import CLASSES

HALF_PRECISION = 2
"""Bytes of an activation in the V2 paper's table of memory, which has 16-bit activations."""


@dataclass(frozen=True)
class Build:
    """A network that a figure should be about, and how it is counted there."""

    network: str
    alpha: float | None
    resolution: tuple[int, int] | None
    implementation: str
    classes: int
    convention: str
    top: bool = True


@dataclass(frozen=True)
class Correction:
    """A wrong figure, and what is right instead."""

    figure: Published
    exact: Fraction
    """The right number."""
    build: Build
    cause: str
    also: tuple[Published, ...]
    """Figures of other sources that print the same number for the same network."""
    since: str
    """Since when the figure is printed, as far as it is known."""


@dataclass(frozen=True)
class CellCorrection:
    """A wrong cell of a layer table, and what is right instead."""

    source: Source
    misprint: Misprint
    right: str


def list_errata(figures: Iterable[Published]) -> tuple[Published, ...]:
    """Return the figures that their sources list as errata."""
    return tuple(figure for figure in figures if figure.id in dict(_by_figure(figure.source)))


def correct_figures(verdicts: Sequence[Verdict]) -> tuple[Correction, ...]:
    """Return a correction for every figure among the verdicts that its source lists as an erratum.

    Args:
        verdicts: the verdicts on all figures about the networks, because another source can repeat a number.
    """
    listed = {figure_id: erratum for verdict in verdicts for figure_id, erratum in _by_figure(verdict.figure.source)}
    return tuple(
        _correct(verdict, listed[verdict.figure.id], verdicts, listed)
        for verdict in verdicts
        if verdict.figure.id in listed
    )


def correct_cells(figures: Iterable[Published]) -> tuple[CellCorrection, ...]:
    """Return a correction for every misprint in the layer tables of the sources of the figures."""
    sources = dict.fromkeys(figure.source for figure in figures)
    return tuple(
        CellCorrection(source, misprint, _right_cell(misprint)) for source in sources for misprint in source.misprints
    )


def _by_figure(source: Source) -> Iterable[tuple[str, Erratum]]:
    return ((figure_id, erratum) for erratum in source.errata for figure_id in erratum.figures)


def _correct(
    verdict: Verdict, erratum: Erratum, verdicts: Iterable[Verdict], listed: Mapping[str, Erratum]
) -> Correction:
    figure = verdict.figure
    build = _find_build(figure, erratum, verdicts)
    also = tuple(
        other.figure
        for other in verdicts
        if other.figure.source != figure.source
        and agree(figure, other.figure, "net", "alpha", "resolution", "quantity", "number")
        and (other.status != "exact" or other.figure.id in listed)
    )
    cause, since = erratum.cause or verdict.reason, erratum.since or figure.source.since
    return Correction(figure, _count(figure, build), build, cause, also, since)


def _find_build(figure: Published, erratum: Erratum, verdicts: Iterable[Verdict]) -> Build:
    """Return the network that the figure should be about.

    It is the one that the erratum names, or else built and counted like the exact figures about it in the same source.
    """
    beside = [
        verdict
        for verdict in verdicts
        if verdict.status == "exact" and agree(figure, verdict.figure, "source", "net", "quantity", "task")
    ]
    beside.sort(key=lambda verdict: not agree(figure, verdict.figure, "table"))
    name = erratum.network or (beside[0].network if beside else None) or figure.net
    like = beside[0] if beside and erratum.network is None else None
    return Build(
        name,
        figure.alpha,
        figure.resolution,
        erratum.implementation or (like and like.implementation) or load_spec(name).default_implementation,
        figure.classes or (like and like.classes) or CLASSES,
        (like and figure.task not in PARTS and like.convention) or load_convention().name,
        figure.task not in NO_CLASSIFIER,
    )


def _count(figure: Published, build: Build) -> Fraction:
    """Return the right number of the figure, counted from the layers of its network."""
    if figure.task in PARTS:
        return PARTS[figure.task](figure).value
    spec = load_spec(build.network)
    network = resolve(
        spec if build.top else spec.without_top(),
        alpha=build.alpha or 1.0,
        resolution=build.resolution,
        implementation=build.implementation,
        classes=build.classes,
    )
    if figure.task == "memory":
        size = (figure.row or "").partition(":")[0]
        maps = find_largest_maps(network, HALF_PRECISION)
        return Fraction(next(item.bytes for item in maps if f"{item.height}x{item.width}" == size and not item.plain))
    convention = load_convention(build.convention)
    return Fraction(network.params(convention) if figure.quantity == "params" else network.mult_adds(convention))


def _right_cell(misprint: Misprint) -> str:
    """Return the cell of the built-in network; an input is `14x14x64`, as in specs."""
    network = resolve(load_spec(misprint.network))
    if misprint.column != "in":
        return network.spec.rows[misprint.stage].letters[misprint.column] or "no"
    shape = next(step.lead.input for step in network.steps if step.row.stage == misprint.stage)
    return f"{shape.height}x{shape.width}x{shape.channels}"
