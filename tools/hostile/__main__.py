"""The program: `python -m tools.hostile COUNT [SEED] [PROCESSES]`."""

from __future__ import annotations

import itertools
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import randrange
from time import monotonic

from mbcost.cli.registry import COMMANDS
from tools.hostile.batches import run_case, run_cases
from tools.hostile.cases import Case, make_case
from tools.hostile.limits import prepare
from tools.hostile.rules import judge

PART = 100
"""Command lines of one task of a process."""
SHOWN = 3
"""Failures of one kind that are shown."""


@dataclass
class Report:
    """What the cases of one part did."""

    codes: Counter[tuple[str, int]] = field(default_factory=Counter)
    """The number of runs by command and exit code."""
    suspects: list[Case] = field(default_factory=list)
    """The cases that failed in a process that had run others before."""
    failures: list[tuple[str, Case]] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[float, str] = (0.0, "")


def run_part(seed: str, count: int) -> Report:
    """Run at least `count` command lines, and make the case of every failure smaller."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="mbcost-hostile-") as name:
        base = Path(name)
        cases = list(make_cases(seed, count))
        for case, outcomes in zip(cases, run_cases(cases, base), strict=True):
            for line, outcome in zip(case.lines, outcomes, strict=False):  # the last one can end the process
                name = line[0] if line and line[0] in COMMANDS else "not a command"
                report.codes[name, outcome.code] += 1
                report.slowest = max(report.slowest, (outcome.seconds, case.describe()))
                report.largest = max(report.largest, (outcome.megabytes, case.describe()))
            if judge(case, outcomes):
                report.suspects.append(case)
        for case in report.suspects:
            problems = judge(case, run_case(case, base))
            problems = problems or ["only after other command lines in the same process"]
            report.failures.append((problems[0], minimize(case, problems[0], base)))
    return report


def make_cases(seed: str, count: int) -> Iterator[Case]:
    """Yield cases until they have `count` command lines."""
    lines = 0
    for number in itertools.count():
        if lines >= count:
            return
        case = make_case(f"{seed} {number}")
        lines += len(case.lines)
        yield case


def kind_of(problem: str) -> str:
    """Return a problem without its numbers and quotations, so that equal faults look equal."""
    problem = re.sub(r"this is a fault of mbcost.*?--traceback: ", "", problem)
    return re.sub(r"'[^']*'|\"[^\"]*\"|[\d.,]+(?! *[a-z]*\.py)", "#", problem)[:120]


def minimize(case: Case, problem: str, base: Path, tries: int = 60) -> Case:
    """Return a smaller case with the same kind of failure; not if the failure costs much time or memory."""
    kind, budget = kind_of(problem), monotonic() + 20
    changed = not problem.startswith(("time", "memory", "only"))
    while changed:
        changed = False
        for smaller in smaller_cases(case):
            tries -= 1
            if tries < 0 or monotonic() > budget:
                return case
            problems = judge(smaller, run_case(smaller, base))
            if problems and kind_of(problems[0]) == kind:
                case, changed = smaller, True
                break
    return case


def smaller_cases(case: Case) -> Iterator[Case]:
    """Yield cases with one command line, one word or one line of a file less."""
    if len(case.lines) > 1 and case.lines[0][0] != "check":
        yield from (replace(case, lines=(line,)) for line in case.lines)
    elif len(case.lines) > 1:
        yield from (replace(case, lines=(line,)) for line in case.lines[2:])
    else:
        (line,) = case.lines
        yield from (replace(case, lines=((*line[:index], *line[index + 1 :]),)) for index in range(len(line)))
    used = [name for name in case.files if any(name in word for line in case.lines for word in line)]
    for name in used:
        lines = case.files[name].splitlines(keepends=True)
        for index in range(len(lines)):
            rest = b"".join(lines[:index] + lines[index + 1 :])
            yield replace(case, files={**case.files, name: rest})


def save(case: Case, folder: Path) -> str:
    """Write the files of a case that its command lines name, and return a line that repeats the failure."""
    used = {
        name: content
        for name, content in case.files.items()
        if any(name in word for line in case.lines for word in line)
    }
    if case.stdin is not None:
        used["stdin"] = case.stdin
    if not used:
        return case.describe()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in used.items():
        (folder / name).write_bytes(content)
    return f"cd {folder}; {case.describe()}" + (" < stdin" if case.stdin is not None else "")


def main(count: int, seed: int, processes: int = 2) -> int:
    """Run `count` command lines or a few more, print what they did, and return 1 if any of them failed."""
    print(f"{count:,} command lines, seed {seed}", flush=True)
    began, total = monotonic(), Report()
    with ProcessPoolExecutor(processes, initializer=prepare) as pool:
        parts = [pool.submit(run_part, f"{seed} {start}", min(PART, count - start)) for start in range(0, count, PART)]
        for number, part in enumerate(as_completed(parts), 1):
            report = part.result()
            total.codes += report.codes
            for problem, case in report.failures:
                print(f"{problem[:160]}: {case.describe()[:250]} # seed {case.seed}", file=sys.stderr, flush=True)
            total.failures += report.failures
            total.slowest, total.largest = max(total.slowest, report.slowest), max(total.largest, report.largest)
            if number % 20 == 0:
                print(f"{number * PART:,} in {monotonic() - began:,.0f} s", file=sys.stderr, flush=True)
    show(total, Path(tempfile.gettempdir()) / f"mbcost-hostile-{seed}")
    print(f"{total.codes.total():,} runs, {len(total.failures):,} failures: {monotonic() - began:,.0f} s")
    return 1 if total.failures else 0


def show(report: Report, folder: Path) -> None:
    """Print the failures by kind, then how often each exit code was met."""
    kinds = Counter(kind_of(problem) for problem, _ in report.failures)
    for kind, count in kinds.most_common():
        cases = [(problem, case) for problem, case in report.failures if kind_of(problem) == kind]
        print(f"\n{count:,} x {cases[0][0]}")
        for _, case in sorted(cases, key=lambda pair: len(pair[1].describe()))[:SHOWN]:
            print(f"    {save(case, folder / case.seed.replace(' ', '-'))[:1000]}   # seed {case.seed}")
    print_codes(report.codes)
    print(f"slowest: {report.slowest[0]:.1f} s, mbcost {report.slowest[1][:200]}")
    print(f"largest: {report.largest[0]:,.0f} MB, mbcost {report.largest[1][:200]}")


def print_codes(codes: Counter[tuple[str, int]]) -> None:
    """Print the number of runs by command and exit code as a table in Markdown."""
    names = sorted({name for name, _ in codes})
    columns = sorted({code for _, code in codes})
    print("\n| command | runs | " + " | ".join(f"exit code {code}" for code in columns) + " |")
    print("|---|" + "--:|" * (len(columns) + 1))
    for name in [*names, "all"]:
        counts = [sum(codes[row, code] for row in ([name] if name in names else names)) for code in columns]
        print(f"| {name} | {sum(counts):,} | " + " | ".join(f"{count:,}" for count in counts) + " |")
    print()


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(numbers[0], numbers[1] if len(numbers) > 1 else randrange(10**9), *numbers[2:]))
