"""Every sentence of docs/security.md: what no command does, what runs a user's code, and the limits of files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mbcost.cli.streams import WIDEST_LINE
from mbcost.questions.explain import rows
from mbcost.spec.catalogue.library import specs_folder
from mbcost.spec.reading import compose, lock, nodes, table, text

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
AUDITED = """
import sys
sys.path.remove("")  # as in the command `mbcost`, and unlike `python -c`
import json, os

events, folder = [], os.getcwd()

def audit(event, arguments):
    if event.startswith(("socket.", "urllib.", "ftplib.", "http.", "smtplib.")):
        events.append(["network", event])
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "os.fork"):
        events.append(["program", event])
    elif event == "exec" and str(arguments[0].co_filename).startswith(folder):
        events.append(["executed", arguments[0].co_filename])
    elif event == "open" and isinstance(arguments[0], (str, os.PathLike)) and arguments[0] != os.devnull:
        mode, flags = arguments[1], arguments[2]
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and "__pycache__" not in str(arguments[0]):
            events.append(["written", os.path.basename(os.path.realpath(arguments[0]))])

from mbcost.cli import run
commands = json.loads(sys.argv[1])
sys.addaudithook(audit)
codes = [run(command) for command in commands]
print(json.dumps([codes, events]), file=sys.__stderr__)
"""
"""A process that runs commands and notes what Python's audit hooks (PEP 578) say of it."""

HARMLESS = [
    ["table", "net.yaml"], ["show", "net.yaml"], ["check", "net.yaml"], ["memory", "net.yaml"], ["ledger", "net.yaml"],
    ["formula", "net.yaml", "0.1.conv"], ["roofline", "net.yaml", "--peak-macs", "1G", "--bandwidth", "1GB/s"],
    ["compare", "net.yaml", "v2"], ["diff", "net.yaml", "v2"], ["nets"], ["conventions"], ["schema"],
    ["sweep", "net.yaml", "--alpha", "0.5,1"], ["fit", "--net", "net.yaml", "--ram", "1MiB", "--alpha", "0.5,1"],
    ["explain", "300M", "net.yaml"], ["explain", "--rows", "rows.csv"], ["lock", "--check", "a.lock"],
    ["validate", "--help"], ["verify", "--help"],
    ["export", "--help"], ["published", "--help"], ["page", "net.yaml", "--device", "stm32n6", "--output", "-"],
]  # fmt: skip


def run_audited(folder: Path, *commands: list[str]) -> tuple[list[int], list[list[str]]]:
    """Return the exit codes of commands that one process runs in `folder`, and what the process did."""
    home = folder / "home"
    home.mkdir()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    arguments = [sys.executable, "-c", AUDITED, json.dumps(commands)]
    done = subprocess.run(arguments, cwd=folder, env=env, capture_output=True, text=True, check=True)
    codes, events = json.loads(done.stderr.splitlines()[-1])
    assert list(home.iterdir()) == [], "a command leaves something at home"
    return codes, events


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a spec and a table of printed numbers."""
    (tmp_path / "net.yaml").write_bytes((specs_folder() / "v2.yaml").read_bytes())
    (tmp_path / "rows.csv").write_text("net,mult_adds\nv2,300M\n")
    (tmp_path / "a.lock").write_bytes((ROOT / "tests" / "data" / "stale.lock").read_bytes())
    return tmp_path


@pytest.fixture
def trap(folder: Path) -> Path:
    """The same folder with modules that have the names of libraries, and must not be imported."""
    for name in ("yaml", "rich", "numpy", "v2", "net"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')\n")
    return folder


def test_a_command_that_reads_a_table_uses_no_network_runs_nothing_and_writes_nothing(trap: Path) -> None:
    before = sorted(path.name for path in trap.iterdir())
    codes, events = run_audited(trap, *HARMLESS)
    assert events == []
    assert {2, 3}.isdisjoint(codes), list(zip(HARMLESS, codes, strict=True))
    assert sorted(path.name for path in trap.iterdir() if path.name != "home") == before


def test_a_command_writes_only_its_output(folder: Path) -> None:
    page = ["page", "net.yaml", "--device", "stm32n6"]
    codes, events = run_audited(
        folder, ["table", "net.yaml", "--output", "t.csv"], ["new", "mine"], ["lock", "v1"], page
    )
    assert codes == [0, 0, 0, 0]
    kinds, names = zip(*events, strict=True)
    assert set(kinds) == {"written"}
    assert all(name.startswith(".mbcost-") for name in names), "a file is replaced when the new one is complete"
    left = {path.name for path in folder.iterdir()}
    assert left == {"home", "net.yaml", "rows.csv", "t.csv", "mine.yaml", "costs.lock", "a.lock", "explorer.html"}


@pytest.mark.long
def test_only_commands_that_name_a_model_run_its_code_and_they_use_no_network(folder: Path) -> None:
    (folder / "model.py").write_text("import torch\n\ndef make():\n    return torch.nn.Conv2d(3, 8, 3)\n")
    target = "./model.py:make"
    commands = [["verify", target, "--spec", "v2"], ["export", "--from", target, "--res", "8"], ["table", "net.yaml"]]
    codes, events = run_audited(folder, *commands)
    assert codes == [1, 0, 0]
    executed = {Path(name).name for kind, name in events if kind == "executed"}
    assert executed == {"model.py"}
    assert not [event for event in events if event[0] == "network"]


LIMITS = {
    "size of a file or of standard input": compose.LARGEST,
    "levels of nesting": compose.DEEPEST,
    "values, counting every use of an alias": compose.MOST_VALUES,
    "values of a lock": lock.MOST_VALUES,
    "blocks of a table, counting repeats": table.MOST_BLOCKS,
    "rows of a CSV file": rows.LARGEST,
    "characters of a name or title": nodes.LONGEST_LINE,
    "problems reported per file": nodes.MOST_PROBLEMS,
}


def test_the_page_states_the_limits_of_the_code() -> None:
    stated = dict(re.findall(r"^\| ([^|]+) \| ([\d,]+)(?: bytes)? \|$", PAGE, re.MULTILINE))
    assert {name: int(number.replace(",", "")) for name, number in stated.items()} == LIMITS
    assert f"is given up after {text.PATIENCE:.0f} seconds" in PAGE.replace("\n", " ")
    assert f"error have at most {WIDEST_LINE} characters" in PAGE


def test_from_a_zip_archive_the_program_says_what_to_do(tmp_path: Path) -> None:
    archive = tmp_path / "mbcost.pyz"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__main__.py", "from mbcost.cli import main\nmain()\n")
        for source in (ROOT / "mbcost").rglob("*.py"):
            file.write(source, source.relative_to(ROOT))
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    shown = subprocess.run(
        [sys.executable, str(archive), "--version"], cwd=tmp_path, env=env, capture_output=True, check=False
    )
    assert shown.returncode == 0
    command = [sys.executable, str(archive), "table", "v2"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith("mbcost cannot run from a zip archive, so unpack it or install it with pip")
