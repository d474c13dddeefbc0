"""Logs of tools that run a network many times and print its latency.

The formats are those of the tools' own code: `benchmark_model` of TensorFlow Lite (benchmark_model.cc),
`onnxruntime_perf_test` (performance_runner.cc), `trtexec` of TensorRT (sampleReporting.cpp) and `benchncnn`
(benchncnn.cpp). A throughput is never taken as 1 / latency.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mbcost.errors import MbcostError, Problem, SpecError
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.reading.milliseconds import RATES, describe_range

EXPECTED = "the output of benchmark_model (TFLite), onnxruntime_perf_test, trtexec or benchncnn"

NCNN_NETWORKS: Mapping[str, str] = {
    "mobilenet": "v1/224",
    "mobilenet_v2": "v2/224",
    "mobilenet_v3": "v3-large/224",
    "mnasnet": "mnasnet-1.0/224",
    "efficientnet_b0": "efficientnet-b0/224",
    "vgg16": "vgg-16/224",
    "resnet50": "resnet-50/224",
}
"""Names of benchncnn -> the same networks here. Names with `_int8` are left out: they have a different dtype."""

_LONGEST_LINE = 2000
"""The characters of a line that are read; the longest real one has 300."""
_NUMBER = r"([0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)"
_COLOURS = re.compile("\x1b\\[[0-9;]*m")
_TFLITE = re.compile(
    rf"Inference timings in us: .*Inference \(avg\): {_NUMBER}"
    rf"|Average inference timings in us: .*\b(?:Inference|no stats): {_NUMBER}"
)
_TFLITE_COUNT = re.compile(rf"(?:^|[\s\]:])count=[0-9]+ .*avg={_NUMBER}")
_TFLITE_START = "Running benchmark for"
_TFLITE_PROFILE = re.compile(r"Timings \(microseconds\)")
_ONNX = re.compile(rf"Average (?:inference )?time cost(?: total)?:\s*{_NUMBER} ms")
_TENSORRT = re.compile(rf"(?:^|\]\s*)Latency: min =? ?.*\bmean =? ?{_NUMBER} ms")
_TENSORRT_TITLE = re.compile(r"(?:^|\]\s*)Host Latency$")
_TENSORRT_MEAN = re.compile(rf"(?:^|\]\s*)mean: {_NUMBER} ms \(end to end")
_TENSORRT_WALL = re.compile(rf"Average over [0-9]+ runs is {_NUMBER} ms \(host walltime is {_NUMBER} ms")
_NCNN = re.compile(rf"(?:^|\s)(\S+)\s+min =\s*{_NUMBER}\s+max =\s*{_NUMBER}\s+avg =\s*{_NUMBER}\s*$")
_NCNN_RATE = re.compile(r"\bmin =\s*[0-9.]+/s\s+max =")
_NCNN_SETTING = re.compile(r"(?:^|\s)(loop_count|num_threads|gpu_device) = (-?[0-9]+)\s*$")
_ANY_RATE = re.compile(r"(?i)throughput: *[0-9.e+]+ *qps|inferences per second: *[0-9]|\b(?:fps|qps)\b")


class Run(NamedTuple):
    """The latency of one network, as a tool printed it."""

    milliseconds: float
    tool: str
    statistic: str
    """What the latency is of all runs."""


class _Latency(NamedTuple):
    """One latency and the line that has it."""

    line: int
    milliseconds: float


class _Format(NamedTuple):
    """How the latency of one tool is found in the lines of its log; several latencies are several runs."""

    tool: str
    statistic: str
    find: Callable[[list[str]], list[_Latency]]


def read_run_log(text: str, origin: str) -> Run:
    """Return the latency in the log of one run of one network; `origin` names the log in messages.

    Raises:
        MbcostError: the tool is unknown, or it did not print a latency.
        SpecError: the log has several runs, or its latency cannot be one.

    >>> read_run_log("Average inference time cost: 62.2935 ms", "run.log")
    Run(milliseconds=62.2935, tool='ONNX Runtime onnxruntime_perf_test', statistic='mean')
    """
    lines = _split(text)
    for tool, statistic, find in _FORMATS:
        if latencies := find(lines):
            return Run(_take(latencies, origin), tool, statistic)
    if not text.strip():
        raise MbcostError(f"{origin}: the log is empty: expected {EXPECTED}")
    if any(map(_NCNN_RATE.search, lines)) or any(map(_ANY_RATE.search, lines)):
        raise MbcostError(f"{origin}: the log has a throughput, but not a latency: {RATES}")
    raise MbcostError(f"{origin}: no latency was read: expected {EXPECTED}")


def read_benchncnn(text: str) -> dict[str, tuple[float, float, float]]:
    """Return the networks in the output of benchncnn by their ncnn names, each with its least, largest and mean time.

    The times are in milliseconds. Of a name that occurs twice, the first is returned.

    >>> read_benchncnn("   mobilenet_v2  min =   13.20  max =   13.41  avg =   13.29")
    {'mobilenet_v2': (13.2, 13.41, 13.29)}
    """
    table: dict[str, tuple[float, float, float]] = {}
    for match in filter(None, map(_NCNN.search, _split(text))):
        least, largest, mean = (float(number) for number in match.groups()[1:])
        table.setdefault(match[1], (least, largest, mean))
    return table


def parse_benchncnn(text: str, origin: str, name: str = "") -> MeasuredDevice:
    """Return the device in the output of one call of benchncnn: the networks that mbcost knows, with their least time.

    Raises:
        SpecError: the text has several calls, or times that cannot be latencies.
        MbcostError: the text does not have a network that mbcost knows.
    """
    lines = _split(text)
    rows = [(number, match) for number, line in enumerate(lines, 1) if (match := _NCNN.search(line))]
    if not rows and any(map(_NCNN_RATE.search, lines)):
        raise MbcostError(f"{origin}: the log has a throughput, but not a latency: {RATES}")
    names = [match[1] for _, match in rows]
    if len(set(names)) < len(names):
        second = next(number for index, (number, match) in enumerate(rows) if match[1] in names[:index])
        raise SpecError([Problem(origin, second, 1, "a second run starts here: keep one run per file")])
    known = [(number, match) for number, match in rows if match[1] in NCNN_NETWORKS]
    if not known:
        raise MbcostError(
            f"{origin}: no network of mbcost is in this output: expected one of {', '.join(NCNN_NETWORKS)}"
        )
    settings = {match[1]: match[2] for match in filter(None, map(_NCNN_SETTING.search, lines))}
    is_gpu = int(settings.get("gpu_device", -1)) >= 0
    loops = settings.get("loop_count")
    return MeasuredDevice(
        name=name,
        device=name,
        runtime="ncnn Vulkan" if is_gpu else "ncnn",
        threads="gpu" if is_gpu else settings.get("num_threads", ""),
        statistic=f"minimum of {loops} runs" if loops else "minimum",
        measured=tuple(
            MeasuredNetwork(
                NCNN_NETWORKS[match[1]],
                _take([_Latency(number, float(match[2]))], origin),
                position=f"{origin}:{number}:{match.start(1) + 1}",
            )
            for number, match in known
        ),
        origin=origin,
    )


def is_benchncnn(text: str) -> bool:
    """Return whether a text is the output of benchncnn."""
    return any(_NCNN.search(line) or _NCNN_RATE.search(line) for line in _split(text))


def is_run_log(text: str) -> bool:
    """Return whether a text is the log of one run of one network, by any of the tools."""
    lines = _split(text)
    return any(format_.find(lines) for format_ in _FORMATS)


def _split(text: str) -> list[str]:
    return [line[:_LONGEST_LINE].rstrip() for line in _COLOURS.sub("", text).splitlines()]


def _take(latencies: list[_Latency], origin: str) -> float:
    """Return the only latency of a log."""
    if len(latencies) > 1:
        runs = f"the log has {len(latencies)} runs, the second one here: keep one run per file"
        raise SpecError([Problem(origin, latencies[1].line, 1, runs)])
    (latency,) = latencies
    if message := describe_range(latency.milliseconds):
        raise SpecError([Problem(origin, latency.line, 1, message)])
    return latency.milliseconds


def _find(pattern: re.Pattern[str], lines: list[str], unit: float = 1.0) -> Iterator[_Latency]:
    """Yield the latency in every line that has the pattern; `unit` is in milliseconds."""
    for number, line in enumerate(lines, 1):
        if match := pattern.search(line):
            yield _Latency(number, float(next(filter(None, match.groups()))) * unit)


def _find_tflite(lines: list[str]) -> list[_Latency]:
    """Return the averages of the summaries; without one, that of the line `count=…` after the one of the warm-up.

    The warm-up and the runs are announced alike, in turn. A log that ends before the runs do does not have a latency.
    """
    summaries = list(_find(_TFLITE, lines, 1e-3))
    if summaries:
        return summaries
    counts = list(_find(_TFLITE_COUNT, ["" if _TFLITE_PROFILE.search(line) else line for line in lines], 1e-3))
    starts = [number for number, line in enumerate(lines, 1) if _TFLITE_START in line]
    if not starts:
        return counts[1:] or counts
    parts = [(sum(start < latency.line for start in starts), latency) for latency in counts]
    return [latency for part, latency in parts if part and part % 2 == 0]


def _find_onnx(lines: list[str]) -> list[_Latency]:
    return list(_find(_ONNX, lines))


def _find_tensorrt(lines: list[str]) -> list[_Latency]:
    """Return the means of the summaries, which TensorRT 7 and earlier versions print in other forms."""
    if latencies := list(_find(_TENSORRT, lines)):
        return latencies
    if any(map(_TENSORRT_TITLE.search, lines)):
        return list(_find(_TENSORRT_MEAN, lines))
    runs: list[list[_Latency]] = []
    for number, line in enumerate(lines, 1):
        if match := _TENSORRT_WALL.search(line):
            if not runs or runs[-1][-1].line != number - 1:
                runs.append([])
            runs[-1].append(_Latency(number, float(match[2])))
    return [_Latency(run[0].line, sum(latency.milliseconds for latency in run) / len(run)) for run in runs]


def _find_ncnn(lines: list[str]) -> list[_Latency]:
    rows = ((number, _NCNN.search(line)) for number, line in enumerate(lines, 1))
    return [_Latency(number, float(match[2])) for number, match in rows if match]


_FORMATS = (
    _Format("TFLite benchmark_model", "mean", _find_tflite),
    _Format("ONNX Runtime onnxruntime_perf_test", "mean", _find_onnx),
    _Format("TensorRT trtexec", "mean, with the copies to and from the GPU", _find_tensorrt),
    _Format("ncnn benchncnn", "minimum", _find_ncnn),
)
