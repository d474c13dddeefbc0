"""Write the output of the commands in the README and the docs into the pages: `python -m tools.blocks`.

With the names of pages, such as `python -m tools.blocks README.md docs/fit.md`, only those are written. A test compares
every ```console block with what its commands print.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import ROOT
from tools.forks import forked

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Return every block with the name of its page.

    Raises:
        AssertionError: there are so few blocks that the pattern must have missed most of them.
    """
    shown = [(page.name, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
    assert len(shown) > 10, "the pages have lost their examples"
    return shown


def run_block(block: str, path: str) -> str:
    """Return the block with the current output of its commands; `path` is the PATH that they are found in.

    A line that starts with `$ ` is a command for the shell. Its output includes what it writes to standard error.
    """
    parts = []
    for line in block.splitlines():
        if line.startswith("$ "):
            process = subprocess.run(
                line[2:], shell=True, cwd=ROOT, env={**os.environ, "PATH": path}, check=False, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            parts.append(f"{line}\n{process.stdout}")
    return "".join(parts)


def rewrite(pages: Sequence[Path]) -> None:
    """Replace the output in every block of the pages by what its commands print now."""
    with forked() as path:
        for page in pages:
            text = page.read_text(encoding="utf-8")
            new = BLOCK.sub(lambda match: f"```console\n{run_block(match[1], path)}```", text)
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    rewrite([ROOT / page for page in sys.argv[1:]] or PAGES)
