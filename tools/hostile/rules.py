"""What holds for every command line, whatever it is given."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from signal import Signals
from typing import Any

from tools.hostile.cases import MUTATED, Case
from tools.hostile.limits import MEGABYTES, Outcome

LONGEST_LINE = 300
COMPARED = 120
"""Characters of a message that `check` and `table` have to have in common."""
ERROR = "mbcost: error: "
COUNTED = ("table", "sweep", "fit", "memory", "ledger", "roofline", "nets")
"""Commands whose numbers are counts, so that none of them is negative."""


def judge(case: Case, outcomes: list[Outcome]) -> list[str]:
    """Return what is wrong with the outcomes of a case's command lines."""
    problems = []
    for line, outcome in zip(case.lines, outcomes, strict=False):  # the last outcome can be the end of the process
        problems += judge_line(line, outcome)
    if problems or len(outcomes) < len(case.lines):
        return problems
    if case.lines[1:2] == (("table", MUTATED),):
        problems += judge_spec(case.files[MUTATED], outcomes[0], outcomes[1])
    elif len(outcomes) == 4:
        problems += judge_numbers(outcomes)
    return problems


def judge_line(line: tuple[str, ...], outcome: Outcome) -> list[str]:
    """Return what is wrong with the outcome of one command line."""
    if outcome.megabytes > MEGABYTES:
        return [f"memory: {outcome.megabytes:,.0f} MB"]
    if outcome.code < 0:
        name = Signals(-outcome.code).name
        announced = name in ("SIGXCPU", "SIGKILL") and _announces(outcome.err)
        return [] if announced else [f"time: stopped by {name} after {outcome.seconds:.1f} s"]
    try:
        out, err = outcome.out.decode(), outcome.err.decode()
    except UnicodeDecodeError:
        return [] if "parquet" in line and outcome.code == 0 else ["streams: not UTF-8"]
    if outcome.code not in (0, 1, 2):
        return [f"exit code {outcome.code}: {_last_line(err)}"]
    problems = [*_judge_errors(line, outcome.code, out, err), *_judge_files(line, outcome)]
    if outcome.code != 2 and not _asks_for_help(line):
        problems += _judge_answer(line, out)
    return problems


def _announces(err: bytes) -> bool:
    return re.match(rb"mbcost: [\d,]+ .*, about ", err) is not None


def _last_line(err: str) -> str:
    """Return the exception of a traceback, and the last line of code of the package in it."""
    lines = err.strip().splitlines() or [""]
    where = re.findall(r'File ".*?/(mbcost/.*?)", line (\d+)', err)
    return f"{lines[-1][:200]}" + (f" at {where[-1][0]}:{where[-1][1]}" if where else "")


def _judge_errors(line: tuple[str, ...], code: int, out: str, err: str) -> Iterator[str]:
    """Check the form of standard error, and that a command that cannot run writes no answer."""
    lines = err.split("\n")
    if lines.pop():
        yield "standard error does not end with a line feed"
    checks = line[:1] == ("check",) or (line[:1] == ("lock",) and "--check" in line)
    answers = checks or out.lstrip().startswith("Usage:")  # the help, if no command is named
    if code == 2 and not lines and not answers:
        yield "exit code 2 without a message"
    if code == 2 and out and not answers:
        yield f"exit code 2 with standard output: {out[:100]!r}"
    for text in lines:
        if not text.isprintable():
            yield f"not printable on standard error: {text[:200]!r}"
        if len(text) > LONGEST_LINE and "--verbose" not in line:
            yield f"long line on standard error: {len(text)} characters: {text[:60]!r}"
        if code == 2 and not (text.startswith(ERROR) or _announces(text.encode())):
            yield f"not an error message: {text[:200]!r}"
        if code != 2 and (not text.startswith("mbcost: ") or text.startswith(ERROR)):
            yield f"exit code {code} with a message: {text[:200]!r}"


def _judge_files(line: tuple[str, ...], outcome: Outcome) -> Iterator[str]:
    """Check that a command that fails changes nothing, and that any other writes only its output, completely."""
    if outcome.code == 2 and outcome.changed and line[0] != "check":
        yield f"exit code 2, but changed {sorted(outcome.changed)}"
        return
    named = {*line, *(word.partition("=")[2] for word in line)}
    named = {re.sub(r"^(\./)+|/+$", "", word) for word in named}
    named |= {f"{word}.yaml" for word in named} if "new" in line[:1] else set()
    named |= {"costs.lock"} if "lock" in line[:1] else set()
    named |= {"new.txt"} if "dangling.txt" in named else set()
    named |= {"kept.txt"} if "link.txt" in named else set()
    for name, content in outcome.changed.items():
        if name not in named or name.startswith("readonly"):
            yield f"left or changed a file: {name!r}"
        elif content is None or not _is_complete(line[0], name, content):
            yield f"incomplete file: {name!r}"


def _is_complete(command: str, name: str, content: bytes) -> bool:
    """Return whether a file ends as its kind of file does; only `plot` looks at the ending of the name."""
    ends = {"svg": b"</svg>", "png": b"IEND\xaeB`\x82", "pdf": b"%%EOF"}
    ending = ends[name.rpartition(".")[2].lower()] if command == "plot" else b""
    return content.rstrip().endswith(ending) if ending else content.endswith((b"\n", b"PAR1"))


def _asks_for_help(line: tuple[str, ...]) -> bool:
    words = {"-h", "--help", "-V", "--version", "--show-completion", "--install-completion"}
    return line[:1] == ("help",) or not words.isdisjoint(line)


def _judge_answer(line: tuple[str, ...], out: str) -> Iterator[str]:
    """Check the characters of an answer, its JSON, and its counts."""
    strange = {character for character in out if not character.isprintable() and character != "\n"}
    if strange:
        yield f"not printable on standard output: {sorted(strange)}"
    style = format_of(line)
    if style == "json" and out:
        try:
            answer = json.loads(out, parse_constant=_refuse)
        except ValueError as error:
            yield f"not JSON: {error}"
            return
        if line[0] in COUNTED and any(number < 0 for number in _numbers(answer)):
            yield "negative count in JSON"
    elif style == "csv" and line[0] in COUNTED and any(map(_is_negative, csv.reader(io.StringIO(out)))):
        yield "negative count in CSV"


def _is_negative(row: list[str]) -> bool:
    return any(re.fullmatch(r"-[\d.,e+]+", cell) for cell in row)


def format_of(line: tuple[str, ...]) -> str:
    """Return the format that a command line asks for, the last one if there are several."""
    text = "text"
    for word, following in zip(line, [*line[1:], ""], strict=True):
        if word == "--format":
            text = following
        elif word.startswith("--format="):
            text = word.partition("=")[2]
    return text


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")


def _numbers(answer: Any) -> Iterator[float]:
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list):
        for part in answer:
            yield from _numbers(part)
    elif isinstance(answer, int | float):
        yield answer


def judge_spec(mutated: bytes, checked: Outcome, shown: Outcome) -> list[str]:
    """Return what is wrong if `table` does not show what `check` accepts, or if a problem has a wrong position."""
    problems = json.loads(checked.out)["problems"]
    if checked.err or (checked.code == 0) != (not problems):
        return [f"check exits with {checked.code}, but has {len(problems)} problems"]
    if shown.code not in ((2,) if checked.code == 2 else (0,) if checked.code == 0 else (0, 2)):
        return [f"check exits with {checked.code} and table with {shown.code}: {shown.err.decode()[:200]}"]
    wrong = [problem for problem in problems if not _has_position(problem, mutated)]
    if wrong:
        return [f"a wrong position or message: {wrong[0]}"]
    if checked.code != 2:
        return []
    messages = [
        f"{ERROR}{MUTATED}:{problem['line']}:{problem['column']}: {problem['message']}"
        for problem in problems
        if problem["kind"] != "contradiction"
    ]
    messages = [message[:COMPARED] for message in messages]  # the middle of a long line is left out
    lines = [line[:COMPARED] for line in shown.err.decode().splitlines()]
    # If several rows cannot be built, `table` reports only one of them.
    if lines != messages and not (len(lines) == 1 and lines[0] in messages):
        return [f"check and table report different problems: {messages[:1]}, {lines[:1]}"]
    return []


def _has_position(problem: dict[str, Any], mutated: bytes) -> bool:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", mutated.decode("utf-8-sig", errors="replace"))
    return (
        1 <= problem["line"] <= len(lines) + 1
        and 1 <= problem["column"] <= max(map(len, lines)) + 2
        and problem["message"].isprintable()
        and bool(problem["message"])
    )


def judge_numbers(outcomes: list[Outcome]) -> list[str]:
    """Return where `sweep` and `fit`, which count with arrays, differ from `table` and `memory`."""
    table, memory, sweep, fit = (json.loads(outcome.out) if outcome.code == 0 else None for outcome in outcomes)
    problems = []
    for name, answer in (("sweep", sweep), ("fit", fit)):
        for row in _list_rows(answer):
            expected = _expect(table, memory)
            numbers = {key: row[key] for key in expected}
            if numbers != expected:
                problems.append(f"{name} counts {numbers}, table and memory {expected}")
    return problems


def _list_rows(answer: Any) -> list[Any]:
    if answer is None:
        return []
    return [*answer["configurations"], *filter(None, [answer.get("nearest"), answer.get("nearest_released")])]


def _expect(table: Any, memory: Any) -> dict[str, int | None]:
    """Return the numbers of `table` and `memory`; None for those of a command that refuses the network."""
    totals = table["totals"] if table else {"mult_adds": None, "params": None}
    return {
        "mult_adds": totals["mult_adds"],
        "params": totals["params"],
        "memory": memory["peaks"][0]["bytes"] if memory else None,
        "flash": memory["flash"]["total"] if memory else None,
    }
