"""The page's engine, executed by node as it is, with the document that Python writes into a page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mbcost.analytic.network import resolve
from mbcost.questions.page.devices import load_calibrations
from mbcost.questions.page.document import MOBILENETS, describe_page
from mbcost.spec.catalogue.library import load_spec

NODE = shutil.which("node")
FOLDER = Path(__file__).parent
needs_node = pytest.mark.skipif(
    NODE is None and "CI" not in os.environ, reason="node, which runs the page's engine, is missing"
)


@cache
def describe_mobilenets() -> Mapping[str, Any]:
    """Return the document of the page of the built-in MobileNets, with every device."""
    return describe_page([resolve(load_spec(name)) for name in MOBILENETS], "1.0", load_calibrations())


def ask_page(script: str, document: Mapping[str, Any], questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what a script of this folder answers to each setting."""
    assert NODE is not None
    text = json.dumps({"document": document, "settings": questions})
    answer = subprocess.run([NODE, FOLDER / script], input=text, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    answers: list[dict[str, Any]] = json.loads(answer.stdout)
    return answers
