"""The columns of CSV: one style and one name per quantity in all commands, and rows that are items, never totals."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mbcost.cli.registry import COMMANDS, Subgroup
from mbcost.present.formats import render_csv
from mbcost.present.published import errata_table
from mbcost.present.validate import as_table
from mbcost.questions.published.corrections import correct_cells
from mbcost.questions.validate.campaign import Campaign, Case, Outcome
from mbcost.questions.validate.comparison import Discrepancy, Validation
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import load_published
from tests.cli.conftest import Mbcost
from tools import ROOT

MISPRINTED = str(ROOT / "tests" / "data" / "as_printed" / "v2-arxiv1.yaml")
COMMANDS_WITH_CSV = [
    "table v2@0.75/160", "table v3-small --by stage", "table mobilenet-v4-conv-small --by block", "show v2", "show v1",
    "show mobilenet-v4-conv-small", "nets", "compare v1 v2@0.75/160x128", "compare standard-vs-dws --alpha 0.5",
    "compare standard-vs-dws --net v1", "compare residual-vs-inverted", "diff v3-large v3-large:keras",
    f"check {MISPRINTED}", "published v2 --source slim_v2_py", "published --source slim_v2_py --summary",
    "fit --net v2 --alpha 0.5,1 --res 96,97,98 --ram 320KiB --limit 9",
    "sweep v2 --alpha 0.5,0.7501,0.7502 --res 96,96x128", "memory v2", "memory v2 --by allocator",
    "memory v2 --by map", "roofline v2 --device stm32h743", "roofline v2 --device stm32h743 --by kind",
    "accuracy", "accuracy v2 v2:keras v2@0.6/176",
    "latency v2 v1@0.3 v3-small --device stm32n6", "latency v2 --device stm32n6 --by layer", "devices",
    "devices --profiles", "devices stm32h747-cubeai", "calibrate specs/devices/stm32n6.yaml",
    "explain 300,774,272 v2@1/224:official --quantity mult-adds", "explain v2@1/224 --mult-adds 300M --params 3.47M",
    "ledger v2", "conventions",
    f"lock --check {ROOT}/tests/data/stale.lock", "conventions thop", "formula v1 1.1.pointwise",
]  # fmt: skip
"""At least one line for every command that writes CSV, but for `verify` and `validate`, which need torch, and the
errata, which take seconds."""
WITH_TORCH = {"validate", "verify"}
WITHOUT_CSV = {"page", "explore", "plot", "new", "schema", "export"}
COUNTS = re.compile(
    r".*(params|mult_adds|activations|_bytes|_figures|exact|others|rank|classes|channels|height|width)$"
)
DOCUMENTED = re.compile(r"^\| (`[a-z].*?`) \|", re.MULTILINE)


def documented() -> list[str]:
    """The names in the table of columns in docs/json.md."""
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8").partition("--format csv` have?")[2]
    return [name for cell in DOCUMENTED.findall(page) for name in re.findall(r"`(\w+)`", cell)]


def tables_made_by_hand() -> Iterator[str]:
    yield render_csv(errata_table((), correct_cells(load_published())))
    spec = load_spec("v2")
    case = Case(spec, 0.75, (224, 224), "torchvision", "torchvision")
    difference = Discrepancy("v2", 0.75, (224, 224), "torchvision", "torchvision", "1.1.project", "weights", 1, 7)
    for differences in ((), (difference,)):
        yield render_csv(as_table(Campaign((Outcome(case, Validation(12, differences)),), ())))


@pytest.fixture(scope="module")
def collected() -> dict[str, list[dict[str, str]]]:
    """The rows of every command; each is run once for all tests here."""
    return {}


@pytest.fixture
def tables(mbcost: Mbcost, collected: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    if not collected:
        texts = {line: mbcost(*line.split(), "--format", "csv").out for line in COMMANDS_WITH_CSV}
        texts |= {f"by hand {number}": text for number, text in enumerate(tables_made_by_hand())}
        collected |= {line: list(csv.DictReader(io.StringIO(text))) for line, text in texts.items()}
    return collected


def test_every_command_that_writes_csv_is_tried() -> None:
    tried = {line.split()[0] for line in COMMANDS_WITH_CSV}
    assert tried | WITH_TORCH == set(COMMANDS) - WITHOUT_CSV
    compare: Any = COMMANDS["compare"].load()
    assert isinstance(compare, Subgroup)
    assert set(compare.commands) - {"nets"} == {line.split()[1] for line in COMMANDS_WITH_CSV if "-vs-" in line}


def test_names_have_one_style_and_are_documented_once(tables: dict[str, list[dict[str, str]]]) -> None:
    names = [name for rows in tables.values() for name in rows[0]]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)] == []
    known = documented()
    of_verify = {"model_layer"}
    assert set(names) | of_verify == set(known) - {"g", "d", "res", "a"} | ({"g", "d", "res", "a"} & set(names))
    assert sorted(name for name in set(known) if known.count(name) > 1) == ["proof"]  # of a convention, of an erratum


def test_no_row_is_a_total_and_no_name_occurs_twice(tables: dict[str, list[dict[str, str]]]) -> None:
    for line, rows in tables.items():
        assert rows, line
        assert None not in rows[0], line  # a row is longer than the header
        assert [row for row in rows if "total" in row.values()] == [], line


def test_a_quantity_has_one_form_in_every_command(tables: dict[str, list[dict[str, str]]]) -> None:
    """Counts are integers, alphas and shares are numbers, and a cell has one resolution."""
    forms = {
        "resolution": r"(\d+(x\d+)?)?",
        "alpha": r"(\d+(\.\d+)?)?",
        "chance": r"[01]\.\d{6}",
        "front": "true|false",
    }
    for line, rows in tables.items():
        for name in rows[0]:
            form = forms.get(name)
            form = form or (r"-?\d+(\.\d+)?|" if re.search(r"_(percent|ratio|us|cheaper)$", name) else None)
            form = form or (r"-?\d*" if COUNTS.fullmatch(name) else None)
            form = form or (r"[+-]?\d+" if name.endswith("_difference") else None)
            wrong = [row[name] for row in rows if form and not re.fullmatch(form, row[name])]
            if name != "exact" and not (name == "channels" and "residual" in line):
                assert wrong == [], (line, name)


SORTED = {
    "nets": ("params", "networks", "network", "network"),
    "compare v1 v2 v3-large": ("mult-adds", "networks", "network", "network"),
    "compare standard-vs-dws --net v1": ("standard-mult-adds", "blocks", "name", "block"),
    "compare standard-vs-dws": ("params", "forms", "mult_adds", "mult_adds"),
    "compare residual-vs-inverted": ("largest-map", "blocks", "title", "block"),
    "diff v1 v3-large": ("params", "layers", "second", "second_layer"),
    "memory v2 --by allocator": ("peak-bytes", "peaks", "allocator", "allocator"),
    "memory v2": ("naive", "rows", "name", "layer"),
    "memory v2 --by map": ("channels", "maps", "layer", "layer"),
    "roofline v2 --device stm32h743": ("bytes", "layers", "name", "layer"),
    "roofline v2 --device stm32h743 --by kind": ("layers", "kinds", "kind", "kind"),
    "latency v2 v1@0.3 v3-small --device stm32n6": ("latency-ms", "estimates", "network", ""),
    "latency v2 --device stm32n6 --by layer": ("latency-ms", "layers", "name", "layer"),
    "devices": ("points", "devices", "name", "name"),
    "devices --profiles": ("devices", "profiles", "name", "name"),
    "devices stm32h747-cubeai": ("measured-ms", "rows", "network", "network"),
    "calibrate specs/devices/stm32n6.yaml": ("error-percent", "rows", "network", "network"),
    "accuracy": ("worst-points", "surfaces", "network", "network"),
    "accuracy v1@0.6 v2 v2:keras": ("top1-percent", "estimates", "implementation", "implementation"),
    "table v2 --by stage": ("mult-adds", "rows", "name", "layer"),
    "conventions": ("title", "conventions", "name", "convention"),
    "show v2": ("c", "rows", "stage", ""),
    "fit v2:keras v1 --alpha 0.5,1 --res 96,128 --ram 1MiB --limit 4": (
        "implementation",
        "configurations",
        "mult_adds",
        "mult_adds",
    ),
    "fit v2 v1 --alpha 0.5,1 --res 96,128 --ram 1MiB --limit 4": ("flash", "configurations", "mult_adds", "mult_adds"),
    "sweep v2 v1 --res 96,128": ("peak-bytes", "configurations", "mult_adds", "mult_adds"),
    f"check {MISPRINTED} missing.yaml": ("message", "problems", "message", "message"),
    "published v2 --source slim_v2_py": ("printed", "figures", "id", "id"),
    "published --source slim_v2_py --summary": ("exact-figures", "summary", "source", "source"),
}
"""A command -> the column to sort by, and the list in its JSON, with the key in it and in CSV that names a row."""


@pytest.mark.parametrize("command", SORTED)
def test_json_is_sorted_as_csv_is(mbcost: Mbcost, command: str) -> None:
    sort, rows, key, column = SORTED[command]
    words = [*command.split(), "--sort", sort, "--format"]
    names = [str(item[key] or "") for item in json.loads(mbcost(*words, "json").out)[rows]]
    unsorted = [str(item[key] or "") for item in json.loads(mbcost(*command.split(), "--format", "json").out)[rows]]
    table = list(csv.DictReader(io.StringIO(mbcost(*words, "csv").out)))
    assert sorted(names) == sorted(unsorted)
    assert names == [row[column] for row in table] if column else names != unsorted


@pytest.mark.parametrize(
    "command", ["formula v1 1.1.pointwise --sort value", "show v1 --sort input", "explain 314M --sort bits"]
)
def test_a_json_without_rows_is_not_sorted_silently(mbcost: Mbcost, command: str) -> None:
    result = mbcost(*command.split(), "--format", "json")
    assert (result.code, result.out) == (2, "")
    assert "--sort is for the rows of a table" in result.err


def test_a_column_of_the_csv_alone_does_not_sort_other_rows(mbcost: Mbcost) -> None:
    for style in ("text", "json", "html"):
        result = mbcost("ledger", "v2", "--sort", "convention", "--format", style)
        assert (result.code, result.out) == (2, "")
        assert "only the rows of the CSV have 'convention'" in result.err
    assert mbcost("ledger", "v2", "--sort", "convention", "--format", "csv").code == 0


@pytest.mark.parametrize(
    "command",
    ["explain 314M --columns alpha", "explain 314M --columns bits,bits", "fit --columns left,height", "fit --sort head",
     "published --errata --columns verdict", "validate --columns layer", "sweep v2 --alpha 0.1:1.5:0.001 --sort head",
     "verify no.such:model v2 --sort head"],
)  # fmt: skip
def test_columns_are_checked_before_the_work(mbcost: Mbcost, command: str) -> None:
    started = time.monotonic()
    result = mbcost(*command.split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "column" in result.err
    assert time.monotonic() - started < 2


def test_a_network_has_the_same_numbers_under_the_same_names_in_all_commands(mbcost: Mbcost) -> None:
    """V2 at alpha 0.5 and 96: totals by network, and sums of the rows of its layers."""
    where, limits = ("--alpha", "0.5", "--res", "96"), ("--ram", "1GiB")
    commands = [("compare", "v2@0.5/96"), ("sweep", "v2", *where), ("fit", "--net", "v2", *where, *limits)]
    rows = [row for command in commands for row in csv.DictReader(io.StringIO(mbcost(*command, "--format", "csv").out))]
    layers = list(csv.DictReader(io.StringIO(mbcost("table", "v2@0.5/96", "--format", "csv").out)))
    memory = list(csv.DictReader(io.StringIO(mbcost("memory", "v2@0.5/96", "--format", "csv").out)))
    for row in rows:
        assert (row["network"], row["alpha"], row["resolution"]) == ("v2", "0.5", "96")
        for name in ("params", "mult_adds"):
            assert int(row[name]) == sum(int(layer[name]) for layer in layers)
        assert row.get("peak_bytes", str(max(int(layer["naive_bytes"]) for layer in memory))) == str(
            max(int(layer["naive_bytes"]) for layer in memory)
        )


def test_csv_goes_to_a_file_with_the_same_rows(mbcost: Mbcost, tmp_path: Path) -> None:
    target = tmp_path / "t.csv"
    assert mbcost("table", "v2", "--output", str(target)).out == ""
    assert target.read_text() == mbcost("table", "v2", "--format", "csv").out
