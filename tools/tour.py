"""Execute the notebook docs/tour.ipynb and store it with its outputs: `python -m tools.tour`.

A test executes it and compares the outputs.
"""

from __future__ import annotations

from typing import Any

from tools import ROOT

NOTEBOOK = ROOT / "docs" / "tour.ipynb"
LONGEST = 120
"""Seconds that a cell may take."""


def read_notebook() -> Any:
    """Return the notebook as it is stored."""
    import nbformat

    return nbformat.read(NOTEBOOK, as_version=4)


def execute(notebook: Any) -> list[list[Any]]:
    """Execute the notebook in place, in the folder docs, and return the outputs of every cell with code.

    Raises:
        CellExecutionError: a cell raises an error.
    """
    from nbclient import NotebookClient

    for cell in notebook.cells:
        cell.pop("outputs", None)
        if cell.cell_type == "code":
            cell.outputs = []
    client = NotebookClient(
        notebook, timeout=LONGEST, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}},
        record_timing=False,
    )  # fmt: skip
    client.execute()
    return list_outputs(notebook)


def list_outputs(notebook: Any) -> list[list[Any]]:
    """Return the outputs of every cell with code."""
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def rewrite() -> None:
    """Store the notebook with its present outputs, and without what differs between machines."""
    import nbformat

    notebook = read_notebook()
    execute(notebook)
    notebook.metadata = {"language_info": {"name": "python"}, "kernelspec": notebook.metadata["kernelspec"]}
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    rewrite()
