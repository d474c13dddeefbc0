"""The time of start-up and of one table, as whole processes compared in one run: `make benchmark`.

The floor is what a command line imports that is made of the usual parts: typer, rich and PyYAML. Times differ between
machines; the ratios are what matters.
"""

from __future__ import annotations

import os
import pty
import statistics
import subprocess
import sys
import time

ROUNDS = 15
SLOW_ROUNDS = 3
FLOOR = [sys.executable, "-c", "import typer, rich.table, yaml"]
MBCOST = [sys.executable, "-m", "mbcost"]
PEER = """
import torch, torchvision, fvcore.nn
model = torchvision.models.mobilenet_v2().eval()
print(fvcore.nn.FlopCountAnalysis(model, torch.zeros(1, 3, 224, 224)).total())
"""


def measure_seconds(command: list[str], *, terminal: bool = False) -> float:
    """Return the wall time of one whole process; its output is read and discarded."""
    started = time.perf_counter()
    if not terminal:
        subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started
    controller, end = pty.openpty()
    process = subprocess.Popen(command, stdout=end, stderr=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "120"})
    os.close(end)
    try:
        while os.read(controller, 65536):
            pass
    except OSError:  # Linux: the other end is closed
        pass
    process.wait()
    os.close(controller)
    return time.perf_counter() - started


def main() -> None:
    """Measure the commands in turn, so that a slow minute of the machine affects all, and print medians and ratios."""
    commands = {
        "floor: import typer, rich.table, yaml": (FLOOR, False, None),
        "mbcost --version": ([*MBCOST, "--version"], False, 1.1),
        "mbcost --help": ([*MBCOST, "--help"], False, 1.3),
        "mbcost table v2, piped": ([*MBCOST, "table", "v2"], False, 1.15),
        "mbcost table v2, on a terminal": ([*MBCOST, "table", "v2"], True, 2.0),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, (command, terminal, _) in commands.items():
            times[name].append(measure_seconds(command, terminal=terminal))
    floor, *rest = commands
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{floor:40} {1000 * medians[floor]:7.0f} ms")
    for name in rest:
        target = commands[name][2]
        ratio = statistics.median(ours / base for ours, base in zip(times[name], times[floor], strict=True))
        print(f"{name:40} {1000 * medians[name]:7.0f} ms  {ratio:5.2f} x the floor  (target {target})")
    published = statistics.median(
        measure_seconds([*MBCOST, "published", "--format", "json"]) / measure_seconds(FLOOR) for _ in range(SLOW_ROUNDS)
    )
    print(f"{'mbcost published':40} {'':10}  {published:5.1f} x the floor  (target 20)")
    peer = statistics.median(measure_seconds([sys.executable, "-c", PEER]) for _ in range(SLOW_ROUNDS))
    ratio = peer / medians["mbcost table v2, piped"]
    print(f"{'torchvision + fvcore, the same network':40} {1000 * peer:7.0f} ms  {ratio:5.1f} x ours  (target 20)")


if __name__ == "__main__":
    main()
