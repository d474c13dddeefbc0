"""The page with every built-in MobileNet, as `mbcost page` writes it."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import mbcost
from mbcost.present.page.document import fill_page
from mbcost.questions.page.document import MOBILENETS, describe_page


def write_explorer(folder: Path) -> Path:
    """Write the page into a folder and return its path. Processes that share the folder write it once."""
    path = folder / "explorer.html"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            document = describe_page([mbcost.network(name) for name in MOBILENETS], mbcost.__version__)
            path.write_text(fill_page(json.dumps(document), title="mbcost", generator="mbcost"), encoding="utf-8")
    return path
