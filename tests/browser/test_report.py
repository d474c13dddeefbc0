"""A report of `--format html` in real browsers: sorted exactly, by mouse and keyboard; silent; readable by everyone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from mbcost.present.report.document import Origin, render_document
from mbcost.present.report.fragment import render_fragment
from mbcost.present.table import Cell, Column, Spelled, Table, build_table, decimal_cell
from tests.browser.audit import list_keyboard_faults, list_violations, list_wide_elements
from tests.browser.driver import address, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
KEYS = ("layer", "params", "ratio", "size", "word", "ms")
ROWS: list[dict[str, Any]] = [
    # The first two counts are the same float; the ratios and the sizes are in another order than their texts.
    dict(zip(KEYS, row, strict=True))
    for row in (
        ("2.1.expand", 2**60 + 1, Fraction(100001, 300000), (9, 9, 3), "b", -1),
        ("10.1.conv", 2**60, Fraction(1, 3), (112, 112, 2), "B", 10),
        ("<img src=x onerror=alert(1)>", 9, None, (7, 7, 320), "</td>", 9),
        ("2.1.add", 10**30, Fraction(9, 8), None, "", None),
        ("3.1.add", 0, Fraction(10), (1, 1, 10), "é", 100),
    )
]


def _cell(value: Any) -> Cell:
    if isinstance(value, tuple):
        return Spelled("x".join(map(str, value)), value)
    return decimal_cell(value, 3) if isinstance(value, Fraction) else value


def _make_table() -> Table:
    def column(key: str, *, numeric: bool = False) -> Column[dict[str, Any]]:
        return Column(key, key, lambda row: _cell(row[key]), numeric=numeric)

    columns = [column(key, numeric=key in ("params", "ratio", "ms")) for key in KEYS]
    return build_table("Net  alpha 1  classes 2", columns, ROWS, {"layer": "total", "params": 3}, ["a note"])


def _order(key: str) -> list[int]:
    """The rows as `--sort` orders them: the largest number or the first word first, empty cells last."""

    def rank(index: int) -> Any:
        value = ROWS[index][key]
        if isinstance(value, tuple):
            value = value[0] * value[1] * value[2]
        return (value is None or value == "", value if isinstance(value, str) else -(value or 0))

    return sorted(range(len(ROWS)), key=rank)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    origin = Origin(("mbcost", "table", "<img src=x onerror=alert(1)>", "--res", "96"), ("mbcost 1", "Python 3"))
    path.write_text(render_document(_make_table(), origin), encoding="utf-8")
    return path


SORTED = """() => [...document.querySelectorAll('thead th')].map((header) => [1, 2, 3].map(() => {
  header.querySelector('button').click();
  const states = [...document.querySelectorAll('thead th')].map((other) => other.getAttribute('aria-sort'));
  const names = [...document.querySelectorAll('tbody th')].map((name) => name.textContent);
  return [header.getAttribute('aria-sort'), states.filter((state) => state).length, names];
}))"""
"""Each header is activated three times; after each time, how the rows are sorted."""


def test_every_column_is_sorted_exactly(browser: Browser, report: Path) -> None:
    names = [row["layer"] for row in ROWS]
    with opened(browser) as (page, watch):
        page.goto(address(report))
        for key, states in zip(KEYS, page.evaluate(SORTED), strict=True):
            order = list(range(len(ROWS))) if key == "layer" else _order(key)  # layers are in the network's order
            empty = [index for index in order if ROWS[index][key] in (None, "")]
            back = [index for index in order[::-1] if index not in empty] + empty
            up, down = ("ascending", "descending") if key in ("word", "layer") else ("descending", "ascending")
            assert [(way, count, [names.index(name) for name in shown]) for way, count, shown in states] == [
                (up, 1, order), (down, 1, back), (None, 0, list(range(len(ROWS)))),
            ]  # fmt: skip
        assert page.locator("tfoot tr").all_text_contents() == ["total3"]
        assert page.locator("img").count() == 0
        watch.assert_silent(address(report))


def test_a_header_works_by_mouse_and_by_keyboard_alone(chromium: Browser, report: Path) -> None:
    with opened(chromium) as (page, watch):
        page.goto(address(report))
        rows = page.locator("tbody tr")
        page.get_by_role("button", name="params").click()
        assert rows.first.locator("th").text_content() == "2.1.add"
        page.keyboard.press("Shift+Tab")  # from params to layer
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert rows.first.locator("th").text_content() == "3.1.add"
        assert page.get_by_role("columnheader", name="params").get_attribute("aria-sort") == "ascending"
        page.keyboard.press("Space")
        assert rows.first.locator("th").text_content() == "2.1.expand"
        assert page.locator("code").text_content() == "mbcost table '<img src=x onerror=alert(1)>' --res 96"
        page.get_by_role("button", name="Copy").click()
        page.locator(".command button", has_text="ed").wait_for()  # Copied, or Selected where a page may not copy
        watch.assert_silent(address(report))


def test_everyone_can_read_a_report_and_a_part_of_a_page(chromium: Browser, report: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title>'
    site = '<meta name="color-scheme" content="light dark"><main><h1>t</h1>'
    part.write_text(f"{head}{site}{render_fragment([_make_table()])}</main>", encoding="utf-8")
    with opened(chromium) as (page, watch):
        for path in (report, part):
            page.goto(address(path))
            for width in (375, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert list_wide_elements(page) == []
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    assert list_violations(page) == []
            assert list_keyboard_faults(page) == []
        assert watch.messages == []
        assert set(watch.requests) <= {address(report), address(part)}
