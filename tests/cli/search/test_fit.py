"""`mbcost fit`: rows agree with the other commands, and notes say what does not fit."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Mbcost

SMALL = ("--net", "v2", "--alpha", "0.35,0.5,0.75", "--res", "96:224:32", "--classes", "2")


def test_each_row_agrees_with_table_and_memory(mbcost: Mbcost) -> None:
    limits = (
        "--ram", "320KiB", "--flash", "1MiB", "--mult-adds", "60M", "--params", "2M", "--classes", "2",
        "--in-channels", "1",
    )  # fmt: skip
    result = mbcost("fit", *limits, "--res", "96:224:32", "--format", "json")
    answer = json.loads(result.out)
    assert (result.code, answer["schema"], len(answer["configurations"])) == (0, "mbcost/fit/1", 10)
    for row in answer["configurations"][:3]:
        net = f"{row['network']}@{row['alpha']}/{row['resolution'][0]}"
        options = ("--classes", "2", "--in-channels", "1", "--format", "json")
        totals = json.loads(mbcost("table", net, *options).out)["totals"]
        assert (row["mult_adds"], row["params"]) == (totals["mult_adds"], totals["params"])
        memory = json.loads(mbcost("memory", net, *options, "--allocator", "naive").out)
        assert (row["memory"], row["flash"]) == (memory["peaks"][0]["bytes"], memory["flash"]["total"])
        assert row["memory"] <= 320 * 1024
        assert row["flash"] <= 2**20


def test_the_nearest_miss_names_the_limit_the_amount_and_the_layer(mbcost: Mbcost) -> None:
    """V2 0.35 at 160 needs 384,000 bytes, 2,000 more than the limit."""
    result = mbcost("fit", *SMALL, "--alpha", "0.35", "--ram", "382000")
    assert result.code == 0
    assert "nearest miss: v2@0.35/160:official misses --ram by 2 KiB (layer 2.1.depthwise)" in result.out


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            ("--ram", "100KiB"),
            "impossible: the smallest value is 135 KiB, of v2@0.5/96:official, 35 KiB above the limit",
        ),
        (
            ("--min-top1", "80"),
            "--min-top1 is impossible: the largest value is 69.8%, of v2@0.75/224:official, 10.2% below the limit",
        ),
        (("--ram", "150KiB", "--min-top1", "60"), "each limit can be kept, but no configuration keeps all of them"),
    ],
)
def test_if_nothing_fits_the_notes_say_why_and_the_exit_code_is_1(
    mbcost: Mbcost, limits: tuple[str, ...], message: str
) -> None:
    result = mbcost("fit", *SMALL, *limits)
    assert (result.code, result.err) == (1, "")
    assert message in result.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ram", "320K"), "ram is '320K': write 320KB for powers of 1000, or 320KiB for powers of 1024"),
        (("--flash", "-1"), "flash is '-1'"),
        (("--mult-adds", "1.5"), "mult-adds is '1.5'"),
        (("--min-top1", "101"), "min-top1 is '101': write a percentage"),
        (("--max-latency", "30ms"), "--max-latency needs --phone: latency is published for pixel1, pixel2, pixel3"),
        (("--phone", "pixel1"), "--phone needs --max-latency"),
        (("--max-latency", "30ms", "--phone", "pixel"), "unknown phone 'pixel': did you mean 'pixel"),
        (("--allocator", "aren"), "unknown allocator 'aren': did you mean 'arena'?"),
        (("--dtype", "int16"), "unknown dtype 'int16': did you mean"),
        (("--rank", "latency"), "unknown rank 'latency'"),
        (("--alpha", "1:0.5:0.1"), "is empty"),
        (("--res", "32:320:0"), "the step must be a positive number"),
        (("--flash",), "--flash needs a value (try 'mbcost fit --help')"),
        (("--net", "v2", "--net", "v2:official@0.5"), "'v2:official@0.5' is not a network"),
        (
            ("--net", "v2", "--net", "v2@0.5:official"),
            "v2 and v2@0.5:official have configurations in common: remove one",
        ),
        (
            ("--impl", "torchvision"),
            "v1, v3-large-minimalistic, v3-small-minimalistic have no implementation torchvision: name the other",
        ),
        (("--allocator", "arena", "--limit", "5001"), "--limit is 5,001: at most 5,000 arenas are laid out"),
        (("--net", "v9"), "unknown network 'v9'"),
        (("--net", "v2@0.5", "--alpha", "1"), "alpha is given twice"),
    ],
)
def test_a_mistake_is_refused_in_one_line(mbcost: Mbcost, arguments: tuple[str, ...], message: str) -> None:
    result = mbcost("fit", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err


@pytest.mark.parametrize(
    ("arguments", "resolutions", "left_out"),
    [
        (("v2@0.75",), [[103, 103], [96, 96], [85, 85]], True),
        (("v2@0.75", "--all"), [[103, 103], [101, 101], [99, 99]], False),
        (("v2", "--alpha", "0.75", "--res", "99,101,103"), [[103, 103], [101, 101], [99, 99]], False),
    ],
)
def test_near_twins_are_left_out_unless_they_are_asked_for(
    mbcost: Mbcost, arguments: tuple[str, ...], resolutions: list[list[int]], left_out: bool
) -> None:
    command = ("fit", *arguments, "--ram", "320KiB", "--limit", "3")
    answer = json.loads(mbcost(*command, "--format", "json").out)
    assert [row["resolution"] for row in answer["configurations"]] == resolutions
    assert (answer["near_twins"] > 0, "--all lists them" in mbcost(*command).out) == (left_out, left_out)


def test_two_implementations_that_cost_the_same_are_two_rows(mbcost: Mbcost) -> None:
    nets = ("--net", "v2", "--net", "v2:torchvision", "--alpha", "1", "--res", "96")
    answer = json.loads(mbcost("fit", *nets, "--format", "json").out)
    assert (answer["tried"], [row["implementation"] for row in answer["configurations"]]) == (
        2,
        ["official", "torchvision"],
    )


@pytest.mark.parametrize("allocator", ["inplace-depthwise", "fused-block", "arena"])
def test_the_memory_under_every_allocator_agrees_with_memory(mbcost: Mbcost, allocator: str) -> None:
    answer = json.loads(mbcost("fit", *SMALL, "--ram", "256KiB", "--allocator", allocator, "--format", "json").out)
    assert answer["configurations"]
    for row in answer["configurations"]:
        net = f"v2@{row['alpha']}/{row['resolution'][0]}"
        memory = json.loads(mbcost("memory", net, "--classes", "2", "--allocator", allocator, "--format", "json").out)
        assert row["memory"] == memory["peaks"][0]["bytes"] <= 256 * 1024


def test_an_arena_that_is_larger_than_its_lower_bound_does_not_fit(mbcost: Mbcost) -> None:
    """V2 0.5 at 96 has a peak of 138,240 bytes under naive, and an arena of 147,456."""
    command = ("fit", "--net", "v2", "--alpha", "0.5", "--res", "96", "--allocator", "arena")
    assert mbcost(*command, "--ram", "147456").code == 0
    result = mbcost(*command, "--ram", "147455")
    assert result.code == 1
    assert "none of the 1 arenas that were laid out keeps --ram" in result.out
    assert "misses --ram by 1 B" in result.out
    assert "the smallest value under naive, a lower bound of arena, is 135 KiB" in mbcost(*command, "--ram", "1KiB").out


def test_a_search_that_stops_early_says_so(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    """V2 at 96 has arenas of 147,456 bytes for 0.5 and 0.4, and of 138,240 for 0.35; naive gives 138,240 for all."""
    command = (
        "fit",
        "--net",
        "v2",
        "--alpha",
        "0.35,0.4,0.5",
        "--res",
        "96",
        "--allocator",
        "arena",
        "--ram",
        "140000",
    )
    monkeypatch.setattr("mbcost.questions.search.fit.MOST_ARENAS", 3)
    result = mbcost(*command)
    assert (result.code, "v2       0.35" in result.out, "the search stopped" in result.out) == (0, True, False)
    assert json.loads(mbcost(*command, "--format", "json").out)["laid_out"] == 3

    monkeypatch.setattr("mbcost.questions.search.fit.MOST_ARENAS", 2)
    result = mbcost(*command)
    assert result.code == 1
    assert "the search stopped after the best 2 candidates" in result.out
    assert "none of the 2 arenas that were laid out keeps --ram" in result.out
    answer = json.loads(mbcost(*command, "--format", "json").out)
    assert (answer["laid_out"], answer["given_up"], answer["configurations"]) == (2, True, [])

    monkeypatch.setattr("mbcost.questions.search.fit.MOST_ARENAS", 1)
    monkeypatch.setattr("mbcost.present.search.fit.MOST_ARENAS", 1)
    result = mbcost(*command, "--flash", "1800000", "--limit", "1")
    assert result.code == 0
    assert "without --flash: the search stopped after 1 arenas" in result.out


def test_a_released_resolution_represents_those_that_cost_the_same(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("fit", "--net", "v2", "--alpha", "1", "--res", "223,224", "--format", "json").out)
    (row,) = answer["configurations"]
    assert (row["resolution"], row["same_at"], row["top1"], row["front"]) == ([224, 224], [[223, 223]], 71.8, True)


def test_without_a_limit_the_title_claims_none(mbcost: Mbcost) -> None:
    assert mbcost("fit", *SMALL).out.startswith("15 configurations; no limit is given\n")


def test_an_implementation_that_is_not_the_default_is_named(mbcost: Mbcost) -> None:
    """Keras pads V1's odd maps differently, so that both are shown."""
    arguments = ("--net", "v1", "--net", "v1:keras", "--alpha", "0.3", "--res", "97", "--format", "csv")
    names = [line.split(",")[:2] for line in mbcost("fit", *arguments).out.splitlines()[1:]]
    assert sorted(names) == [["v1", "keras"], ["v1", "official"]]
    assert "\nv1:keras " in mbcost("fit", *arguments[:-2]).out


def test_each_row_of_the_csv_has_one_resolution(mbcost: Mbcost) -> None:
    """97 and 98 give the same maps, and so the same cost; the accuracy is that of a checkpoint's own resolution."""
    command = ("fit", "--net", "v1", "--alpha", "1", "--res", "97,98,223,224")
    rows = list(csv.DictReader(mbcost(*command, "--format", "csv").out.splitlines()))
    assert [(row["resolution"], row["top1_percent"]) for row in rows] == [
        ("223", ""), ("224", "70.9"), ("97", ""), ("98", ""),
    ]  # fmt: skip
    configurations = json.loads(mbcost(*command, "--format", "json").out)["configurations"]
    assert [row["mult_adds"] for row in rows] == [str(shown["mult_adds"]) for shown in configurations for _ in range(2)]
    (line,) = [line.split() for line in mbcost(*command).out.splitlines() if line.startswith("v1 ") and "70.9" in line]
    assert line[2:4] == ["224", "223"]


def test_a_peak_that_int64_does_not_hold_does_not_fit(mbcost: Mbcost) -> None:
    command = ("fit", "--net", "v2", "--alpha", "1", "--res", "500000000", "--dtype", "float32")
    result = mbcost(*command, "--ram", "1MiB")
    assert (result.code, result.out.partition("\n")[0]) == (1, "0 of 1 configurations fit --ram 1 MiB")
    (row,) = json.loads(mbcost(*command, "--format", "json").out)["configurations"]
    assert (row["memory"], row["mult_adds"]) == (30000000000000000000, 1492218750000001280000)


def test_a_limit_that_int64_does_not_hold_leaves_out_what_is_not_published(mbcost: Mbcost) -> None:
    """A latency that is not published keeps no limit, however large the limit is."""
    command = ("fit", "v2", "v3-large", "--phone", "pixel1", "--format", "json", "--max-latency")
    answers = [json.loads(mbcost(*command, limit).out) for limit in ("1000ms", "1e30")]
    assert answers[0]["fitting"] == answers[1]["fitting"] > 0
    assert answers[0]["tried"] > answers[0]["fitting"]


@pytest.mark.parametrize(
    ("channels", "arguments", "message"),
    [
        (70_000, (), "there are 28,323,156 configurations, which take about"),
        (2**52, (), "there are 1,822,156,409,234,104,011 configurations, which take about"),
        (32, ("--limit", "100000000"), "configurations to show, which take about"),
    ],
)
def test_too_much_work_is_refused_at_once(
    mbcost: Mbcost, tmp_path: Path, channels: int, arguments: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "wide.yaml"
    file.write_text(
        f"name: wide\ninput: {{channels: 3, resolution: 224}}\ncolumns: [operator, c]\n"
        f"rows: [[conv, {channels}], [global_pool, ~], [linear, k]]\nimplementations: {{family: v1}}\n"
    )
    started = time.monotonic()
    result = mbcost("fit", "--net", str(file), *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err
    assert "add --force to exceed the limit of" in result.err
    assert time.monotonic() - started < 5
