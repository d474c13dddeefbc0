"""`mbcost fit`: rows agree with the other commands, and notes say what does not fit."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Mbcost

SMALL = ("--net", "v2", "--alpha", "0.35,0.5,0.75", "--res", "96:224:32", "--classes", "2")
DEVICE = ("--device", "pixel1-tflite", "--max-latency")


def test_each_row_agrees_with_table_memory_and_accuracy(mbcost: Mbcost) -> None:
    limits = ("--ram", "320KiB", "--flash", "3MiB", "--mult-adds", "90M", "--params", "3M")
    result = mbcost("fit", "v1", "v2", "v3-small-minimalistic", *limits, "--limit", "2", "--format", "json")
    answer = json.loads(result.out)
    assert (result.code, answer["schema"], answer["tried"] > len(answer["configurations"])) == (0, "mbcost/fit/2", True)
    for row in answer["configurations"]:
        net = f"{row['network']}@{row['alpha']}/{row['resolution'][0]}"
        totals = json.loads(mbcost("table", net, "--format", "json").out)["totals"]
        assert (row["mult_adds"], row["params"]) == (totals["mult_adds"], totals["params"])
        memory = json.loads(mbcost("memory", net, "--allocator", "naive", "--format", "json").out)
        assert (row["memory"], row["flash"]) == (memory["peaks"][0]["bytes"], memory["flash"]["total"])
        (known,) = json.loads(mbcost("accuracy", net, "--format", "json").out)["estimates"]
        assert (row["top1_exact"], known["exact"]) == (known["exact"], row["top1_exact"])
        for key, name in (("top1", "top1"), ("top1_low", "low"), ("top1_high", "high")):
            assert row[key] == (None if known[name] is None else pytest.approx(known[name], abs=1e-3))
        assert row["memory"] <= 320 * 1024
        assert row["flash"] <= 3 * 2**20


def test_the_nearest_miss_names_the_limit_the_amount_and_the_layer(mbcost: Mbcost) -> None:
    """V2 0.35 at 160 needs 384,000 bytes, 2,000 more than the limit."""
    result = mbcost("fit", *SMALL, "--alpha", "0.35", "--ram", "382000")
    assert result.code == 0
    assert (
        "nearest miss: v2@0.35/160, 55.7% top-1 (released checkpoint), misses --ram by 2 KiB (layer 2.1" in result.out
    )


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            ("--ram", "100KiB"),
            "impossible: the smallest value is 135 KiB, of v2@0.5/96, 35 KiB above the limit",
        ),
        (
            ("--min-top1", "80"),
            "--min-top1 is impossible: the largest value is 69.8%, of v2@0.75/224, 10.2 points below the limit",
        ),
        (("--ram", "150KiB", "--min-top1", "60"), "each limit can be kept, but no configuration keeps all of them"),
        ((*DEVICE, "0.1ms"), "--max-latency is impossible: the smallest value is "),
    ],
)
def test_if_nothing_fits_the_notes_say_why_and_the_exit_code_is_1(
    mbcost: Mbcost, limits: tuple[str, ...], message: str
) -> None:
    result = mbcost("fit", *SMALL, *limits)
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith("Nothing fits\n")
    assert message in result.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (),
            "fit needs a limit: state at least one of --flash, --ram, --mult-adds, --params, --min-top1, or --max-lat",
        ),
        (("v2", "--all"), "fit needs a limit"),
        (("--ram", "320K"), "ram is '320K': write 320KB for powers of 1000, or 320KiB for powers of 1024"),
        (("--flash", "-1"), "flash is '-1'"),
        (("--mult-adds", "1.5"), "mult-adds is '1.5'"),
        (("--min-top1", "101"), "min-top1 is '101': write a percentage"),
        (("--max-latency", "30"), "--max-latency needs --device: name a measured device such as pixel1-tflite, or the"),
        (("--max-latency", "30us", "--device", "pixel1-tflite"), "max-latency is '30us': write a time such as 30ms"),
        (("--device", "pixel1-tflite"), "--device needs --max-latency: state the most milliseconds"),
        ((*DEVICE, "30ms", "--device", "pixel1-tflit"), "unknown device 'pixel1-tflit': did you mean 'pixel1-tflite"),
        ((*DEVICE, "30ms", "--device", "none.yaml"), "none.yaml: No such file"),
        (("--rank", "latency", "--ram", "1MiB"), "the rank is latency, which needs a device: add --max-latency"),
        (("--ram", "1MiB", "--rank", "speed"), "unknown rank 'speed'"),
        (("--ram", "1MiB", "--allocator", "aren"), "unknown allocator 'aren': did you mean 'arena'?"),
        (("--ram", "1MiB", "--dtype", "int16"), "unknown dtype 'int16': did you mean"),
        (("--ram", "1MiB", "--alpha", "1:0.5:0.1"), "is empty"),
        (("--ram", "1MiB", "--res", "32:320:0"), "the step must be a positive number"),
        (("--flash",), "--flash needs a value (try 'mbcost fit --help')"),
        (("--ram", "1MiB", "--net", "v2", "--net", "v2:official@0.5"), "'v2:official@0.5' is not a network"),
        (
            ("--ram", "1MiB", "--net", "v2", "--net", "v2@0.5:official"),
            "v2 and v2@0.5:official have configurations in common: remove one",
        ),
        (
            ("--ram", "1MiB", "--impl", "torchvision"),
            "v1, v3-large-minimalistic, v3-small-minimalistic have no implementation torchvision: name the other",
        ),
        (
            ("--ram", "1MiB", "--allocator", "arena", "--limit", "5001"),
            "--limit is 5,001: at most 5,000 arenas are laid out",
        ),
        (("--ram", "1MiB", "--net", "v9"), "unknown network 'v9'"),
        (("--ram", "1MiB", "--net", "v2@0.5", "--alpha", "1"), "alpha is given twice"),
    ],
)
def test_a_mistake_is_refused_in_one_line(mbcost: Mbcost, arguments: tuple[str, ...], message: str) -> None:
    result = mbcost("fit", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err


def test_a_network_is_one_row_unless_more_are_asked_for(mbcost: Mbcost) -> None:
    """Resolutions are steps of 32 and alphas of 0.02, and with --all every side and every different network."""

    def ask(*arguments: str) -> list[tuple[str, float, int]]:
        command = ("fit", "v2@0.75", "v3-small@0.75", "--ram", "320KiB", *arguments, "--format", "json")
        rows = json.loads(mbcost(*command).out)["configurations"]
        return [(row["network"], row["alpha"], row["resolution"][0]) for row in rows]

    assert ask() == [("v3-small", 0.75, 192), ("v2", 0.75, 96)] or ask() == [("v2", 0.75, 96), ("v3-small", 0.75, 192)]
    assert [name for name, _, _ in ask("--limit", "2")].count("v2") == 2
    assert ask("--all", "--limit", "2")[0] == ("v2", 0.75, 104)
    assert ask("--res", "96:104:1")[0] == ("v2", 0.75, 104)


def test_a_latency_is_that_of_the_device_file(mbcost: Mbcost, tmp_path: Path) -> None:
    """Twice the times of a device are twice the estimates; fewer than 8 networks have no interval."""
    rows = {"v1@0.25/128": 2, "v1@0.5/160": 8, "v2@0.5/160": 7, "v2@1/224": 40, "v3-small@1/224": 11}
    answers = []
    for factor in (1, 2):
        file = tmp_path / f"mine{factor}.csv"
        file.write_text("network,ms\n" + "".join(f"{name},{factor * ms}\n" for name, ms in rows.items()))
        limits = ("--max-latency", f"{20 * factor} ms", "--device", str(file))
        answers.append(json.loads(mbcost("fit", "v2@1", "v1@0.5", *limits, "--format", "json").out))
    one, two = (answer["configurations"] for answer in answers)
    assert [row["alpha"] for row in one] == [row["alpha"] for row in two]
    for first, second in zip(one, two, strict=True):
        assert second["milliseconds"] == pytest.approx(2 * first["milliseconds"], rel=0.05)
        assert (first["fits"], first["milliseconds_high"]) == ("maybe", None)
        assert "5 networks were measured, and an interval needs 8" in first["reasons"]
    assert answers[0]["device"]["points"] == len(rows)
    assert answers[0]["limits"] == [{"quantity": "latency", "value": 20.0, "at_least": False, "device": "mine1"}]


def test_two_implementations_that_cost_the_same_are_two_rows(mbcost: Mbcost) -> None:
    nets = ("--net", "v2", "--net", "v2:torchvision", "--alpha", "1", "--res", "96", "--ram", "1MiB")
    answer = json.loads(mbcost("fit", *nets, "--format", "json").out)
    assert (answer["tried"], [(row["implementation"], row["top1"]) for row in answer["configurations"]]) == (
        2,
        [("official", 60.3), ("torchvision", None)],
    )


@pytest.mark.parametrize("allocator", ["inplace-depthwise", "fused-block", "arena"])
def test_the_memory_under_every_allocator_agrees_with_memory(mbcost: Mbcost, allocator: str) -> None:
    command = ("fit", *SMALL, "--ram", "256KiB", "--allocator", allocator, "--limit", "9", "--format", "json")
    answer = json.loads(mbcost(*command).out)
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
    command = ("fit", "v2", "--alpha", "0.35,0.4,0.5", "--res", "96", "--allocator", "arena", "--ram", "140000")
    monkeypatch.setattr("mbcost.questions.search.near.MOST_ARENAS", 3)
    result = mbcost(*command)
    assert (result.code, "v2       0.35" in result.out, "the search stopped" in result.out) == (0, True, False)
    assert json.loads(mbcost(*command, "--format", "json").out)["laid_out"] == 3

    monkeypatch.setattr("mbcost.questions.search.near.MOST_ARENAS", 2)
    result = mbcost(*command)
    assert result.code == 1
    assert "the search stopped after the best 2 candidates" in result.out
    assert "none of the 2 arenas that were laid out keeps --ram" in result.out
    answer = json.loads(mbcost(*command, "--format", "json").out)
    assert (answer["laid_out"], answer["given_up"], answer["configurations"]) == (2, True, [])


def test_a_released_resolution_represents_those_that_cost_the_same(mbcost: Mbcost) -> None:
    command = ("fit", "v2@1", "--res", "223,224", "--ram", "9MiB", "--format", "json")
    (row,) = json.loads(mbcost(*command).out)["configurations"]
    assert (row["resolution"], row["same_at"], row["top1"], row["front"]) == ([224, 224], [[223, 223]], 71.8, True)


def test_an_alpha_that_is_rounded_to_a_released_network_is_the_released_one(mbcost: Mbcost) -> None:
    (row,) = json.loads(mbcost("fit", "v2@0.76/160", "--ram", "9MiB", "--format", "json").out)["configurations"]
    (known,) = json.loads(mbcost("accuracy", "v2@0.76/160", "--format", "json").out)["estimates"]
    assert (row["top1"], row["top1_exact"]) == (known["top1"], known["exact"])


def test_each_row_of_the_csv_has_one_resolution_and_the_released_checkpoints_follow(mbcost: Mbcost) -> None:
    """223 and 224 give the same maps, and so the same cost; the accuracy is that of the checkpoint's resolution."""
    command = ("fit", "v1", "--alpha", "0.5,1", "--res", "97,98,223,224", "--mult-adds", "1G")
    rows = list(csv.DictReader(mbcost(*command, "--format", "csv").out.splitlines()))
    assert [(row["alpha"], row["resolution"], row["top1_percent"], row["released"], row["listed"]) for row in rows] == [
        ("1", "223", "", "false", "best"), ("1", "224", "70.9", "true", "best"),
        ("0.5", "223", "", "false", "released"), ("0.5", "224", "63.3", "true", "released"),
    ]  # fmt: skip
    (line,) = [line.split() for line in mbcost(*command).out.splitlines() if line.startswith("v1 ") and "70.9" in line]
    assert line[2:4] == ["224", "223"]


def test_a_peak_that_int64_does_not_hold_does_not_fit(mbcost: Mbcost) -> None:
    command = ("fit", "--net", "v2", "--alpha", "1", "--res", "500000000", "--dtype", "float32")
    result = mbcost(*command, "--ram", "1MiB")
    assert (result.code, "0 of 1 configurations fit --ram 1 MiB" in result.out) == (1, True)
    (row,) = json.loads(mbcost(*command, "--flash", "1GiB", "--format", "json").out)["configurations"]
    assert (row["memory"], row["mult_adds"]) == (30000000000000000000, 1492218750000001280000)


@pytest.mark.parametrize("limit", ["1000ms", "1e30"])
def test_a_limit_of_any_size_is_compared(mbcost: Mbcost, limit: str) -> None:
    answer = json.loads(mbcost("fit", "v2@1", "v3-large@1", *DEVICE, limit, "--format", "json").out)
    assert answer["tried"] == answer["fitting"] > answer["sure"] > 0


def test_the_pareto_front_is_listed(mbcost: Mbcost) -> None:
    command = ("fit", "v2", "v3-small", "--alpha", "0.5:1:0.1", "--res", "96:224:32", *DEVICE, "20ms", "--pareto")
    answer = json.loads(mbcost(*command, "--limit", "99", "--format", "json").out)
    rows = answer["configurations"]
    assert len(rows) == answer["front"] > 2
    aims = [(-row["top1"], row["milliseconds"], row["memory"], row["flash"]) for row in rows]
    for one in aims:
        assert not any(other != one and all(a <= b for a, b in zip(other, one, strict=True)) for other in aims)


@pytest.mark.parametrize(
    ("channels", "arguments", "message"),
    [
        (70_000, ("--all",), "configurations, which take about"),
        (2**52, ("--all",), "there are 1,822,156,409,234,104,011 configurations, which take about"),
        (32, ("--all", "--limit", "100000000"), "configurations to show, which take about"),
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
    result = mbcost("fit", "--net", str(file), "--ram", "1MiB", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err
    assert "add --force to exceed the limit of" in result.err
    assert time.monotonic() - started < 5
