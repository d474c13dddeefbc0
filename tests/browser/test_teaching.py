"""The tour, the budget panel and the lesson of the page, by mouse and keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mbcost.cli.quantities import parse_size
from mbcost.errors import MbcostError
from tests.browser.driver import address, opened, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

STEPS = 8
CALM: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
IN_SIGHT = """() => {
  const [target, ...others] = document.querySelectorAll(".tour-target");
  const bar = document.querySelector(".controls").getBoundingClientRect();
  const panel = document.querySelector(".tour-panel").getBoundingClientRect();
  const {top, bottom} = target.getBoundingClientRect();
  const covered = bar.top < 1 ? bar.bottom : 0;
  return others.length === 0 && top >= covered && top < panel.top - 100 && bottom > top;
}"""


def read_state(page: Page) -> dict[str, Any]:
    state: dict[str, Any] = page.evaluate("window.mbcost.state")
    return state


def test_the_tour_shows_eight_things_and_leaves_the_page_as_it_is(chromium: Browser, explorer: Path) -> None:
    with opened(chromium, **CALM) as (page, watch):
        page.goto(address(explorer))
        page.get_by_role("button", name="Take the tour").click()
        seen = set()
        for step in range(STEPS):
            wait_until(page, f"window.mbcost.state.tour === {step}")
            wait_until(page, f"({IN_SIGHT})()")
            words = page.locator(".tour-words").inner_text()
            assert "undefined" not in words
            assert "NaN" not in words
            seen.add((page.locator(".tour-title").inner_text(), words))
            page.keyboard.press("ArrowRight" if step < STEPS - 1 else "ArrowLeft")
        assert len(seen) == STEPS
        wait_until(page, f"window.mbcost.state.tour === {STEPS - 2}")
        page.get_by_role("button", name="Step 8").click()
        wait_until(page, f"window.mbcost.state.tour === {STEPS - 1}")
        shown = read_state(page)
        page.keyboard.press("Escape")
        wait_until(page, "window.mbcost.state.tour === null")
        assert read_state(page) == {**shown, "tour": None}
        assert shown["budget"]["ram"] is not None
        assert page.locator(".tour-target").count() == 0
        assert page.evaluate("document.activeElement.textContent") == "Take the tour"
        watch.assert_silent(address(explorer))


def test_a_budget_names_what_binds_and_its_best_setting_is_one_click_away(chromium: Browser, explorer: Path) -> None:
    with opened(chromium, **CALM) as (page, watch):
        page.goto(address(explorer, "v2"))
        ram, flash = page.get_by_label("RAM, at most"), page.get_by_label("Flash, at most")
        ram.fill("320K")
        ram.press("Tab")
        with pytest.raises(MbcostError) as error:
            parse_size("320K", "ram")
        page.get_by_text(str(error.value), exact=True).wait_for()
        assert read_state(page)["budget"]["ram"] is None
        ram.fill("512 KiB")
        flash.fill("2MiB")
        page.get_by_text("mbcost fit v2 --ram 512KiB --flash 2MiB", exact=True).wait_for()
        page.get_by_text("v2@1/224 does not fit. RAM binds: 958.0\u202fKiB over. It also breaks flash.").wait_for()
        page.get_by_text("The best that fits is v2@0.52/160").wait_for()
        page.get_by_role("button", name="Show it").click()
        page.get_by_text("v2@0.52/160 fits. Flash binds:").wait_for()
        state = read_state(page)
        assert (state["alpha"], state["resolution"]) == (0.52, [160, 160])
        page.get_by_role("button", name="No limits").click()
        page.get_by_text("No limit is set").wait_for()
        assert (ram.input_value(), flash.input_value()) == ("", "")
        watch.assert_silent(address(explorer))


def test_the_lesson_follows_the_block_that_is_opened(chromium: Browser, explorer: Path) -> None:
    with opened(chromium, **CALM) as (page, watch):
        page.goto(address(explorer, "v1@0.5/160&block=1.1"))
        lesson = page.locator(".view-lesson")
        lesson.get_by_text("1/N + 1/K\u00b2 = 1/64 + 1/9 = 73/576").wait_for()
        lesson.get_by_role("button", name="Show the paper").click()
        lesson.get_by_text("13,296,640").wait_for()
        lesson.get_by_role("button", name="Set \u03b1 and \u03c1 as in the paper").click()
        lesson.get_by_text("15,091,200").wait_for()
        assert lesson.get_by_text("The paper prints").count() == 4
        watch.assert_silent(address(explorer))
