"""The file as such: it opens from disk, says nothing, asks for nothing, and lets nothing else in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mbcost.present.page.document import fill_page
from tests.browser.driver import address, opened, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long


def test_the_page_opens_from_disk_without_a_message_or_a_request(browser: Browser, explorer: Path) -> None:
    with opened(browser) as (page, watch):
        page.goto(address(explorer))
        wait_until(page, "document.querySelector('#mbcost').textContent !== ''")
        watch.assert_silent(address(explorer))


HOSTILE = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> @SCRIPT@ \\u003c & \u2028 é"


def test_hostile_data_stay_data_and_a_hostile_title_stays_text(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(fill_page(json.dumps({"name": HOSTILE}), title=HOSTILE, generator=HOSTILE), encoding="utf-8")
    with opened(browser) as (page, watch):
        page.goto(address(path))
        data = page.evaluate("document.getElementById('mbcost-data').textContent")
        assert json.loads(data) == {"name": HOSTILE}
        assert page.evaluate("document.querySelector('title').textContent") == HOSTILE
        assert page.locator("script").count() == 2
        assert page.locator("img").count() == 0
        watch.assert_silent(address(path))


def test_a_script_that_is_not_the_pages_own_is_blocked(browser: Browser, explorer: Path, tmp_path: Path) -> None:
    planted = "<script>window.planted = true</script><p style='color: red' onclick='window.planted = true'>x</p></body>"
    path = tmp_path / "planted.html"
    path.write_text(explorer.read_text(encoding="utf-8").replace("</body>", planted), encoding="utf-8")
    with opened(browser) as (page, watch):
        page.goto(address(path))
        page.locator("p", has_text="x").last.click()
        assert page.evaluate("window.planted") is None
        assert watch.messages != []
