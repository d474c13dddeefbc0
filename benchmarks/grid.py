"""Totals of MobileNetV2 by the engine's forms and by counting tools, compared in one process.

`python -m benchmarks.grid` prints the tables of benchmarks/README.md. With `--long` it also computes a grid of 10^9
points and draws benchmarks/points.svg, the time over the number of points. Times differ between machines; the ratios
are what matters. Everything runs on one core: BLAS is limited below, and so is torch.
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

from benchmarks.totals import split_totals, weigh
from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.compact import compact
from mbcost.analytic.many.grid import Costs, compute_costs, compute_totals
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.analytic.network import resolve
from mbcost.measured.build import build
from mbcost.measured.counters import count
from mbcost.present.plot.canvas import INK, PALETTE, Drawing, abbreviate_ticks, render
from mbcost.questions.search.series import Series
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.scaling import Scaling

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Whole = NDArray[np.int64]
ROUNDS = 7
PICTURE = Path(__file__).parent / "points.svg"
TABLE_2 = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
"""V2 paper, table 2: t, c, n, s."""
TOOLS = ("fvcore", "torch", "torchinfo", "ptflops", "thop", "calflops")
V2 = load_spec("v2")
OFFICIAL = V2.implementation("official")
COEFFICIENTS = load_convention().mult_adds_coefficients
QUANTITY = WeightedCount.from_coefficients(COEFFICIENTS)


def round_channels(width: float) -> int:
    """Return the nearest multiple of 8, as most code does."""
    channels = max(8, int(width + 4) // 8 * 8)
    return channels + 8 if channels < 0.9 * width else channels


def count_by_hand(alpha: float, resolution: int) -> int:
    """Return the multiply-adds of V2, computed by the shortest correct loop over its printed table."""
    size = -(-resolution // 2)
    inputs = round_channels(32 * alpha)
    total = 27 * inputs * size * size
    for expansion, channels, repeats, first in TABLE_2:
        outputs = round_channels(channels * alpha)
        for repeat in range(repeats):
            expanded = inputs * expansion
            if expansion != 1:
                total += inputs * expanded * size * size
            if repeat == 0 and first == 2:
                size = -(-size // 2)
            total += (9 * expanded + expanded * outputs) * size * size
            inputs = outputs
    last = 1280 if alpha < 1 else round_channels(1280 * alpha)
    return total + inputs * last * size * size + last * 1000


def count_vectorised(alphas: NDArray[np.float64], resolutions: Whole) -> Whole:
    """Return the results of the same loop over arrays, with every point computed independently."""
    alpha, size = np.meshgrid(alphas, resolutions, indexing="ij")
    size = -(-size // 2)

    def scale(printed: int) -> Whole:
        scaled = printed * alpha
        channels = np.maximum(8, (scaled + 4).astype(np.int64) // 8 * 8)
        return np.where(channels < 0.9 * scaled, channels + 8, channels)

    inputs = scale(32)
    total = 27 * inputs * size * size
    for expansion, channels, repeats, first in TABLE_2:
        outputs = scale(channels)
        for repeat in range(repeats):
            expanded = inputs * expansion
            if expansion != 1:
                total = total + inputs * expanded * size * size
            if repeat == 0 and first == 2:
                size = -(-size // 2)
            total = total + (9 * expanded + expanded * outputs) * size * size
            inputs = outputs
    last = np.where(alpha < 1, 1280, scale(1280))
    totals: Whole = total + inputs * last * size * size + last * 1000
    return totals


def measure_seconds(call: Callable[[], object], times: int = 1) -> float:
    """Return the median time per call over some rounds, each of `times` calls."""
    call()
    rounds = []
    for _ in range(ROUNDS):
        started = perf_counter()
        for _ in range(times):
            call()
        rounds.append((perf_counter() - started) / times)
    return statistics.median(rounds)


def plan_v2(alpha: float) -> tuple[Block, ...]:
    """Return the blocks of V2."""
    return plan(Scaling(V2, OFFICIAL, alpha, 1000), 3)


def compare_single_totals() -> None:
    """Print the time of one total by each form of the engine and by counting tools."""
    exact = resolve(V2, alpha=0.75, resolution=160).mult_adds()
    total = weigh(compact(plan_v2(0.75)), COEFFICIENTS)
    assert exact == count_by_hand(0.75, 160) == total.at((160, 160))
    ours = measure_seconds(lambda: total.at((160, 160)), 1000)
    model, image = build(V2, alpha=0.75).eval(), torch.zeros(1, 3, 160, 160)
    with torch.device("meta"):
        meta = build(V2, alpha=0.75).eval()
    meta_image = torch.zeros(1, 3, 160, 160, device="meta")
    times = {
        "compact form, alpha known, without NumPy": ours,
        "hand-written loop over the (t, c, n, s) table": measure_seconds(lambda: count_by_hand(0.75, 160), 1000),
        "compact form, alpha planned again": measure_seconds(
            lambda: weigh(compact(plan_v2(0.75)), COEFFICIENTS).at((160, 160)), 20
        ),
        "layer objects, `resolve(...).mult_adds()`": measure_seconds(
            lambda: resolve(V2, alpha=0.75, resolution=160).mult_adds(), 20
        ),
        **{
            "FlopCounterMode" if tool == "torch" else f"{tool} {version(tool)}": measure_seconds(
                partial(count, tool, model, image)
            )
            for tool in TOOLS
        },
        "FlopCounterMode on meta tensors": measure_seconds(partial(count, "torch", meta, meta_image)),
    }
    print("\n| one exact total of V2 0.75 at 160, warm | time | ratio to the first |\n|---|---:|---:|")
    for name, seconds in times.items():
        unit, scale = ("µs", 1e6) if seconds < 1e-3 else ("ms", 1e3)
        print(f"| {name} | {seconds * scale:,.2f} {unit} | {seconds / ours:,.1f} |")


def compare_squares(alphas: list[float], plans: list[tuple[Block, ...]]) -> None:
    """Print the time of a grid of alphas and square resolutions, by the steps that it includes."""
    sizes = [(size, size) for size in range(1, 1001)]
    costs = compute_costs(group_columns(plans), QUANTITY)
    grid = compute_totals(costs, sizes)
    series = Series(V2, OFFICIAL, 1000, 3)

    def compute_from_plans(plans: list[tuple[Block, ...]]) -> Whole:
        return compute_totals(compute_costs(group_columns(plans), QUANTITY), sizes)

    assert int(grid[500, 159]) == resolve(V2, alpha=alphas[500], resolution=160).mult_adds()
    times = {
        "coefficients known: positions, product, int64 result": measure_seconds(lambda: compute_totals(costs, sizes)),
        "and the coefficients, from 1,000 plans": measure_seconds(lambda: compute_from_plans(plans)),
        "and the plans, each of the 1,000": measure_seconds(
            lambda: compute_from_plans([plan_v2(alpha) for alpha in alphas])
        ),
        "and the plans, only of distinct networks (`sweep`)": measure_seconds(
            lambda: compute_from_plans([plateau.blocks for plateau in series.plan_alphas(alphas)])
        ),
    }
    tenth = np.array(alphas[::10]), np.arange(1, 1001)
    vectorised = measure_seconds(lambda: count_vectorised(*tenth))
    assert (count_vectorised(*tenth) == grid[::10]).all()
    print("\n| 1,000 alphas x 1,000 resolutions of V2, exact | time | points per second |\n|---|---:|---:|")
    for name, seconds in times.items():
        print(f"| {name} | {1e3 * seconds:,.1f} ms | {1e6 / seconds:,.0f} |")
    print(f"| the loop above over NumPy arrays (measured on every tenth alpha) | {1e4 * vectorised:,.1f} ms "
          f"| {1e5 / vectorised:,.0f} |")  # fmt: skip


def compute_every_point(costs: Costs, points: int) -> None:
    """Compute the totals of all alphas at 1,000 heights and 1,000 widths, and discard them chunk by chunk."""
    computed = sum(chunk.size for chunk in split_totals(costs, range(1, 1001), range(1, 1001)))
    assert computed == points


def compare_chunks(plans: list[tuple[Block, ...]], *, long: bool) -> None:
    """Print the time of grids of growing size that are computed in chunks."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    costs = {
        alphas: compute_costs(group_columns(plans[:alphas]), QUANTITY)
        for alphas in (1, 3, 10, 30, 100, *((300, 1000) if long else ()))
    }
    rounds: dict[int, list[float]] = {alphas: [] for alphas in costs}
    for _ in range(ROUNDS):  # in each round every size once, so that a slow minute of the machine affects all sizes
        for alphas, cost in costs.items():
            started = perf_counter()
            compute_every_point(cost, alphas * 1_000_000)
            rounds[alphas].append(perf_counter() - started)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    times = {alphas * 1_000_000: statistics.median(seconds) for alphas, seconds in rounds.items()}
    print("\n| alphas x heights x widths of V2, in chunks | points | time | points per second | ns per point |")
    print("|---|---:|---:|---:|---:|")
    for points, seconds in times.items():
        print(
            f"| {points // 1_000_000:,} x 1,000 x 1,000 | {points:,} | {1e3 * seconds:,.1f} ms "
            f"| {points / seconds:,.0f} | {1e9 * seconds / points:.2f} |"
        )
    print(f"\nThe process grew by {memory:,.1f} MiB during this.")
    if long:
        PICTURE.write_bytes(render(draw_times(times), "svg"))


def draw_times(times: Mapping[int, float]) -> Drawing:
    """Return the drawing of seconds over points, both logarithmic, with the line of a time proportional to the points.

    The line has the speed of the largest grid, so deviations show in the small grids.
    """

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import EngFormatter

        axes = figure.subplots()
        points, seconds = list(times), list(times.values())
        pace = seconds[-1] / points[-1]
        label = f"{1e9 * pace:.2f} ns per point"
        axes.loglog(points, [pace * count for count in points], color=INK, linewidth=1, label=label)
        axes.loglog(points, seconds, "o", color=PALETTE[0], label="measured, median")
        abbreviate_ticks(axes.xaxis)
        axes.yaxis.set_major_formatter(EngFormatter(unit="s", sep=" "))
        axes.minorticks_off()
        axes.grid()
        axes.set_xlabel("points: alphas x heights x widths of MobileNetV2")
        axes.set_ylabel("time on one core")
        axes.set_title("Time of exact totals over the size of the grid")
        axes.legend(loc="upper left")

    return Drawing(draw, (6.4, 4.0))


def compare_allocators() -> None:
    """Print the time of the whole process of `mbcost fit` under each allocator."""
    options = "--flash 1MiB --ram 320KiB --mult-adds 60M --all"
    command = [sys.executable, "-m", "mbcost", "fit", *options.split()]
    print("\n| `mbcost fit` over six networks, every alpha, 32 to 320: whole process | time |\n|---|---:|")
    for allocator in ("naive", "inplace-depthwise", "fused-block", "arena"):
        run = partial(subprocess.run, [*command, "--allocator", allocator], capture_output=True, check=True)
        print(f"| {allocator} | {measure_seconds(run):,.2f} s |")


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
          f"NumPy {np.__version__}, torch {torch.__version__}, one core")  # fmt: skip
    compare_single_totals()
    alphas = [0.1 + 1.4 * number / 1000 for number in range(1000)]
    plans = [plan_v2(alpha) for alpha in alphas]
    compare_squares(alphas, plans)
    compare_chunks(plans, long="--long" in sys.argv)
    compare_allocators()


if __name__ == "__main__":
    main()
