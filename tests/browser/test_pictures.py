"""The pictures show what the engine counts, and move with the pointer and with the keyboard."""

from __future__ import annotations

from math import isclose, prod, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from tests.browser.driver import address, opened, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

_RECTANGLES = """(group) => [...document.querySelectorAll(`${group} > rect`)].map((node) =>
  ['x', 'y', 'width', 'height'].map((name) => Number(node.getAttribute(name))))"""
_ROWS = "(reference) => window.mbcost.costs(reference).rows"
_TOTAL = "(reference) => window.mbcost.costs(reference).mult_adds"
_RESTS = """new Promise((answer) => {
  const top = () => document.querySelector('.plane-handle').getBoundingClientRect().top;
  const before = top();
  setTimeout(() => answer(top() === before), 60);
})"""
"""Whether the plane stays where it is: sections that come into view can move it."""
_ROUNDING = 0.06
"""Half of the last digit of a coordinate, and what two of them can add."""
SIGNS = ("add", "multiply")


def rectangles(page: Page, group: str) -> list[list[float]]:
    """The position and the size of each rectangle in a group."""
    found: list[list[float]] = page.evaluate(_RECTANGLES, group)
    return found


def assert_proportional(sizes: list[float], values: list[float]) -> None:
    """Fail unless all sizes are the same multiple of the values, but for rounding; small ones are drawn larger."""
    scale = max(sizes) / max(values)
    for size, value in zip(sizes, values, strict=True):
        assert abs(size - scale * value) <= _ROUNDING * (1 + value / max(values)) or scale * value < size <= 3, (
            size,
            value,
        )


def test_maps_and_bars_are_to_scale(chromium: Browser, explorer: Path) -> None:
    with opened(chromium, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as (page, watch):
        for reference in ("v2@0.5/128", "v3-large@1.4/320"):
            page.goto(address(explorer, reference))
            wait_until(page, "document.querySelectorAll('.bars > rect').length > 0")
            rows: list[dict[str, Any]] = page.evaluate(_ROWS, reference)
            maps = [row for row in rows if row["operator"] not in SIGNS]
            drawn = rectangles(page, ".slot-network .maps")
            assert_proportional([height for *_, height in drawn], [sqrt(row["output"][2]) for row in maps])
            assert_proportional([width for *_, width, _ in drawn], [prod(row["output"][:2]) ** 0.25 for row in maps])
            bars = rectangles(page, ".bars")
            assert_proportional([height for *_, height in bars], [row["mult_adds"] for row in rows])
            centres = {row["name"]: x + width / 2 for row, (x, _, width, _) in zip(maps, drawn, strict=True)}
            for row, (x, _, width, _) in zip(rows, bars, strict=True):
                assert isclose(x + width / 2, centres.get(row["name"], x + width / 2), abs_tol=0.2), row["name"]
            page.goto("about:blank")
        watch.assert_silent(address(explorer))


def test_two_networks_are_drawn_to_one_scale(chromium: Browser, explorer: Path) -> None:
    references = ("v3-small@0.75/160:official", "v1@0.5/128:official")
    with opened(chromium, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as (page, watch):
        page.goto(address(explorer, "&vs=".join(references)))
        heights: list[float] = []
        values: list[float] = []
        for number, reference in enumerate(references, 1):
            page.get_by_role("heading", name=reference).wait_for()
            rows: list[dict[str, Any]] = page.evaluate(_ROWS, reference)
            drawn = rectangles(page, f".pictures-pair > :nth-child({number}) .maps")
            maps = [row for row in rows if row["operator"] not in SIGNS]
            assert len(drawn) == len(maps)
            heights += [height for *_, height in drawn]
            values += [sqrt(row["output"][2]) for row in maps]
        assert_proportional(heights, values)
        save = page.locator(".slot-versus .save")
        assert save.is_visible()
        page.get_by_label("Second network", exact=True).select_option("")
        save.wait_for(state="hidden")
        watch.assert_silent(address(explorer))


def test_a_block_opens_by_keyboard_with_its_formulas(chromium: Browser, explorer: Path) -> None:
    with opened(chromium, viewport={"width": 375, "height": 800}) as (page, watch):
        page.goto(address(explorer, "v2@0.75/160"))
        page.locator(".block-button[tabindex='0']").focus()
        for key in ("End", "ArrowLeft", "Home", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        wait_until(page, "window.mbcost.state.block === '2.2'")
        page.locator(".formula-table tbody tr").first.wait_for()
        lines = page.locator(".formula-table tbody tr").evaluate_all(
            "(lines) => lines.map((line) => [line.dataset.row, ...[...line.cells].map((cell) => cell.textContent)])"
        )
        rows = {row["name"]: row for row in page.evaluate(_ROWS, "v2@0.75/160")}
        assert [name for name, *_ in lines] == [name for name in rows if name.startswith("2.2.")]
        for name, _, formula, mult_adds, params in lines:
            assert int(mult_adds.replace(",", "")) == rows[name]["mult_adds"]
            assert int(params.replace(",", "")) == rows[name]["params"]
            if rows[name]["kernel"]:
                assert prod(int(number) for number in formula.replace("·", " ").split()) == rows[name]["mult_adds"]
        page.keyboard.press("Escape")
        wait_until(page, "window.mbcost.state.block === null")
        assert page.evaluate("document.activeElement.dataset.block") == "2.2"
        watch.assert_silent(address(explorer))


def test_the_cross_moves_by_keys_and_by_dragging(browser: Browser, explorer: Path) -> None:
    with opened(browser, viewport={"width": 1280, "height": 900}) as (page, watch):
        page.goto(address(explorer, "v2@0.75/160"))
        handle = page.locator(".plane-handle")
        handle.focus()
        for key, alpha, side in (("PageUp", 0.75, 192), ("Shift+ArrowRight", 1, 192), ("ArrowDown", 1, 184),
                                 ("Home", 0.35, 184), ("Shift+ArrowUp", 0.35, 185)):  # fmt: skip
            page.keyboard.press(key)
            wait_until(page, f"String([mbcost.state.alpha, ...mbcost.state.resolution]) === '{alpha},{side},{side}'")
        wait_until(page, "document.querySelector('.plane-handle').ariaValueText.includes('0.35, 185')")
        exact = f"{page.evaluate(_TOTAL, 'v2@0.35/185'):,}"
        assert exact in str(handle.get_attribute("aria-valuetext"))
        handle.evaluate("(node) => node.scrollIntoView({block: 'center'})")
        wait_until(page, _RESTS)
        box = handle.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 150, y - 20, steps=4)
        page.mouse.up()
        wait_until(page, "mbcost.state.alpha > 0.4 && mbcost.state.resolution[0] > 185")
        page.wait_for_timeout(50)
        moved = handle.bounding_box()
        assert moved is not None
        assert abs(moved["x"] - box["x"] - 150) < 12
        assert abs(moved["y"] - box["y"] + 20) < 12
        watch.assert_silent(address(explorer))


def test_a_saved_picture_is_a_whole_file(chromium: Browser, explorer: Path, tmp_path: Path) -> None:
    with opened(chromium, viewport={"width": 1280, "height": 900}) as (page, _):
        page.goto(address(explorer, "v3-small@0.75/160&vs=v2"))
        wait_until(page, "document.querySelectorAll('.heats > path').length > 0")
        for what in ("network", "bars", "plane", "versus"):
            with page.expect_download() as download:
                page.locator(f".slot-{what} .save").click()
            path = tmp_path / f"{what}.svg"
            download.value.save_as(path)
            root = ElementTree.parse(path).getroot()
            known = {node.get("id") for node in root.iter() if node.get("id")}
            values = [value for node in root.iter() for value in node.attrib.values()]
            used = {value.split("#")[1].rstrip(")\"'") for value in values if value.startswith("url(")}
            assert used <= known, (what, used - known)
            assert used, what
            assert not any("var(" in value for value in values), what
