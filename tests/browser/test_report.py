"""A report of `--format html` in real browsers: sorted by mouse and keyboard, exact, silent, readable by everyone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mbcost.present.report.document import Origin, render_document
from mbcost.present.report.fragment import render_fragment
from mbcost.present.table import Cell, Column, Spelled, Table, build_table, decimal_cell
from tests.browser.driver import address, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long
ROWS: list[dict[str, Any]] = [
    # The first two counts are the same float, the ratios and the sizes differ from what is printed or spelled.
    {"layer": "2.1.expand", "params": 2**60 + 1, "ratio": Fraction(100001, 300000), "size": (9, 9, 3), "word": "b", "ms": -1},
    {"layer": "10.1.conv", "params": 2**60, "ratio": Fraction(1, 3), "size": (112, 112, 2), "word": "B", "ms": 10},
    {"layer": "<img src=x onerror=alert(1)>", "params": 9, "ratio": None, "size": (7, 7, 320), "word": "</td>", "ms": 9},
    {"layer": "2.1.add", "params": 10**30, "ratio": Fraction(9, 8), "size": None, "word": "", "ms": None},
    {"layer": "3.1.add", "params": 0, "ratio": Fraction(10), "size": (1, 1, 10), "word": "é", "ms": 100},
]  # fmt: skip


def _cell(value: Any) -> Cell:
    if isinstance(value, tuple):
        return Spelled("x".join(map(str, value)), value)
    return decimal_cell(value, 3) if isinstance(value, Fraction) else value


def _make_table() -> Table:
    def column(key: str, *, numeric: bool = False) -> Column[dict[str, Any]]:
        return Column(key, key, lambda row: _cell(row[key]), numeric=numeric)

    columns = [column(key, numeric=key in ("params", "ratio", "ms")) for key in ROWS[0]]
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


def _shown(page: Page) -> list[int]:
    names = page.locator("tbody th").all_text_contents()
    assert page.locator("tfoot tr").all_text_contents() == ["total3"]
    return [[row["layer"] for row in ROWS].index(name) for name in names]


def _sorted(page: Page) -> dict[str, str]:
    return dict(
        page.locator("thead th[aria-sort]").evaluate_all("all => all.map(th => [th.textContent, th.ariaSort])")
    )


def test_a_report_is_sorted_exactly_by_mouse_and_by_keyboard(browser: Browser, report: Path) -> None:
    first = list(range(len(ROWS)))
    with opened(browser) as (page, watch):
        page.goto(address(report))
        for key in ROWS[0]:
            button = page.get_by_role("button", name=key, exact=True)
            if key == "layer":  # layers are in the order of the network
                ways = [("ascending", first), ("descending", first[::-1]), (None, first)]
            else:
                order = _order(key)
                empty = [index for index in order if ROWS[index][key] in (None, "")]
                back = [index for index in order[::-1] if index not in empty] + empty
                up, down = ("ascending", "descending") if key == "word" else ("descending", "ascending")
                ways = [(up, order), (down, back), (None, first)]
            for turn, (way, expected) in enumerate(ways):
                if turn == 1:  # the same by keyboard alone
                    button.press("Enter")
                elif turn == 2:
                    button.press("Space")
                else:
                    button.click()
                assert _shown(page) == expected, (key, way)
                assert _sorted(page) == ({} if way is None else {key: way})
                assert button.evaluate("button => button === document.activeElement")
        assert page.locator("img").count() == 0
        assert page.locator("code").text_content() == "mbcost table '<img src=x onerror=alert(1)>' --res 96"
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Cop").or_(page.get_by_role("button", name="Selected")).wait_for()
        watch.assert_silent(address(report))


AXE = Path(__file__).parents[2] / "page" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_a_report(chromium: Browser, report: Path, tmp_path: Path, width: int, scheme: Any) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci --prefix page")
    part = tmp_path / "part.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title>'
    site = f'<meta name="color-scheme" content="light dark"><main style="padding: 1em"><h1>t</h1>'
    part.write_text(f"{head}{site}{render_fragment([_make_table()])}</main>", encoding="utf-8")
    for path in (report, part):
        with opened(chromium, viewport={"width": width, "height": 800}, color_scheme=scheme) as (page, watch):
            page.goto(address(path))
            page.evaluate(AXE.read_text(encoding="utf-8"))
            violations = page.evaluate("axe.run().then(result => result.violations)")
            assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            watch.assert_silent(address(path))
