"""Chromium and Firefox of the operating system, driven by Playwright. Nothing is downloaded, and the network is off.

Playwright's synchronous interface keeps an event loop running in its thread, which other tests of the suite would meet.
It therefore has a thread of its own, and the tests that use it are executed there.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page, Playwright

T = TypeVar("T")
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "firefox": ("firefox-esr", "firefox"),
}
"""The names of each browser's program on Linux, the preferred one first."""
PACKAGES = {"chromium": "chromium", "firefox": "firefox-esr"}
"""Debian's packages."""
DEAD_PROXY = "socks5://127.0.0.1:9"
"""Port 9 answers nothing: a request that leaves the machine fails."""
WITHOUT_GPU = ["--disable-gpu", "--disable-gpu-compositing"]
"""Without a graphics processor, chromium would emulate one to put the page together, which takes a sixth of a test."""
PATIENCE = 30
"""Seconds in which something that is waited for has to come; nearly all of it comes within one frame."""
RESTS = "document.querySelector('main.is-moving') === null"
"""Whether the page shows a state everywhere. While it changes, only what is in sight follows."""
FIREFOX: dict[str, str | float | bool] = {
    "network.proxy.type": 1,
    "network.proxy.socks": "127.0.0.1",
    "network.proxy.socks_port": 9,
    "network.proxy.socks_remote_dns": True,
}


@dataclass
class Watch:
    """What a page has said and asked for since it was opened."""

    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Note every console message, every error that nothing caught, and every request of a page."""
        page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))
        page.on("crash", lambda _: self.messages.append("the page crashed"))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self.requests.append(request.url))

    def _dismiss(self, dialog: Dialog) -> None:
        self.messages.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def assert_silent(self, allowed: str) -> None:
        """Fail if there was a message, or a request for anything but the file itself."""
        assert self.messages == []
        requests = [url for url in self.requests if not url.startswith(("data:", "blob:"))]
        assert {url.split("#")[0] for url in requests} <= {allowed}


class Driver:
    """One thread with Playwright, and at most one process per browser, which starts when it is first used."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "browser")
        self._ident = self._thread.submit(threading.get_ident).result()
        self._playwright: Playwright | None = None
        self._browsers: dict[str, Browser] = {}

    def call(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Execute a function in the driver's thread and return its result."""
        if threading.get_ident() == self._ident:
            return function(*arguments, **options)
        return self._thread.submit(function, *arguments, **options).result()

    def browser(self, name: str) -> Browser:
        """`chromium` or `firefox`; skip the test, or fail in CI, where there is none."""
        if name not in self._browsers:
            program = find_program(name)
            self._browsers[name] = self.call(self._launch, name, program)
        return self._browsers[name]

    def close(self) -> None:
        """End the browsers and the thread."""
        self.call(self._close)
        self._thread.shutdown()

    def _launch(self, name: str, program: str) -> Browser:
        if self._playwright is None:
            from playwright.sync_api import sync_playwright

            self._playwright = sync_playwright().start()
        if name == "chromium":
            return self._playwright.chromium.launch(
                executable_path=program, args=WITHOUT_GPU, proxy={"server": DEAD_PROXY}
            )
        # The channel is the unmodified browser; without it Playwright expects its own build.
        return self._playwright.firefox.launch(
            executable_path=program, channel="moz-firefox", firefox_user_prefs=FIREFOX
        )

    def _close(self) -> None:
        for browser in self._browsers.values():
            browser.close()
        if self._playwright is not None:
            self._playwright.stop()


def find_program(name: str) -> str:
    """The path of a browser; skip the test, or fail in CI, where there is none."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        give_up("playwright is not installed: install the extra 'dev'")
    programs = (shutil.which(program) for program in PROGRAMS[name])
    program = next(filter(None, programs), None)
    if program is None:
        give_up(f"{name} is not installed: install the package {PACKAGES[name]}")
    return program


def give_up(reason: str) -> NoReturn:
    """Skip the test with a reason; in CI, where the browsers have to be there, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (CI is set, so the tests of the page have to run)", pytrace=False)
    pytest.skip(reason)


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[tuple[Page, Watch]]:
    """A new page with its own context, in the driver's thread, and what it says."""
    context = browser.new_context(**options)
    try:
        page, watch = context.new_page(), Watch()
        page.set_default_timeout(1000 * PATIENCE)
        watch.attach(page)
        yield page, watch
    finally:
        context.close()


def settle(page: Page) -> None:
    """Wait until nothing moves and the page has not changed for a tenth of a second.

    Colours fade when their scheme changes, and pictures are refined when nothing else is to do.
    """
    calm, size = 0, -1
    for _ in range(100):
        page.wait_for_timeout(40)
        now = page.evaluate("document.body.outerHTML.length + 1e9 * document.getAnimations().length")
        calm, size = (calm + 1 if now == size else 0), now
        if calm == 3:
            return
    raise AssertionError("the page does not come to rest")


def wait_until(page: Page, condition: str) -> None:
    """Wait until an expression is true and the numbers rest, so that the whole page shows them.

    Playwright's own way to wait is `eval` in Firefox, which the page's policy blocks.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if page.evaluate(f"(async () => Boolean(await ({condition})) && {RESTS})()"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"it never became true: {condition}")


def address(file: Path, state: str = "") -> str:
    """The address of a page on disk, with a state after `#`."""
    return file.as_uri() + (f"#{state}" if state else "")
