"""`mbcost calibrate`: pages, plans, logs, models and measuring here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mbcost.cli import exits
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.spec.catalogue.measured import device_path, load_measured_device
from mbcost.spec.catalogue.runnable import RunnableNetwork
from mbcost.spec.timed import TimedNetwork, TimingProgress, Timings
from tests.cli.conftest import Mbcost

RUNS = Path(__file__).parents[2] / "data" / "runs"
CSV = "network,ms\nv1@0.25/128,6.2\nv1@0.5/224,47.6\nv2/224,117\nv1/128,57.4\n"


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_json_of_a_stored_device_is_its_calibration(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("calibrate", str(device_path("stm32h747-cubeai")), "--format", "json").out)
    expected, device = calibrate_device("stm32h747-cubeai"), load_measured_device("stm32h747-cubeai")
    assert (answer["schema"], answer["device"]) == ("mbcost/calibration/1", device.device)
    assert answer["points"] == len(answer["rows"]) == len(device.measured)
    for key, errors in (("left_out", expected.left_out), ("mult_adds_alone", expected.mult_adds_alone)):
        stated = {"mean": errors.mean, "p90": errors.p90, "worst": errors.worst}
        assert {name: answer[key][name] / 100 for name in stated} == pytest.approx(stated, rel=1e-3)
        assert answer[key]["within_10"] == pytest.approx(errors.within_10, rel=1e-3)
    for row, point in zip(answer["rows"], expected.points, strict=True):
        assert (row["network"], row["suspicious"]) == (point.row.label, point.suspicious)
        assert row["measured"] == point.milliseconds
        assert row["predicted"] == pytest.approx(point.predicted, rel=1e-5)
    rows = [abs(row["predicted"] / row["measured"] - 1) for row in answer["rows"]]
    assert 100 * sum(rows) / len(rows) == pytest.approx(answer["left_out"]["mean"], rel=1e-3)


def test_a_planted_mistake_is_marked_and_the_rest_is_not(mbcost: Mbcost) -> None:
    Path("mine.yaml").write_text(device_path("pixel2-tflite").read_text().replace("71.7", "143.4"))
    answer = json.loads(mbcost("calibrate", "mine.yaml", "--format", "json").out)
    assert [row["network"] for row in answer["rows"] if row["suspicious"]] == ["v1@0.75/192"]
    assert "suspicious (*)" in mbcost("calibrate", "mine.yaml").out


def test_a_table_a_pipe_and_logs_become_a_device_file(mbcost: Mbcost) -> None:
    Path("mine.csv").write_text(CSV)
    result = mbcost(
        "calibrate", "mine.csv", "-o", "mine.yaml", "--name", "A phone", "--dtype", "float32", "--threads", "2"
    )
    assert result.code == 0
    device = load_measured_device("mine.yaml")
    assert (device.device, device.dtype, device.threads) == ("A phone", "float32", "2")
    assert [(row.network, row.milliseconds) for row in device.measured][2:] == [("v2/224", 117), ("v1/128", 57.4)]
    assert mbcost("calibrate", "mine.yaml").out.splitlines()[2:] == result.out.splitlines()[2:]
    logs = [f"v1={RUNS / 'tflite.log'}", f"v1@0.5={RUNS / 'tflite_2019.log'}", f"v2={RUNS / 'tflite_android.log'}"]
    answer = json.loads(mbcost("calibrate", *logs, "--format", "json").out)
    assert [row["network"] for row in answer["rows"]] == ["v1", "v1@0.5", "v2"]
    assert answer["runtime"] == "TFLite benchmark_model"
    assert json.loads(mbcost("calibrate", str(RUNS / "benchncnn.log"), "--format", "json").out)["runtime"] == "ncnn"


@pytest.mark.parametrize(
    ("words", "text", "message"),
    [
        ("x.csv", "network,ms\n", "no network is measured"),
        ("x.csv", "network,ms\nv2,~\n", "1 network is planned, but none is measured"),
        ("x.csv", "network,ms\nv2,0\n", "must be above 0 ms"),
        ("x.csv", "network,ms\nv2,-3\n", "must be above 0 ms"),
        ("x.csv", "network,ms\nv9,3\n", "x.csv:2:1: unknown network 'v9'"),
        ("x.csv", "network,time\nv2,3\n", "does not tell the unit"),
        ("x.csv", "network,fps\nv2,30\n", "is a rate"),
        ("x.csv", "network,ms\nv2,3 us\n", "not in ms, the unit of the column"),
        ("x.csv", "network,ms\nv2,3\nv1,4\n", "2 networks are measured, and a calibration needs at least 3"),
        ("x.csv", "network,ms\nv2,3\nv2/224,9\nv1,4\nv1@0.5,2\n", "v2, also written v2/224, was measured 2 times"),
        ("x.yaml", "device: x\nmeasured: {}\n", "no network is measured"),
        ("x.yaml", "device: x\nmeasured: {v2: 3 fps}\n", "frames per second"),
        ("v2=x.log", "nothing\n", "no latency was read"),
        ("v9=x.log", "Average inference time cost: 3 ms\n", "unknown network 'v9'"),
        ("x.csv y.csv", "network,ms\nv2,3\n", "two devices"),
        ("v2=x.log x.log", "Average inference time cost: 3 ms\n", "is not a log of one network"),
        ("v2=y.log", "", "No such file"),
        ("", "", "no file of measurements"),
        ("x.csv --minutes 3", CSV, "add --run"),
        ("x.csv --dtype float3", CSV, "unknown dtype"),
        ("--plan 0", "", "must be at least 1"),
        ("--plan 17 v1", "", "only 16 networks"),
        ("--plan 2 v9", "", "unknown network 'v9'"),
        ("--plan 2 --format json", "", "a plan is a device file"),
        ("--plan 2 -o x.csv", CSV, "a plan is a device file"),
        ("--plan 2 -o x.yaml", "device: x\n", "measurements in it would be lost"),
        ("--run tensorflow -o y.yaml", "", "unknown runtime"),
        ("--run torch", "", "would be lost"),
        ("--run torch --minutes soon -o y.yaml", "", "a positive number of minutes"),
        ("--run torch --threads gpu -o y.yaml", "", "a whole number"),
        ("x.yaml --plan 2", "device: x\nmeasured: {v2: ~}\n", "has the networks already"),
        ("--plan 2 --models .", "", "not empty"),
        ("--plan 2 --models x.yaml", "device: x\n", "it is a file"),
        ("--plan 2 --models a/b", "", "create the folder"),
        ("--plan 2 v1@0.5/128", "", "only 1 network can be chosen"),
        ("--plan 1 v1 -o y.yaml --format json", "", "remove --format"),
        ("--run torch --minutes= -o y.yaml", "", "a positive number of minutes"),
        ("--run torch --dtype int8 -o y.yaml", "", "--run states its own"),
        ("--run torch --runtime mine -o y.yaml", "", "--run states its own"),
        ("--run torch --threads 0 --models m -o y.yaml", "", "a whole number of at least 1"),
        ("x.csv --name= -o y.yaml", CSV, "one line of text that is not blank"),
        ("x.csv --threads=\x1b[31m -o y.yaml", CSV, "one line of text that is not blank"),
        ("v1= v2=x.log", "", "does not name a log"),
        ("-=x.log v2=x.log v1=x.log", "Average inference time cost: 3 ms\n", "'-' means standard input"),
        ("--plan 1 -", "", "cannot have the network on standard input"),
        ("x.csv -o x.csv", CSV, "is the file that is read"),
        ("v1=x.csv v2=x.csv -o x.csv", CSV, "is the file that is read"),
    ],
)  # fmt: skip
def test_what_cannot_be_calibrated_is_refused_in_one_line(words: str, text: str, message: str, mbcost: Mbcost) -> None:
    file = next(
        (word.rpartition("=")[2] for word in words.split() if word.rpartition("=")[2].startswith("x.")), "x.any"
    )
    Path(file).write_text(text)
    before = {path: path.read_text() for path in Path().iterdir()}
    result = mbcost("calibrate", *words.split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err
    assert {path: path.read_text() for path in Path().iterdir()} == before


def test_two_measurements_that_differ_are_said(mbcost: Mbcost) -> None:
    Path("x.csv").write_text(CSV + "v1,160\nv1/224,99\n")
    answer = json.loads(mbcost("calibrate", "x.csv", "--format", "json").out)
    assert len(answer["rows"]) == answer["points"] == 4
    assert ["differ by more than 30%" in note for note in answer["notes"]] == [True]


@pytest.mark.parametrize("command", ["calibrate x.csv", "devices x.csv", "latency v1 --device x.csv"])
def test_no_answer_replaces_its_measurements_or_hides_that_some_are_not_used(command: str, mbcost: Mbcost) -> None:
    Path("x.csv").write_text(CSV + "v1,160\nv1/224,99\n")
    refused = mbcost(*command.split(), "--output", "./x.csv")
    assert mbcost("sweep", "v1", "--device", "x.csv", "--output", "x.csv").code == 2
    assert mbcost("fit", "v1", "--max-latency", "9ms", "--device", "x.csv", "--output", "x.csv").code == 2
    assert "differ by more than 30%" in mbcost("sweep", "v1@0.5/128", "--device", "x.csv").out
    assert (refused.code, "is the file that is read" in refused.err) == (2, True)
    assert Path("x.csv").read_text().startswith(CSV)
    result = mbcost(*command.split(), "--format", "csv")
    assert (result.code, "differ by more than 30%" in result.err, "30%" in result.out) == (0, True, False)


def test_a_plan_is_a_device_file_that_waits_for_its_latencies(mbcost: Mbcost) -> None:
    result = mbcost("calibrate", "--plan", "4", "v1", "v2@0.5", "--name", "A board", "--output", "mine.yaml")
    assert (result.code, result.out) == (0, "")
    device = load_measured_device("mine.yaml")
    assert (device.device, [row.milliseconds for row in device.measured]) == ("A board", [None] * 4)
    assert mbcost("calibrate", "--plan", "4", "v1", "v2@0.5", "--name", "A board").out == Path("mine.yaml").read_text()
    refused = mbcost("calibrate", "mine.yaml")
    assert (refused.code, "4 networks are planned, but none is measured" in refused.err) == (2, True)


def fake_onnx(monkeypatch: pytest.MonkeyPatch, write: Callable[[RunnableNetwork, Path], None]) -> None:
    monkeypatch.setitem(sys.modules, "mbcost.measured.onnx_file", SimpleNamespace(write_onnx=write))


def test_models_are_written_all_or_none(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def write(network: RunnableNetwork, path: Path) -> None:
        written.append(network.entry.network)
        path.write_text(network.entry.network)
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    fake_onnx(monkeypatch, write)
    result = mbcost("calibrate", "--plan", "3", "v1", "--models", "models")
    assert (result.code, result.out) == (2, "")
    assert "No space left on device" in result.err
    assert list(Path().iterdir()) == []
    Path("models").mkdir()  # an empty folder is filled
    assert mbcost("calibrate", "--plan", "3", "v1", "--models", "models").code == 0
    files = {path.name: path.read_text() for path in Path("models").iterdir()}
    assert len(files) == 3
    assert all(name == f"{network.replace('@', '_').replace('/', '_')}.onnx" for name, network in files.items())
    assert [path.name for path in Path().iterdir()] == ["models"]


def fake_timing(monkeypatch: pytest.MonkeyPatch, seconds: dict[str, float], *, interrupted: bool) -> list[Any]:
    """Let a measurement give these milliseconds, by network; it is ended by Ctrl-C if `interrupted`."""
    calls: list[Any] = []

    def measure(networks: Iterable[RunnableNetwork], runtime: str, **options: Any) -> Timings:
        networks = list(networks)
        names = [network.entry.network for network in networks]
        calls.append((names, runtime, options["threads"], options["minutes"]))
        options["on_round"](TimingProgress("round 1", 0.5, 1))
        if interrupted:
            exits._ARRIVED.append(KeyboardInterrupt())  # what the handler of the signal does
        timed = tuple(TimedNetwork(one.entry, seconds.get(one.entry.network, 5.0), 6.0, 30, 0.001) for one in networks)
        return Timings("a processor", f"{runtime} 1", "float32", 1, "minimum", timed, 9, 3.0, interrupted, ("busy",))

    monkeypatch.setitem(sys.modules, "mbcost.measured.timing", SimpleNamespace(measure_networks=measure))
    return calls


@pytest.mark.parametrize("interrupted", [False, True])
def test_measuring_here_keeps_what_was_measured(
    interrupted: bool, mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fake_timing(monkeypatch, {}, interrupted=interrupted)
    result = mbcost("calibrate", "--run", "torch", "--plan", "4", "v1", "--minutes", "0.5", "--output", "mine.yaml")
    assert result.code == 0  # also after Ctrl-C
    assert ("ended by Ctrl-C" in result.err, "note: busy" in result.err) == (interrupted, True)
    ((names, *options),) = calls
    assert options == ["torch", 1, 0.5]
    device = load_measured_device("mine.yaml")
    assert [row.network for row in device.measured] == names
    assert {row.milliseconds for row in device.measured} == {5.0}
    assert result.out.startswith("a processor  torch 1  float32  threads 1")


def test_the_networks_of_a_plan_are_measured_here(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plan.yaml").write_text("device: mine\nmeasured: {v1@0.5/160: ~, 'v2, classes 5': ~, v3-small: 7}\n")
    calls = fake_timing(monkeypatch, {}, interrupted=False)
    assert mbcost("calibrate", "plan.yaml", "--run", "onnxruntime", "--output", "mine.yaml").code == 0
    assert calls == [(["v1@0.5/160", "v2", "v3-small"], "onnxruntime", 1, 2.0)]
    assert [row.label for row in load_measured_device("mine.yaml").measured] == [
        "v1@0.5/160",
        "v2, classes 5",
        "v3-small",
    ]


def test_too_few_networks_are_kept_before_they_are_refused(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_timing(monkeypatch, {}, interrupted=False)
    result = mbcost("calibrate", "--run", "torch", "--plan", "2", "v1", "--output", "mine.yaml")
    assert (result.code, "needs at least 3" in result.err) == (2, True)
    assert len(load_measured_device("mine.yaml").measured) == 2
