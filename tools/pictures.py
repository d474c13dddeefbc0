"""The pictures of docs/plot.md, drawn by the commands that the page gives: `python -m tools.pictures`.

Look at them afterwards. A test holds the texts in them to what the commands draw.
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
    """Draw every picture of the page anew."""
    for command, kept in COMMANDS:
        run([*shlex.split(command), "--output", str(ROOT / kept)])


if __name__ == "__main__":
    redraw()
