"""What `mbcost check` found: the problems with their lines quoted, JSON, annotations and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from mbcost.errors import Problem
from mbcost.present import junit
from mbcost.present.annotations import annotation
from mbcost.present.layout import count_cells, wrap
from mbcost.present.table import Column, Table, build_table
from mbcost.questions.check import CheckedFile, Finding
from mbcost.spec.reading.compose import lines
from mbcost.spec.reading.nodes import MOST_PROBLEMS

WIDEST = 100
"""Characters of a quoted line; of a longer line, the part around the position is shown."""
GUTTER = 9
"""The terminal cells before a quoted line, and one for the caret behind it."""


def render_text(files: Sequence[CheckedFile], width: int | None = None) -> str:
    """Return each problem with its line and a caret below, and a summary unless a single line is enough.

    Args:
        files: what was checked.
        width: the terminal cells per line; None for any width.
    """
    shown: list[str] = []
    widest = WIDEST if width is None else max(1, min(WIDEST, width - GUTTER))
    for checked in files:
        source = [] if checked.text is None else lines(checked.text)
        for finding in checked.findings:
            problem = str(finding.problem)
            shown += [problem] if width is None else wrap(problem, width)
            shown += _quotation(finding.problem, source, widest)
        for note in checked.notes:
            text = _note_text(note)
            shown += [text] if width is None else wrap(text, width)
            shown += _quotation(note, source, widest)
    if len(shown) != 1:
        shown.append(_summary(files))
    return "\n".join(shown) + "\n"


def as_table(files: Sequence[CheckedFile]) -> Table:
    """Return a table with one row per problem."""
    columns = (
        Column[Finding]("file", "file", lambda finding: finding.problem.file),
        Column[Finding]("line", "line", lambda finding: finding.problem.line, numeric=True),
        Column[Finding]("column", "column", lambda finding: finding.problem.column, numeric=True),
        Column[Finding]("kind", "kind", lambda finding: finding.kind),
        Column[Finding]("message", "message", lambda finding: finding.problem.message),
    )
    return build_table("Problems", columns, _findings(files), notes=(_summary(files),))


def as_json(files: Sequence[CheckedFile]) -> dict[str, Any]:
    """Return the object of `mbcost check --format json`."""
    problems = [{**asdict(finding.problem), "kind": finding.kind} for finding in _findings(files)]
    return {
        "schema": "mbcost/check/1",
        "passed": not problems,
        "files": [checked.file for checked in files],
        "problems": problems,
        "notes": [asdict(note) for checked in files for note in checked.notes],
    }


def render_annotations(files: Sequence[CheckedFile]) -> str:
    """Return annotations of a GitHub workflow: an error at each problem's position, and a notice with the summary."""
    problems = [finding.problem for finding in _findings(files)]
    shown = [
        annotation("error", "mbcost check", problem.message, file=problem.file, line=problem.line, col=problem.column)
        for problem in problems
    ]
    shown += [
        annotation("notice", "mbcost check", note.message, file=note.file, line=note.line, col=note.column)
        for checked in files
        for note in checked.notes
    ]
    shown.append(annotation("notice", "mbcost check", _summary(files)))
    return "\n".join(shown) + "\n"


def render_junit(files: Sequence[CheckedFile]) -> str:
    """Return JUnit XML with one test case per file."""
    return junit.render_suite("mbcost check", map(_make_case, files))


def _make_case(checked: CheckedFile) -> junit.Case:
    problems = [str(finding.problem) for finding in checked.findings]
    return junit.Case(
        "mbcost.check", checked.file, _plural(len(problems), "problem") if problems else None, tuple(problems)
    )


def _findings(files: Sequence[CheckedFile]) -> list[Finding]:
    return [finding for checked in files for finding in checked.findings]


def _note_text(note: Problem) -> str:
    return str(replace(note, message=f"note: {note.message}"))


def _quotation(problem: Problem, source: Sequence[str], widest: int) -> list[str]:
    """Return the line and a caret under the position; nothing if the line does not exist or is blank."""
    line = source[problem.line - 1] if problem.line <= len(source) else ""
    if not line.strip():
        return []
    start = max(0, problem.column - 1 - widest // 2) if len(line) > widest else 0
    before, after = _printable(line[start : problem.column - 1]), _printable(line[problem.column - 1 : start + widest])
    gutter = f"{problem.line:>5} | "
    return [f"{gutter}{before}{after}", f"{'|':>{len(gutter) - 1}} {' ' * count_cells(before)}^"]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _summary(files: Sequence[CheckedFile]) -> str:
    counts = [len(checked.findings) for checked in files if checked.findings]
    if not counts:
        return f"no problem in {_plural(len(files), 'file')}"
    part = "" if len(counts) == len(files) else f"{len(counts)} of "
    limit = f"; there may be more, because checking ends at {MOST_PROBLEMS}" if max(counts) >= MOST_PROBLEMS else ""
    return f"{_plural(sum(counts), 'problem')} in {part}{_plural(len(files), 'file')}{limit}"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
