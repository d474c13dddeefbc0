"""The pictures of docs/plot.md: each command there is run, and the picture that is kept shows what it draws.

Bytes depend on matplotlib's version, so the texts are compared. After a deliberate change, `python -m tools.pictures`
draws the pictures anew.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mbcost.cli import run
from mbcost.cli.plot.pictures import PICTURES
from tools import ROOT
from tools.page_picture import PICTURE
from tools.pictures import COMMANDS


def texts(path: Path) -> list[str]:
    """Every piece of text in an SVG, in order."""
    root = ElementTree.fromstring(path.read_bytes())
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_every_kind_of_picture_is_on_the_page_and_no_picture_is_left_over() -> None:
    assert {command.split()[1] for command, _ in COMMANDS} == set(PICTURES)
    assert {PICTURE, *(ROOT / kept for _, kept in COMMANDS)} == set((ROOT / "docs" / "pictures").iterdir())
    assert PICTURE.stat().st_size < 150_000  # `python -m tools.page_picture` makes it


@pytest.mark.parametrize(("command", "kept"), COMMANDS, ids=lambda value: value)
def test_a_picture_shows_what_its_command_draws(command: str, kept: str, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.svg"
    assert run([*shlex.split(command), "--output", str(drawn)]) == 0
    assert texts(ROOT / kept) == texts(drawn)
    assert (ROOT / kept).stat().st_size < 150_000
