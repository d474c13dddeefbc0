"""The verdict on every published figure: reproduced, an error of its source, or open. All of them are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mbcost.errors import choose
from mbcost.questions.explain.answer import Answer
from mbcost.questions.published.errata import find_errata
from mbcost.questions.published.parts import PARTS, swap_digits
from mbcost.questions.published.verdict import STATUSES, Verdict, answer, paper_of, query_of, right_of, verdict_of
from mbcost.spec.catalogue.library import NETWORKS, find_network
from mbcost.spec.catalogue.published import Published, load_published

OTHER_TASKS = {
    "detection": "a detector: its head is not among these networks",
    "segmentation": "a segmentation network: its head is not among these networks",
    "face_embedding": "a different head, which the paper does not describe",
    "geolocation": "a different head, which the paper does not describe",
    "visual_wake_words": "a different network, which the source does not describe",
    "memory": "the memory of one feature map, not a sum over the network: see `mbcost memory --by map`",
    "ablation": "a difference from a network that is not printed",
}
"""Tasks whose figures are about something else -> the reason."""
_STATUS_NAMES = [status.replace(" ", "-") for status in STATUSES]
"""The verdicts as users type them."""
Watch = Callable[[Sequence[Sequence[Published]]], Iterable[Sequence[Published]]]


def judge_figures(figures: Sequence[Published], watch: Watch = list) -> tuple[Verdict, ...]:
    """Return one verdict per figure, in the same order.

    The verdict on a figure depends on all figures about the same network in all versions of its paper: pass all of
    these.

    Args:
        figures: the figures of whole papers.
        watch: iterates over groups of figures, and can show the progress.
    """
    verdicts: dict[str, Verdict] = {}
    for figure in figures:
        if (reason := _out_of_scope(figure)) is not None:
            verdicts[figure.id] = Verdict(figure, "out of scope", reason)
        elif figure.task in PARTS:
            verdicts[figure.id] = _judge_part(figure)
    left: dict[tuple[str, ...], list[tuple[Published, Answer]]] = {}
    for group in watch(_groups(figures)):
        table = answer(query_of(group, plain=True), 1, rests=0)
        for explanation in table.explanations:
            right = right_of(group, explanation)
            verdicts |= {figure.id: verdict_of(figure, "exact", value, explanation) for figure, value in right}
        missed = [(figure, table) for figure in group if figure.id not in verdicts]
        if missed:
            left.setdefault((group[0].source.name, group[0].net, group[0].task), []).extend(missed)
    for missed in left.values():
        verdicts |= {verdict.figure.id: verdict for verdict in find_errata(missed, verdicts)}
    return tuple(verdicts[figure.id] for figure in figures)


@dataclass(frozen=True)
class Filter:
    """Which figures are asked for; None stands for all."""

    net: str | None = None
    source: str | None = None
    status: str | None = None

    def has(self, figure: Published) -> bool:
        """Return whether a figure is about the network and of the source."""
        return self.net in (None, figure.net) and self.source in (None, figure.source.name)


def make_filter(net: str | None, source: str | None, status: str | None) -> Filter:
    """Return the filter that names describe; an alias of a network means the network.

    Raises:
        MbcostError: there is no such network, source or verdict.
    """
    figures = load_published()

    def pick(kind: str, name: str | None, names: Iterable[str]) -> str | None:
        return None if name is None else choose(kind, name, dict.fromkeys(names))

    return Filter(
        pick("network", None if net is None else find_network(net) or net, (figure.net for figure in figures)),
        pick("source", source, (figure.source.name for figure in figures)),
        None if status is None else choose("verdict", status, _STATUS_NAMES).replace("-", " "),
    )


def judge_chosen(chosen: Filter, watch: Watch = list) -> tuple[Verdict, ...]:
    """Return the verdicts on the figures that a filter asks for; whole papers are judged, because figures depend."""
    figures = load_published()
    papers = {paper_of(figure) for figure in figures if chosen.has(figure)}
    relevant = [figure for figure in figures if paper_of(figure) in papers and chosen.net in (None, figure.net)]
    return tuple(
        verdict
        for verdict in judge_figures(relevant, watch)
        if chosen.has(verdict.figure) and chosen.status in (None, verdict.status)
    )


@dataclass(frozen=True)
class Summary:
    """How many figures of a source have each verdict, and what reproduces the exact ones."""

    source: str
    counts: Mapping[str, int]
    """Status -> number of figures, in the order of `STATUSES`."""
    readings: tuple[str, ...]
    """Network, quantity, convention and rounding, each combination once."""


def summarize(verdicts: Iterable[Verdict]) -> tuple[Summary, ...]:
    """Return one summary per source, in the order of their first figures."""
    by_source: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_source.setdefault(verdict.figure.source.name, []).append(verdict)
    return tuple(_summarize(source, group) for source, group in by_source.items())


def _summarize(source: str, verdicts: Sequence[Verdict]) -> Summary:
    readings = dict.fromkeys(
        f"{verdict.figure.net} {verdict.figure.quantity.replace('_', '-')}: {verdict.convention}, {verdict.rounding}"
        for verdict in verdicts
        if verdict.status == "exact"
    )
    return Summary(source, count_statuses(verdicts), tuple(readings))


def count_statuses(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Return how many verdicts have each status, in the order of `STATUSES`."""
    return {status: sum(verdict.status == status for verdict in verdicts) for status in STATUSES}


def _groups(figures: Iterable[Published]) -> list[list[Published]]:
    """Return the figures about whole networks in scope, grouped by table, network and classes."""
    groups: dict[tuple[object, ...], list[Published]] = {}
    key: tuple[object, ...]
    for figure in figures:
        if _out_of_scope(figure) is None and figure.task not in PARTS:
            key = (figure.source.name, figure.table, figure.net, figure.task, figure.classes)
            # Sizes are sizes of files. Running text is not a table, so that each of its networks is a group.
            key = (*key, figure.quantity == "model_size", figure.alpha if "text" in figure.table else None)
            groups.setdefault(key, []).append(figure)
    return list(groups.values())


def _out_of_scope(figure: Published) -> str | None:
    """Return why a figure is out of scope; None if it is not."""
    if figure.task in OTHER_TASKS:
        return OTHER_TASKS[figure.task]
    return None if figure.net in NETWORKS or figure.task in PARTS else "not one of the built-in networks"


def _judge_part(figure: Published) -> Verdict:
    """Return the verdict on a figure about a part of a network, worked out from its layers."""
    part = PARTS[figure.task](figure)
    verdict = Verdict(
        figure, "open", "no explanation gives these digits", part.value, part.network, "official", None, part.convention
    )
    rounding = next((name for name in ("rounds", "floors") if figure.prints(part.value, name)), None)
    if rounding is not None:
        return replace(verdict, status="exact", reason="", rounding=rounding)
    meant = swap_digits(figure, part.value)
    if meant is None:
        return verdict
    reason = f"two digits are swapped: with {meant} the column adds up"
    return replace(verdict, status="erratum", reason=reason, rounding="mistyped", departures=("mistyped",))
