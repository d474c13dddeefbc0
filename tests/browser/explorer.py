"""The page with every built-in network, as `mbcost page` writes it."""

from __future__ import annotations

from pathlib import Path

from mbcost.present.page.document import fill_page


def write_explorer(folder: Path) -> Path:
    """Write the page into a folder and return its path."""
    path = folder / "explorer.html"
    path.write_text(fill_page('{"networks": []}', title="mbcost", generator="mbcost"), encoding="utf-8")
    return path
