"""`--format html`: every command's table as a page, and `--fragment`."""

from __future__ import annotations

import csv
import io
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import mbcost as package
from tests.cli.conftest import Mbcost
from tests.present.report.reading import Report

COMMANDS = (
    "table v2@0.75 --by stage",
    "table v3-small@0.5/96:torchvision",
    "nets",
    "show v1",
    "memory v2@0.35/96 --by map",
    "compare standard-vs-dws v1@0.25",
    "roofline v2 --peak-macs 1e9 --bandwidth 1e9",
    "devices",
    "formula v2 2.1.expand",
    "accuracy v2@0.6",
    # People and programs read different columns of these.
    "compare nets v1 v2@0.5 v3-large --columns params,params-ratio,mult-adds,mult-adds-ratio",
    "sweep v1 v2 --sort params --columns params,peak,flash,mult-adds,top1,implementation",
    "diff v2 v2:keras --columns params,mult-adds,activations",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_has_every_cell_of_the_csv(command: str, mbcost: Mbcost) -> None:
    header, *rows = csv.reader(io.StringIO(mbcost(*command.split(), "--format", "csv").out))
    columns = [] if "--columns" in command else ["--columns", ",".join(header)]
    grid = Report(mbcost(*command.split(), *columns, "--format", "html").out).grids[0]
    assert len(rows) == len(grid.body) > 0
    for row, cells in zip(rows, grid.body, strict=True):
        for value, cell in zip(row, cells, strict=True):
            assert value in ({"*": "true", "": "false"}.get(cell.text), cell.exact, cell.text)
            assert not value.lstrip("-").isdigit() or cell.exact == value  # an integer has all its digits


def test_a_page_shows_the_command_line_and_the_versions_and_no_date(mbcost: Mbcost, tmp_path: Path) -> None:
    words = ["table", "v2@0.5", "--columns", "layer, params", "--output", str(tmp_path / "it's a report.html")]
    assert mbcost(*words).code == 0
    text = (tmp_path / "it's a report.html").read_text(encoding="utf-8")
    (line,) = Report(text).texts["code"]
    assert shlex.split(line) == ["mbcost", *words]
    assert Report(text).texts["p"][-1] == f"mbcost {package.__version__}, Python {sys.version.split()[0]}"
    assert mbcost(*words).code == 0
    assert (tmp_path / "it's a report.html").read_text(encoding="utf-8") == text


def test_a_fragment_is_the_same_tables_without_a_page(mbcost: Mbcost) -> None:
    page, part = (mbcost("conventions", "--format", "html", *more).out for more in ([], ["--fragment"]))
    assert [grid.body for grid in Report(part).grids] == [grid.body for grid in Report(page).grids]
    assert len(Report(part).grids) == 2  # a summary, and what each convention counts
    assert part.startswith('<div class="mbcost-report">')
    assert part.endswith("</div>\n")
    assert not {"html", "script", "main"} & Report(part).texts.keys()
    chosen = mbcost("conventions", "--format", "html", "--columns", "title").out
    assert [len(grid.head[0]) for grid in Report(chosen).grids] == [1]


@pytest.mark.parametrize("words", [[], ["--format", "csv"], ["--output", "t.md"]])
def test_a_fragment_of_something_else_is_refused_in_one_line(words: list[str], mbcost: Mbcost) -> None:
    result = mbcost("table", "v2", "--fragment", *words)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "--fragment is a part of a web page" in result.err
    assert "use --format html" in result.err


def test_a_network_with_a_hostile_name_is_text(mbcost: Mbcost, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    source = (
        Path("docs/tiny.yaml").read_text(encoding="utf-8").replace("name: tiny", f"name: '{name}'\ntitle: '{name}'")
    )
    (tmp_path / "net.yaml").write_text(source, encoding="utf-8")
    for words in (["table"], ["compare", "nets"], ["sweep"], ["memory"]):
        report = Report(mbcost(*words, str(tmp_path / "net.yaml"), "--format", "html").out)
        assert any(name in text for texts in report.texts.values() for text in texts) or any(
            name in cell.text for row in report.grids[0].body for cell in row
        )


def test_a_table_that_is_no_page_imports_nothing_of_it() -> None:
    program = (
        "import sys; from mbcost.cli import run; run(['table', 'v2', '--format', 'csv']);"
        "print([name for name in sys.modules if name == 'html' or name.startswith('mbcost.present.report')])"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.splitlines()[-1] == "[]"
