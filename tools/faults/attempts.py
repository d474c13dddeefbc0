"""One command line under one fault, and what holds whatever the fault is."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tools.hostile.limits import Outcome, folder_with, run_line
from tools.hostile.texts import LAYERS, ROWS

FILES = {"flat.yaml": LAYERS.encode(), "rows.csv": ROWS.encode(), "bad.yaml": b"name: [\n", "old.txt": b"old\n"}
LINES = tuple(
    tuple(line.split())
    for line in """\
table v2
table v3-large --format json
table flat.yaml --format markdown
compare v1 v2
compare standard-vs-dws
compare residual-vs-inverted
diff v3-large@0.5 v3-large@0.5:torchvision
memory v2
formula v1 1.1.depthwise
ledger v2 --zeros
conventions
conventions macs
explain 300M v2@1/224
published v2
check v1 flat.yaml
check bad.yaml
schema
new mynet --output -
roofline v2 --device jetson-nano
accuracy v2@0.6/176
latency v2 --device pixel2-tflite
devices
devices stm32n6
calibrate --plan 4 v1
export v2
sweep v1 --alpha 0.25:1:0.01 --res 96:224:32 --format csv
fit --net v1 --ram 256KiB --limit 20
nets
show v2
--help
sweep --help
--version
table nothing
table bad.yaml
verify net.py:make --spec v2
validate v2
""".splitlines()
)
"""Command lines of every command; the last ones cannot run."""
LONG = tuple(
    tuple(line.split())
    for line in """\
sweep v2 --alpha 0.1:10:0.01 --res 32:1024:8 --format csv
sweep v2 v1 --alpha 0.1:10:0.01 --res 32:2000:8 --pareto mult-adds,params
sweep v2 --alpha 0.1:10:0.01 --res 32:512:8 --format json
fit --ram 1MiB --flash 4MiB
fit --ram 1MiB --allocator arena
explain 123.4M --deep
explain --rows rows.csv
published
published --errata
nets
""".splitlines()
)
"""Command lines that take long enough to be interrupted."""


@dataclass
class Result:
    """What happened under one fault."""

    tries: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Try:
    """One command line under one fault."""

    line: tuple[str, ...]
    fault: Callable[[], None] = lambda: None
    meanwhile: Callable[[int], None] = lambda _: None
    start: Callable[[], None] = lambda: None
    """What this process does before the command starts."""
    codes: tuple[int, ...] = (0, 1, 2)
    """The exit codes that are right."""
    files: tuple[str, ...] = ()
    """The files that the command may make or replace."""


def judge(attempt: Try, outcome: Outcome) -> str | None:
    """Return what is wrong with the outcome of a try, or None."""
    err = outcome.err.decode(errors="backslashreplace")
    lines = [line for line in err.splitlines() if re.match(r"mbcost: [\d,]+ .*, about ", line) is None]
    problems = [line for line in lines if not line.startswith("mbcost: ")]
    if outcome.code not in attempt.codes:
        return f"exit code {outcome.code}, {lines[-1:]}"
    if problems or len(lines) > 1:
        return f"exit code {outcome.code} with {(problems or lines)[-1]!r}"
    for name, content in outcome.changed.items():
        if name not in attempt.files:
            return f"exit code {outcome.code}, left {name!r}"
        if content is None and name in FILES:
            continue  # the fault removed it
        wrote = outcome.code in (0, 1) or attempt.line[0] == "check"  # its report is its output
        if not wrote or content is None or not content.endswith((b"\n", b"PAR1")):
            return f"exit code {outcome.code}, incomplete {name!r}"
    return None


def try_all(tries: Iterable[Try]) -> Result:
    """Run the tries."""
    result = Result()
    with tempfile.TemporaryDirectory(prefix="mbcost-faults-") as base:
        for attempt in tries:
            with folder_with(FILES, Path(base)) as folder:
                attempt.start()
                outcome = run_line(attempt.line, folder, fault=attempt.fault, meanwhile=attempt.meanwhile)
                problem = judge(attempt, outcome)
                folder.mkdir(exist_ok=True)  # a fault can be that it is removed
            result.tries += 1
            result.codes[outcome.code] += 1
            if problem:
                result.wrong.append(f"mbcost {' '.join(attempt.line)}: {problem}")
    return result
