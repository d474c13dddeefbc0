"""The latency is read from real logs of every tool, and nothing else is ever taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.errors import MbcostError, SpecError
from mbcost.questions.latency.measured import resolve_measured
from mbcost.spec.catalogue.measured import load_measured_device
from mbcost.spec.reading.milliseconds import LONGEST
from mbcost.spec.reading.runs import NCNN_NETWORKS, is_run_log, parse_benchncnn, read_benchncnn, read_run_log

FOLDER = Path(__file__).parents[2] / "data" / "runs"
TFLITE, ONNX, TENSORRT = "TFLite benchmark_model", "ONNX Runtime onnxruntime_perf_test", "TensorRT trtexec"
LOGS = {
    "tflite_android": (TFLITE, 80.6601),
    "tflite_profile": (TFLITE, 79.7609),
    "tflite_2019": (TFLITE, 137.722),
    "tflite": (TFLITE, 2950.34),
    "tflite_percentiles": (TFLITE, 145.528),
    "onnxruntime_2019": (ONNX, 58.8053),
    "onnxruntime": (ONNX, 62.2935),
    "onnxruntime_total": (ONNX, 98.961997),
    "trtexec": (TENSORRT, 9.81005),
    "trtexec_82": (TENSORRT, 2.09467),
    "trtexec_7": (TENSORRT, 4.52398),
    "trtexec_5": (TENSORRT, 10.75646),  # the mean of ten host wall times
}


def read(name: str) -> str:
    return (FOLDER / f"{name}.log").read_text(encoding="utf-8")


def test_every_log_in_the_folder_is_used() -> None:
    assert {path.stem for path in FOLDER.glob("*.log")} == {*LOGS, "benchncnn", "benchncnn_2018"}


@pytest.mark.parametrize("name", LOGS)
def test_the_latency_of_a_real_log_is_read_with_its_tool_and_statistic(name: str) -> None:
    run = read_run_log(read(name), "run.log")
    tool, milliseconds = LOGS[name]
    assert run.tool == tool
    assert run.milliseconds == pytest.approx(milliseconds, rel=1e-9)
    assert run.statistic.startswith("mean")


@pytest.mark.parametrize("name", LOGS)
def test_line_ends_colours_and_marks_of_logcat_do_not_matter(name: str) -> None:
    lines = read(name).splitlines()
    expected = read_run_log(read(name), "run.log")
    assert read_run_log("\r\n".join(lines), "run.log") == expected
    assert read_run_log("\n".join(f"\x1b[32m{line}\x1b[0m" for line in lines), "run.log") == expected


@pytest.mark.parametrize("name", LOGS)
def test_two_runs_in_one_log_are_refused_at_the_second(name: str) -> None:
    text = read(name)
    with pytest.raises(SpecError) as error:
        read_run_log(text + text, "run.log")
    assert "the log has 2 runs, the second one here: keep one run per file" in str(error.value)
    assert int(str(error.value).split(":")[1]) > len(text.splitlines())


@pytest.mark.parametrize("name", LOGS)
def test_without_the_lines_of_the_latency_a_log_gives_none(name: str) -> None:
    marks = ("nference (avg)", "nference timings in us", "count=", "verage ", "] Latency:", "] mean:")
    rest = "\n".join(line for line in read(name).splitlines() if not any(mark in line for mark in marks))
    with pytest.raises(MbcostError) as error:
        read_run_log(rest, "run.log")
    assert str(error.value).startswith("run.log: ")
    assert "expected the output of benchmark_model" in str(error.value) or "1 / latency" in str(error.value)


def test_a_log_that_ends_before_the_runs_do_does_not_have_a_latency() -> None:
    """The warm-up prints the same line as the runs, if it has more than one run."""
    lines = read("tflite").splitlines()
    warm_up, runs = (number for number, line in enumerate(lines) if line.startswith("count="))
    lines[warm_up] = lines[runs].replace("2.95034e+06", "3.5e+06")
    for end in range(len(lines)):
        text = "\n".join(lines[:end])
        assert is_run_log(text) == (end > runs)
    assert read_run_log("\n".join(lines[: runs + 1]), "run.log").milliseconds == pytest.approx(2950.34)


def test_without_its_summary_the_line_after_the_warm_up_counts() -> None:
    text = "\n".join(line for line in read("tflite").splitlines() if "timings" not in line)
    assert read_run_log(text, "run.log").milliseconds == pytest.approx(2950.34)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "run.log: the log is empty: expected the output of"),
        ("Segmentation fault\n", "run.log: no latency was read: expected the output of"),
        ("[I] Throughput: 120.699 qps\n", "run.log: the log has a throughput, but not a latency: frames per second"),
        ("Number of inferences per second: 16.0476 \n", "run.log: the log has a throughput, but not a latency"),
        ("FPS: 30\n", "run.log: the log has a throughput, but not a latency"),
        ("  mobilenet  min =    6.95/s  max =  148.54/s\n", "run.log: the log has a throughput, but not a latency"),
        ("\nAverage inference time cost: 0 ms\n", "run.log:2:1: a latency must be above 0 ms"),
        ("Average inference time cost: 1e99 ms\n", "run.log:1:1: a latency must be at most 3600000 ms"),
        ("Average inference time cost: -nan ms\n", "run.log: no latency was read"),
    ],
)
def test_a_text_without_a_latency_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(MbcostError) as error:
        read_run_log(text, "run.log")
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@settings(max_examples=60, deadline=None)
@given(st.text("min=avg0.:\n /s\x1b[e", max_size=60), st.sampled_from(["", *LOGS]), st.integers(0, 400))
def test_any_text_is_read_or_refused(noise: str, name: str, end: int) -> None:
    text = (read(name)[-end:] if name else "") + noise
    try:
        milliseconds = read_run_log(text, "run.log").milliseconds
    except MbcostError:
        return
    assert 0 < milliseconds <= LONGEST


def test_a_long_line_is_read_in_a_moment() -> None:
    for part in ("count=1 avg", "x  min =  1", "Average inference timings in us: ", "Latency: min = "):
        with pytest.raises(MbcostError):
            read_run_log(part * 60_000, "run.log")


def test_the_networks_of_benchncnn_that_are_known_become_a_device() -> None:
    text = read("benchncnn")
    table = read_benchncnn(text)
    assert table["mobilenet_v2"] == (13.2, 13.41, 13.29)
    assert len(table) == 18
    device = parse_benchncnn(text, "b.log", "orin")
    assert (device.runtime, device.threads, device.statistic) == ("ncnn", "1", "minimum of 64 runs")
    assert {row.network: row.milliseconds for row in device.measured} == {
        NCNN_NETWORKS[name]: times[0] for name, times in table.items() if name in NCNN_NETWORKS
    }
    assert device.measured[1].position == "b.log:11:9"
    assert len(resolve_measured(device).measured) == 5
    assert "gpu_device" not in read("benchncnn_2018")
    early = parse_benchncnn(read("benchncnn_2018"), "b.log", "phone")
    assert (early.threads, [row.network for row in early.measured]) == ("4", ["v1/224", "v2/224", "vgg-16/224"])
    assert parse_benchncnn(text.replace("gpu_device = -1", "gpu_device = 0"), "b.log").threads == "gpu"


def test_a_log_of_benchncnn_that_is_not_one_table_is_refused() -> None:
    text = read("benchncnn")
    with pytest.raises(SpecError, match=r"^b\.log:31:1: a second run starts here: keep one run per file$"):
        parse_benchncnn(text + text, "b.log")
    with pytest.raises(
        MbcostError, match=r"^b\.log: no network of mbcost is in this output: expected one of mobilenet,"
    ):
        parse_benchncnn("  squeezenet  min = 1.0  max = 2.0  avg = 1.5\n", "b.log")
    with pytest.raises(SpecError, match=r"^b\.log:1:1: a latency must be above 0 ms"):
        parse_benchncnn("  mobilenet  min = 0.00  max = 2.0  avg = 1.5\n", "b.log")
    with pytest.raises(SpecError, match="the log has 18 runs, the second one here"):
        read_run_log(text, "b.log")
    assert read_run_log(" mine.param  min = 1.5  max = 2.0  avg = 1.7\n", "b.log").milliseconds == 1.5


def test_a_file_is_read_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "orin.txt"
    path.write_text(read("benchncnn"), encoding="utf-8")
    assert load_measured_device(path).name == "orin"
    assert is_run_log(read("tflite"))
    path.write_text(read("tflite"), encoding="utf-8")
    with pytest.raises(MbcostError, match=r"this is the log of one run: write which network it ran, as v2@0\.75/160="):
        load_measured_device(path)
    (tmp_path / "x.log").write_text("nothing", encoding="utf-8")
    with pytest.raises(MbcostError, match="no latency was read: expected the output of"):
        load_measured_device(tmp_path / "x.log")
