"""Every ```console block in the README and the docs shows what its commands print, and so does every ```pycon block."""

from __future__ import annotations

import doctest
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import ROOT, documentation
from tools.blocks import BLOCK, PAGES, blocks, run_block
from tools.forks import forked
from tools.links import relative_links

BLOCKS = blocks()
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKING = list(dict.fromkeys([*PAGES, *(ROOT / page for page in documentation.PAGES)]))
INSTALLED = [
    "$ mbcost table v2 --alpha 0.75 --res 160 --by stage\n",
    "$ mbcost new mynet --output - | tail -n 12\n",
    "$ mbcost verify docs/net.py:make v2\n",
]
"""Commands that are also run in their own process. The third imports torch."""


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


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```pycon" in page.read_text("utf-8")], ids=lambda page: page.name
)
def test_python_in_a_page_returns_what_it_shows(page: Path) -> None:
    text = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert test.examples
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_the_readme_is_short_and_every_block_in_it_is_run() -> None:
    lines = README.splitlines()
    assert len(lines) <= 200
    assert {line for line in lines if line.startswith("```")} == {"```", "```console", "```pycon"}
    assert {"table", "compare", "explain", "verify", "fit"} <= set(
        re.findall(r"^\$ mbcost (\S+)", README, re.MULTILINE)
    )
    for block in BLOCK.findall(README):
        shown = [line for line in block.splitlines() if not line.startswith("$ ")]
        assert len(shown) <= 12, block
        assert all(len(line) <= 100 for line in shown), block
    assert README.index("## Install") < README.index("## One minute") < 2000


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in relative_links(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_of_docs_is_linked_from_the_readme() -> None:
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in README
