"""What shells complete: asked in this process, and by pressing Tab in the real shells."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.cli.completion import FILES, answer, complete
from mbcost.cli.registry import COMMANDS, Subgroup
from mbcost.cli.shells import SHELLS
from mbcost.spec.catalogue.library import NETWORKS, find_network, load_conventions, load_spec, read_names, specs_folder
from tests.cli.conftest import Mbcost
from tests.cli.shell import run_shell

SETS = frozenset(
    f"--{name}"
    for name in (
        "format", "by", "impl", "columns", "sort", "rank", "pareto", "source", "status", "quantity", "device", "dtype",
        "weights-dtype", "activations-dtype", "allocator", "convention", "against", "arena", "device", "recipe",
    )
)  # fmt: skip
"""Options whose values are a closed set."""
LISTS = frozenset({"--columns", "--pareto", "--against", "--arena"})
NEEDED = {
    "table": "v2", "formula": "v2 2.1.expand", "show": "v2", "compare nets": "v2", "diff": "v2 v2", "check": "v2",
    "verify": "x:y v2", "fit": "v2 --ram 1MiB", "sweep": "v2", "memory": "v2 --allocator arena", "explain": "300M v2",
    "roofline": "v2 --peak-macs 1 --bandwidth 1", "ledger": "v2", "export": "v2", "plot layers": "v2 --output x.svg",
    "plot fit": "v2 --output x.svg --ram 1MiB",
    "plot sweep": "v2 --output x.svg", "plot compare": "v2 --output x.svg", "plot accuracy": "--output x.svg",
    "compare standard-vs-dws": "v1", "validate": "v2", "page": "v2", "accuracy": "v2", "latency": "v2 --device stm32n6",
    "calibrate": "specs/devices/stm32n6.yaml", "lock": "--check tests/data/stale.lock",
}  # fmt: skip
"""What a command needs before its options."""
LATE = frozenset({("check", "--columns"), ("check", "--sort")})
"""Columns that need a format that is a table."""


def offer(*words: str) -> list[str]:
    """Return the values that the last word can become."""
    return [candidate.value for candidate in complete(words[:-1], words[-1])]


def list_cases() -> list[tuple[str, str]]:
    """Return every command with every option of a closed set that it has."""
    names: list[str] = []
    for name, command in COMMANDS.items():
        target = command.load()
        names += [f"{name} {part}" for part in target.commands] if isinstance(target, Subgroup) else [name]
    return [
        (name, option)
        for name in names
        for option in sorted(SETS & {*offer(*name.split(), "--")})
        if (name, option) != ("fit", "--pareto")  # a flag
    ]


@pytest.mark.parametrize(("command", "option"), list_cases())
def test_an_option_with_a_closed_set_offers_its_values_and_a_slip_is_answered_with_one_of_them(
    command: str, option: str, mbcost: Mbcost
) -> None:
    words = [*command.split(), *NEEDED.get(command, "").split()]
    values = offer(*words, option, "")
    first = values[0]
    assert offer(*words, f"{option}={first}")[0] == f"{option}={first}"
    if option in LISTS and len(values) > 1:
        assert f"{first},{values[-1]}" in offer(*words, option, f"{first},")
        assert f"{first},{first}" not in offer(*words, option, f"{first},")
    if (command, option) not in LATE:
        slip = f"{first}x"
        assert slip not in values
        result = mbcost(*words, option, f"{slip},{values[-1]}" if option == "--pareto" else slip)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert f"'{slip}': did you mean" in result.err
        assert f"'{first}'" in result.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("table v2@", [f"v2@{alpha}" for alpha in ("1.4", "1.3", "1", "0.75", "0.5", "0.35")]),
        ("table v2@0.5/", [f"v2@0.5/{side}" for side in load_spec("v2").published_resolutions]),
        ("diff v1 v2:t", ["v2:torchvision", "v2:timm", "v2:transformers"]),
        ("fit v1 MobileNet_V2@0.3", ["MobileNet_V2@0.35"]),
        ("compare v1 v3-small@", [f"v3-small@{alpha:g}" for alpha in load_spec("v3-small").published_alphas]),
        ("table v9@", [FILES]),
        ("table -@", [FILES]),
        ("table v2 --impl t", ["torchvision", "timm", "transformers"]),
        ("formula v2:keras --classes 10 2.1.", ["2.1.expand", "2.1.depthwise", "2.1.project"]),
        ("compare st", ["standard-vs-dws"]),
        ("compare residual-vs-inverted --ex", ["--expansion"]),
        ("plot sw", ["sweep"]),
        ("help ro", ["roofline"]),
        ("--verbose tab", ["table"]),
        ("--show-completion z", ["zsh"]),
        ("table v2 --no-top --no-", []),
        ("table v2 extra ", []),
        ("table v2 --output x", [FILES]),
        ("table -- v2:k", ["v2:keras"]),
        ("fit --ne", []),
        ("nonsense ", []),
        ("diff v1 mobilenet_v2", ["mobilenet_v2"]),
        (
            "table MobileNetV",
            [
                f"MobileNetV{rest}"
                for rest in (
                    "1",
                    "1-with-standard-convolutions",
                    "2",
                    "3-large",
                    "3-small",
                    "3-large-minimalistic",
                    "3-small-minimalistic",
                    "4-conv-small",
                    "4-conv-medium",
                    "4-conv-large",
                    "1-as-printed",
                )
            ],
        ),
        (
            "table mobilenet_v3_",
            [
                f"mobilenet_v3_{rest}"
                for rest in (
                    "large",
                    "small",
                    "large_minimalistic",
                    "small_minimalistic",
                )
            ],
        ),
        ("table mb", [FILES]),
        ("conventions ", list(load_conventions())),
        ("memory v2 --by allocator --columns ", ["allocator", "peak-bytes", "peak-kib", "layer"]),
    ],
)
def test_a_word_is_completed_by_what_comes_before_it(words: str, expected: list[str]) -> None:
    assert offer(*words.split(" ")) == expected


def test_specs_in_files_are_offered_and_read_and_a_broken_one_has_nothing_to_offer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "own.yaml").write_text((specs_folder() / "v2.yaml").read_text(encoding="utf-8"))
    (tmp_path / "broken.yaml").write_text("rows: [")
    assert offer("table", "b") == ["broken.yaml"]
    assert offer("table", "./") == ["./broken.yaml", "./nets/"]
    assert offer("check", "nets/") == ["nets/own.yaml"]
    assert offer("table", "nets/own.yaml:k") == ["nets/own.yaml:keras"]
    assert offer("table", "broken.yaml:") == [FILES]
    assert offer("formula", "broken.yaml", "") == []


@settings(max_examples=40)
@given(st.data())
def test_every_alias_that_is_offered_is_the_network_that_it_completes(data: Any) -> None:
    network = data.draw(st.sampled_from(NETWORKS))
    name = data.draw(st.sampled_from((network, *read_names(network))))
    typed = name[: data.draw(st.integers(3, max(3, len(name))))]
    typed = data.draw(st.sampled_from([str, str.upper, lambda text: text.replace("-", "_")]))(typed)
    words = offer("table", typed)
    assert all(word.startswith(typed) and find_network(word) for word in words if word != FILES)
    assert len({find_network(word) for word in words if word != FILES}) == len(set(words) - {FILES})


@pytest.mark.parametrize(
    "words",
    ["table {} --columns", "memory {}@0.5 --sort", "diff v1 {} --sort", "ledger -=x --sort", "table - --columns"],
)
def test_a_pipe_is_not_read_while_a_word_is_completed(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read from a pipe is gone, and a pipe without a writer would let the shell wait."""

    def fail(*_: object) -> None:
        raise AssertionError("the pipe is read")

    os.mkfifo(tmp_path / "pipe.yaml")
    monkeypatch.setattr("mbcost.spec.reading.text._read_pipe", fail)
    monkeypatch.setattr("mbcost.spec.catalogue.library.read_standard_input", fail)
    assert len(offer(*words.format(tmp_path / "pipe.yaml").split(), "")) > 3


def test_completion_answers_in_lines_and_imports_nothing_slow() -> None:
    lines = [["table", "=v2@0.7"], ["fit", "v2", "--columns", "=fl"], ["verify", "x:y", "--sort", "=ch"], ["=tab"]]
    slow = {"numpy", "torch", "rich", "matplotlib"}
    code = (
        f"import sys; from mbcost.cli import run; [run(['__complete', *words]) for words in {lines}]; "
        f"print({slow} & set(sys.modules))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shown = [line.partition("\t")[0] for line in process.stdout.splitlines()]
    assert shown == ["v2@0.75", "flash-bytes", "changes", "table", "set()"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_tab_key_completes_in_a_real_shell(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "my net.yaml").write_text("")
    with run_shell(shell, SHELLS[shell], tmp_path) as session:
        assert session.complete("mbcost table v2@0.75/9") == "mbcost table v2@0.75/96 "
        assert session.complete("mbcost fit --columns=network,fl") == "mbcost fit --columns=network,flash-bytes "
        assert session.complete("mbcost check my") == "mbcost check my\\ net.yaml "


def test_the_script_for_powershell_has_the_form_that_powershell_expects() -> None:
    """Windows PowerShell 5.1 reads a file without a byte order mark in an old code page, so the script is ASCII."""
    script = SHELLS["powershell"]
    assert script.isascii()
    bare = re.sub(r"'[^']*'|\"(?:`.|[^\"`])*\"|#[^\n]*", "", script)
    assert "'" not in bare
    assert '"' not in bare, "a quotation mark is not closed"
    opened: list[str] = []
    for character in bare:
        if character in "([{":
            opened.append({"(": ")", "[": "]", "{": "}"}[character])
        elif character in ")]}":
            assert opened.pop() == character
    assert opened == []
    assert re.search(r"Register-ArgumentCompleter -Native -CommandName \S*mbcost\S* -ScriptBlock \{\s*param\(", script)
    named = re.findall(r"\$(\w+)", script.partition("param(")[2].partition(")")[0])
    assert len(named) == 3, "the incomplete word, the line and the position, in this order"
    used = set(re.findall(r"\$(\w+)", script)) - {"_", "null"}
    assigned = re.findall(r"\$(\w+)(?=(?:, \$\w+)* \+?= )|foreach \(\$(\w+) in", bare)
    assert used == {name for names in assigned for name in names if name} | set(named)


def test_powershell_completes(tmp_path: Path) -> None:
    if shutil.which("pwsh") is None:
        pytest.skip("pwsh is not installed")
    (tmp_path / "mbcost.ps1").write_text(f'& "{sys.executable}" -m mbcost @args\n')
    (tmp_path / "script.ps1").write_text(SHELLS["powershell"])
    line = "mbcost table v2@0.75/9"
    command = f". {tmp_path}/script.ps1; (TabExpansion2 '{line}' {len(line)}).CompletionMatches.CompletionText"
    env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["pwsh", "-NoProfile", "-Command", command], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.split() == ["v2@0.75/96"]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_of_its_own(shell: str, mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    shown = mbcost("--show-completion", shell).out
    assert shown == mbcost("--show-completion").out == SHELLS[shell]
    assert "__complete" in shown
    assert answer(["--show-completion", f"={shell[:3]}"]).splitlines()[0] in (shell, "powershell")


def test_completion_is_installed_once_where_the_shell_looks(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".zshrc").write_text("alias ll='ls -l'")
    for _ in range(2):
        assert mbcost("--install-completion", "zsh").code == 0
    lines = ["alias ll='ls -l'", "fpath+=~/.zfunc", "autoload -Uz compinit && compinit", ""]
    assert (tmp_path / ".zshrc").read_text() == "\n".join(lines)
    assert (tmp_path / ".zfunc" / "_mbcost").read_text() == SHELLS["zsh"]
    assert "add this line to the file $PROFILE" in mbcost("--install-completion", "pwsh").err
    assert "unknown shell 'zhs': did you mean 'zsh'?" in mbcost("--show-completion", "zhs").err
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert "the shell is not known: name it after the option, bash" in mbcost("--show-completion").err
