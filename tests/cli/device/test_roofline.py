from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest

from mbcost.cli.quantities import parse_bandwidth, parse_peak
from tests.cli.conftest import Mbcost

RATES = ("--peak-macs", "1e9", "--bandwidth", "2GB/s")


@pytest.mark.parametrize("text", ["1000000000", "1e9", "1E+9", "1G", "1.0G", "0.001T", "1000M", "1G/s", "1GMAC/s"])
def test_a_peak_can_be_written_in_these_ways(text: str) -> None:
    assert parse_peak(text) == 10**9


@pytest.mark.parametrize(
    ("text", "rate"),
    [("2", 2), ("2e9", 2 * 10**9), ("2GB/s", 2 * 10**9), ("2gb", 2 * 10**9), ("1.92GB/s", 192 * 10**7),
     ("2GiB/s", 2**31), ("2KiB", 2**11), ("2kB/s", 2000), ("0.5MiB/s", 2**19)],
)  # fmt: skip
def test_a_bandwidth_can_be_written_in_these_ways(text: str, rate: int) -> None:
    assert parse_bandwidth(text) == rate


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--peak-macs", "fast", "--bandwidth", "1"),
            "peak-macs is 'fast': write multiply-adds per second, such as 1e9",
        ),
        (
            ("--peak-macs", "1GFLOPS", "--bandwidth", "1"),
            "peak-macs is '1GFLOPS': write multiply-adds per second, which are half as many",
        ),
        (("--peak-macs", "-1", "--bandwidth", "1"), "peak-macs is '-1': write"),
        (("--peak-macs", "0", "--bandwidth", "1"), "peak-macs is '0': it must be more than zero"),
        (("--peak-macs", "1e999", "--bandwidth", "1"), "peak-macs is '1e999': write"),
        (
            ("--peak-macs", "1", "--bandwidth", "2Gb/s"),
            "bandwidth is '2Gb/s': write 2GB/s for bytes, or 250000000B/s for bits",
        ),
        (("--peak-macs", "1", "--bandwidth", "2iB/s"), "bandwidth is '2iB/s': write bytes per second"),
        (("--peak-macs", "1", "--bandwidth", "nan"), "bandwidth is 'nan': write"),
        (("--peak-macs", "1"), "--bandwidth is missing: give both"),
        (("--bandwidth", "1"), "--peak-macs is missing: give both"),
        ((), "--peak-macs is missing: give both"),
        (("--device", "jetson"), "unknown device 'jetson': did you mean 'jetson-nano'?"),
        (("--device", "jetson-nano", "--bandwidth", "1"), "--device and a rate are both given"),
        (("--device", "stm32h743", "--dtype", "float32"), "the peak of stm32h743 in float32 is not known: use int8"),
        ((*RATES, "--dtype", "int4"), "unknown dtype 'int4': did you mean"),
        ((*RATES, "--by", "kid"), "unknown grouping 'kid': did you mean 'kind'?"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_one_line_of_error(mbcost: Mbcost, arguments: tuple[str, ...], message: str) -> None:
    result = mbcost("roofline", "v2", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: {message}")
    assert result.err.count("\n") == 1


def test_tables_and_json_have_the_same_numbers(mbcost: Mbcost) -> None:
    arguments = ("roofline", "v3-small@0.75/160", "--device", "jetson-nano")
    answer = json.loads(mbcost(*arguments, "--format", "json").out)
    assert answer["dtype"] == "float16"
    for by, key in (("layer", "layers"), ("kind", "kinds")):
        rows = list(csv.DictReader(io.StringIO(mbcost(*arguments, "--by", by, "--format", "csv").out)))
        assert len(rows) == len(answer[key])
        assert sum(int(row["mult_adds"]) for row in rows) == answer["totals"]["mult_adds"]
        assert sum(int(row["moved_bytes"]) for row in rows) == answer["totals"]["bytes"]
        assert sum(Fraction(*item["seconds"]) for item in answer[key]) == Fraction(*answer["totals"]["seconds"])
        for row, item in zip(rows, answer[key], strict=True):
            assert abs(Fraction(row["time_us"]) - Fraction(*item["seconds"]) * 10**6) <= Fraction(1, 200)
    table = json.loads(mbcost("table", "v3-small@0.75/160", "--format", "json").out)
    assert answer["totals"]["mult_adds"] == table["totals"]["mult_adds"]


def test_the_notes_say_that_it_is_a_lower_bound_and_name_the_source(mbcost: Mbcost) -> None:
    out = mbcost("roofline", "v2", "--device", "stm32h743").out
    assert "a lower bound:" in out
    assert "source: ST application note AN4891" in out
    assert "at most 960,000,000 mult-adds/s and 1,920,000,000 bytes/s; a layer with fewer than 0.50 mult-adds" in out
    assert "source:" not in mbcost("roofline", "v2", *RATES).out
