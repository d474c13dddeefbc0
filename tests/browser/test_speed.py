"""A step of a slider is little work. What it takes in milliseconds is measured by `python -m tools.page_timing`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.driver import address, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

MOST = 8
"""The work of a step against that of the yardstick, at most. The yardstick makes and lays out 500 rows of a table."""
_COMPARE = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const slider = document.querySelector('input[type=range]');
  const press = (key) => slider.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  const step = async (key) => {
    press(key);
    await frame();
    const start = performance.now();
    const {port1, port2} = new MessageChannel();
    await new Promise((done) => { port1.onmessage = done; port2.postMessage(0); });
    return performance.now() - start;
  };
  const yardstick = () => {
    const start = performance.now();
    const table = document.createElement('table');
    for (let row = 0; row < 500; row += 1) {
      const line = document.createElement('tr');
      for (let cell = 0; cell < 8; cell += 1) line.insertCell().textContent = row * cell;
      table.append(line);
    }
    document.body.append(table);
    table.getBoundingClientRect();
    table.remove();
    return performance.now() - start;
  };
  const steps = [], yardsticks = [];
  for (let count = 0; count < 30; count += 1) {
    steps.push(await step(count % 20 < 10 ? 'ArrowRight' : 'ArrowLeft'));
    yardsticks.push(yardstick());
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return {step: median(steps), yardstick: median(yardsticks)};
}"""


def test_a_step_of_a_slider_is_not_much_more_work_than_a_small_table(chromium: Browser, explorer: Path) -> None:
    with opened(chromium) as (page, _):
        page.goto(address(explorer, "v2@0.75/160"))
        measured = page.evaluate(_COMPARE)
        assert measured["step"] < MOST * measured["yardstick"], measured
