"""A table of latencies is read the same in every unit and dialect, or refused at the cell that is wrong."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.errors import SpecError
from mbcost.spec.catalogue.measured import load_measured_device
from mbcost.spec.device import MeasuredNetwork
from mbcost.spec.reading.measurements import MOST_ROWS, is_table, parse_measurements
from mbcost.spec.reading.milliseconds import LONGEST, SHORTEST, UNITS
from mbcost.spec.reading.text import read_standard_input


def read(text: str) -> list[tuple[str, float | None]]:
    return [(row.label, row.milliseconds) for row in parse_measurements(text, "d.csv", "d").measured]


def test_the_shortest_table_and_one_with_every_column() -> None:
    device = parse_measurements("network,ms\nv1@0.25/128,6.2\n", "d.csv", "d")
    assert device.measured == (MeasuredNetwork("v1@0.25/128", 6.2, position="d.csv:2:1"),)
    assert (device.name, device.device, device.statistic, device.origin) == ("d", "d", "", "d.csv")
    text = (
        "Network,Alpha,Resolution,classes,in_channels,median (us),std (us),note\n"
        "v1,0.25,96,5,1,28340,200,first run\n"
        "v2,,,,,1000,,\n"
        "v2@0.35:keras,,160,,,2000\n"
        "v2/160:keras,0.35,,,,\n"
        '"v1@0.25/96, head 64,5",,,,,4000\n'
    )
    assert read(text) == [
        ("v1@0.25/96, classes 5, in_channels 1", 28.34),
        ("v2", 1.0),
        ("v2@0.35/160:keras", 2.0),
        ("v2@0.35/160:keras", None),
        ("v1@0.25/96, head 64,5", 4.0),
    ]
    assert parse_measurements(text, "d.csv").statistic == "median"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["v1@0.25/128", "v2", "./net.yaml"]), st.integers(1, 10**6)), min_size=1),
    st.sampled_from(list(UNITS)),
    st.sampled_from(["{}", "latency_{}", "mean ({})", "time [{}]", "Latency {}"]),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_units_separators_and_decimal_commas_make_no_difference(
    rows: list[tuple[str, int]], unit: str, header: str, dialect: tuple[str, str], ending: str, mark: bool
) -> None:
    separator, decimal = dialect
    lines = [f"network{separator}{header.format(unit)}"]
    for name, count in rows:  # two decimals, which can be read in one way only
        lines.append(f"{name}{separator}{count // 100}{decimal}{count % 100:02}")
    expected = [count / 100 * UNITS[unit] for _, count in rows]
    if not SHORTEST <= min(expected) <= max(expected) <= LONGEST:
        return
    networks = read(("sep=" + separator + ending if mark else "") + ending.join(lines))
    assert [name for name, _ in networks] == [name for name, _ in rows]
    assert [milliseconds for _, milliseconds in networks] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty: write the header network,ms and a row per network"),
        ("\n \n", "1:1: the file is empty"),
        ("network,ms\n", "1:1: no network is measured: add a row per network below the header"),
        ("v2,6.2\n", "1:1: the first line must be a header, such as network,ms"),
        ("network\nv2\n", "1:1: the column with the latencies is missing: name it ms, us or s"),
        ("ms\n6.2\n", "1:1: the column 'network' is missing: the first line must be a header, as network,ms"),
        ("network,latency\nv2,3\n", "1:9: 'latency' does not tell the unit: name the column ms, us or s"),
        ("network,Time\nv2,3\n", "1:9: 'Time' does not tell the unit: name the column ms, us or s"),
        ("network,fps\nv2,30\n", "1:9: 'fps' is a rate, but frames per second are not 1 / latency"),
        ("network,images/s\nv2,30\n", "1:9: 'images/s' is a rate"),
        ("network,img_per_sec\nv2,30\n", "1:9: 'img_per_sec' is a rate"),
        ("network,throughput (qps)\nv2,30\n", "1:9: 'throughput (qps)' is a rate"),
        ("network,ms,us\nv2,3,3000\n", "1:12: several columns have latencies, 'ms' and 'us': keep one"),
        ("network,ms,network\nv2,3,v2\n", "1:12: the column 'network' is given twice: remove one"),
        ("network,ms,clases\nv2,3,5\n", "1:12: unknown column 'clases': did you mean 'classes'?"),
        ("network,ms,\nv2,3,5\n", "2:6: the row has 3 cells, but the header has 2"),
        ("network,ms\nv2,3000 us\n", "2:4: '3000 us' is not in ms, the unit of the column: write all latencies in"),
        ("network,us\nv1,2\nv2,3 ms\n", "3:4: '3 ms' is not in us, the unit of the column"),
        ("network,ms\nv2,30 fps\n", "2:4: '30 fps' is a rate, but frames per second"),
        ("network,ms\nv2,fast\n", "2:4: 'fast' is not a number of ms: write a number, or nothing"),
        ("network,ms\nv2,0\n", "2:4: '0': a latency must be above 0 ms"),
        ("network,ms\nv2,-3\n", "2:4: '-3': a latency must be above 0 ms"),
        ("network,ms\nv2,inf\n", "2:4: 'inf' is not a number of ms"),
        ("network,ms\nv2,nan\n", "2:4: 'nan' is not a number of ms"),
        ("network,s\nv2,3601\n", "2:4: '3601': a latency must be at most 3600000 ms, one hour"),
        ("network,ms\n,3\n", "2:1: the network is missing: write for example v2@0.75/160"),
        ("network,ms,classes\nv2,3,0\n", "2:6: classes is '0': it must be a whole number"),
        ('network,ms,classes\n"v2, classes 5",3,5\n', "2:19: classes is given twice, in 'v2, classes 5'"),
        ("network,ms,alpha\nv2@1,3,0.5\n", "2:1: alpha is given twice, in 'v2@1' and in a column: remove one"),
        ("network,ms,res\nv2/96,3,96\n", "2:1: the resolution is given twice, in 'v2/96' and in a column"),
        ("network,ms\nv1,#DIV/0!\n", "2:4: '#DIV/0!' is not a number of ms"),
        ("network,ms\nv1,0\nv2,x\n", "2:4: '0': a latency|3:4: 'x' is not a number"),
    ],
)
def test_a_mistake_is_reported_at_its_cell(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_measurements(text, "d.csv", "d")
    starts = [f"d.csv:{part}" for part in message.split("|")]
    assert [problem[: len(start)] for problem, start in zip(error.value.problems, starts, strict=True)] == starts


def test_the_unit_of_the_column_may_be_repeated_in_its_cells_and_digits_may_be_grouped() -> None:
    assert read('network,ms\nv2,6.2 ms\nv1,"1,106.64"\nv1/96,~\n') == [("v2", 6.2), ("v1", 1106.64), ("v1/96", None)]


def test_a_table_with_too_many_rows_is_refused_before_its_rows_are_read() -> None:
    with pytest.raises(SpecError, match=r"^d\.csv:5002:1: more than 5,000 rows: split the table"):
        parse_measurements("network,ms\n" + "v2,x\n" * (MOST_ROWS + 1), "d.csv")


def test_a_file_is_read_by_its_ending_or_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "phone.csv"
    path.write_bytes("network;ms\nv2;6,25\n".encode("utf-16"))
    device = load_measured_device(path)
    assert (device.name, device.measured[0].milliseconds) == ("phone", 6.25)
    for text, milliseconds in (("network\tus\nv2\t6250\n", 6.25), ("device: x\nmeasured: {v2: 3}\n", 3)):
        read_standard_input.cache_clear()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert load_measured_device("-").measured[0].milliseconds == milliseconds
    read_standard_input.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("network,ms\n", True),
        ('"Network";"ms"\n', True),
        ("\ufeffnet\tus", True),
        ("sep=;\nnetwork;ms\n", True),
        ("device: x\nmeasured: {network,ms: 3}\n", False),
        ("network: v2\n", False),
        ("", False),
    ],
)
def test_a_table_is_told_from_yaml(text: str, *, expected: bool) -> None:
    assert is_table(text) == expected


@pytest.mark.parametrize(
    "header",
    ["runs per second", "ops_per_s", "1/s", "calls / sec", "kHz", "frames_s", "max images/second", "m s", "t s"],
)
def test_what_ends_in_s_is_not_always_in_seconds(header: str) -> None:
    """Each would be wrong by a factor of a thousand, or more."""
    with pytest.raises(SpecError, match=r"is a rate|unknown column"):
        parse_measurements(f"network,{header}\nv2,30\n", "d.csv", "d")
    assert parse_measurements("network,mean time (s)\nv2,30\n", "d.csv", "d").measured[0].milliseconds == 30_000


def test_a_decimal_comma_between_commas_is_refused_with_the_number() -> None:
    with pytest.raises(SpecError, match=r"'3,5' has a decimal comma .* write 3[.]5"):
        parse_measurements('network,ms\nv2,"3,5"\n', "d.csv", "d")
