"""How the page looks: for everyone, on every screen, on paper, and without motion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.audit import list_violations, list_wide_elements
from tests.browser.driver import address, opened, settle
from tests.browser.states import HEIGHT, SCHEMES, STATES, WIDTHS
from tests.sampling import set_aside

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

VIEWS = [(width, scheme) for width in WIDTHS for scheme in SCHEMES]
LOOKS = [
    (state, width, scheme) if place == turn % len(STATES) else set_aside(state, width, scheme)
    for turn, (width, scheme) in enumerate(VIEWS)
    for place, state in enumerate(STATES)
]
"""Each width and scheme with one state, and with all of them in a thorough run."""
_LIST_CONTROLS = """() => [...document.querySelectorAll('button, input, select, textarea')]
  .filter((e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getClientRects().length > 0)
  .filter((e) => {
    const {appearance, borderTopWidth, backgroundColor} = getComputedStyle(e);
    const hasArrow = e.localName !== 'button' && appearance !== 'none';
    return hasArrow || borderTopWidth !== '0px' || backgroundColor !== 'rgba(0, 0, 0, 0)';
  })
  .map((e) => e.outerHTML.slice(0, 100))"""
"""What looks like a control. A choice can stay on paper as words."""
_LIST_MOTION = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const slider = document.querySelector('input[type=range]');
  slider.focus();
  slider.dispatchEvent(new KeyboardEvent('keydown', {key: 'End', bubbles: true, cancelable: true}));
  const moving = new Set();
  for (let count = 0; count < 4; count += 1) {
    await frame();
    for (const animation of document.getAnimations()) {
      const {localName, className} = animation.effect.target;
      if (animation.effect.getComputedTiming().activeDuration > 1) moving.add(`${localName} ${className}`);
    }
  }
  const smooth = [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).scrollBehavior === 'smooth');
  return [...moving, ...smooth.map((e) => `scrolls smoothly: ${e.localName}`)];
}"""


@pytest.mark.parametrize(("state", "width", "scheme"), LOOKS)
def test_no_rule_of_accessibility_is_broken_and_nothing_scrolls_sideways(
    chromium: Browser, explorer: Path, state: str, width: int, scheme: Any
) -> None:
    with opened(chromium, color_scheme=scheme, viewport={"width": width, "height": HEIGHT}) as (page, watch):
        page.goto(address(explorer, STATES[state]))
        settle(page)
        assert [*list_violations(page), *list_wide_elements(page)] == []
        watch.assert_silent(address(explorer))


def test_paper_has_the_numbers_and_no_controls(chromium: Browser, explorer: Path) -> None:
    with opened(chromium, viewport={"width": 794, "height": 1123}) as (page, watch):
        page.goto(address(explorer, "v2@0.75/160&vs=v3-small"))
        assert page.evaluate(_LIST_CONTROLS) != []
        page.emulate_media(media="print")
        assert page.evaluate(_LIST_CONTROLS) == []
        text = page.locator("body").inner_text()
        assert "107,295,200" in text
        assert "0.75" in text
        assert list_wide_elements(page) == []
        watch.assert_silent(address(explorer))


@pytest.mark.parametrize("choice", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_want_no_motion(chromium: Browser, explorer: Path, choice: Any) -> None:
    with opened(chromium, reduced_motion=choice) as (page, _):
        page.goto(address(explorer, "v2@0.75/160"))
        page.wait_for_timeout(50)
        motion = page.evaluate(_LIST_MOTION)
        assert (motion == []) == (choice == "reduce"), motion
