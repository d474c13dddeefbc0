"""The program: `python -m tools.faults [SHARE]`.

It prints a table in Markdown: each fault, how often it was tried, what happened, and what should not have happened.
SHARE is the part of the tries that is made, such as 0.1; it is 1 by default.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from random import Random

from tools.faults.attempts import LINES, Result, try_all
from tools.faults.inside import FAULTS
from tools.faults.outside import ENVIRONMENTS, interrupted_processes, run_processes, two_writers
from tools.hostile.limits import prepare


def results(share: float, chance: Random) -> Iterator[tuple[str, Result]]:
    """Try every fault."""
    for name, tries in FAULTS.items():
        yield name, try_all(attempt for attempt in tries() if chance.random() < share)
    yield "Ctrl-C or SIGTERM at each second of commands that load torch", interrupted_processes(share, chance)
    yield "two writers of one file", two_writers(share, chance)
    for name, environment in ENVIRONMENTS.items():
        yield name, run_processes((line for line in LINES if chance.random() < share), environment)


def main(share: float = 1.0) -> int:
    """Try every fault, print the table, and return 1 if something happened that should not."""
    prepare()
    wrong = 0
    print("| fault | tries | exit codes | wrong |\n|---|---|---|---|", flush=True)
    for name, result in results(share, Random(0)):
        codes = ", ".join(f"{code}: {count:,}" for code, count in sorted(result.codes.items()))
        print(f"| {name} | {result.tries:,} | {codes} | {len(result.wrong):,} |", flush=True)
        for problem in result.wrong:
            print(f"{name}: {problem}", file=sys.stderr, flush=True)
        wrong += len(result.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
