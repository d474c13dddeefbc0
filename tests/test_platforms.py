"""What differs between systems: encodings of consoles, paths, files in use, names that only POSIX has.

CI runs this file on Linux, macOS and Windows. What only Windows does is imitated on the other systems.
"""

from __future__ import annotations

import ast
import ctypes
import errno
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mbcost.cli import expand_patterns, run, streams
from mbcost.cli.arguments import parse_reference
from tools import ROOT

OLD_CONSOLES = {
    "Windows, code page 1252": {"PYTHONIOENCODING": "cp1252"},
    "Windows, code page 437": {"PYTHONIOENCODING": "cp437"},
    "POSIX locale": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
}
COMMANDS: list[tuple[list[str], int]] = [
    (["table", "letters.yaml"], 0),
    (["table", "→.yaml"], 2),
    (["table", "--help"], 0),
]


@pytest.mark.parametrize(
    "arguments", COMMANDS, ids=lambda value: " ".join(value[0]).encode("ascii", "replace").decode()
)
@pytest.mark.parametrize("console", OLD_CONSOLES)
def test_a_console_without_unicode_shows_every_answer(
    console: str, arguments: tuple[list[str], int], tmp_path: Path
) -> None:
    words, code = arguments
    spec = (ROOT / "specs" / "v2.yaml").read_text(encoding="utf-8").replace("title: MobileNetV2", "title: 网络 α → ρ")
    (tmp_path / "letters.yaml").write_text(spec, encoding="utf-8")
    environment = {**os.environ, "PYTHONUTF8": "0", **OLD_CONSOLES[console]}
    command = [sys.executable, "-m", "mbcost", *words]
    process = subprocess.run(
        command if os.name == "nt" else [word.encode() for word in command],  # this process can have such a locale, too
        capture_output=True, cwd=tmp_path, env=environment, check=False,
    )  # fmt: skip
    assert process.returncode == code, process.stderr
    assert bool(process.stderr) == (code != 0)
    assert b"fault of mbcost" not in process.stderr
    assert process.stdout if code == 0 else process.stderr.startswith(b"mbcost: error: ")


def test_a_file_has_the_same_bytes_on_every_system(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    assert run(["table", "v2", "--output", str(file)]) == 0
    assert run(["table", "v2", "--output", str(file)]) == 0  # replaces a file that exists
    assert b"\r" not in file.read_bytes()
    assert list(tmp_path.iterdir()) == [file]


def test_a_reference_can_have_the_whole_path_of_a_file(tmp_path: Path) -> None:
    for name in ("net.yaml", "no ending"):
        file = tmp_path / name
        file.write_text("name: net\n", encoding="utf-8")
        reference = parse_reference(f"{file}@0.5/160:keras")
        assert (reference.name, reference.alpha, reference.implementation) == (str(file), 0.5, "keras")
        assert reference.resolution == (160, 160)


def test_a_folder_is_named_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tmp_path)]) == 2
    assert "name a file in it" in capsys.readouterr().out


def test_a_pattern_becomes_the_files_that_it_matches(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml"):
        (tmp_path / name).touch()
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    assert expand_patterns(["check", str(tmp_path / "*.yaml"), "*.nothing"]) == ["check", *files, "*.nothing"]


def test_a_file_in_use_is_an_error_that_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "The process cannot access the file because it is being used")

    file = tmp_path / "t.csv"
    file.write_text("old", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", refuse)
    assert run(["table", "v2", "--output", str(file)]) == 2
    assert f"cannot write {file}: The process cannot access the file" in capsys.readouterr().err
    assert (file.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("old", [file])


@pytest.mark.parametrize(("system", "is_broken"), [("nt", True), ("posix", False)])
def test_an_invalid_argument_is_a_broken_pipe_on_windows_only(
    system: str, is_broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("os.name", system)
        broken = streams.is_broken_pipe(OSError(errno.EINVAL, "Invalid argument"))
    assert broken == is_broken
    assert streams.is_broken_pipe(BrokenPipeError())


@pytest.mark.parametrize("is_understood", [True, False])
def test_a_windows_console_gets_colours_if_it_can_be_told_to_read_them(
    is_understood: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = SimpleNamespace(
        GetStdHandle=lambda _: 7, GetConsoleMode=lambda *_: 1, SetConsoleMode=lambda *_: int(is_understood)
    )
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=console), raising=False)
    with monkeypatch.context() as patch:
        patch.setattr("os.name", "nt")
        understood = streams._understands_colours()
    assert understood == is_understood


POSIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}


def test_the_package_uses_no_name_that_windows_does_not_have() -> None:
    missing = {module: set(_posix_names(module)) for module in ("os", "signal", "socket", "time", "sys", "stat")}
    assert {"O_NONBLOCK", "fchmod", "geteuid", "fork", "O_NOFOLLOW"} <= missing["os"]
    assert {"SIGHUP", "SIGPIPE", "setitimer"} <= missing["signal"]
    for file in sorted((ROOT / "mbcost").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module, names = node.value.id, [node.attr]
            used = {module, *names} & POSIX_MODULES if not isinstance(node, ast.Attribute) else set()
            used |= missing.get(module or "", set()) & set(names)
            assert not used, f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: guard it with getattr"


def _posix_names(module: str) -> Iterator[str]:
    """Yield the names of a standard module that its type stub, which mypy brings, has for other systems only."""
    typeshed = Path(pytest.importorskip("mypy", reason="mypy brings the type stubs").__file__).parent / "typeshed"
    stub = next(file for name in (f"{module}.pyi", f"{module}/__init__.pyi")
                if (file := typeshed / "stdlib" / name).exists())  # fmt: skip
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    on_windows = set(_defined(tree.body, on_windows=True))
    yield from (name for name in _defined(tree.body, on_windows=False) if name not in on_windows)


def _defined(body: Iterable[ast.stmt], *, on_windows: bool) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.If):
            test = ast.unparse(statement.test)
            is_for_windows = "'win32'" not in test or "== 'win32'" in test
            if is_for_windows or not on_windows:
                yield from _defined(statement.body, on_windows=on_windows)
            if "== 'win32'" not in test or not on_windows:
                yield from _defined(statement.orelse, on_windows=on_windows)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id
        elif isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        elif isinstance(statement, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in statement.names)
