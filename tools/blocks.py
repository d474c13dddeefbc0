"""Every ```console block of the README and the docs: its commands are run, and what they print is written down.

After a deliberate change of output, `python -m tools.blocks` writes the blocks anew; a test holds them to what the
commands print.
"""

from __future__ import annotations

import os
import re
import subprocess

from tools import ROOT
from tools.forks import forked

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Every block with the name of its page.

    Raises:
        AssertionError: there are too few to be all.
    """
    found = [(page.name, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
    assert len(found) > 10, "the pages have lost their examples"
    return found


def run_block(block: str, path: str) -> str:
    """The block with what its commands print now, found in the folders of `path`.

    A line that starts with `$ ` is a command for the shell; standard error goes where standard output goes.
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


def rewrite() -> None:
    """Write every block anew from what its commands print."""
    with forked() as path:
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            new = BLOCK.sub(lambda match: f"```console\n{run_block(match[1], path)}```", text)
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
