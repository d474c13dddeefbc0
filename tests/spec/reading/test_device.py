"""A device file is read whole or refused with the position of every problem; what is written is read back the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.errors import MbcostError, SpecError
from mbcost.spec.device import LANES, MeasuredDevice, MeasuredNetwork
from mbcost.spec.reading.device import parse_device, parse_profile
from mbcost.spec.reading.label import parse_label
from mbcost.spec.reading.milliseconds import LONGEST, SHORTEST
from mbcost.spec.reading.writing import write_device

GOOD = """\
device: Pixel 2, one large core
runtime: TFLite 2018
dtype: float32
threads: 1
batch: 1
statistic: mean
source: a page
note: nothing
sheet: stm32h743
lanes: 16
unfused: true
measured:
  v1@0.25/128: 6.2
  v2@0.35/224, classes 5: 290.75
  v1@0.25/96, classes 5, in_channels 1: 28.34
  v3-small@0.75: ~
  v2: [7.1, 7.2]
"""
PROFILE = """\
title: Runtime, float32
runtime: Runtime 1
dtype: float32
threads: 1
networks: [v1, v2]
devices:
- [One, 3.5, 2]
- [Two, ~, 4.5]
"""


def sheets() -> list[str]:
    return ["stm32h743", "jetson-nano"]


def test_every_key_is_read() -> None:
    device = parse_device(GOOD, "p.yaml", "p", sheets)
    assert device == MeasuredDevice(
        name="p",
        device="Pixel 2, one large core",
        runtime="TFLite 2018",
        dtype="float32",
        threads="1",
        batch=1,
        statistic="mean",
        source="a page",
        note="nothing",
        sheet="stm32h743",
        lanes=16,
        unfused=True,
        measured=(
            MeasuredNetwork("v1@0.25/128", 6.2, position="p.yaml:13:3"),
            MeasuredNetwork("v2@0.35/224", 290.75, classes=5, position="p.yaml:14:3"),
            MeasuredNetwork("v1@0.25/96", 28.34, classes=5, in_channels=1, position="p.yaml:15:3"),
            MeasuredNetwork("v3-small@0.75", None, position="p.yaml:16:3"),
            MeasuredNetwork("v2", 7.1, position="p.yaml:17:3"),
            MeasuredNetwork("v2", 7.2, position="p.yaml:17:3"),
        ),
        origin="p.yaml",
    )


def test_only_the_device_and_its_measurements_are_required_and_one_network_can_be_given_twice() -> None:
    device = parse_device("device: x\nmeasured:\n  v1: 1\n  v1: 2\n", "x.yaml")
    assert (device.name, device.batch, device.lanes, device.unfused) == ("x", 1, None, None)
    assert [network.milliseconds for network in device.measured] == [1, 2]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("device: Pixel", "devise: Pixel", "1:1: unknown key 'devise': did you mean 'device'?|1:1: the key 'device'"),
        ("device: Pixel 2, one large core", "device: ' '", "1:9: a name must not be blank"),
        ("device: Pixel 2, one large core", "device: [a]", "1:9: expected text, found a list"),
        ("runtime: TFLite 2018", "runtime: yes", "2:10: expected text, found true or false 'yes': put it in quotes"),
        ("threads: 1", "threads: {a: 1}", "4:10: expected text, found a mapping"),
        ("batch: 1", "unit: us", "5:7: latencies are always in milliseconds: convert them, and remove this key"),
        ("batch: 1", "batch: 0", "5:8: 0 is too small: it must be at least 1"),
        ("batch: 1", "batch: 1.5", "5:8: expected a whole number, found 1.5"),
        ("sheet: stm32h743", "sheet: stm32h74", "9:8: unknown data sheet 'stm32h74': did you mean 'stm32h743'?"),
        ("lanes: 16", "lanes: 8", "10:8: lanes is 8: choose from 1, 16, 32, 64"),
        ("unfused: true", "unfused: maybe", "11:10: expected true or false"),
        ("6.2", "6.2 ms", "13:16: expected a number of milliseconds, found text '6.2 ms': write 6.2, in milliseconds"),
        ("6.2", "850us", "13:16: expected a number of milliseconds, found text '850us': write 0.85, in milliseconds"),
        ("6.2", "0.0062 s", "13:16: expected a number of milliseconds, found text '0.0062 s': write 6.2, in milli"),
        ("6.2", "160 fps", "13:16: expected a number of milliseconds, found text '160 fps': frames per second are not"),
        ("6.2", "6,2", "13:16: expected a number of milliseconds, found text '6,2': write 6.2, in milliseconds"),
        ("6.2", "'6.2'", "13:16: expected a number of milliseconds, found text '6.2': write 6.2, in milliseconds and"),
        ("6.2", "soon", "13:16: expected a number, found text 'soon'"),
        ("6.2", "0", "13:16: a whole number '0': a latency must be above 0 ms"),
        ("6.2", "-6.2", "13:16: a number '-6.2': a latency must be above 0 ms"),
        ("6.2", "0.0000001", "13:16: a number '0.0000001': a latency must be at least 0.000001 ms"),
        ("6.2", ".inf", "13:16: a number '.inf': a latency must be a finite number"),
        ("6.2", ".nan", "13:16: a number '.nan': a latency must be a finite number"),
        ("6.2", "-.inf", "13:16: a number '-.inf': a latency must be a finite number"),
        ("6.2", "3600001", "13:16: a whole number '3600001': a latency must be at most 3600000 ms, one hour"),
        ("6.2", "99999999999999999999999", "13:16: 99999999999999999999999 is too large"),
        ("6.2", "06.2", "13:16: '06.2' starts with a 0"),
        ("6.2", "true", "13:16: expected a number, found true or false 'true': write it in digits"),
        ("6.2", "[]", "13:16: expected a number, found a list"),
        ("6.2", "[1, [2]]", "13:20: expected a number, found a list"),
        ("6.2", "{ms: 1}", "13:16: expected a number, found a mapping"),
        ("6.2", "[6.2, 0]", "13:22: a whole number '0': a latency must be above 0 ms"),
        ("v1@0.25/128:", "[v1]:", "13:3: expected text, found a list"),
        ("v1@0.25/128:", "~:", "13:3: expected text, found nothing"),
        ("classes 5: 290", "clases 5: 290", "14:3: 'v2@0.35/224, clases 5': unknown setting 'clases': did you mean"),
        ("classes 5: 290", "classes 0: 290", "14:3: 'v2@0.35/224, classes 0': classes is '0': it must be a whole"),
        ("classes 5: 290", "classes: 290", "14:3: 'v2@0.35/224, classes': classes is '': it must be a whole number"),
        ("in_channels 1", "classes 1", "15:3: 'v1@0.25/96, classes 5, classes 1': the setting 'classes' is given twic"),
        ("measured:\n", "measured: {}\nx:\n", "12:11: no network is measured: write networks|13:1: unknown key 'x'"),
        ("measured:\n", "measured:\nnote2:\n", "12:10: expected a mapping, found nothing: write networks|13:1: unkn"),
        ("measured:\n", "mesured:\n", "1:1: the key 'measured' is missing|12:1: unknown key 'mesured': did you mean"),
    ],
)
def test_a_mistake_is_reported_at_its_position(before: str, after: str, message: str) -> None:
    assert GOOD.count(before) == 1
    with pytest.raises(SpecError) as error:
        parse_device(GOOD.replace(before, after), "d.yaml", "d", sheets)
    expected = [f"d.yaml:{part}" for part in message.split("|")]
    assert [
        problem[: len(start)] for problem, start in zip(sorted(error.value.problems), sorted(expected), strict=True)
    ] == sorted(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty"),
        ("# nothing\n", "1:1: the file is empty"),
        ("- v1\n", "1:1: expected a mapping, found a list"),
        ("name: x\ncolumns: []\nrows: []\n", "1:1: this is the spec of a network: a device has the keys 'device' and"),
        ("device: x\n", "1:1: the key 'measured' is missing: add it"),
        ("device: x\nmeasured: [v1, 3]\n", "2:11: expected a mapping, found a list: write networks and their milli"),
        ("device: x\nmeasured: {v1: 3\n", "2:11: not YAML: this '{' is still open"),
    ],
)
def test_a_text_of_another_shape_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_device(text, "d.yaml")
    assert error.value.problems[0].startswith(f"d.yaml:{message}")


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(SpecError) as error:
        parse_device("device: x\nlanes: 3\nmeasured:\n  v1: 0\n  v2: 3 s\n", "d.yaml")
    assert [problem.rsplit(": ", 1)[0].split(":")[1] for problem in error.value.problems] == ["2", "4", "5"]


def test_a_profile_is_a_table_of_devices() -> None:
    profile = parse_profile(PROFILE, "r.yaml", "r")
    assert [network.network for network in profile.networks] == ["v1", "v2"]
    one, two = profile.devices
    assert (one.device, one.runtime, one.dtype, one.threads) == ("One", "Runtime 1", "float32", "1")
    assert [(row.network, row.milliseconds) for row in one.measured] == [("v1", 3.5), ("v2", 2)]
    assert [(row.network, row.milliseconds) for row in two.measured] == [("v2", 4.5)]
    assert two.measured[0].position == "r.yaml:8:12"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[One, 3.5, 2]", "[One, 3.5]", "7:3: the row has 1 latency, but 2 networks are given: write ~ for a missing"),
        ("[One, 3.5, 2]", "[One, 3.5, 2, 1]", "7:3: the row has 3 latencies, but 2 networks are given"),
        ("[One, 3.5, 2]", "One", "7:3: expected a list, found text 'One': write [NAME, 34.1, 29.0]"),
        ("[One, 3.5, 2]", "[]", "7:3: the row has 0 latencies, but 2 networks are given"),
        ("[One, 3.5, 2]", "[One, 3.5, 0]", "7:14: a whole number '0': a latency must be above 0 ms"),
        ("[Two,", "[One,", "8:3: the device 'One' is given twice: remove one, or change its name"),
        ("[v1, v2]", "[v1, 'v2, clases 2']", "5:16: 'v2, clases 2': unknown setting 'clases': did you mean 'classes'?"),
        ("title:", "tittle:", "1:1: the key 'title' is missing: add it"),
        ("runtime:", "runtme:", "1:1: the key 'runtime' is missing: add it"),
        ("networks:", "networs:", "1:1: the key 'networks' is missing: add it"),
        ("devices:", "devises:", "1:1: the key 'devices' is missing: add it"),
    ],
)
def test_a_mistake_in_a_profile_is_reported_at_its_position(before: str, after: str, message: str) -> None:
    assert PROFILE.count(before) == 1
    with pytest.raises(SpecError) as error:
        parse_profile(PROFILE.replace(before, after), "p.yaml")
    assert error.value.problems[0].startswith(f"p.yaml:{message}")


def test_a_profile_needs_a_network_and_a_device() -> None:
    with pytest.raises(SpecError) as error:
        parse_profile("title: x\nruntime: y\nnetworks: []\ndevices: []\n", "p.yaml")
    assert [problem.split(": ")[1] for problem in error.value.problems] == [
        "networks must not be empty",
        "devices must not be empty",
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(GOOD, parse_device), (PROFILE, parse_profile)]),
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)),
            st.integers(0, 20),
            st.sampled_from(
                ["", "\n", " ", ":", ",", "[", "]", "{", "~", "- ", "<<", "&a ", "*a", "0", "-1", "1e400", "'"]
            ),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_a_damaged_file_is_read_or_refused(
    file: tuple[str, Callable[[str, str], object]], damages: list[tuple[int, int, str]]
) -> None:
    text, parse = file
    for start, length, inserted in damages:
        text = text[:start] + inserted + text[start + length :]
    with suppress(SpecError):  # anything else is an error of mbcost
        parse(text, "d.yaml")


LINES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30).filter(str.strip)
TEXTS = st.one_of(
    LINES, st.sampled_from(["yes", "~", "null", "1", "1e5", "0x1", "a: b", "#", "- x", "a\nb\n\n c", "é"])
)
NETWORKS = st.builds(
    MeasuredNetwork,
    st.one_of(
        st.sampled_from(["v1@0.25/128", "v2", "on", "1", "./my, net.yaml@0.5/160", "v3-large/160x224:keras", "a b"]),
        st.text("v123@/:.-x", min_size=1, max_size=200).filter(lambda text: text != "."),
    ),
    st.one_of(st.none(), st.floats(SHORTEST, LONGEST), st.integers(1, 10**6).map(float)),
    st.one_of(st.none(), st.integers(1, 10**9)),
    st.one_of(st.none(), st.integers(1, 9)),
    head=st.one_of(st.none(), st.sampled_from(["512,bn,26", "none", "flatten,5"])),
    top=st.booleans(),
).filter(lambda network: len(network.label) <= 200)
DEVICES = st.builds(
    MeasuredDevice,
    st.just("d"),
    LINES,
    runtime=st.one_of(st.just(""), TEXTS.filter(lambda text: "\n" not in text)),
    dtype=st.one_of(st.just(""), LINES),
    threads=st.sampled_from(["", "1", "010", "gpu", "all"]),
    batch=st.integers(1, 1024),
    statistic=st.one_of(st.just(""), LINES),
    source=st.one_of(st.just(""), TEXTS),
    note=st.one_of(st.just(""), TEXTS),
    sheet=st.sampled_from(["", "stm32h743"]),
    lanes=st.one_of(st.none(), st.sampled_from(LANES)),
    unfused=st.one_of(st.none(), st.booleans()),
    measured=st.lists(NETWORKS, min_size=1, max_size=5).map(tuple),
    origin=st.just("d.yaml"),
)


@settings(max_examples=60, deadline=None)
@given(DEVICES)
def test_what_is_written_is_read_back_the_same(device: MeasuredDevice) -> None:
    read = parse_device(write_device(device), "d.yaml", "d", sheets)
    assert replace(read, measured=tuple(replace(network, position="") for network in read.measured)) == device


@settings(max_examples=60, deadline=None)
@given(NETWORKS)
def test_a_label_is_read_back_as_the_same_network(network: MeasuredNetwork) -> None:
    assert parse_label(network.label, network.milliseconds) == network


@pytest.mark.parametrize("text", ["", "  ", ", classes 5", "v2, head", "v2, no  top", "v2, 5", "v2, classes five"])
def test_a_label_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(MbcostError):
        parse_label(text)
