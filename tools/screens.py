"""Write the screens in docs/explore.md: `python -m tools.screens`.

A comment `<!-- screen 80x24 v2@0.75/160 down -->` states the size of the terminal, the network and the keys that are
pressed; the block behind it shows the screen. A test compares them.
"""

from __future__ import annotations

import re

from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.present.explore.line import line_text
from mbcost.present.explore.screen import draw
from mbcost.questions.explore.keys import press
from mbcost.questions.explore.state import begin
from mbcost.questions.explore.subject import make_scope
from mbcost.spec.catalogue.reference import parse_reference
from tools import ROOT

PAGE = ROOT / "docs" / "explore.md"
BLOCK = re.compile(r"(<!-- screen (\d+)x(\d+) (\S+)((?: \S+)*) -->\n+```text\n).*?(```\n)", re.DOTALL)


def show(reference: str, width: int, height: int, keys: list[str]) -> str:
    """Return the screen after some keys, as text."""
    scope = make_scope(parse_reference(reference).name, resolve_reference(reference), Settings(), ())
    state = begin(resolve_reference(reference), scope, "macs")
    for key in keys:
        state = press(state, key, scope, draw(state, scope, width, height).room)
    return "".join(f"{line_text(line).rstrip()}\n" for line in draw(state, scope, width, height).lines)


def rewrite(text: str) -> str:
    """Return the page with the screens as they are now."""
    return BLOCK.sub(
        lambda match: f"{match[1]}{show(match[4], int(match[2]), int(match[3]), match[5].split())}{match[6]}", text
    )


if __name__ == "__main__":
    PAGE.write_text(rewrite(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
