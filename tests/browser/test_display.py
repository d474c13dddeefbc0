"""While the numbers move, the page draws what is in sight; it never leaves an old number where somebody can see it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mbcost
from tests.browser.driver import address, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

_STEP = """async ([alpha, total]) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const until = async (condition) => {
    for (let count = 0; count < 600 && !condition(); count += 1) await frame();
  };
  const isMoving = () => document.querySelector('main.is-moving') !== null;
  const move = (key) => document.querySelector('input[type=range]').dispatchEvent(
    new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  const read = () => ({
    isMoving: isMoving(),
    near: document.querySelector('.slot-totals').textContent,
    far: document.querySelector('.slot-table tfoot').textContent,
  });
  const answers = {};
  const shown = async (key) => {
    move(key);
    await until(() => window.mbcost.state.alpha === alpha[key]);
  };
  await shown('End');
  answers.moved = read();
  dispatchEvent(new Event('beforeprint'));
  answers.printed = read();
  await shown('Home');
  await until(() => !isMoving());
  answers.rested = read();
  await shown('End');
  document.querySelector('.slot-table').scrollIntoView({behavior: 'instant'});
  await until(() => !isMoving() || read().far.includes(total));
  answers.scrolled = read();
  return answers;
}"""


def test_what_is_out_of_sight_follows_on_paper_in_sight_and_at_rest(browser: Browser, explorer: Path) -> None:
    with opened(browser, viewport={"width": 1280, "height": 900}) as (page, watch):
        page.goto(address(explorer, "v2@0.75/160"))
        slider = page.locator("input[type=range]").first
        least, most = (float(slider.get_attribute(name) or "") for name in ("min", "max"))
        numbers = {
            alpha: f"{mbcost.network('v2', alpha=alpha, resolution=160).mult_adds():,}" for alpha in (least, most)
        }
        answers = page.evaluate(_STEP, [{"Home": least, "End": most}, numbers[most]])
        assert numbers[most] in answers["moved"]["near"]
        assert answers["moved"]["isMoving"]
        assert numbers[most] not in answers["moved"]["far"], "a step should not draw what nobody sees"
        assert numbers[most] in answers["printed"]["far"]
        assert numbers[least] in answers["rested"]["far"]
        assert numbers[most] in answers["scrolled"]["far"]
        assert answers["scrolled"]["isMoving"]
        watch.assert_silent(address(explorer))
