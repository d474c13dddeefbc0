"""The state is the address: it can be shared, and written by hand with mistakes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from mbcost.spec.catalogue.library import load_conventions
from mbcost.spec.catalogue.reference import parse_reference
from mbcost.spec.dtype import DTYPES
from tests.browser.driver import address, opened, wait_until
from tests.browser.settings import Setting, draw_settings, table_of
from tests.browser.test_numbers import SEED, network_names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

_SHOW = """(fragment) => new Promise((done) => {
  const before = location.href;
  const frame = () => requestAnimationFrame(done);
  addEventListener('popstate', frame, {once: true});
  location.hash = fragment;
  if (location.href === before) frame();
})"""
"""The page listens first, so that it draws before the promise is kept."""
WRONG = [
    "v9", "v2@wide", "v2@-1", "v2@0", "v2@1e999", "v2@0.75/0", "v2@0.75/160x", "v2@0.75/1e3", "v2:nobody", "v2@99999",
    "v2/99999999", "vs=v9", "vs=", "v2&classes=many", "v2&classes=0", "v2&classes=99999999999", "v2&convention=mine",
    "v2&allocator=x", "v2&dtype=int3", "v2&device=toaster", "v2&show=nothing", "v2&ram=1parsec", "v2&tour=99",
    "v2&tour=x", "v2&block=99.9", "v2&what=1", "v2&=&&", "%", "v2@%E0%A4%A", "\u202ev2", "<img src=x onerror=alert(1)>",
    "__proto__", "v2&__proto__=1", "v2&constructor=1", "v2&block=<script>alert(1)</script>",
    "v2@0.75/160:official&" + "a" * 20_000,
]  # fmt: skip
"""Addresses with a mistake."""


def show(page: Page, fragment: str) -> dict[str, Any]:
    """Write a fragment into the address, as a user does, and return the state that is shown then."""
    page.evaluate(_SHOW, fragment)
    state: dict[str, Any] = page.evaluate("window.mbcost.state")
    return state


def fragment_of(random: Random, setting: Setting) -> str:
    """An address with this setting, and others that do not change a number."""
    others = {
        "classes": str(setting.classes),
        "convention": setting.convention,
        "vs": random.choice(["v1@0.5/128", "v3-small@0.537/160x224:keras"]),
        "dtype": random.choice(list(DTYPES)),
        "show": random.choice(["mult-adds", "params", "activations", "memory"]),
        "ram": random.choice(["512KiB", "320k"]),
        "min-top1": "70.5",
    }
    keys = random.sample(list(others), random.randint(2, len(others)))
    pairs = [f"{key}={quote(others[key], safe='@/:')}" for key in {*keys, "classes", "convention"}]
    random.shuffle(pairs)
    return "&".join([setting.reference, *pairs])


def test_an_address_is_shown_as_the_command_reads_it_and_comes_back_after_a_reload(
    browser: Browser, explorer: Path
) -> None:
    random = Random(SEED)
    with opened(browser) as (page, watch):
        page.goto(address(explorer))
        drawn = draw_settings(random, network_names(page), 13)
        settings = [setting for setting in drawn if table_of(setting) is not None]
        for number, setting in enumerate(settings):
            state = show(page, fragment_of(random, setting))
            meant = parse_reference(setting.reference)
            assert (state["network"], state["alpha"]) == (meant.name, meant.alpha), f"SEED={SEED}: {setting}"
            assert tuple(state["resolution"]) == meant.resolution, f"SEED={SEED}: {setting}"
            assert (state["implementation"] or None) == meant.implementation, f"SEED={SEED}: {setting}"
            assert (state["classes"], state["convention"]) == (setting.classes, setting.convention), f"SEED={SEED}"
            if number % 6 == 0:
                page.reload()
                assert page.evaluate("window.mbcost.state") == state, f"SEED={SEED}: {page.url}"
        watch.assert_silent(address(explorer))


def test_what_a_control_changes_is_in_the_address_and_back_goes_back(browser: Browser, explorer: Path) -> None:
    with opened(browser) as (page, watch):
        page.goto(address(explorer, "v2@0.75/160"))
        before = page.evaluate("window.mbcost.state")
        page.locator("input[type=range]").first.focus()
        page.keyboard.press("PageUp")
        wait_until(page, "location.hash !== '#v2@0.75/160'")
        changed = page.evaluate("window.mbcost.state")
        assert changed["alpha"] == 1
        page.reload()
        assert page.evaluate("window.mbcost.state") == changed
        page.go_back()
        wait_until(page, "window.mbcost.state.alpha === 0.75")
        assert page.evaluate("window.mbcost.state") == before
        watch.assert_silent(address(explorer))


def test_a_wrong_address_gives_a_message_of_one_line_and_a_page_that_works(chromium: Browser, explorer: Path) -> None:
    with opened(chromium) as (page, watch):
        page.goto(address(explorer, "v1@0.5/128"))
        for number, fragment in enumerate(WRONG):
            if number % 8 == 0:
                show(page, "v1@0.5/128")
                assert read_messages(page) == [], fragment
            state = show(page, fragment)
            messages = read_messages(page)
            assert len(messages) == 1, (fragment, messages)
            assert len(messages[0]) < 400, (fragment, messages)
            assert state["network"] in network_names(page), fragment
            assert state["convention"] in load_conventions()
        assert page.locator("img").count() == 0
        page.locator("input[type=range]").first.focus()
        page.keyboard.press("ArrowLeft")
        wait_until(page, "document.querySelector('main').innerText.includes('multiply-adds')")
        watch.assert_silent(address(explorer))


def read_messages(page: Page) -> list[str]:
    """The lines of the messages that are shown."""
    texts: list[str] = page.locator(".messages p").all_inner_texts()
    return [line for text in texts for line in text.splitlines()]
