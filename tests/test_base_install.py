"""What must work without optional libraries such as torch and numpy. CI runs it on every supported Python version."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [
    ["table", "v2", "--alpha", "0.75", "--res", "160"],
    ["table", "v3-small", "--format", "markdown"],
    ["table", "v3-small", "--format", "latex"],
    ["compare", "standard-vs-dws"],
    ["compare", "residual-vs-inverted"],
    ["compare", "v1", "v2"],
    ["formula", "v1", "1.1.depthwise"],
    ["ledger", "v2", "--convention", "fvcore,thop"],
    ["conventions"],
    ["conventions", "thop"],
    ["roofline", "v2", "--device", "jetson-nano"],
    ["nets"],
    ["show", "v3-large"],
    ["check", "v2", "v3-small"],
    ["lock", "v2", "v3-small@0.75", "--output", "-"],
    ["schema"],
    ["new", "mynet", "--output", "-"],
    ["--help"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_runs_without_optional_libraries(arguments: list[str], tmp_path: Path) -> None:
    # In a different folder, so that the installed package runs, with the specs that it contains.
    process = subprocess.run(
        [sys.executable, "-m", "mbcost", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout


def test_a_process_prints_the_cost_of_v2() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "mbcost", "table", "v2", "--format", "json"], capture_output=True, text=True, check=True
    )
    assert json.loads(process.stdout)["totals"]["mult_adds"] == 300_774_272


@pytest.mark.parametrize(
    "module", ["mbcost", "mbcost.errors", "mbcost.spec.implementation", "mbcost.spec.catalogue.library",
               "mbcost.spec.tally", "mbcost.analytic.layers", "mbcost.analytic.network", "mbcost.present.table",
               "mbcost.present.cost.counts", "mbcost.present.records",
               "mbcost.present.report.values", "mbcost.present.report.fragment", "mbcost.present.report.document",
               "mbcost.python.arguments", "mbcost.python.networks", "mbcost.python.costs", "mbcost.python.devices",
               "mbcost.python.answers", "mbcost.questions.work",
               "mbcost.spec.catalogue.reference", "mbcost.analytic.reference", "mbcost.cli.arguments",
               "mbcost.spec.catalogue.measured", "mbcost.spec.reading.label", "mbcost.spec.reading.measurements",
               "mbcost.spec.reading.milliseconds", "mbcost.spec.reading.runs", "mbcost.spec.reading.writing"]
)  # fmt: skip
def test_the_examples_in_docstrings_are_true(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
