"""The action of GitHub and the hooks of pre-commit: their commands exist, and the steps do what they say."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Mbcost
from tools import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "gates.md").read_text(encoding="utf-8")
INSTALL, CHECK = (step for step in ACTION["runs"]["steps"] if "run" in step)


def test_every_hook_is_a_command_that_exists_and_is_on_the_page(mbcost: Mbcost) -> None:
    assert len(HOOKS) == 2
    for hook in HOOKS:
        program, *words = hook["entry"].split()
        assert program == "mbcost"
        help_text = mbcost(words[0], "--help").out
        assert all(word in help_text for word in words[1:])
        assert f"- id: {hook['id']}" in PAGE
        assert hook["language"] == "python"
    files = re.compile(HOOKS[0]["files"])
    assert all(
        map(files.search, ["costs.lock", "a/net.yaml", "m.onnx", "m.tflite", "pyproject.toml", "a/pyproject.toml"])
    )
    assert not any(map(files.search, ["README.md", "a.py", "lock.txt"]))


def test_the_action_uses_every_input_and_the_page_names_each() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert [name for name in ACTION["inputs"] if f"`{name}`" not in PAGE] == []
    assert all(step.get("shell") == "bash" for step in (INSTALL, CHECK)), "GitHub requires it"
    # What a workflow gives reaches the shell only as a variable of its environment, and never as its text.
    assert [step["run"] for step in (INSTALL, CHECK) if "${{" in step["run"]] == []


def run_step(step: dict[str, Any], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does, with programs that note their words instead of mbcost and python."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("mbcost", "python"):
        (programs / name).write_text(
            f'#!/bin/sh\nfor word in {name} "$@"; do printf "%s|" "$word"; done >> "{folder}/words"\n'
            f'echo >> "{folder}/words"\necho "report"\necho "a line of error" >&2\nexit "$CODE"\n'
        )
        (programs / name).chmod(0o755)
    env = {"PATH": f"{programs}:/usr/bin:/bin", "GITHUB_STEP_SUMMARY": str(folder / "summary"),
           "GITHUB_OUTPUT": str(folder / "output"), "CODE": "0", **environment}  # fmt: skip
    assert set(step["env"]) <= set(env)
    script = folder / "script.sh"
    script.write_text(step["run"])
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)


pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@pytest.mark.parametrize(
    ("version", "extras", "package"),
    [
        ("", "", "/an action"),
        ("", "onnx,tflite", "/an action[onnx,tflite]"),
        ("0.1.0", "", "mbcost==0.1.0"),
        ("0.1.0", "onnx", "mbcost[onnx]==0.1.0"),
    ],
)
def test_the_action_installs_its_own_code_or_a_release(tmp_path: Path, version: str, extras: str, package: str) -> None:
    done = run_step(INSTALL, tmp_path, VERSION=version, EXTRAS=extras, SOURCE="/an action")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "words").read_text().endswith(f"|{package}|\n")


@pytest.mark.parametrize("code", [0, 1, 2])
@pytest.mark.parametrize(
    ("args", "words"), [("", ""), ("--allow-unknown v2@0.5 $(touch x) *", "--allow-unknown|v2@0.5|$(touch|x)|*|")]
)
def test_the_action_annotates_summarizes_and_passes_on_the_exit_code(
    tmp_path: Path, code: int, args: str, words: str
) -> None:
    done = run_step(CHECK, tmp_path, LOCK="my costs.lock", ARGS=args, CODE=str(code))
    assert (done.returncode, done.stdout) == (code, "report\n")
    expected = [f"mbcost|lock|--check|my costs.lock|{words}--format|{style}|" for style in ("github", "markdown")]
    assert (tmp_path / "words").read_text().splitlines() == expected
    assert (tmp_path / "summary").read_text() == "report\na line of error\n"
    assert (tmp_path / "output").read_text() == f"passed={'true' if code == 0 else 'false'}\n"
    assert not (tmp_path / "x").exists()


def test_what_the_action_types_is_understood(mbcost: Mbcost) -> None:
    lock = str(ROOT / "tests" / "data" / "stale.lock")
    for style, part in (("github", "::error file="), ("markdown", "| 1.1.pointwise |")):
        result = mbcost("lock", "--check", lock, "--allow-unknown", "--format", style)
        assert (result.code, result.err) == (1, "")
        assert part in result.out
