"""Modules of the page, run by node without a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parents[2] / "page" / "src"


def run_module(module: str, expression: str, asked: object, *, prelude: str = "") -> Any:
    """Return the value of a JavaScript expression, as JSON.

    Args:
        module: a file of `page/src`, whose exports are `module` in the expression.
        expression: it can use `module` and `asked`.
        asked: what can be written as JSON.
        prelude: statements before the expression; `{sources}` in it is the address of the folder.
    """
    node = shutil.which("node")
    if node is None and "CI" not in os.environ:
        pytest.skip("node is not installed: install it to test the modules of the page")
    assert node is not None, "node is not installed, and CI needs it"
    program = (
        f"import * as module from {json.dumps((SOURCES / module).as_uri())};\n"
        f"{prelude.replace('{sources}', SOURCES.as_uri())}\n"
        'import {readFileSync} from "node:fs";\n'
        'const asked = JSON.parse(readFileSync(0, "utf-8"));\n'
        f"process.stdout.write(JSON.stringify({expression}));\n"
    )
    done = subprocess.run(
        [node, "--input-type=module", "--eval", program],
        input=json.dumps(asked),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
