"""Every control of the page does something, however one reaches it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.audit import list_keyboard_faults, list_wide_elements
from tests.browser.controls import WAYS, try_controls
from tests.browser.driver import address, opened
from tests.browser.states import HEIGHT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long


@pytest.mark.parametrize("way", WAYS)
def test_every_control_works(chromium: Browser, explorer: Path, way: str) -> None:
    is_phone = way == "finger"
    viewport = {"width": 375 if is_phone else 1280, "height": HEIGHT}
    motion: Any = "no-preference" if is_phone else "reduce"  # a glide is many frames
    with opened(chromium, has_touch=is_phone, is_mobile=is_phone, viewport=viewport, reduced_motion=motion) as (
        page,
        watch,
    ):
        page.goto(address(explorer, "v2@0.75/160&vs=v3-small"))
        names, faults = try_controls(page, way)
        assert faults == []
        assert len(names) > 25
        assert list_wide_elements(page) == []
        watch.assert_silent(address(explorer))


def test_tab_reaches_every_control_in_order_with_a_visible_focus_and_leaves(chromium: Browser, explorer: Path) -> None:
    for width in (375, 1280):
        with opened(chromium, viewport={"width": width, "height": HEIGHT}) as (page, _):
            page.goto(address(explorer, "v2@0.75/160&vs=v3-small&block=3.1"))
            assert list_keyboard_faults(page) == []
