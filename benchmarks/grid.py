"""Totals of MobileNetV2 by the engine's forms and by counting tools, side by side in one run, in this process.

`python -m benchmarks.grid` prints the tables of benchmarks/README.md; with `--long` it takes a grid of 10^9 points as
well and draws benchmarks/points.svg, the time over the points.
Times differ from machine to machine; the ratios are what counts. One core: BLAS is told so below, torch as well.
"""

from __future__ import annotations

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.compact import compact
from mbcost.analytic.many.grid import Costs, chunks, compute_costs, compute_totals, total_of
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.analytic.network import resolve
from mbcost.measured.build import build
from mbcost.measured.counters import count
from mbcost.present.plot.canvas import INK, PALETTE, Drawing, abbreviate_ticks, render
from mbcost.questions.search.configurations import Series
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.scaling import Scaling

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Whole = NDArray[np.int64]
ROUNDS = 7
PICTURE = Path(__file__).parent / "points.svg"
TABLE = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
"""V2 paper, table 2: t, c, n, s."""
TOOLS = ("fvcore", "torch", "torchinfo", "ptflops", "thop", "calflops")


def rounded(width: float) -> int:
    """The nearest multiple of 8, as everybody writes it."""
    channels = max(8, int(width + 4) // 8 * 8)
    return channels + 8 if channels < 0.9 * width else channels


def by_hand(alpha: float, resolution: int) -> int:
    """Multiply-adds of V2 as a loop over its printed table: the shortest that is right."""
    size = -(-resolution // 2)
    inputs = rounded(32 * alpha)
    total = 27 * inputs * size * size
    for expansion, channels, repeats, first in TABLE:
        outputs = rounded(channels * alpha)
        for repeat in range(repeats):
            wide = inputs * expansion
            if expansion != 1:
                total += inputs * wide * size * size
            if repeat == 0 and first == 2:
                size = -(-size // 2)
            total += (9 * wide + wide * outputs) * size * size
            inputs = outputs
    last = 1280 if alpha < 1 else rounded(1280 * alpha)
    return total + inputs * last * size * size + last * 1000


def seconds(call: Callable[[], object], times: int = 1) -> float:
    """The median of some rounds, each of so many calls, per call."""
    call()
    found = []
    for _ in range(ROUNDS):
        started = perf_counter()
        for _ in range(times):
            call()
        found.append((perf_counter() - started) / times)
    return statistics.median(found)


def numpy_vectorised(alphas: NDArray[np.float64], resolutions: Whole) -> Whole:
    """The same loop over arrays: every point on its own, as one vectorises at first."""
    alpha, size = np.meshgrid(alphas, resolutions, indexing="ij")
    size = -(-size // 2)

    def width(printed: int) -> Whole:
        scaled = printed * alpha
        channels = np.maximum(8, (scaled + 4).astype(np.int64) // 8 * 8)
        return np.where(channels < 0.9 * scaled, channels + 8, channels)

    inputs = width(32)
    total = 27 * inputs * size * size
    for expansion, channels, repeats, first in TABLE:
        outputs = width(channels)
        for repeat in range(repeats):
            wide = inputs * expansion
            if expansion != 1:
                total = total + inputs * wide * size * size
            if repeat == 0 and first == 2:
                size = -(-size // 2)
            total = total + (9 * wide + wide * outputs) * size * size
            inputs = outputs
    last = np.where(alpha < 1, 1280, width(1280))
    found: Whole = total + inputs * last * size * size + last * 1000
    return found


def every_point(costs: Costs, points: int) -> None:
    """Work out the totals of all alphas at 1,000 heights and 1,000 widths, and let go of them chunk by chunk."""
    done = sum(chunk.size for chunk in chunks(costs, range(1, 1001), range(1, 1001)))
    assert done == points


def drawn(measured: Mapping[int, float]) -> Callable[[Figure], None]:
    """Seconds over points, both logarithmic, beside the line of a time in proportion to the points.

    The line has the speed of the largest grid, so it is the small ones that can be off it.
    """

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import EngFormatter

        axes = figure.subplots()
        points, times = list(measured), list(measured.values())
        pace = times[-1] / points[-1]
        axes.loglog(
            points, [pace * each for each in points], color=INK, linewidth=1, label=f"{1e9 * pace:.2f} ns a point"
        )
        axes.loglog(points, times, "o", color=PALETTE[0], label="measured, median")
        abbreviate_ticks(axes.xaxis)
        axes.yaxis.set_major_formatter(EngFormatter(unit="s", sep=" "))
        axes.minorticks_off()
        axes.grid()
        axes.set_xlabel("points: alphas x heights x widths of MobileNetV2")
        axes.set_ylabel("time on one core")
        axes.set_title("Time of exact totals over the size of the grid")
        axes.legend(loc="upper left")

    return draw


def main() -> None:
    """Measure and print."""
    long = "--long" in sys.argv
    torch.set_num_threads(1)
    v2, convention = load_spec("v2"), load_convention()
    official = v2.implementation("official")
    weigh = convention.mult_adds_coefficients

    def planned(alpha: float) -> tuple[Block, ...]:
        return plan(Scaling(v2, official, alpha, 1000), 3)

    exact = resolve(v2, alpha=0.75, resolution=160).mult_adds()
    total = total_of(compact(planned(0.75)), weigh)
    assert exact == by_hand(0.75, 160) == total.at((160, 160))

    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
          f"NumPy {np.__version__}, torch {torch.__version__}, one core")  # fmt: skip
    hand = seconds(lambda: by_hand(0.75, 160), 1000)
    ours = seconds(lambda: total.at((160, 160)), 1000)
    print("\n| one exact total of V2 0.75 at 160, warm | time | ratio to the first |\n|---|---:|---:|")

    def row(name: str, found: float) -> None:
        unit, scale = ("µs", 1e6) if found < 1e-3 else ("ms", 1e3)
        print(f"| {name} | {found * scale:,.2f} {unit} | {found / ours:,.1f} |")

    row("compact form, alpha known, without NumPy", ours)
    row("hand-written loop over the (t, c, n, s) table", hand)
    row("compact form, alpha planned anew", seconds(lambda: total_of(compact(planned(0.75)), weigh).at((160, 160)), 20))
    row(
        "layer objects, `resolve(...).mult_adds()`",
        seconds(lambda: resolve(v2, alpha=0.75, resolution=160).mult_adds(), 20),
    )
    model, image = build(v2, alpha=0.75).eval(), torch.zeros(1, 3, 160, 160)
    for tool in TOOLS:
        name = "FlopCounterMode" if tool == "torch" else f"{tool} {version(tool)}"
        row(name, seconds(partial(count, tool, model, image)))
    with torch.device("meta"):
        meta = build(v2, alpha=0.75).eval()
    row(
        "FlopCounterMode on meta tensors",
        seconds(lambda: count("torch", meta, torch.zeros(1, 3, 160, 160, device="meta"))),
    )

    alphas = [0.1 + 1.4 * number / 1000 for number in range(1000)]
    sizes = [(size, size) for size in range(1, 1001)]
    plans = [planned(alpha) for alpha in alphas]
    costs = compute_costs(group_columns(plans), WeightedCount.from_coefficients(weigh))
    grid = compute_totals(costs, sizes)
    series = Series(v2, official, 1000, 3)

    def from_plans(chosen: list[tuple[Block, ...]]) -> Whole:
        return compute_totals(compute_costs(group_columns(chosen), WeightedCount.from_coefficients(weigh)), sizes)

    assert int(grid[500, 159]) == resolve(v2, alpha=alphas[500], resolution=160).mult_adds()
    times = {
        "coefficients known: positions, product, int64 result": seconds(lambda: compute_totals(costs, sizes)),
        "and the coefficients, from 1,000 plans": seconds(lambda: from_plans(plans)),
        "and the plans, each of the 1,000": seconds(lambda: from_plans([planned(alpha) for alpha in alphas])),
        "and the plans, of what differs among them (`sweep`)": seconds(
            lambda: from_plans([each.blocks for each in series.at(alphas)])
        ),
    }
    few = np.array(alphas[::10]), np.arange(1, 1001)
    vectorised = seconds(lambda: numpy_vectorised(*few))
    assert (numpy_vectorised(*few) == grid[::10]).all()
    print("\n| 1,000 alphas x 1,000 resolutions of V2, exact | time | points a second |\n|---|---:|---:|")
    for name, found in times.items():
        print(f"| {name} | {1e3 * found:,.1f} ms | {1e6 / found:,.0f} |")
    print(f"| the loop above over NumPy arrays (measured on every tenth alpha) | {1e4 * vectorised:,.1f} ms "
          f"| {1e5 / vectorised:,.0f} |")  # fmt: skip

    print("\n| alphas x heights x widths of V2, in chunks | points | time | points a second | ns a point |")
    print("|---|---:|---:|---:|---:|")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    parts = {
        number: compute_costs(group_columns(plans[:number]), WeightedCount.from_coefficients(weigh))
        for number in (1, 3, 10, 30, 100, *((300, 1000) if long else ()))
    }
    rounds: dict[int, list[float]] = {number: [] for number in parts}
    for _ in range(ROUNDS):  # sizes take turns, so that a slow minute of the machine falls on all of them
        for number, part in parts.items():
            started = perf_counter()
            every_point(part, number * 1_000_000)
            rounds[number].append(perf_counter() - started)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    measured = {number * 1_000_000: statistics.median(times) for number, times in rounds.items()}
    for points, found in measured.items():
        print(
            f"| {points // 1_000_000:,} x 1,000 x 1,000 | {points:,} | {1e3 * found:,.1f} ms | {points / found:,.0f} "
            f"| {1e9 * found / points:.2f} |"
        )
    print(f"\nThe process grew by {memory:,.1f} MiB meanwhile.")
    if long:
        PICTURE.write_bytes(render(Drawing(drawn(measured), (6.4, 4.0)), "svg"))

    command = [sys.executable, "-m", "mbcost", "fit", "--flash", "1MiB", "--ram", "320KiB", "--mult-adds", "60M"]
    print("\n| `mbcost fit` over six networks, every alpha, 32 to 320: whole process | time |\n|---|---:|")
    for allocator in ("naive", "inplace-depthwise", "fused-block", "arena"):
        run = partial(subprocess.run, [*command, "--allocator", allocator], capture_output=True, check=True)
        found = seconds(run)
        print(f"| {allocator} | {found:,.2f} s |")


if __name__ == "__main__":
    main()
