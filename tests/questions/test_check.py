"""`mbcost check`: one file per rule with the message that it causes, and the misprints of the papers' own tables."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from mbcost.analytic.network import resolve
from mbcost.questions.check import CONTRADICTION, INVALID, check_spec
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec, specs_folder
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.reading.flat import to_yaml
from mbcost.spec.reading.table import parse_spec

FOLDER = Path(__file__).parents[1]
BROKEN = sorted((FOLDER / "specs_invalid").glob("*.yaml"))
PRINTED = FOLDER / "data" / "as_printed"


def messages(text: str) -> list[str]:
    return [
        f"{finding.problem.line}:{finding.problem.column}: {finding.problem.message}"
        for finding in check_spec(text, "x")
    ]


def test_there_are_many_invalid_specs_and_most_messages_differ() -> None:
    assert len(BROKEN) >= 40
    heads = {path.read_text(encoding="utf-8").splitlines()[0].split(": ", 1)[1] for path in BROKEN}
    assert len(heads) > 0.8 * len(BROKEN)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_an_invalid_spec_causes_the_one_message_in_its_first_line(path: Path) -> None:
    text = path.read_bytes().decode()
    (finding,) = check_spec(text, "x")
    assert finding.kind == INVALID
    assert messages(text) == [text.split("\n", 1)[0].removeprefix("# ")]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_built_in_spec_has_no_problem(name: str) -> None:
    assert messages(read_built_in(name)) == []


AS_PRINTED = {
    "v1": [
        "18:6: the row prints the input 7x7x1024, but the row before it makes 4x4x1024 from 7x7x1024 with stride 2: "
        "correct one of them"
    ],
    "v2-arxiv1": [
        "13:6: the row prints the input 14x14x64, but the row before it makes 28x28x64 from 28x28x32 with stride 1: "
        "correct one of them",
        "14:6: the row prints the input 14x14x96, but the row before it makes 7x7x96 from 14x14x64 with stride 2: "
        "correct one of them",
    ],
    "v3-large-early": [
        "22:6: the row prints the input 14x14x112, but the row before it makes 14x14x160 from 14x14x112 with "
        "160 output channels: correct one of them"
    ],
    "v3-small": [
        "20:34: conv does not take 'se', which belongs to bottleneck, fused_bottleneck, universal_bottleneck: write ~"
    ],
}
"""The papers' tables with a misprint, to the letter, and what is reported about each misprint at its row."""
CORRECTED: dict[str, tuple[str, dict[tuple[int, str], tuple[object, object]]]] = {
    "v1": ("v1-printed", {(10, "in"): ("7x7x1024", None)}),
    "v2-arxiv1": ("v2-arxiv1", {(5, "in"): ("14^2 x 64", None)}),
    "v3-large-early": ("v3-large-arxiv1", {(14, "in"): ("14^2 x 112", None)}),
    "v3-small": ("v3-small", {(0, "operator"): ("conv 3x3", "conv"), (12, "se"): (True, False)}),
}
"""A table as printed -> the built-in spec of it, and the cells that differ: as printed, and in the spec."""
WITH_INPUTS = ["v1", "v1-printed", "v2", "v2-arxiv1", "v3-large", "v3-large-arxiv1", "v3-small", "v3-small-arxiv4"]


def read_built_in(name: str) -> str:
    return (specs_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def test_every_table_as_printed_is_tested() -> None:
    assert {path.stem for path in PRINTED.glob("*.yaml")} == set(AS_PRINTED)


@pytest.mark.parametrize("table", AS_PRINTED)
def test_the_known_misprints_are_found_and_nothing_else(table: str) -> None:
    text = (PRINTED / f"{table}.yaml").read_text(encoding="utf-8")
    assert messages(text) == AS_PRINTED[table]
    kinds = {finding.kind for finding in check_spec(text, "x")}
    assert kinds == ({INVALID} if table == "v3-small" else {CONTRADICTION} if AS_PRINTED[table] else set())


@pytest.mark.parametrize("table", CORRECTED)
def test_a_built_in_spec_differs_from_its_table_as_printed_in_the_misprint_only(table: str) -> None:
    name, corrections = CORRECTED[table]
    printed = yaml.safe_load((PRINTED / f"{table}.yaml").read_text(encoding="utf-8"))
    built_in = yaml.safe_load(read_built_in(name))
    assert printed["columns"] == built_in["columns"]
    differences = {
        (stage, column): (before, after)
        for stage, rows in enumerate(zip(printed["rows"], built_in["rows"], strict=True))
        for column, before, after in zip(printed["columns"], *rows, strict=True)
        if before != after
    }
    assert differences == corrections


def test_the_built_in_specs_print_the_inputs_that_their_papers_print() -> None:
    columns = {name: yaml.safe_load(read_built_in(name))["columns"] for name in NETWORKS}
    assert {name for name in NETWORKS if columns[name][0] == "in"} == set(WITH_INPUTS)
    assert not any("in" in columns[name][1:] for name in NETWORKS)


@pytest.mark.parametrize("name", WITH_INPUTS)
def test_the_printed_input_changes_nothing_that_is_computed(name: str) -> None:
    document = yaml.safe_load(read_built_in(name))
    without = {**document, "columns": document["columns"][1:], "rows": [row[1:] for row in document["rows"]]}
    spec = load_spec(name)
    assert resolve(parse_spec(yaml.safe_dump(without), "x", load_family)).layers == resolve(spec).layers
    assert spec.columns == tuple(without["columns"])


V2 = read_built_in("v2").splitlines(keepends=True)
ROWS = [index for index, line in enumerate(V2) if line.startswith("  - ")]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("~", None),
        ("14x14", None),
        ("14^2", None),
        ("64", None),
        ("14²×64", None),
        ("14 x 14 x 64", None),
        ("96", "prints the input 96, but the row before it makes 64 from 32 with 64 output channels"),
        ("14x7", "prints the input 14x7, but the row before it makes 14x14 from 28x28 with stride 2"),
        (
            "14^2 x 96",
            "prints the input 14x14x96, but the row before it makes 14x14x64 from 28x28x32 with 64 output channels",
        ),
        (
            "7^2 x 96",
            "prints the input 7x7x96, but the row before it makes 14x14x64 from 28x28x32 with stride 2 and 64 output",
        ),
    ],
)
def test_an_input_is_compared_as_far_as_it_is_printed(cell: str, message: str | None) -> None:
    problems = messages("".join(V2).replace("14^2 x 64", cell))
    assert (problems == []) == (message is None)
    assert message is None or f"{ROWS[5] + 1}:6: the row {message}" in problems[0]


@pytest.mark.parametrize("index", ROWS[1:-3])
def test_a_wrong_stride_is_found_at_the_row_below_and_only_there(index: int) -> None:
    lines = list(V2)
    head, _, stride = lines[index].rstrip("]\n").rpartition(", ")
    lines[index] = f"{head}, {3 - int(stride)}]\n"
    (problem,) = messages("".join(lines))
    assert problem.startswith(f"{index + 2}:6: the row prints ")


def test_the_first_row_is_compared_with_the_input_of_the_spec() -> None:
    (problem,) = messages("".join(V2).replace("resolution: 224", "resolution: 448"))
    assert problem == (
        f"{ROWS[0] + 1}:6: the row prints the input 224x224x3, but 'input' is 448x448x3: correct one of them"
    )


NOT_TO_BE_BUILT = """\
name: x
input: {channels: 3, resolution: 4}
columns: [in, operator, c, g, s]
rows:
  - [4x4x3,  conv,         8, ~, 2]
  - [2x2x8,  conv,        16, 3, 1]
  - [2x2,    separable,   16, ~, 2]
  - [1x1x16, separable,   24, ~, 2]
  - [3x3x24, conv,        32, 5, 1]
  - [7x7x32, conv,        32, ~, 1]
  - [6x6,    global_pool,  ~, ~, ~]
  - [~,      linear,       k, ~, ~]
implementations: {family: v1, only: [keras]}
"""


def test_every_row_that_cannot_be_built_is_reported_once_together_with_the_contradictions() -> None:
    """After such a row, the next printed input is the map that is read."""
    findings = check_spec(NOT_TO_BE_BUILT, "x")
    assert [(finding.problem.line, finding.kind) for finding in findings] == [
        (6, INVALID), (8, INVALID), (9, INVALID), (11, CONTRADICTION)
    ]  # fmt: skip
    assert [finding.problem.message.split(":")[0] for finding in findings[:3]] == [
        "3 groups do not divide 8 input channels at alpha 1",
        "the map is empty after 3.1.depthwise at resolution 4x4",
        "5 groups do not divide 24 input channels at alpha 1",
    ]


ROW = "name: x\ninput: {channels: 3, resolution: 32}\ncolumns: [operator, c, g, s]\nrows:\n  - [conv, 8, ~, 2]\n"
REST = "  - [linear, k, ~, ~]\nimplementations: {family: v2}\n"


def test_the_window_of_a_global_pool_is_compared_with_its_map() -> None:
    (finding,) = check_spec(f"{ROW}  - [global_pool 7x7, ~, ~, ~]\n{REST}", "x")
    assert str(finding.problem) == (
        "x:6:5: the row prints a window of 7x7 but reads a map of 16x16: correct one of them"
    )
    assert finding.kind == CONTRADICTION


def test_rows_under_the_key_layers_are_read_as_rows() -> None:
    text = f"{ROW}  - [global_pool, ~, ~, 2]\n{REST}".replace("rows:", "layers:")
    assert messages(text) == [
        "4:1: unknown key 'layers': did you mean 'rows'?",
        "6:25: global_pool does not take 's', which belongs to conv, separable, bottleneck, fused_bottleneck, "
        "universal_bottleneck, residual, max_pool, average_pool: write ~",
    ]


LIST = FlatNetwork(
    "x", "", 3, (224, 224),
    (
        FlatLayer("stem", "conv", (224, 224, 3), (112, 112, 8), (3, 3), 2),
        FlatLayer("branch", "conv", (224, 224, 3), (222, 222, 9), (3, 3), norm=9),
        FlatLayer("top", "linear", (1, 1, 17), (1, 1, 5), bias=True),
    ),
)  # fmt: skip
"""A layer need not read the map that the layer before it makes."""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": (222, 222, 8)}, "no padding gives 222x222 from 224x224 with k 3x3, s 2, d 1, expected 111 to 113"),
        ({"output": (112, 110, 8)}, "no padding gives 112x110 from 224x224 with k 3x3, s 2, d 1, expected 111 to 113"),
        ({"kernel": (1, 1), "output": (113, 112, 8)}, "no padding gives 113x112 from 224x224 with k 1x1, s 2, d 1"),
        ({"input": (223, 224, 3)}, "the first layer reads 223x224x3, but 'input' is 224x224x3: correct one of them"),
    ],
)  # fmt: skip
def test_a_contradiction_in_a_list_of_layers_is_messages(change: dict[str, Any], message: str) -> None:
    stem, *others = LIST.layers
    findings = check_spec(to_yaml(replace(LIST, layers=(replace(stem, **change), *others))), "x")
    assert [finding.kind for finding in findings] == [CONTRADICTION] * len(findings)
    assert findings[0].problem.line == 6
    assert findings[0].problem.message.startswith(message)


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("dilation", [1, 2])
def test_an_output_is_accepted_exactly_if_some_padding_gives_it(size: int, dilation: int) -> None:
    """Every padding is tried, by the formula of torch.nn.Conv2d."""
    for kernel, stride in product(range(1, 5), range(1, 4)):
        window = (kernel - 1) * dilation + 1
        possible = {(size + zeros - window) // stride + 1 for zeros in range(2 * window - 1) if size + zeros >= window}
        for side in range(1, 20):
            layer = FlatLayer("a", "conv", (size, size, 3), (side, side, 8), (kernel, kernel), stride, dilation)
            assert (messages(to_yaml(FlatNetwork("x", "", 3, (size, size), (layer,)))) == []) == (side in possible)
