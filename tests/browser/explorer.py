"""The page with every built-in MobileNet, as `mbcost page` writes it."""

from __future__ import annotations

import fcntl
from pathlib import Path

import mbcost


def write_explorer(folder: Path) -> Path:
    """Write the page into a folder and return its path. Processes that share the folder write it once."""
    path = folder / "explorer.html"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_text(mbcost.page(), encoding="utf-8")
    return path
