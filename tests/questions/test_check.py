"""`mbcost check`: one file a rule with the message that it earns, and the misprints of the papers' own tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from mbcost.analytic.network import resolve
from mbcost.questions.check import CONTRADICTION, INVALID, check_spec
from mbcost.spec.flat import FlatLayer, FlatNetwork, to_yaml
from mbcost.spec.library import NETWORKS, load_family, load_spec, specs_folder
from mbcost.spec.parse import parse_spec

FOLDER = Path(__file__).parents[1]
BROKEN = sorted((FOLDER / "specs_invalid").glob("*.yaml"))
PRINTED = FOLDER / "data" / "as_printed"


def found(text: str) -> list[str]:
    return [
        f"{finding.problem.line}:{finding.problem.column}: {finding.problem.message}"
        for finding in check_spec(text, "x")
    ]


def test_the_corpus_is_there_and_no_two_files_earn_the_same_message() -> None:
    assert len(BROKEN) >= 40
    heads = {path.read_text(encoding="utf-8").splitlines()[0].split(": ", 1)[1] for path in BROKEN}
    assert len(heads) > 0.8 * len(BROKEN)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_each_rule_is_broken_once_and_said_once(path: Path) -> None:
    """The first line of a file is what is said of it."""
    text = path.read_bytes().decode()
    (finding,) = check_spec(text, "x")
    assert finding.kind == INVALID
    assert found(text) == [text.split("\n", 1)[0].removeprefix("# ")]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_built_in_specs_are_fine(name: str) -> None:
    assert found((specs_folder() / f"{name}.yaml").read_text(encoding="utf-8")) == []


AS_PRINTED = {
    "v1": [
        "18:6: the row prints 7x7x1024 and reads 4x4x1024: the row above makes it of 7x7x1024 with stride 2; "
        "correct one of them"
    ],
    "v2": [],
    "v2-arxiv1": [
        "13:6: the row prints 14x14x64 and reads 28x28x64: the row above makes it of 28x28x32 with stride 1; "
        "correct one of them",
        "14:6: the row prints 14x14x96 and reads 7x7x96: the row above makes it of 14x14x64 with stride 2; "
        "correct one of them",
    ],
    "v3-large": [],
    "v3-large-early": [
        "22:6: the row prints 14x14x112 and reads 14x14x160: the row above makes it of 14x14x112 with 160 output "
        "channels; correct one of them"
    ],
    "v3-small": ["20:34: conv takes no 'se': it belongs to bottleneck, fused_bottleneck, universal_bottleneck"],
}  # fmt: skip
"""The papers' tables with their printed inputs, and each known misprint in them at its row."""


def test_every_table_as_printed_has_its_verdict() -> None:
    assert {path.stem for path in PRINTED.glob("*.yaml")} == set(AS_PRINTED)


@pytest.mark.parametrize("table", AS_PRINTED)
def test_the_known_misprints_are_found_and_nothing_else(table: str) -> None:
    text = (PRINTED / f"{table}.yaml").read_text(encoding="utf-8")
    assert found(text) == AS_PRINTED[table]
    kinds = {finding.kind for finding in check_spec(text, "x")}
    assert kinds == ({INVALID} if table == "v3-small" else {CONTRADICTION} if AS_PRINTED[table] else set())


@pytest.mark.parametrize("table", ["v2", "v3-large"])
def test_the_printed_input_changes_nothing_that_is_computed(table: str) -> None:
    spec = parse_spec((PRINTED / f"{table}.yaml").read_text(encoding="utf-8"), "x", load_family)
    assert resolve(spec).layers == resolve(load_spec(table)).layers
    assert "in" not in spec.columns


V2 = (PRINTED / "v2.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
ROWS = [place for place, line in enumerate(V2) if line.startswith("  - ")]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("~", None),
        ("14x14", None),
        ("14^2", None),
        ("64", None),
        ("14²×64", None),
        ("14 x 14 x 64", None),
        ("96", "prints 96 and reads 64: the row above makes it of 32 with 64 output channels"),
        ("14x7", "prints 14x7 and reads 14x14: the row above makes it of 28x28 with stride 2"),
        ("14^2 x 96", "prints 14x14x96 and reads 14x14x64: the row above makes it of 28x28x32 with 64 output channels"),
        (
            "7^2 x 96",
            "prints 7x7x96 and reads 14x14x64: the row above makes it of 28x28x32 with stride 2 and 64 output",
        ),
    ],
)
def test_an_input_is_compared_as_far_as_it_is_printed(cell: str, message: str | None) -> None:
    problems = found("".join(V2).replace("14^2 x 64", cell))
    assert (problems == []) == (message is None)
    assert message is None or f"12:6: the row {message}" in problems[0]


@pytest.mark.parametrize("place", ROWS[1:-3])
def test_a_wrong_stride_is_found_at_the_row_below_and_only_there(place: int) -> None:
    lines = list(V2)
    head, _, stride = lines[place].rstrip("]\n").rpartition(", ")
    lines[place] = f"{head}, {3 - int(stride)}]\n"
    (problem,) = found("".join(lines))
    assert problem.startswith(f"{place + 2}:6: the row prints ")


def test_the_first_row_is_held_against_the_input() -> None:
    (problem,) = found("".join(V2).replace("resolution: 224", "resolution: 448"))
    assert problem == "7:6: the row prints 224x224x3 and reads 448x448x3, by 'input': correct one of them"


def test_a_table_that_leaves_nothing_contradicts_itself() -> None:
    text = (
        "name: x\ninput: {channels: 3, resolution: 1}\ncolumns: [operator, c, s]\n"
        "rows:\n  - [conv, 8, 1]\n  - [separable, 8, 2]\nimplementations: {family: v1, only: [keras]}\n"
    )
    assert found(text)[0].startswith("6:5: nothing is left of a 1x1 map")
    assert check_spec(text, "x")[0].kind == CONTRADICTION


ROW = "name: x\ninput: {channels: 3, resolution: 32}\ncolumns: [operator, c, g, s]\nrows:\n  - [conv, 8, ~, 2]\n"
REST = "  - [linear, k, ~, ~]\nimplementations: {family: v2}\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("[conv, 10, 3, 1]", "3 groups do not divide 8 input channels at alpha 1"),
        ("[global_pool 7x7, ~, ~, ~]", "the row prints a window of 7x7 and reads a map of 16x16: correct one of them"),
    ],
)
def test_what_cannot_be_said_of_a_row_alone_is_said_at_the_row(row: str, message: str) -> None:
    text = f"{ROW}  - {row}\n{'' if 'pool' in row else '  - [global_pool, ~, ~, ~]' + chr(10)}{REST}"
    assert found(text) == [f"6:5: {message}"]
    assert check_spec(text, "x")[0].kind == CONTRADICTION


def test_a_list_of_layers_is_read_as_one() -> None:
    text = to_yaml(FlatNetwork("x", "", 3, (32, 32), (FlatLayer("a", "conv", (32, 32, 3), (32, 32, 8)),)))
    assert found(text) == []
    assert found(text.replace("1, 1, 1, false", "1, 1, 3, false")) == [
        "6:51: 3 groups do not divide the channels of both maps"
    ]
