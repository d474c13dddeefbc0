"""How a reference to a network is read by every command that takes NET: as a built-in name or as a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mbcost.cli.arguments import Reference, parse_list, parse_reference
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, specs_folder
from tests.cli.conftest import Mbcost

SPEC = (specs_folder() / "v2.yaml").read_text(encoding="utf-8").replace("name: v2\n", "name: mine\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


FILES = ["plain", "my net@1.yaml", "my net@1", "a:b/160", "nets/mine", "nets/96", "v2@0.5", "x.yaml.bak", "n" * 255]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("rest", "expected"),
    [("", (None, None, None)), ("@0.5/64:keras", (0.5, (64, 64), "keras")), (":timm", (None, None, "timm"))],
)
def test_an_existing_file_is_read_whatever_its_name(
    here: Path, mbcost: Mbcost, name: str, rest: str, expected: tuple[float | None, tuple[int, int] | None, str | None]
) -> None:
    (here / name).parent.mkdir(parents=True, exist_ok=True)
    (here / name).write_text(SPEC)
    path = f"./{name}" if name == "v2@0.5" else name
    assert parse_reference(path + rest) == Reference(path, *expected)
    result = mbcost("table", path + rest, "--format", "json")
    assert (result.code, result.err) == (0, "")
    assert '"network": "mine"' in result.out


@pytest.mark.parametrize("name", NETWORKS)
def test_a_built_in_name_is_the_built_in_network_even_if_a_file_has_that_name(here: Path, name: str) -> None:
    (here / name).mkdir()
    (here / name / "160").write_text(SPEC)
    assert parse_reference(f"{name}/160") == Reference(name, None, (160, 160))
    (here / f"{name}@0.5").write_text(SPEC)
    assert parse_reference(f"{name}@0.5") == Reference(name, 0.5)
    (here / name).rename(here / "away")
    (here / name).write_text("not a spec")
    assert parse_reference(name) == Reference(name)
    assert parse_reference(f"./{name}") == Reference(f"./{name}")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (".", ". is a folder: name a file of a network or of a model"),
        ("nets/", "nets/ is a folder: name a file of a network or of a model"),
        ("./nets", "./nets is a folder: name a file of a network or of a model"),
        ("nets", "nets is a folder: name a file of a network or of a model"),
        ("./missing", "missing: No such file or directory"),
        ("/nowhere/net@1", "/nowhere/net@1: No such file or directory"),
        ("./missing.yaml@0.5", "missing.yaml: No such file or directory"),
        ("v9/160", "unknown network 'v9'"),
        ("n" * 5000, "unknown network 'nnn"),
        ("", "'' is not a network: expected NAME or FILE.yaml"),
        ("plain@@1", "'plain@@1' is not a network"),
    ],
)
def test_a_word_that_is_not_a_network_is_refused(here: Path, mbcost: Mbcost, word: str, message: str) -> None:
    (here / "nets").mkdir()
    (here / "plain").write_text(SPEC)
    result = mbcost("table", word)
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.err.startswith(f"mbcost: error: {message}")


@pytest.mark.parametrize(
    "words", ["table {0}", "table {0}@0.5", "show {0}", "diff {0} {0}", "compare {0} {0}/96", "check {0}"]
)
def test_a_pipe_is_read_once(words: str) -> None:
    """A shell passes such a pipe for `<(command)`. Its text cannot be read a second time."""
    reader, writer = os.pipe()
    os.write(writer, SPEC.encode())
    os.close(writer)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mbcost", *words.format(f"/dev/fd/{reader}").split()],
            pass_fds=[reader], capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(reader)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


DECIMALS = st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,19})?|s?nan|-?inf", fullmatch=True)


@settings(max_examples=200)
@given(DECIMALS, DECIMALS, DECIMALS)
@example("9e999999999999999999", "9e999999999999999999", "9e999999999999999999")  # the sums are too large
@example("1e-999999999999999999", "1", "1e-999999999999999999")
def test_a_range_of_any_numbers_is_a_short_list_or_refused(start: str, stop: str, step: str) -> None:
    try:
        values = parse_list(f"{start}:{stop}:{step}", "alpha")
    except MbcostError:
        return
    assert 1 <= len(values) <= 10_000
    assert float(values[0]) == float(start)
