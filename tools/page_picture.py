"""Photograph the interactive page for the README: `python -m tools.page_picture`. It needs chromium.

Nothing compares the picture with the page, whose letters differ from system to system: look at it.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import mbcost
from tests.browser.driver import DEAD_PROXY, address, find_program
from tools import ROOT

PICTURE = ROOT / "docs" / "pictures" / "page.png"
STATE = "v2@0.75/160:official"
"""What the page shows on the picture."""
WIDTH, HEIGHT = 1280, 810
COLOURS = 128
"""The colours of the picture; the page has few, and letters have shades of them."""


def photograph() -> None:
    """Write the picture of the page's top."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "explorer.html"
        file.write_text(mbcost.page(), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), proxy={"server": DEAD_PROXY})
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce"
        )
        page.goto(address(file, STATE))
        page.wait_for_function("window.mbcost !== undefined")
        image = Image.open(io.BytesIO(page.screenshot()))
        browser.close()
    image.convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    photograph()
