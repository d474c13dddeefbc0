"""What becomes of every published figure: reproduced, an error of its source, or open; nothing of it is typed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mbcost.questions.explain.answer import Answer, explain
from mbcost.questions.published.errata import errata
from mbcost.questions.published.parts import PARTS, digits_swapped
from mbcost.questions.published.verdict import STATUSES, Verdict, query_of, right_of, verdict_of
from mbcost.spec.catalogue.library import NETWORKS
from mbcost.spec.catalogue.published import Published

OTHER_TASKS = {
    "detection": "a detector: its head is not among these networks",
    "segmentation": "a segmentation network: its head is not among these networks",
    "face_embedding": "another head, of which the paper says nothing",
    "geolocation": "another head, of which the paper says nothing",
    "visual_wake_words": "another network, of which the source says no more",
    "memory": "memory at a map size, not a sum over the network: `mbcost memory --by map`",
    "ablation": "a difference to a network that is not printed",
}
"""Tasks whose figures are about something else -> why."""
Watch = Callable[[Sequence[Sequence[Published]]], Iterable[Sequence[Published]]]


def verdicts(figures: Sequence[Published], watch: Watch = list) -> tuple[Verdict, ...]:
    """One for every figure, in their order; `watch` iterates over the groups of them, to show how far it is.

    A figure's verdict depends on the others about the same network in all versions of its paper: ask about all of
    those.
    """
    found: dict[str, Verdict] = {}
    groups = _groups(figures)
    for figure in figures:
        if (reason := _out_of_scope(figure)) is not None:
            found[figure.id] = Verdict(figure, "out of scope", reason)
        elif figure.task in PARTS:
            found[figure.id] = _part_verdict(figure)
    left: dict[tuple[str, ...], list[tuple[Published, Answer]]] = {}
    for group in watch(groups):
        answer = explain(query_of(group, plain=True), limit=1)
        for explanation in answer.explanations:
            right = right_of(group, explanation)
            found |= {figure.id: verdict_of(figure, "exact", value, explanation) for figure, value in right}
        missed = [(figure, answer) for figure in group if figure.id not in found]
        if missed:
            left.setdefault((group[0].source.name, group[0].net, group[0].task), []).extend(missed)
    for missed in left.values():
        found |= {verdict.figure.id: verdict for verdict in errata(missed, found)}
    return tuple(found[figure.id] for figure in figures)


@dataclass(frozen=True)
class Summary:
    """How many of a source's figures have each verdict, and what reproduces its exact ones."""

    source: str
    counts: Mapping[str, int]
    """Status -> number, in the order of `STATUSES`."""
    readings: tuple[str, ...]
    """Network, convention and rounding, each once."""


def summarize(answers: Iterable[Verdict]) -> tuple[Summary, ...]:
    """One a source, in the order of their first figures."""
    by_source: dict[str, list[Verdict]] = {}
    for verdict in answers:
        by_source.setdefault(verdict.figure.source.name, []).append(verdict)
    return tuple(
        Summary(
            name,
            {status: sum(each.status == status for each in some) for status in STATUSES},
            tuple(
                dict.fromkeys(
                    f"{each.figure.net} {each.figure.quantity.replace('_', '-')}: {each.convention}, {each.rounding}"
                    for each in some
                    if each.status == "exact"
                )
            ),
        )
        for name, some in by_source.items()
    )


def _groups(figures: Iterable[Published]) -> list[list[Published]]:
    """Whole networks in scope: those of one table about one network and with the same classes together."""
    groups: dict[tuple[object, ...], list[Published]] = {}
    key: tuple[object, ...]
    for figure in figures:
        if _out_of_scope(figure) is None and figure.task not in PARTS:
            key = (figure.source.name, figure.table, figure.net, figure.task, figure.classes)
            # Sizes are of files, and running text is no table: its numbers stand alone.
            key = (*key, figure.quantity == "model_size", figure.alpha if "text" in figure.table else None)
            groups.setdefault(key, []).append(figure)
    return list(groups.values())


def _out_of_scope(figure: Published) -> str | None:
    if figure.task in OTHER_TASKS:
        return OTHER_TASKS[figure.task]
    return None if figure.net in NETWORKS or figure.task in PARTS else "another network"


def _part_verdict(figure: Published) -> Verdict:
    """A figure about a part of a network, worked out from its layers."""
    part = PARTS[figure.task](figure)
    verdict = Verdict(
        figure, "open", "nothing gives these digits", part.value, part.network, "official", None, part.convention
    )
    rounding = next((name for name in ("rounds", "floors") if figure.prints(part.value, name)), None)
    if rounding is not None:
        return replace(verdict, status="exact", reason="", rounding=rounding)
    meant = digits_swapped(figure, part.value)
    if meant is None:
        return verdict
    reason = f"two digits swapped: {meant}, with which the column adds up"
    return replace(verdict, status="erratum", reason=reason, rounding="mistyped", departures=("mistyped",))
