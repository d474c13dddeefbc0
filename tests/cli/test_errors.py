"""Every mistake gives one line on standard error that says what to do, and exit code 2, without a traceback or file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Mbcost

MISTAKES = [
    (["table", "v9"], "unknown network 'v9': choose from v1, v1-standard, v2,"),
    (["table", "v3-larg"], "unknown network 'v3-larg': did you mean 'v3-large'"),
    (["table", "v2@0"], "alpha is 0: it must be a positive number"),
    (["table", "v2", "--alpha", "-1"], "alpha is -1: it must be a positive number"),
    (["table", "v2", "--alpha", "nan"], "alpha is nan: it must be a positive number"),
    (["table", "v2", "--alpha", "inf"], "alpha is inf: it must be a positive number"),
    (["table", "v2", "--alpha", "half"], "alpha is 'half': it must be a number"),
    (["table", "v2", "--alpha", "1e300"], "row 0 of v2: alpha 1e+300 makes it too wide to count exactly"),
    (["table", "v1:keras", "--alpha", "0.001"], "row 0 of v1: alpha 0.001 leaves it without channels"),
    (["table", "v2", "--res", "0"], "resolution is '0': it must be at least 1"),
    (["table", "v2", "--res", "-5"], "resolution is '-5': write a size in pixels"),
    (["table", "v2", "--res", "224x"], "resolution is '224x': write a size in pixels"),
    (["table", "v1:keras", "--res", "3"], "row 4 of v1: the map is empty after 4.1.depthwise at resolution 3x3"),
    (["table", "v2", "--res", "160", "--rho", "0.5"], "rho and a resolution are both given"),
    (["table", "v2/160", "--rho", "0.5"], "rho and a resolution are both given"),
    (["table", "v2", "--rho", "0"], "rho is '0': it must be a positive number"),
    (["table", "v2", "--rho", "0.001"], "rho 0.001 leaves nothing of 224x224"),
    (["table", "v2@0.5", "--alpha", "1"], "alpha is given twice, in 'v2@0.5' and as an option"),
    (["table", "v2/160", "--res", "192"], "the resolution is given twice"),
    (["table", "v2:keras", "--impl", "timm"], "the implementation is given twice"),
    (["table", "v2@@1"], "'v2@@1' is not a network"),
    (["table", "v2", "--impl", "torchvison"], "unknown implementation of v2 'torchvison': did you mean 'torchvision'"),
    (["table", "v1", "--impl", "torchvision"], "unknown implementation of v1 'torchvision': choose from official,"),
    (["table", "v2", "--classes", "0"], "classes is 0: it must be at least 1"),
    (["table", "v2", "--in-channels", "0"], "in-channels is 0: it must be at least 1"),
    (["table", "v2", "--by", "blok"], "unknown grouping 'blok': did you mean 'block'"),
    (["table", "v2", "--columns", "name,parms"], "unknown column 'parms': did you mean 'params'"),
    (["table", "v2", "--columns", "layer,name"], "column 'layer' is given twice: remove one"),
    (["table", "v2", "--columns", "name,,params"], "columns 'name,,params' has an empty part"),
    (["table", "v2", "--sort", "speed"], "unknown column 'speed'"),
    (["table", "v2", "--convention", "mac"], "unknown convention 'mac': did you mean 'macs'"),
    (["table", "v2", "--format", "jason"], "unknown format 'jason': did you mean 'json'"),
    (["table", "v2", "--classes", "many"], "classes is 'many': it must be a whole number (try 'mbcost table --help')"),
    (["table", "v2", "--alhpa", "1"], "unknown option '--alhpa': did you mean '--alpha'"),
    (["table", "v2", "--width", "0.5"], "unknown option '--width': did you mean '--alpha'"),
    (["sweep", "v2", "--resolution", "96"], "unknown option '--resolution': did you mean '--res'"),
    (["table", "v2", "--zzz"], "unknown option '--zzz' (try 'mbcost table --help')"),
    (["table", "v2", "v3-large"], "unexpected argument 'v3-large': remove it, or did you mean 'mbcost compare v2 v3-l"),
    (["table", "v2", "--alpha"], "--alpha needs a value (try 'mbcost table --help')"),
    (["table", "v2", "--no-top=3"], "--no-top does not take a value: remove what follows '='"),
    (["table", "v3"], "'v3' means more than one network: write v3-large or v3-small"),
    (["table", "mobilenet_v4"], "'mobilenet_v4' means more than one network: write mobilenet-v4-conv-small or"),
    (["explain", "3M", "--limit", "0"], "limit is 0: it must be at least 1"),
    (["table", "v2", "-o", "t.csv", "-f", "json"], "--format json contradicts the ending of t.csv, which means csv"),
    (["table"], "the argument NET is missing, as in 'mbcost table v2 --alpha 0.75 --res 160' (try"),
    (["table", "missing.yaml"], "missing.yaml: No such file or directory"),
    (["tabel", "v2"], "unknown command 'tabel': did you mean 'table'"),
    (["formula", "v2", "2.1.expnd"], "unknown layer of v2 '2.1.expnd': did you mean '2.1.expand'"),
    (["show", "v2@0.5"], "'v2@0.5' has settings, but show prints the table as published: write 'v2'"),
    (["check"], "the argument FILE... is missing, as in 'mbcost check mynet.yaml' (try 'mbcost check --help')"),
    (["check", "v2", "--format", "jason"], "unknown format 'jason': did you mean 'json'"),
    (["check", "v2", "--format", "xml"], "unknown format 'xml': did you mean 'junit'?"),
    (["table", "v2", "--format", "tex"], "unknown format 'tex': did you mean 'latex'?"),
    (["table", "v2", "--format", "MD"], "unknown format 'MD': did you mean 'markdown'?"),
    (["table", "v2", "--format", "ndjson"], "unknown format 'ndjson': did you mean 'json'?"),
    (["sweep", "v2", "--format", "ndjson"], "unknown format 'ndjson': did you mean 'jsonl'?"),
    (["table", "v2", "--format", "yml"], "unknown format 'yml': did you mean 'json'?"),
    (["table", "v2", "-o", "t.yaml"], "t.yaml would be text, which .yaml is not: use .csv, .html, .json, .md"),
    (["table", "v2", "-o", "t.ndjson"], "t.ndjson means jsonl, which this command does not write: use .csv"),
    (["compare", "v1", "v2", "-o", "t.xlsx"], "t.xlsx would be text, which .xlsx is not: use .csv, .html, .json, .md"),
    (["table", "v2", "-o", "t.parquet"], "t.parquet means parquet, which this command does not write: use .csv"),
    (["table", "mobilenet_v2_0.75_160"], "unknown network 'mobilenet_v2_0.75_160': did you mean 'v2@0.75/160'?"),
    (["fit", "--ram", "320", "KiB"], "ram is 320, which would be bytes: write 320KiB, or 320B for bytes"),
    (["v2@0.75/160"], "unknown command 'v2@0.75/160': did you mean 'mbcost table v2@0.75/160'?"),
    (["table", "v2", "0.75", "160"], "unexpected argument '0.75 160': write it with the network, such as v2@0.75/160"),
    (["table", "v2", "--sort", "macs"], "unknown column 'macs': did you mean 'mult-adds'?"),
    (["verify", "v2", "net.py:make"], "the model comes before the network: mbcost verify net.py:make v2"),
    (["new"], "the argument NAME is missing"),
    (["new", "a b"], "'a b' is not a name: use letters, digits, '-', '_' and '.'"),
    (["compare"], "the argument NET... is missing"),
    (["compare", "v1", "v7"], "unknown network 'v7'"),
    (["compare", "standard-vs-dws", "v1", "--kernel", "3"], "--kernel describes one layer and v1 is a whole network"),
    (["compare", "standard-vs-dws", "v1", "--net", "v2"], "the network is given twice, as v1 and --net v2"),
    (["compare", "standard-vs-dws", "--res", "160"], "--res needs a network: name it"),
    (["compare", "standard-vs-dsw"], "unknown comparison or network 'standard-vs-dsw': did you mean 'standard-vs-dws'"),
    (["table", "v2", "--in_channels", "1"], "unknown option '--in_channels': did you mean '--in-channels'?"),
    (["table", "v2", "-alpha", "1"], "unknown option '-alpha': did you mean '--alpha'"),
    (["table", "--net", "v2"], "unknown option '--net': write the network without it, as an argument"),
    (["list"], "unknown command 'list': did you mean 'nets'"),
    (["table", "mobilenet_v3_larg"], "unknown network 'mobilenet_v3_larg': did you mean 'v3-large'"),
    (["sweep", "v2", "--rho", "1", "--res", "96"], "rho and a resolution are both given"),
    (["explain", "3M", "--no-top"], "no-top is given without a network"),
    (["fit", "--columns", "network,alhpa"], "unknown column 'alhpa': did you mean 'alpha'"),
    (["check", "v2", "--sort", "line"], "--sort is for tables, which text is not: remove it, or add --format csv"),
    (["table", "v2", "--alpha", "1_0"], "alpha is '1_0': it must be a number"),
    (["table", "v2", "--res", "٣٢"], "resolution is '٣٢': write a size in pixels"),
    (["compare", "standard-vs-dws", "--alpha", "nan"], "alpha is nan: it must be a positive number"),
    (["compare", "standard-vs-dws", "--alpha", "0"], "alpha is 0: it must be a positive number"),
    (["compare", "standard-vs-dws", "--in", "1" + 20 * "0", "--alpha", "0.5"], "inputs is 1" + 20 * "0" + ": it must"),
    (["compare", "standard-vs-dws", "--rho", "0.01"], "rho 0.01 leaves nothing of a 14x14 map"),
    (["compare", "standard-vs-dws", "--kernel", "0"], "kernel is 0: it must be at least 1"),
    (["compare", "standard-vs-dws", "--net", "v1-standard"], "v1-standard has no depthwise layers"),
    (["compare", "residual-vs-inverted", "--channels", "30"], "30 channels cannot be divided by reduction 4"),
    (["compare", "residual-vs-inverted", "--expansion", "9" * 400], "channels times expansion are too wide to count"),
    (["validate", "v2", "--against", "fvcor"], "unknown witness 'fvcor': did you mean 'fvcore'"),
    (["validate", "v2", "--alpha", "1:0.5:0.25"], "alpha '1:0.5:0.25' is empty"),
    (["validate", "v2", "--alpha", "0.5:1:0"], "alpha '0.5:1:0': the step must be a positive number"),
    (["validate", "v2", "--res", "1:1000000:1"], "res '1:1000000:1' has more than 10,000 values"),
    (["validate", "v2", "--alpha", "0:1e999999:1"], "alpha '0:1e999999:1' has more than 10,000 values"),
    (["validate", "v2", "--output", "/no/such/folder/x"], "cannot write /no/such/folder/x: No such file or directory"),
    (["validate", "v1", "--impl", "torchvision", "--against", "all"], "unknown implementation of v1 'torchvision'"),
    (["validate", "v2@0.5", "--alpha", "1"], "alpha is given twice"),
    (["validate", "v1", "--impl", "torchvision"], "unknown implementation of v1 'torchvision'"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[" ".join(words) for words, _ in MISTAKES])
def test_a_mistake_gives_one_line_and_exit_code_2(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(f"mbcost: error: {message}")
    assert len(result.err.splitlines()) == 1


def test_an_output_that_cannot_be_written_leaves_no_file(mbcost: Mbcost, tmp_path: Path) -> None:
    target = tmp_path / "no" / "such" / "table.csv"
    result = mbcost("table", "v2", "--output", str(target))
    assert (result.code, result.err) == (
        2,
        f"mbcost: error: cannot write {target}: No such file or directory: create its folder first\n",
    )
    (tmp_path / "folder").mkdir()
    result = mbcost("table", "v2", "--output", str(tmp_path / "folder"))
    assert result.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_broken_spec_reports_every_problem(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(
        "name: broken\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c]\n"
        "rows:\n  - [cnov, 8]\n  - [conv]\nimplementations: {family: v2}\n"
    )
    result = mbcost("table", str(path))
    assert result.code == 2
    assert result.err.splitlines() == [
        f"mbcost: error: {path}:5:6: unknown operator 'cnov': did you mean 'conv'?",
        f"mbcost: error: {path}:6:5: expected 2 cells (operator, c), found 1",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--alpha", "1e300"], "5:5: alpha 1e+300 makes it too wide to count exactly: use a smaller alpha"),
        (["--alpha", "0.5"], "6:5: 3 groups do not divide 4 input channels at alpha 0.5"),
        (["--res", "1"], "7:5: the map is empty after 2.1.pool at resolution 1x1: use a larger resolution"),
    ],
)
def test_a_network_that_cannot_be_built_is_reported_at_its_row(
    mbcost: Mbcost, tmp_path: Path, options: list[str], message: str
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "name: own\ninput: {channels: 3, resolution: 32}\ncolumns: [operator, c, g, s]\n"
        "rows:\n  - [conv, 9, ~, 2]\n  - [conv, 9, 3, 1]\n  - [max_pool 8x8, ~, ~, 2]\n  - [global_pool, ~, ~, ~]\n"
        "  - [linear, k, ~, ~]\nimplementations: {family: vgg}\n"
    )
    result = mbcost("table", str(path), *options)
    assert (result.code, result.err) == (2, f"mbcost: error: {path}:{message}\n")
