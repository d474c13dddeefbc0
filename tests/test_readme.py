"""Every ```console block of the README and the docs, run: what it shows is what the command prints.

After a deliberate change of output, `python -m tests.test_readme` writes the blocks anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def ran(block: str) -> str:
    """The block with what its commands print now; a line that starts with `$ ` is a command."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    parts = []
    for line in block.splitlines():
        if line.startswith("$ "):
            process = subprocess.run(
                line[2:], shell=True, cwd=ROOT, env=environment, check=False, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            parts.append(f"{line}\n{process.stdout}")
    return "".join(parts)


def blocks() -> list[tuple[str, str]]:
    found = [(page.name, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
    assert len(found) > 10, "the pages have lost their examples"
    return found


@pytest.mark.parametrize(("page", "block"), blocks(), ids=lambda value: value.partition("\n")[0])
def test_an_example_prints_what_it_shows(page: str, block: str) -> None:
    assert ran(block) == block, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_of_docs_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in readme


def rewrite() -> None:
    """Write every block anew from what its commands print."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(lambda match: f"```console\n{ran(match[1])}```", text), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
