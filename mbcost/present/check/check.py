"""What `mbcost check` found: lines with the source quoted, JSON, annotations and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mbcost.errors import Problem
from mbcost.present.annotations import annotation
from mbcost.present.table import Column, Table
from mbcost.questions.check import Checked
from mbcost.spec.reading.compose import lines
from mbcost.spec.reading.nodes import MOST_PROBLEMS

WIDEST = 100
"""Characters of a quoted line; of a longer one the part around the place is shown."""


def text(answer: Sequence[Checked]) -> str:
    """Each problem with its line and a caret below; a summary where a single line does not say it all."""
    shown: list[str] = []
    for checked in answer:
        source = [] if checked.text is None else lines(checked.text)
        for finding in checked.findings:
            shown.append(str(finding.problem))
            shown += _quotation(finding.problem, source)
    if len(shown) != 1:
        shown.append(_summary(answer))
    return "\n".join(shown) + "\n"


def as_table(answer: Sequence[Checked]) -> Table:
    """One row a problem."""
    numeric = {"line", "column"}
    columns = tuple(
        Column[Any](key, key, numeric=key in numeric) for key in ("file", "line", "column", "kind", "message")
    )
    rows = tuple(
        (problem.file, problem.line, problem.column, finding.kind, problem.message)
        for checked in answer
        for finding in checked.findings
        for problem in [finding.problem]
    )
    return Table("Problems", columns, rows, notes=(_summary(answer),))


def as_json(answer: Sequence[Checked]) -> dict[str, Any]:
    """The object of `mbcost check --format json`."""
    problems = [{**asdict(finding.problem), "kind": finding.kind} for checked in answer for finding in checked.findings]
    return {
        "schema": "mbcost/check/1",
        "passed": not problems,
        "files": [checked.file for checked in answer],
        "problems": problems,
    }


def github(answer: Sequence[Checked]) -> str:
    """Annotations of a GitHub workflow: an error at each problem's place, and a notice with the summary."""
    shown = [
        annotation("error", "mbcost check", problem.message, file=problem.file, line=problem.line, col=problem.column)
        for checked in answer
        for finding in checked.findings
        for problem in [finding.problem]
    ]
    shown.append(annotation("notice", "mbcost check", _summary(answer)))
    return "\n".join(shown) + "\n"


def _quotation(problem: Problem, source: Sequence[str]) -> list[str]:
    """The line and a caret under the place; nothing where there is no such line or nothing in it."""
    line = source[problem.line - 1] if problem.line <= len(source) else ""
    if not line.strip():
        return []
    start = max(0, problem.column - 1 - WIDEST // 2) if len(line) > WIDEST else 0
    before, after = line[start : problem.column - 1], line[problem.column - 1 : start + WIDEST]
    gutter = f"{problem.line:>5} | "
    return [
        f"{gutter}{_printable(before + after)}",
        f"{'|':>{len(gutter) - 1}} {' ' * _width(_printable(before))}^",
    ]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _width(text: str) -> int:
    """Columns on a terminal: two for wide characters, none for combining ones."""
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1 for character in text)


def _summary(answer: Sequence[Checked]) -> str:
    wrong = [len(checked.findings) for checked in answer if checked.findings]
    found = f"{sum(wrong)} {'problem' if sum(wrong) == 1 else 'problems'}" if wrong else "no problem"
    files = f"{len(answer)} {'file' if len(answer) == 1 else 'files'}"
    more = f"; there are more: the search ends at {MOST_PROBLEMS}" if max(wrong, default=0) >= MOST_PROBLEMS else ""
    place = files if len(wrong) in (0, len(answer)) else f"{len(wrong)} of {files}"
    return f"{found} in {place}{more}"
