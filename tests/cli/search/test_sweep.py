"""`mbcost sweep`: rows agree with `table`, all formats hold the same, and files are written atomically."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest

from mbcost.analytic.reference import resolve_reference
from mbcost.cli import progress, run
from mbcost.questions.latency.estimate import estimate_latency
from mbcost.questions.latency.summaries import calibrate_device
from tests.cli.conftest import Mbcost
from tests.processes import INTERRUPTIBLE, running

RANGES = ("--alpha", "0.25:1.4:0.05", "--res", "96:256:32")


def test_every_row_agrees_with_table(mbcost: Mbcost) -> None:
    rows = list(csv.DictReader(mbcost("sweep", "v1", "v2:torchvision", *RANGES, "--format", "csv").out.splitlines()))
    assert len(rows) == 2 * 24 * 6
    for row in rows[::29]:
        net = f"{row['network']}@{row['alpha']}/{row['resolution']}:{row['implementation']}"
        assert row["resolution"] == row["height"] == row["width"]
        totals = json.loads(mbcost("table", net, "--format", "json").out)["totals"]
        assert (int(row["mult_adds"]), int(row["params"])) == (totals["mult_adds"], totals["params"])


def test_alphas_that_give_the_same_network_share_a_row_and_a_note_says_so(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("sweep", "v2", "--alpha", "0.7:0.8:0.01", "--format", "json").out)
    ranges = [[row["alpha"], row["alpha_range"]] for row in answer["configurations"] if row["resolution"] == [96, 96]]
    assert (answer["alphas"], answer["networks"]) == (11, len(ranges))
    assert [0.75, [0.75, 0.76]] in ranges
    assert f"11 alphas give {len(ranges)} different networks" in mbcost("sweep", "v2", "--alpha", "0.7:0.8:0.01").out
    assert "3 alphas, each a different network" in mbcost("sweep", "v2", "--alpha", "0.25:0.75:0.25").out


def test_all_formats_hold_the_same_values(mbcost: Mbcost, tmp_path: Path) -> None:
    answer = json.loads(mbcost("sweep", "v2", *RANGES, "--format", "json").out)
    file = tmp_path / "v2.jsonl"
    assert mbcost("sweep", "v2", *RANGES, "--format", "jsonl", "--output", str(file)).out == ""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    rows = list(csv.DictReader(mbcost("sweep", "v2", *RANGES, "--format", "csv").out.splitlines()))
    assert len(lines) == len(rows) == len(answer["configurations"])
    for line, row, point in zip(lines, rows, answer["configurations"], strict=True):
        assert list(line) == list(row)
        for key in ("alpha_least", "alpha_most", "height", "width", "mult_adds", "params", "flash_bytes"):
            assert float(row[key]) == line[key]
        assert [line["height"], line["width"]] == point["resolution"]
        assert int(row["peak_bytes"]) == line["peak_bytes"] == point["memory"]
        assert line["top1_percent"] == point["top1"]
        assert row["top1_percent"] == ("" if point["top1"] is None else f"{point['top1']:.1f}")


def test_parquet_holds_the_same_values_or_names_the_extra_to_install(mbcost: Mbcost, tmp_path: Path) -> None:
    file = tmp_path / "v2.parquet"
    result = mbcost("sweep", "v2", *RANGES, "--format", "parquet", "--output", str(file))
    try:
        from pyarrow import parquet  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        assert (result.code, file.exists()) == (2, False)
        assert result.err == "mbcost: error: pyarrow is not installed: pip install 'mbcost[parquet]'\n"
        return
    rows = json.loads(mbcost("sweep", "v2", *RANGES, "--format", "json").out)["configurations"]
    stored = parquet.read_table(file).to_pylist()
    header = mbcost("sweep", "v2", "--alpha", "1", "--res", "96", "--format", "csv").out.partition("\n")[0]
    assert list(stored[0]) == header.split(",")
    assert [row["flash_bytes"] for row in stored] == [row["flash"] for row in rows]
    assert [row["top1_percent"] for row in stored] == [row["top1"] for row in rows]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v2", "--alpha", "1:0.5:0.1"), "alpha '1:0.5:0.1' is empty: the stop is below the start"),
        (("v2", "--alpha", "0.5:1:0"), "alpha '0.5:1:0': the step must be a positive number"),
        (("v2", "--alpha", "-1"), "alpha is -1: it must be a positive number"),
        (("v2", "--alpha", "0:1:0.5"), "alpha is 0: it must be a positive number"),
        (("v2", "--res", "96:1000000000:1"), "res '96:1000000000:1' has more than 100,000 values: use a larger step"),
        (("v2", "--res", "96:128:0.5"), "resolution is '96.0': write a size in pixels"),
        (("v2@0.5", "--alpha", "1"), "alpha is given twice"),
        (("v2", "--alpha", "0.001:1:0.00001", "--res", "1:10000:1"), "there are 999,010,000 configurations: add"),
        (("v2", "--dtype", "int4"), "unknown dtype 'int4': did you mean 'int8'?"),
        (("v2", "--allocator", "naiv"), "unknown allocator 'naiv': did you mean 'naive'?"),
        (("v2", "--pareto", "mult-add,top1"), "unknown quantity 'mult-add': did you mean 'mult-adds'?"),
        (("v2", "--pareto", "latency,top1"), "pareto is 'latency,top1', and a latency needs --device"),
        (("v2", "--columns", "network,ms"), "column 'ms' needs --device"),
        (("v2", "--sort", "latency-high-ms", "--format", "csv"), "column 'latency-high-ms' needs --device"),
        (("v2", "--device", "pixel1-tflit"), "unknown device 'pixel1-tflit': did you mean 'pixel1-tflite'"),
        (("v2", "--classes", f"{10**200}", "--device", "stm32n6", "--format", "csv"), "too large for an estimate"),
        (("v2", "--format", "parquet"), "parquet is not a text format: add --output FILE"),
        (("v2", "--format", "xlsx"), "unknown format 'xlsx'"),
        (("v1:timm", "--alpha", "1", "--res", "0"), "resolution is '0': it must be at least 1"),
        (("v22",), "unknown network 'v22'"),
        (("v2", "--format", "csv", "--allocator", "arena", "--alpha", str(2**62), "--res", "96"), "a smaller alpha"),
        (("v2", "v2@1", "--res", "96"), "v2 and v2@1 have configurations in common: remove one"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_in_one_line(mbcost: Mbcost, arguments: tuple[str, ...], message: str) -> None:
    result = mbcost("sweep", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err


def test_an_empty_map_gives_the_same_message_as_table(mbcost: Mbcost) -> None:
    table = mbcost("table", "vgg-16/1")
    assert table.code == 2
    assert mbcost("sweep", "vgg-16", "--alpha", "1", "--res", "1").err == table.err


def test_an_interrupt_keeps_the_old_file_and_leaves_no_partial_one(tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    file.write_text("the old text\n")
    command = ["sweep", "v2", "--alpha", "0.1:5:0.001", "--res", "1:20000:1", "--format", "csv", "--output", str(file)]
    with running([*INTERRUPTIBLE, *command], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not any(
            path.stat().st_size for path in tmp_path.iterdir() if path != file
        ):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert [path.name for path in tmp_path.iterdir()] == ["all.csv"]
    assert file.read_text() == "the old text\n"


def test_the_progress_bar_is_shown_only_if_the_command_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for patience, shown in ((progress.PATIENCE, False), (-1.0, True)):
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(progress, "PATIENCE", patience)
        monkeypatch.setenv("TERM", "xterm-256color")
        assert run(["sweep", "v2", "--alpha", "0.35", "--res", "96", "--format", "csv"]) == 0
        assert ("sweeping" in stream.getvalue(), "11934128" in stream.getvalue()) == (shown, False)
        assert "11934128" in capsys.readouterr().out


def test_a_parquet_file_that_cannot_be_written_is_refused_with_the_reason(mbcost: Mbcost, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    result = mbcost("sweep", "v2", "--alpha", "1", "--format", "parquet", "--output", str(pipe))
    os.close(reader)
    assert result.code == 2
    assert result.err.startswith(f"mbcost: error: cannot write {pipe}: ")
    assert "None" not in result.err


def test_numbers_that_int64_does_not_hold_are_exact_in_every_format_but_parquet(mbcost: Mbcost, tmp_path: Path) -> None:
    command = ("sweep", "v2", "--alpha", "1", "--res", "400000000", "--dtype", "float32")
    (row,) = csv.DictReader(mbcost(*command, "--format", "csv").out.splitlines())
    assert (row["mult_adds"], row["peak_bytes"]) == ("955020000000001280000", "19200000000000000000")
    pytest.importorskip("pyarrow")
    file = tmp_path / "v2.parquet"
    result = mbcost(*command, "--format", "parquet", "--output", str(file))
    assert (result.code, result.err.count("\n"), list(tmp_path.iterdir())) == (2, 1, [])
    assert "mult_adds of v2 at alpha 1 and 400000000x400000000 is above 9,223,372,036,854,775,807" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v1", "--alpha", "0.001:99:0.001", "--res", "1:99999:1", "--pareto", "memory,flash"),
         "there are 9,899,901,000 configurations, which take about"),
        (("v1", "--alpha", "0.1:1.5:0.0001", "--res", "1:99999:1", "--allocator", "arena", "--pareto", "memory,flash"),
         "add --force to exceed the limit of 1,000,000"),
        (("v1", "--alpha", "0.1:1.5:0.01", "--res", "1:1000:1"), "there are 141,000 configurations: add --output"),
    ],
)  # fmt: skip
def test_too_much_work_is_refused_at_once(mbcost: Mbcost, arguments: tuple[str, ...], message: str) -> None:
    started = time.monotonic()
    result = mbcost("sweep", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err
    assert time.monotonic() - started < 5


def test_a_front_that_does_not_fit_in_memory_is_refused_unless_forced(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("sweep", "v2", "--alpha", "0.5,1", "--res", "96,128", "--pareto", "params,+flash", "--format", "csv")
    expected = mbcost(*command)
    monkeypatch.setattr("mbcost.cli.search.sweep.MOST_KEPT", 3)
    assert "more than 3 configurations are Pareto-optimal" in mbcost(*command).err
    assert mbcost(*command, "--force").out == expected.out
    assert expected.out.count("\n") == 5


def test_a_sweep_that_is_computed_part_by_part_shows_the_same(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("sweep", "v2", "v1", "--alpha", "0.7:0.8:0.01", "--res", "96,96x128")
    expected = mbcost(*command).out
    monkeypatch.setattr("mbcost.questions.search.configurations.BLOCKS_AT_ONCE", 40)
    monkeypatch.setattr("mbcost.questions.search.configurations.MOST_SIZES", 10)
    monkeypatch.setattr("mbcost.analytic.memory.peaks.MOST_CELLS", 20)
    assert mbcost(*command).out == expected


def test_milliseconds_are_those_of_each_network_however_the_sweep_is_divided(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    nets = ("v3-small", "mnasnet-1.0", "v2:torchvision")
    command = ("sweep", *nets, "--alpha", "0.1,0.71,1.4", "--res", "32,97x160")
    plain, device = csv_rows(mbcost, command), ("--device", "pixel2-tflite")
    answer = json.loads(mbcost(*command, *device, "--format", "json").out)
    calibration = calibrate_device("pixel2-tflite")
    assert answer["device"]["left_out"] == pytest.approx(100 * calibration.left_out.mean)
    rows = answer["configurations"]
    for row in rows:
        height, width = row["resolution"]
        net = f"{row['network']}@{row['alpha']}/{height}x{width}:{row['implementation']}"
        estimate = estimate_latency(calibration, resolve_reference(net))
        assert row["milliseconds"] == pytest.approx(estimate.milliseconds, rel=1e-5)
        assert row["milliseconds_high"] == (estimate.high and pytest.approx(estimate.high, rel=1e-5))
        assert row["reason"] == estimate.reason
    assert len({row["reason"] for row in rows}) == 5  # none, a different family, outside, both, different work
    monkeypatch.setattr("mbcost.questions.search.configurations.BLOCKS_AT_ONCE", 40)
    monkeypatch.setattr("mbcost.questions.latency.grid.MOST_ROWS", 100)
    with_device = csv_rows(mbcost, (*command, *device))
    for known, row, point in zip(plain, with_device, rows, strict=True):
        assert {**known, "latency_ms": row["latency_ms"], "latency_high_ms": row["latency_high_ms"]} == row
        assert float(row["latency_ms"]) == pytest.approx(point["milliseconds"], rel=0.005)
        assert (row["latency_high_ms"] == "") == (point["milliseconds_high"] is None)


def csv_rows(mbcost: Mbcost, command: tuple[str, ...]) -> list[dict[str, str]]:
    return list(csv.DictReader(mbcost(*command, "--format", "csv").out.splitlines()))


def test_a_table_with_milliseconds_says_how_wrong_they_are_and_why_there_is_no_interval(mbcost: Mbcost) -> None:
    shown = mbcost("sweep", "v1", "mnasnet-1.0", "--alpha", "1", "--res", "96:224:32", "--device", "stm32n6").out
    error = calibrate_device("stm32n6").left_out.mean
    assert f"each predicted by the others, the mean error is {error:.1%}" in shown
    assert "at most ms: the upper end of an 80% interval" in shown
    assert "mnasnet-1.0@1/96, mnasnet-1.0@1/128" in shown
    assert "the latency has no interval: no network of its family was measured" in shown
    hidden = mbcost("sweep", "v1", "--alpha", "1", "--res", "96", "--device", "stm32n6", "--columns", "network").out
    assert "interval" not in hidden


def test_a_front_of_latency_keeps_what_nothing_faster_beats(mbcost: Mbcost) -> None:
    command = ("sweep", "v1", "v2", "--device", "pixel1-tflite", "--format", "json")

    def pairs(*options: str) -> list[tuple[float, float]]:
        rows = json.loads(mbcost(*command, *options).out)["configurations"]
        return [(row["milliseconds"], -row["top1"]) for row in rows if row["top1"] is not None]

    points = pairs()
    expected = [
        point
        for point in points
        if not any(other != point and other[0] <= point[0] and other[1] <= point[1] for other in points)
    ]
    assert pairs("--pareto", "latency,top1") == sorted(expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v1", "vgg-16", "--alpha", "0.5,1", "--res", "64,16"), "empty after 9.1.pool at resolution 16x16"),
        (("v1", "v2", "--alpha", "1,1e15", "--res", "96"), "alpha 1e+15 makes it too wide"),
        (("{folder}/grouped.yaml", "--alpha", "1,1.0625,2", "--res", "32"), "8 groups do not divide 17 input channels"),
    ],
)
@pytest.mark.parametrize("style", ["csv", "jsonl"])
def test_what_a_later_part_refuses_is_refused_before_the_first_byte(
    mbcost: Mbcost,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    style: str,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    (tmp_path / "grouped.yaml").write_text(
        "name: grouped\ninput: {channels: 3, resolution: 32}\ncolumns: [operator, c, g]\n"
        "rows: [[conv, 16, 1], [conv, 8, 8], [global_pool, ~, ~], [linear, k, ~]]\n"
        "implementations: {family: v1}\n"
    )
    monkeypatch.setattr("mbcost.questions.search.configurations.BLOCKS_AT_ONCE", 1)
    result = mbcost("sweep", *(word.format(folder=tmp_path) for word in arguments), "--format", style)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
