"""Look at the page in every main state, width and scheme of colours: `python -m tools.page_audit FOLDER [PAGE.html]`.

A picture of each whole page is written to FOLDER, and a line is printed for each: how many rules of axe-core it breaks,
whether it scrolls sideways, and what it says on the console. The problems follow their line.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.audit import list_violations, list_wide_elements
from tests.browser.driver import Driver, Watch, address, opened, settle
from tests.browser.explorer import write_explorer
from tests.browser.states import HEIGHT, SCHEMES, STATES, WIDTHS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def audit(browser: Browser, file: Path, folder: Path) -> Iterator[str]:
    """Write the pictures and return the lines, state after state."""
    for scheme in SCHEMES:
        with opened(browser, color_scheme=scheme) as (page, watch):
            for name, state in STATES.items():
                page.goto(address(file, state))
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": HEIGHT})
                    yield from _look(page, watch, folder / f"{name}-{width}-{scheme}.png")


def _look(page: Page, watch: Watch, picture: Path) -> Iterator[str]:
    settle(page)
    page.screenshot(path=picture, full_page=True)
    violations, wide, messages = list_violations(page), list_wide_elements(page), [*watch.messages]
    watch.messages.clear()
    sideways = "yes" if wide else "no"
    yield f"{picture.stem:28} axe-core {len(violations):3}  sideways {sideways:3}  messages {len(messages)}"
    yield from (f"    {problem}" for problem in [*violations, *wide, *messages])


def main() -> None:
    """Write the pictures and print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("page", nargs="?", type=Path, help="a page; without one, the page of every built-in network")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    driver = Driver()
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = options.page or write_explorer(Path(folder))
            browser = driver.browser("chromium")
            lines = driver.call(lambda: list(audit(browser, file, options.folder)))
            sys.stdout.writelines(f"{line}\n" for line in lines)
    finally:
        driver.close()


if __name__ == "__main__":
    main()
