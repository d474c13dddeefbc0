"""`mbcost check`: exit codes, the quoted line with its caret, and the other formats."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mbcost.spec.catalogue.library import NETWORKS, specs_folder
from tests.cli.conftest import Mbcost

MISPRINTED = Path(__file__).parents[2] / "data" / "as_printed" / "v2-arxiv1.yaml"
BROKEN = (
    "name: broken\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c]\n"
    "rows:\n  - [cnov, 8]\n  - [conv]\nimplementations: {family: v2}\n"
)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text(BROKEN, encoding="utf-8")
    return "broken.yaml"


def test_every_problem_is_shown_with_its_line_and_a_caret(mbcost: Mbcost, broken: str) -> None:
    result = mbcost("check", broken)
    assert (result.code, result.err) == (2, "")
    assert result.out.splitlines() == [
        "broken.yaml:5:6: unknown operator 'cnov': did you mean 'conv'?",
        "    5 |   - [cnov, 8]",
        "      |      ^",
        "broken.yaml:6:5: expected 2 cells (operator, c), found 1",
        "    6 |   - [conv]",
        "      |     ^",
        "2 problems in 1 file",
    ]


def test_the_exit_code_is_that_of_the_worst_file(mbcost: Mbcost, broken: str) -> None:
    fine, contradicts = str(specs_folder() / "v2.yaml"), str(MISPRINTED)
    assert mbcost("check", fine).code == 0
    assert mbcost("check", fine).out == "no problem in 1 file\n"
    assert mbcost("check", fine, contradicts).code == 1
    assert mbcost("check", fine, contradicts).out.endswith("\n2 problems in 1 of 2 files\n")
    assert mbcost("check", fine, contradicts, broken).code == 2
    assert mbcost("check", *NETWORKS).code == 0


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("missing.yaml", None, "missing.yaml:1:1: No such file or directory"),
        ("v9", None, "v9:1:1: No such file or directory"),
        (".", None, ".:1:1: Is a directory: name a file in it"),
        (
            "latin.yaml",
            b"name: a\ntitle: \xc3\xa9\xe9t\xe9\n",
            "latin.yaml:2:9: not UTF-8 text (byte 17): save the file as UTF-8",
        ),
        ("empty.yaml", b"", "empty.yaml:1:1: the file is empty"),
    ],
)
def test_a_problem_without_a_line_to_quote_is_one_line(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes | None, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_bytes(content)
    result = mbcost("check", name)
    assert (result.code, result.out, result.err) == (2, f"{line}\n", "")


def test_an_unreadable_file_does_not_hide_problems_of_others(mbcost: Mbcost, broken: str) -> None:
    problems = json.loads(mbcost("check", "missing.yaml", broken, "--format", "json").out)["problems"]
    assert [(problem["file"], problem["kind"]) for problem in problems] == [
        ("missing.yaml", "unreadable"),
        ("broken.yaml", "invalid"),
        ("broken.yaml", "invalid"),
    ]


@pytest.mark.parametrize(
    ("line", "caret"),
    [
        ("名前: 1", "^"),
        ("name: 日本\tx: é: 1", "            ^"),
        ("title: x # " + "y" * 500, None),
        ("name: [" + "a, " * 100 + "]", "      ^"),
    ],
)
def test_the_caret_is_below_the_position_of_the_problem(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, caret: str | None
) -> None:
    """Also after characters that take two terminal cells; a tab is shown as a space, and a long line in part."""
    monkeypatch.chdir(tmp_path)
    Path("wide.yaml").write_text(f"{line}\n", encoding="utf-8")
    shown = mbcost("check", "wide.yaml").out.splitlines()
    assert max(map(len, shown)) < 320
    quoted = [row for row in shown if row.startswith("      | ")]
    assert caret is None or f"      | {caret}" in quoted


def test_a_problem_far_to_the_right_is_shown(mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("long.yaml").write_text(f"{'columns: [' + 'operator, ' * 40}opreator]\n", encoding="utf-8")
    shown = mbcost("check", "long.yaml").out.splitlines()
    index = next(index for index, row in enumerate(shown) if "opreator" in row and "did you mean" in row)
    quoted, caret = shown[index + 1 : index + 3]
    assert len(quoted) < 120
    assert quoted[caret.index("^") :].startswith("opreator]")


def test_problems_are_written_as_annotations_of_github(mbcost: Mbcost, broken: str) -> None:
    result = mbcost("check", broken, "--format", "github")
    assert result.code == 2
    assert result.out.splitlines() == [
        "::error file=broken.yaml,line=5,col=6,title=mbcost check::unknown operator 'cnov': did you mean 'conv'?",
        "::error file=broken.yaml,line=6,col=5,title=mbcost check::expected 2 cells (operator, c), found 1",
        "::notice title=mbcost check::2 problems in 1 file",
    ]


def test_problems_are_written_as_junit(mbcost: Mbcost, broken: str, tmp_path: Path) -> None:
    (tmp_path / "a&b.yaml").write_text((specs_folder() / "v1.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert mbcost("check", broken, "a&b.yaml", "-o", "report.xml").code == 2
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert [(case.get("name"), len(case)) for case in suite] == [("broken.yaml", 1), ("a&b.yaml", 0)]
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "2 problems"
    assert str(failure.text).splitlines()[1] == "broken.yaml:6:5: expected 2 cells (operator, c), found 1"


def test_problems_are_written_as_csv(mbcost: Mbcost, broken: str, tmp_path: Path) -> None:
    assert mbcost("check", broken, "--format", "csv", "--output", "problems.csv").code == 2
    rows = list(csv.reader(io.StringIO((tmp_path / "problems.csv").read_text())))
    assert rows[0] == ["file", "line", "column", "kind", "message"]
    assert rows[1] == ["broken.yaml", "5", "6", "invalid", "unknown operator 'cnov': did you mean 'conv'?"]


def test_checking_ends_at_a_hundred_problems(mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text("".join(f"key{number}: 1\n" for number in range(1000)), encoding="utf-8")
    result = mbcost("check", "wrong.yaml")
    assert result.code == 2
    assert result.out.endswith("\n100 problems in 1 file; there may be more, because checking ends at 100\n")


@pytest.mark.parametrize("channels", [24, 25, 31])
def test_a_width_that_the_implementation_rounds_is_noted(mbcost: Mbcost, tmp_path: Path, channels: int) -> None:
    text = BROKEN.replace("cnov, 8", f"conv, {channels}").replace("[conv]", "[conv, 8]")
    file = tmp_path / "net.yaml"
    file.write_text(text, encoding="utf-8")
    rounded = round(channels / 8) * 8
    message = (
        f"{channels} output channels become {rounded}: the rule 'channels' of the implementation official rounds them"
    )
    result = mbcost("check", str(file))
    notes = json.loads(mbcost("check", str(file), "--format", "json").out)["notes"]
    annotations = mbcost("check", str(file), "--format", "github").out.splitlines()
    assert result.code == 0
    if channels == rounded:
        assert (result.out, notes, len(annotations)) == ("no problem in 1 file\n", [], 1)
        return
    assert result.out.splitlines()[0] == f"{file}:5:5: note: {message}"
    assert notes == [{"file": str(file), "line": 5, "column": 5, "message": message}]
    assert annotations[0] == f"::notice file={file},line=5,col=5,title=mbcost check::{message}"


def test_a_contradiction_says_that_a_width_was_rounded(mbcost: Mbcost, tmp_path: Path) -> None:
    text = BROKEN.replace("operator, c", "in, operator, c").replace("cnov, 8", "8x8x3, conv, 25")
    file = tmp_path / "net.yaml"
    file.write_text(text.replace("[conv]", "[8x8x25, conv, 8]"), encoding="utf-8")
    result = mbcost("check", str(file))
    assert result.code == 1
    assert "makes 8x8x24 from 8x8x3 with 25 rounded to 24 output channels" in result.out


@pytest.mark.parametrize("name", NETWORKS)
def test_no_width_of_a_built_in_network_is_rounded_at_alpha_1(mbcost: Mbcost, name: str) -> None:
    assert json.loads(mbcost("check", name, "--format", "json").out)["notes"] == []
