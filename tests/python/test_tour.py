"""The notebook `docs/tour.ipynb` is stored as it was executed, and executes as it is stored."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec

import pytest

import mbcost
from tools.tour import NOTEBOOK, execute, list_outputs, read_notebook

SHOWN = {
    "build", "compare", "diff", "explain", "fit", "ledger", "measure", "memory", "network", "published", "roofline",
    "rows", "sweep", "validate", "verify",
}  # fmt: skip


def test_the_notebook_is_stored_whole_small_and_without_paths_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 30_000
    assert re.findall(r"/(?:home|root|tmp|usr|work|Users)/|[A-Z]:\\\\|\\u001b|[Tt]raceback", text) == []
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell["outputs"] and not cell["metadata"] for cell in cells)
    called = set(re.findall(r"mbcost\.(\w+)\(", "".join("".join(cell["source"]) for cell in cells)))
    assert called >= SHOWN
    assert called <= set(mbcost.__all__)


@pytest.mark.long
def test_the_notebook_prints_what_it_shows() -> None:
    for library in ("torch", "nbclient", "ipykernel"):
        if find_spec(library) is None:
            pytest.skip(f"{library} is not installed, so the notebook is not executed: make test installs it")
    notebook = read_notebook()
    stored = [[dict(output) for output in outputs] for outputs in list_outputs(notebook)]
    assert execute(notebook) == stored
