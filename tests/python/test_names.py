"""The public names of the package, with and without the optional libraries."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import mbcost

WITHOUT = "import sys; sys.modules.update(dict.fromkeys(('torch', 'fvcore', 'numpy', 'pandas'))); import mbcost\n"
"""Imports mbcost where no optional library can be imported."""


def run(program: str, folder: Path) -> str:
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT + program], capture_output=True, text=True, check=False, cwd=folder
    )
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout


def test_every_public_name_exists_and_has_a_docstring() -> None:
    for name in mbcost.__all__:
        value = getattr(mbcost, name)
        assert inspect.getdoc(value), name
        assert name in dir(mbcost)
    assert mbcost.__all__ == sorted(mbcost.__all__)
    with pytest.raises(AttributeError, match="no attribute 'flops'"):
        mbcost.flops  # noqa: B018  # the access is the test


def test_the_names_work_without_optional_libraries(tmp_path: Path) -> None:
    program = """
import pydoc
print(pydoc.render_doc(mbcost, renderer=pydoc.plaintext))
print([name for name in (*mbcost.__all__, *dir(mbcost)) if not hasattr(mbcost, name)], hasattr(mbcost, "flops"))
from mbcost import *
print(network("v2@0.75/160"), len(network("v1").table()))
for call in (lambda: build("v2"), lambda: measure(None, resolution=96), lambda: verify("net:make", "v2"),
             lambda: verify(None, "v2"), lambda: validate("v2"), lambda: validate("v2", against="timm")):
    try:
        call()
    except MbcostError as error:
        print(error)
"""
    shown, *lines = run(program, tmp_path).rsplit("\n[] False\n", 1)
    assert "__getattr__" not in shown
    assert "__dir__" not in shown
    for name in mbcost.__all__:
        assert f"    {name}(" in shown or f"class {name}(" in shown, name
    network, *errors = lines[0].splitlines()
    assert network == "<Network v2@0.75/160:official: 2,636,424 params, 107,295,200 mult-adds (convention macs)> 29"
    assert errors == ["torch is not installed: pip install 'mbcost[validate]'"] * 6


def test_importing_the_names_imports_nothing_slow(tmp_path: Path) -> None:
    program = "print(set(sys.modules) & {'mbcost.python', 'mbcost.spec', 'inspect', 'typing_extensions', 'yaml'})"
    assert run(program, tmp_path) == "set()\n"
    slow = "{'rich', 'typer', 'click', 'matplotlib', 'html', 'mbcost.present.report'}"
    assert run(f"from mbcost import *; print(set(sys.modules) & {slow})", tmp_path) == "set()\n"


def test_public_functions_state_their_types_and_their_errors() -> None:
    for name in mbcost.__all__:
        function = getattr(mbcost, name)
        if not inspect.isfunction(function):
            continue
        signature = inspect.signature(function)
        untyped = [key for key, value in signature.parameters.items() if value.annotation is value.empty]
        assert (untyped, signature.return_annotation is not signature.empty) == ([], True), name
        text = inspect.getdoc(function) or ""
        undescribed = [key for key in signature.parameters if f"\n    {key}: " not in text]
        assert undescribed == [] or name in ("load_convention", "load_spec"), name
        assert ("Raises:" in text) or name in ("networks", "conventions", "check", "devices"), name
        assert ">>> " in text or name == "load_convention", name
