"""What the page computes is what `mbcost table --format json` prints, to the last integer, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driver import address, opened
from tests.browser.settings import Setting, differences, draw_settings, settings_json

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

SEED = int(os.environ.get("SEED") or SystemRandom().randrange(2**32))
"""`SEED=… pytest` repeats a run."""
COUNTS = {"chromium": 1000, "firefox": 100}
"""How many settings a browser is asked: both have the same text, and one number type."""
_ASK = """(text) => JSON.stringify(JSON.parse(text).map(({reference, classes, convention}) => {
  try {
    return window.mbcost.costs(reference, {classes, convention});
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}))"""


def ask(page: Page, settings: list[Setting]) -> list[dict[str, Any] | None]:
    """What the page's engine answers to each setting, None for a refusal."""
    answers: list[dict[str, Any] | None] = json.loads(page.evaluate(_ASK, settings_json(settings)))
    return answers


def network_names(page: Page) -> list[str]:
    """The networks that the file carries."""
    data = json.loads(page.evaluate("document.getElementById('mbcost-data').textContent"))
    return [network["name"] for network in data["networks"]]


def test_random_settings_cost_what_the_command_prints(browser: Browser, explorer: Path) -> None:
    count = COUNTS[browser.browser_type.name]
    with opened(browser) as (page, watch):
        page.goto(address(explorer))
        settings = list(draw_settings(Random(SEED), network_names(page), count))
        answers = ask(page, settings)
        wrong = [line for pair in zip(settings, answers, strict=True) for line in differences(*pair)]
        assert wrong == [], f"SEED={SEED}: {len(wrong)} differences, the first: {wrong[:3]}"
        assert sum(answer is not None for answer in answers) > 0.9 * count
        watch.assert_silent(address(explorer))
