"""Measure in chromium how long the page takes: `python -m tools.page_timing [PAGE.html] [--steps N] [--address STATE]`.

Two figures, both from a run without a window on this machine:

- **a step of a slider**: what Chromium's tracing shows of the main thread between one press of an arrow key and the
  next, script, style, layout and paint, as processor time and as time on the clock. Per slider, the median, the 90th
  percentile and the longest task.
- **first interaction**: the time from the start of the navigation until a slider exists, has moved, and the frame with
  the new numbers is painted.

Both depend on the machine, so no test asserts them. `tests/browser/test_speed.py` has a test that does not.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from tests.browser.driver import Driver, address, opened
from tests.browser.explorer import write_explorer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SLIDERS = "input[type=range]:not([disabled]), [role=slider]"
CATEGORIES = ["blink.user_timing", "disabled-by-default-devtools.timeline", "__metadata"]
FIRST = """() => {
  const wait = () => {
    const slider = document.querySelector('input[type=range]:not([disabled])');
    if (!slider || !window.mbcost?.costs) { requestAnimationFrame(wait); return; }
    slider.focus();
    slider.value = slider.value === slider.min ? slider.max : slider.min;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    slider.dispatchEvent(new Event('change', {bubbles: true}));
    requestAnimationFrame(() => setTimeout(() => { window.firstInteraction = performance.now(); }));
  };
  wait();
}"""
PAINTED = (
    "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))))"
)


@dataclass(frozen=True)
class Step:
    """The work of the main thread for one step of a slider, in milliseconds."""

    processor: float
    clock: float
    longest: float
    """The longest single task, on the clock."""


def measure_first(browser: Browser, url: str, tries: int) -> list[tuple[float, float]]:
    """Return the milliseconds until the first interaction, per try, each with a fresh context.

    They are those on the clock, and the processor time of the main thread until shortly after.
    """
    times = []
    for _ in range(tries):
        with opened(browser) as (page, _watch):
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.add_init_script(f"addEventListener('DOMContentLoaded', {FIRST})")
            page.goto(url)
            page.wait_for_function("window.firstInteraction")
            metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
            times.append((float(page.evaluate("window.firstInteraction")), 1000 * metrics["TaskDuration"]))
    return times


def measure_steps(browser: Browser, url: str, steps: int) -> dict[str, list[Step]]:
    """Return the steps of every visible slider by its name."""
    with opened(browser, viewport={"width": 1280, "height": 900}) as (page, _watch):
        page.goto(url)
        page.wait_for_selector(SLIDERS)
        names = [
            page.locator(SLIDERS).nth(index).evaluate("e => e.getAttribute('aria-label') || e.id || e.name")
            for index in range(page.locator(SLIDERS).count())
            if page.locator(SLIDERS).nth(index).is_visible()
        ]
        return {name or str(index): _trace(browser, page, index, steps) for index, name in enumerate(names)}


def _trace(browser: Browser, page: Page, index: int, steps: int) -> list[Step]:
    """Press an arrow key as often as `steps` says, away from the end of the slider and back, and read the trace."""
    slider = page.locator(SLIDERS).nth(index)
    slider.focus()
    page.keyboard.press("Home")
    page.evaluate(PAINTED)
    with _tracing(browser, page) as events:
        for step in range(steps):
            page.evaluate(f"performance.mark('mbcost-step-{step}')")
            page.keyboard.press("ArrowRight" if step % 40 < 20 else "ArrowLeft")
            page.evaluate(PAINTED)
        page.evaluate(f"performance.mark('mbcost-step-{steps}')")
    return list(_read_steps(events, steps))


@contextmanager
def _tracing(browser: Browser, page: Page) -> Iterator[list[dict[str, Any]]]:
    """Trace while the block is executed; its list then has the events."""
    events: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        browser.start_tracing(page=page, path=Path(folder) / "trace.json", categories=CATEGORIES)
        yield events
        events += json.loads(browser.stop_tracing())["traceEvents"]


def _read_steps(events: Sequence[dict[str, Any]], steps: int) -> Iterator[Step]:
    """The tasks of the thread that made the marks, from one mark to the next."""
    marks = {event["name"]: event for event in events if str(event.get("name", "")).startswith("mbcost-step-")}
    first = marks["mbcost-step-0"]
    thread = (first["pid"], first["tid"])
    tasks = [
        event
        for event in events
        if event.get("ph") == "X" and event["name"] == "RunTask" and (event["pid"], event["tid"]) == thread
    ]
    for step in range(steps):
        start, end = (marks[f"mbcost-step-{number}"]["ts"] for number in (step, step + 1))
        inside = [task for task in tasks if start <= task["ts"] < end]
        yield Step(
            sum(task.get("tdur", 0) for task in inside) / 1000,
            sum(task["dur"] for task in inside) / 1000,
            max((task["dur"] for task in inside), default=0) / 1000,
        )


def report(first: Sequence[tuple[float, float]], steps: dict[str, list[Step]]) -> Iterator[str]:
    """The figures as lines of text."""
    clock, processor = zip(*first, strict=True)
    yield f"first interaction: median {median(clock):.0f} ms, slowest {max(clock):.0f} ms, {len(first)} fresh pages"
    yield f"processor time of the main thread until then: median {median(processor):.0f} ms"
    yield "milliseconds of the main thread per step: processor time (median, p90), time on the clock, longest task"
    yield f"{'slider':30} {'steps':>5} {'median':>8} {'p90':>8} {'clock':>8} {'longest task':>13}"
    for name, values in steps.items():
        work = [step.processor for step in values]
        yield (
            f"{name[:30]:30} {len(values):5} {median(work):8.2f} {quantiles(work, n=10)[-1]:8.2f}"
            f" {median(step.clock for step in values):8.2f} {max(step.longest for step in values):13.2f}"
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("page", nargs="?", type=Path, help="a page; without one, the page of every built-in network")
    parser.add_argument("--steps", type=int, default=60, help="steps per slider")
    parser.add_argument("--tries", type=int, default=5, help="fresh pages for the first interaction")
    parser.add_argument("--address", default="", help="the state after #")
    options = parser.parse_args()
    driver = Driver()
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = address(options.page or write_explorer(Path(folder)), options.address)
            browser = driver.browser("chromium")
            first = driver.call(measure_first, browser, url, options.tries)
            steps = driver.call(measure_steps, browser, url, options.steps)
            sys.stdout.writelines(f"{line}\n" for line in report(first, steps))
    finally:
        driver.close()


if __name__ == "__main__":
    main()
