"""Pages that users make: their size, names that are markup, and a page inside of a different page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mbcost
from tests.browser.driver import address, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long
NAME = "<img src=x onerror=alert(1)>"
SPEC = f"""\
name: {json.dumps(NAME)}
title: {json.dumps("</title><script>alert(2)</script><b>bold</b>")}
source: {{paper: {json.dumps("<a href='https://example.org'>")}}}
input: {{channels: 3, resolution: 32}}
columns: [operator, t, c, n, s]
rows:
  - [conv, ~, 16, 1, 2]
  - [bottleneck, 6, 24, 2, 2]
  - [global_pool, ~, ~, ~, ~]
  - [linear, ~, k, ~, ~]
implementations: {{family: v2}}
"""
FRAME = (
    '<!doctype html><iframe src="explorer.html#v2@0.5/160" sandbox="allow-scripts allow-downloads" title="x"></iframe>'
)


def test_the_page_of_all_built_in_mobilenets_has_at_most_700_kb(explorer: Path) -> None:
    assert explorer.stat().st_size <= 700_000


def test_names_that_are_markup_are_text(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / f"{NAME[:4]}.yaml").write_text(SPEC, encoding="utf-8")
    path = tmp_path / "own.html"
    path.write_text(mbcost.page(tmp_path / f"{NAME[:4]}.yaml", "v2", devices=["stm32n6"]), encoding="utf-8")
    with opened(browser) as (page, watch):
        page.goto(address(path))
        page.wait_for_function("window.mbcost !== undefined")
        assert page.evaluate("window.mbcost.state.network") == NAME
        assert page.locator("option", has_text=NAME).count() > 0
        page.get_by_text("3 steps: The inverted residual; The linear bottleneck; A budget.", exact=True).wait_for()
        page.evaluate(f"location.hash = '#' + encodeURIComponent({json.dumps(NAME + '<b>bold</b>')})")
        page.wait_for_timeout(50)
        counts = {tag: page.locator(tag).count() for tag in ("img", "a[href^=http]", "script", "b:text-is('bold')")}
        assert list(counts.values()) == [0, 0, 2, 0], counts
        watch.assert_silent(address(path))


def test_a_frame_that_may_only_run_scripts_has_the_whole_page(
    chromium: Browser, explorer: Path, tmp_path: Path
) -> None:
    (tmp_path / "explorer.html").symlink_to(explorer)
    (tmp_path / "frame.html").write_text(FRAME, encoding="utf-8")
    with opened(chromium) as (page, watch):
        page.goto(address(tmp_path / "frame.html"))
        frame = page.frames[1]
        frame.wait_for_function("window.mbcost !== undefined")
        costs = frame.evaluate('window.mbcost.costs("v2@0.5/160", {classes: 10, convention: "fvcore"})')
        network = mbcost.network("v2@0.5/160", classes=10)
        assert costs["mult_adds"] == network.mult_adds("fvcore")
        assert [row["params"] for row in costs["rows"]] == [row["params"] for row in network.table(convention="fvcore")]
        assert watch.messages == []
