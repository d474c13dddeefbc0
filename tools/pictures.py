"""Draw the pictures of docs/plot.md with the commands on that page: `python -m tools.pictures`.

A test compares the text in every picture with what its command draws. Nothing compares the rest: look at the pictures.
"""

from __future__ import annotations

import re
import shlex

from mbcost.cli import run
from tools import ROOT

COMMANDS: list[tuple[str, str]] = re.findall(
    r"^mbcost (plot .*) --output (docs/pictures/\S+)$", (ROOT / "docs" / "plot.md").read_text("utf-8"), re.MULTILINE
)
"""The arguments of each command on the page, and the file that it writes."""


def redraw() -> None:
    """Draw every picture on the page."""
    for command, kept in COMMANDS:
        run([*shlex.split(command), "--output", str(ROOT / kept)])


if __name__ == "__main__":
    redraw()
