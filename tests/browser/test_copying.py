"""What the page copies: a command that mbcost accepts, and tables as that command prints them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mbcost.cli import run
from tests.browser.driver import address, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

CATCH = (
    """Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => { window.copied = text; }}})"""
)
ADDRESSES = (
    "v2@0.75/160:keras&classes=10&convention=fvcore",
    "v3-small@0.123/131x96:torchvision&convention=torch-flops",
)


def read_output(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What mbcost prints for a command line."""
    program, *words = shlex.split(command)
    assert program == "mbcost"
    code = run(words)
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


@pytest.mark.parametrize("fragment", ADDRESSES)
def test_copied_tables_are_what_the_copied_command_prints(
    chromium: Browser, explorer: Path, fragment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(chromium) as (page, watch):
        page.add_init_script(CATCH)
        page.goto(address(explorer, fragment))
        section = page.locator("section", has=page.get_by_role("heading", name="Every layer"))
        copied = {}
        for name in ("Copy command", "Markdown", "LaTeX", "CSV"):
            section.get_by_role("button", name=name).click()
            copied[name] = str(page.evaluate("window.copied"))
        command = copied.pop("Copy command")
        for name, text in copied.items():
            assert text == read_output(f"{command} --format {name.lower()}", capsys)
        watch.assert_silent(address(explorer))


def test_the_command_for_two_networks_prints_the_ratios_of_the_page(
    chromium: Browser, explorer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(chromium) as (page, watch):
        page.add_init_script(CATCH)
        page.goto(address(explorer, "v2@0.75/160:official&vs=v3-small@1/224:keras&classes=10&convention=fvcore"))
        section = page.locator("section", has=page.get_by_role("heading", name="A second network"))
        section.get_by_role("button", name="Copy command").click()
        printed = read_output(str(page.evaluate("window.copied")), capsys)
        for row in section.locator("tbody tr").all()[:2]:
            for cell in row.locator("td.number").all()[:2]:
                assert str(cell.text_content()) in printed
        watch.assert_silent(address(explorer))
