"""The checks of the page see faults that are planted in small pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.audit import list_keyboard_faults, list_violations, list_wide_elements
from tests.browser.driver import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

CHECKS: dict[str, Callable[[Page], list[str]]] = {
    "axe": list_violations,
    "width": list_wide_elements,
    "keyboard": list_keyboard_faults,
}
HEAD = (
    "<!doctype html><html lang=en><title>t</title><meta name=viewport content='width=device-width'>"
    "<style>summary, a, label, button, input { display: block; min-height: 24px; margin: 9px }</style><body>"
)
RIGHT = (
    "<main><h1>a</h1><label>b <input></label><button>c</button>"
    "<details><summary>d</summary><a href='#e'>e</a></details>"
    "<label><input type=radio name=f checked>f</label><label><input type=radio name=f>g</label>"
    "<label>h <input type=range></label><button hidden>i</button><button disabled>j</button></main>"
)
FAULTS = [
    ("axe", "<main><h1>a</h1><input></main>", "label"),
    ("axe", "<main><h1>a</h1><p style='color: #ccc; background: #fff'>pale</p></main>", "color-contrast"),
    ("axe", "<main><h1>a</h1><div role=slider tabindex=0></div></main>", "aria-"),
    ("width", "<main><h1>a</h1><div id=wide style='width: 400px; height: 9px'></div></main>", 'id="wide"'),
    ("keyboard", "<main><button style='outline: none'>a</button></main>", "no visible focus"),
    ("keyboard", "<main><button>a</button><button onkeydown='event.preventDefault()'>b</button></main>",
     "does not leave"),
    ("keyboard", "<main><button>a</button><button tabindex=1>b</button></main>", "does not reach"),
    ("keyboard", "<main><button style='position: fixed; left: -999px'>a</button></main>", "out of view"),
    ("keyboard", "<main><button style='opacity: 1; visibility: hidden' id=x>a</button>"
     "<button onfocus='x.style.visibility = \"visible\"; x.focus()'>b</button></main>", "is hidden"),
]  # fmt: skip


def test_the_checks_find_what_is_planted_and_nothing_in_a_page_without_a_fault(chromium: Browser) -> None:
    with opened(chromium, viewport={"width": 375, "height": 600}) as (page, _):
        for check, body, fault in [*((name, RIGHT, "") for name in CHECKS), *FAULTS]:
            page.set_content(f"{HEAD}{body}")
            problems = CHECKS[check](page)
            assert bool(problems) == bool(fault), (check, body, problems)
            assert fault in "\n".join(problems), (check, body, problems)
