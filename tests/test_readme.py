"""Every ```console block in the README and the docs shows what its commands print."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import ROOT
from tools.blocks import PAGES, blocks, run_block
from tools.forks import forked

BLOCKS = blocks()
INSTALLED = [
    "$ mbcost table v2 --alpha 0.75 --res 160 --by stage\n",
    "$ mbcost new mynet --output - | tail -n 12\n",
    "$ mbcost validate v3-small --alpha 0.75,1 --res 224 --against fvcore,torch,torchvision,timm\n",
]
"""Commands that are also run in their own process. The third imports every library that the other pages need."""


@pytest.fixture(scope="module")
def forks() -> Iterator[str]:
    with forked() as path:
        yield path


@pytest.mark.long
@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=lambda value: value.partition("\n")[0])
def test_an_example_prints_what_it_shows(page: str, block: str, forks: str) -> None:
    assert run_block(block, forks) == block, page


@pytest.mark.long
@pytest.mark.parametrize("command", INSTALLED, ids=str.strip)
def test_the_installed_command_prints_the_same(command: str) -> None:
    (block,) = [block for _, block in BLOCKS if block.startswith(command)]
    assert run_block(block, os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])) == block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_of_docs_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in readme
