"""`mbcost explain` as users run it: exit codes, notes, formats, and numbers that `mbcost table` prints too."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mbcost.questions.explain import arrays
from mbcost.spec.catalogue.library import load_conventions
from tests.cli.conftest import Mbcost

TINY = Path(__file__).parents[3] / "docs" / "tiny.yaml"
TABLE = """\
net,alpha,resolution,mult_adds,params
v2,1,224,300M,3.4M
v1,1,224,569M,4.24M
v2,1.4,224,582M,6.06M
"""


def answer(mbcost: Mbcost, *arguments: str, code: int = 0) -> dict[str, Any]:
    result = mbcost("explain", *arguments, "--format", "json")
    announced = re.fullmatch("mbcost: [0-9,]+ counts of networks and blocks, about [0-9]+ seconds\n", result.err)
    assert result.code == code, result.err
    assert announced or not result.err
    document: dict[str, Any] = json.loads(result.out)
    assert document["schema"] == "mbcost/explain/1"
    return document


def total(mbcost: Mbcost, explanation: dict[str, Any], value: dict[str, Any]) -> int:
    """Return the total that `mbcost table` prints for the network of an explanation."""
    net = f"{explanation['network']}@{value['alpha']}/{'x'.join(map(str, value['resolution']))}"
    table = ("table", f"{net}:{explanation['implementation']}", "--classes", str(explanation["classes"]))
    result = mbcost(*table, "--convention", value["convention"], "--format", "json")
    count: int = json.loads(result.out)["totals"][value["quantity"]]
    return count


@pytest.mark.parametrize(
    "arguments",
    [
        ("300M", "v2"),
        ("v2@1.4/224", "--mult-adds", "582M", "--params", "6.11M"),
        ("569M", "v1", "--alpha", "1", "--res", "224"),
        ("217M", "v3-large:torchvision"),
        ("4,242,920", "--quantity", "params"),
        ("56.5M", "v3-small", "--params", "2.54M", "--classes", "1000"),
    ],
)
def test_values_are_whole_numbers_and_equal_to_the_cost_table(mbcost: Mbcost, arguments: tuple[str, ...]) -> None:
    compared = 0
    for explanation in answer(mbcost, *arguments)["explanations"]:
        assert explanation["exact"] == all(value["exact"] for value in explanation["values"])
        for value in explanation["values"]:
            assert type(value["value"]) is int
            assert value["exact"] == (value["rounding"] not in ("off by one", "mistyped", None))
            if not explanation["departures"] and value["convention"] in load_conventions():
                assert value["value"] == total(mbcost, explanation, value)
                compared += 1
    assert compared > 0


def test_a_number_alone_leaves_everything_else_open(mbcost: Mbcost) -> None:
    document = answer(mbcost, "3504872")
    assert document["query"] == {
        "network": None,
        "implementation": None,
        "classes": None,
        "head": None,
        "in_channels": None,
        "deep": False,
        "facts": [{"row": 1, "quantity": None, "printed": "3504872", "alpha": None, "resolution": None}],
    }
    first = document["explanations"][0]
    assert (first["network"], first["alpha"], first["quantity"], first["convention"]) == ("v2", 1.0, "params", "macs")
    assert (first["value"], first["departures"], first["claimed"]) == (3504872, [], True)


def test_a_single_argument_next_to_numbers_is_the_network(mbcost: Mbcost) -> None:
    facts = ("--mult-adds", "610.1M", "--params", "6.11M")
    alone, both = answer(mbcost, "v2@1.4/224", *facts), answer(mbcost, *facts, "6.1M", "v2@1.4/224")
    assert (alone["query"]["network"], both["query"]["network"]) == ("v2", "v2")
    assert [fact["printed"] for fact in alone["query"]["facts"]] == ["610.1M", "6.11M"]
    assert [fact["printed"] for fact in both["query"]["facts"]] == ["6.1M", "610.1M", "6.11M"]
    first = alone["explanations"][0]
    assert [value["value"] for value in first["values"]] == [610_098_600, 6_108_776]
    assert (first["convention"], first["implementation"], first["claimed"]) == ("torchstat", "official", False)


def test_options_and_the_reference_give_the_same_answer(mbcost: Mbcost) -> None:
    options = ("--alpha", "1", "--res", "224", "--impl", "keras")
    assert answer(mbcost, "314M", "v2", *options) == answer(mbcost, "314M", "v2@1/224:keras")
    agreed = answer(mbcost, "314M", "v2@1/224:keras", *options)
    assert agreed["query"]["implementation"] == "keras"
    assert all(explanation["implementation"] == "keras" for explanation in agreed["explanations"])


def test_a_difference_from_what_is_given_is_a_departure(mbcost: Mbcost) -> None:
    document = answer(mbcost, "314M", "v2@0.75/192", "--classes", "1001", "--limit", "50")
    for explanation in document["explanations"]:
        departures = explanation["departures"]
        assert ("another alpha" in departures) == (explanation["alpha"] != 0.75)
        assert ("another resolution" in departures) == (explanation["resolution"] != [192, 192])
        assert ("other classes" in departures) == (explanation["classes"] != 1001)


@pytest.mark.parametrize(
    ("text", "rounding"), [("14.02MB", "rounds"), ("13.37MB", "binary bytes"), ("13.37MiB", "rounds")]
)
def test_bytes_are_four_times_the_params(mbcost: Mbcost, text: str, rounding: str) -> None:
    first = answer(mbcost, text, "v2@1")["explanations"][0]
    params = json.loads(mbcost("table", "v2", "--format", "json").out)["totals"]["params"]
    assert (first["quantity"], first["convention"], first["rounding"]) == ("bytes", "macs in float32", rounding)
    assert first["value"] == 4 * params
    assert answer(mbcost, text.rstrip("iB"), "v2@1", "--quantity", "bytes")["query"]["facts"][0]["quantity"] == "bytes"


def test_a_cause_is_claimed_only_at_a_small_chance(mbcost: Mbcost) -> None:
    claimed = mbcost("explain", "3.471M", "v2@1", "--quantity", "params")
    assert claimed.code == 0
    assert claimed.out.splitlines()[0] == "3.471M params of v2: explanations, the simplest first"
    assert claimed.out.splitlines()[1:5] == [
        "",
        "3,470,760 is what weights counts for v2@1:official: weights + biases (3.471M is this number, rounded)",
        "explained: chance 0.46%, the share of similar random numbers that would get an equally simple explanation",
        "",
    ]
    tie = mbcost("explain", "v2@1.4/224", "--mult-adds", "610.1M", "--params", "6.11M")
    assert "\nexplained by one of #1, #2" in tie.out
    assert "\nto decide, find 610.1M with all its digits: 610,098,600 if #1 is right; " in tie.out
    open_ = mbcost("explain", "314M", "v2@1/224")
    decision = (
        "\nto decide, find the number with all its digits: 314,193,216 if #1 is right; 313,619,328 if #2 is right"
    )
    assert open_.code == 0
    assert "explained:" not in open_.out
    assert "\nnot proved: chance 5.8%, the share of similar random numbers that would get " in open_.out
    assert decision in open_.out


@pytest.mark.parametrize("arguments", [("51.23456M", f"{TINY}@1/96"), ("1001", "v2@1/224"), ("999999T", "v2@1/224")])
def test_without_an_explanation_the_nearest_network_is_shown_and_the_exit_code_is_1(
    mbcost: Mbcost, arguments: tuple[str, str]
) -> None:
    result = mbcost("explain", *arguments)
    assert (result.code, result.err) == (1, "")
    assert "\nno explanation gives these digits; the nearest networks are shown\n" in result.out
    assert result.out.splitlines()[-1].startswith("to find more, try: ")
    assert f"{arguments[0]} does not match" in result.out
    document = answer(mbcost, *arguments, code=1)
    assert document["explanations"] == []
    assert 1 <= len(document["nearest"]) <= 3
    for near in document["nearest"]:
        assert (near["rounding"], near["claimed"]) == (None, False)
        assert [type(difference["amount"]) for difference in near["differences"]] == [int]


def test_a_difference_that_is_a_known_number_is_named(mbcost: Mbcost) -> None:
    """Keras's normalization layer has 7 values, which the table of V2 does not have."""
    near = answer(mbcost, "3,504,879", "v2@1", "--quantity", "params", code=1)["nearest"][0]
    assert near["values"][0]["value"] == 3_504_872
    expected = {"amount": 7, "named": "the mean, variance and count of Keras's normalization layer"}
    assert near["differences"] == [expected]


def test_a_claim_about_params_does_not_speak_of_a_resolution(mbcost: Mbcost) -> None:
    """The first explanation has another resolution, for the sake of the mult-adds, which it does not prove."""
    lines = mbcost("explain", "v1@1/224", "--mult-adds", "500M", "--params", "4,231,976").out.splitlines()
    assert lines[2].startswith("4,231,976 is what macs, trainable and thop count for v1@1:official: weights + biases")
    assert lines[3].startswith("explained: ")


def test_a_number_of_half_bytes_has_no_explanation(mbcost: Mbcost) -> None:
    assert answer(mbcost, "1.5 bytes", "v2@1/224", code=1)["explanations"] == []


def test_a_spec_of_the_user_is_searched(mbcost: Mbcost, tmp_path: Path) -> None:
    totals = json.loads(mbcost("table", str(TINY), "--format", "json").out)["totals"]
    for quantity in ("mult_adds", "params"):
        first = answer(mbcost, str(totals[quantity]), str(TINY))["explanations"][0]
        assert (first["network"], first["convention"], first["departures"]) == ("tiny", "macs", [])
        assert (first["value"], first["quantity"]) == (totals[quantity], quantity)
    # A spec with the name of a built-in network is not a built-in network.
    path = tmp_path / "mine.yaml"
    path.write_text(TINY.read_text(encoding="utf-8").replace("name: tiny", "name: v2"), encoding="utf-8")
    first = answer(mbcost, str(totals["params"]), f"{path}@1", "--quantity", "params")["explanations"][0]
    assert (first["network"], first["value"], first["departures"]) == ("v2", totals["params"], [])
    assert answer(mbcost, "3504872", f"{path}@1/96", "--quantity", "params", code=1)["explanations"] == []


def test_batches_are_tried_for_few_digits_only_in_a_deep_search(mbcost: Mbcost) -> None:
    count = 4 * json.loads(mbcost("table", str(TINY), "--format", "json").out)["totals"]["mult_adds"]
    arguments = (f"{count / 10**6:.2f}M", f"{TINY}@1/96:official", "--classes", "1000", "--quantity", "mult-adds")
    roundings = {entry["rounding"] for entry in answer(mbcost, *arguments)["explanations"]}
    assert not any(rounding.startswith("batch") for rounding in roundings)
    exact = answer(mbcost, str(count), *arguments[1:])["explanations"][0]
    assert (exact["rounding"], exact["departures"]) == ("batch of 4", [])
    document = answer(mbcost, *arguments, "--deep", "--limit", "50")
    assert document["query"]["deep"] is True
    explanations = document["explanations"]
    assert ("batch of 4", []) in [(entry["rounding"], entry["departures"]) for entry in explanations]


def test_the_rows_of_a_network_get_one_explanation(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    document = answer(mbcost, "--rows", str(path))
    assert [part["query"]["network"] for part in (document, *document["more"])] == ["v2", "v1"]
    first = document["explanations"][0]
    assert [value["printed"] for value in first["values"]] == ["300M", "3.4M", "582M", "6.06M"]
    assert [(value["alpha"], value["convention"]) for value in first["values"]] == [
        (1.0, "macs"),
        (1.0, "weights"),
        (1.4, "macs"),
        (1.4, "weights"),
    ]
    assert (first["claimed"], first["rounding"], document["rest"]) == (True, "floors", None)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TABLE.encode()), encoding="utf-8"))
    text = mbcost("explain", "--rows", "-")
    assert text.code == 0
    assert "\n 1  v2/224:official " in text.out
    who = "macs, calflops, deepspeed-macs, nni and 4 more count"
    assert f"\nthe mult-adds are what {who} for v2/224:official: multiply-adds (floored)\n" in text.out
    assert "\nthe params are what weights counts for v2/224:official: weights + biases (floored)\n" in text.out
    assert "\n2 numbers of v1" not in text.out
    assert f"\n569M mult-adds, 4.24M params of v1:\n568,740,352 is what {who} for v1@1/224:official: " in text.out


def test_rows_that_the_first_explanation_misses_get_an_answer_of_their_own(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("net,alpha,resolution,mult_adds\nv2,1,224,300M\nv2,1,192,221M\nv2,1,160,154M\nv2,1,128,77.7M\n")
    document = answer(mbcost, "--rows", str(path), code=1)
    values = document["explanations"][0]["values"]
    assert [value["exact"] for value in values] == [True, True, True, False]
    assert [value["rounding"] for value in values[3:]] == [None]
    assert [fact["printed"] for fact in document["rest"]["query"]["facts"]] == ["77.7M"]
    out = mbcost("explain", "--rows", str(path)).out
    assert "\nnot proved: the first explanation gives 3 of 4 numbers: chance " in out
    assert "\nthe mult-adds that fit could be what macs, " in out
    assert "\nfor the rest, 77.7M in row 4:\nno explanation gives these digits; " in out


def test_csv_has_the_explanations_of_json_and_goes_to_a_file_too(mbcost: Mbcost, tmp_path: Path) -> None:
    result = mbcost("explain", "314M", "v2@1/224", "--limit", "3", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert list(rows[0]) == [
        "rank", "row", "network", "alpha", "resolution", "implementation", "classes", "head", "quantity", "printed",
        "exact", "rounding", "modification", "convention", "bits", "chance", "others",
    ]  # fmt: skip
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    explanations = answer(mbcost, "314M", "v2@1/224", "--limit", "3")["explanations"]
    counts = [int(row["exact"]) for row in rows]
    assert counts == [explanation["value"] for explanation in explanations]
    assert [row["convention"] for row in rows] == [explanation["convention"] for explanation in explanations]
    target = tmp_path / "answer.csv"
    assert mbcost("explain", "314M", "v2@1/224", "--limit", "3", "--format", "csv", "--output", str(target)).out == ""
    assert target.read_text() == result.out


GARBAGE = [
    "banana", "-3M", "1e400", "", "0", "3..4M", "12 parsecs", "nan", "inf", "3iB", "M", "٣", "9" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:12] or "empty")
def test_garbage_is_one_line_and_exit_2(mbcost: Mbcost, text: str) -> None:
    result = mbcost("explain", "--", text, "v2")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: '{text[:40]}")
    assert len(result.err) < 300
    assert len(result.err.splitlines()) == 1


MISTAKES = [
    ([], "explain needs a number: give NUMBER, --mult-adds, --params or --rows"),
    (["v2"], "the number comes first: mbcost explain 314M v2"),
    (["3M", "v3-larg"], "unknown network 'v3-larg': did you mean 'v3-large'"),
    (["3M", "v9"], "unknown network 'v9': choose from v1, v1-standard, v2,"),
    (["3M", "v2@@1"], "'v2@@1' is not a network"),
    (["3M", "v2@half"], "alpha is 'half': it must be a number such as 0.75"),
    (["3M", "v2@0"], "alpha is 0: it must be a positive number"),
    (["3M", "v2", "--alpha", "nan"], "alpha is nan: it must be a positive number"),
    (["3M", "v2", "--alpha", "-1"], "alpha is -1: it must be a positive number"),
    (["3M", "v2", "--res", "0"], "resolution is '0': it must be at least 1"),
    (["3M", "v2@1", "--alpha", "0.5"], "alpha is given twice, in 'v2@1' and as an option: remove one"),
    (["3M", "v2/224", "--res", "192"], "the resolution is given twice, in 'v2/224' and as an option: remove one"),
    (["3M", "v2:keras", "--impl", "timm"], "the implementation is given twice, in 'v2:keras'"),
    (["3M", "v2:kers"], "unknown implementation of v2 'kers': did you mean 'keras'"),
    (["3M", "--impl", "foo"], "no network fits what is given: leave out an option"),
    (["3M", "v2", "--classes", "0"], "classes is 0: it must be at least 1"),
    (["3M", "v2", "--classes", "many"], "classes is 'many': it must be a whole number"),
    (["3M", "v2", "--limit", "0"], "limit is 0: it must be at least 1"),
    (["3M", "v2", "--quantity", "flops"], "unknown quantity 'flops': choose from mult-adds, params, activations, byte"),
    (["3M", "v2", "--quantity", "mult-ads"], "unknown quantity 'mult-ads': did you mean 'mult-adds'"),
    (["12.9MB", "v2", "--quantity", "params"], "'12.9MB' is given as params, but its unit says bytes: keep one"),
    (["v2", "--params", "3 GFLOPs"], "'3 GFLOPs' is given as params, but its unit says mult-adds: keep one"),
    (["v2", "--mult-adds", "3M params"], "'3M params' is given as mult-adds, but its unit says params: keep one"),
    (["3M", "--rows", "table.csv"], "--rows and a number are both given: remove the number, the table has the numbers"),
    (["--rows", "table.csv", "--params", "3M"], "--rows and a number are both given"),
    (["--rows", "table.csv", "--quantity", "params"], "--quantity params is given without NUMBER: remove it"),
    (["--rows", "nowhere.csv"], "nowhere.csv: No such file or directory"),
    (["3M", "v2", "--format", "jason"], "unknown format 'jason': did you mean 'json'"),
    (["3M", "v2", "--output", "/no/such/folder/x"], "cannot write /no/such/folder/x: No such file or directory"),
    (["3M", "v2", "--in-channels", "0"], "in-channels is 0: it must be at least 1"),
    (["3M", "v2", "--in-channels", "-1"], "in-channels is -1: it must be at least 1"),
    (["v2", "--mult-adds", ""], "'' is not a number"),
    (["3M", "v2", "--classes", "1" + 19 * "0"], "a count of this network is too large to search for"),
    (["0.32", "v2"], "0.32 has no unit: write it as it is printed, such as 0.32M for millions, or 0.32G"),
    (["<1", "v2"], "<1 has no unit: "),
    (["v2", "--params", "3.5"], "3.5 has no unit: "),
    (["3M", "--head", "10"], "head is given without a network: name the network"),
    (["3M", "v2", "--head", "10", "--classes", "10"], "head and classes are both given: remove classes"),
    (["3M", "missing.yaml"], "missing.yaml: No such file or directory"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES)
def test_a_wrong_argument_is_one_line_and_exit_2(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost("explain", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: {message}")
    assert len(result.err.splitlines()) == 1


def test_the_network_of_a_table_can_be_an_argument(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("alpha,resolution,mult_adds\n1,224,300M\n1,192,221M\n1,160,154M\n")
    assert answer(mbcost, "v2", "--rows", str(path))["query"]["network"] == "v2"


def test_rows_have_the_number_that_they_have_in_the_file(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    document = answer(mbcost, "--rows", str(path))
    assert [fact["row"] for fact in document["query"]["facts"]] == [1, 1, 3, 3]
    assert [fact["row"] for fact in document["more"][0]["query"]["facts"]] == [2, 2]


def test_a_count_of_more_than_64_bits_is_refused(mbcost: Mbcost) -> None:
    """The count is not taken modulo 2^64."""
    macs = json.loads(mbcost("table", "v2/750000000", "--format", "json").out)["totals"]["mult_adds"]
    assert mbcost("explain", str(macs % 2**64), "v2@1/750000000:official", "--quantity", "mult-adds").code == 2


def test_work_above_the_limit_is_refused_before_it_starts(mbcost: Mbcost, tmp_path: Path) -> None:
    table = tmp_path / "long.csv"
    rows = "".join(f"v2@{1 + row / 10000},{32 + row},314M\n" for row in range(10_000))
    table.write_text("net,resolution,mult_adds\n" + rows, encoding="utf-8")
    result = mbcost("explain", "--rows", str(table))
    assert (result.code, result.out) == (2, "")
    assert re.fullmatch(
        "mbcost: error: there are [0-9,]+ counts of networks and blocks, .* add --force .*\n", result.err
    )


def test_a_table_with_many_numbers_of_one_network_is_refused(mbcost: Mbcost, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    table.write_text("net,mult_adds\n" + 51 * "v2,314M\n", encoding="utf-8")
    result = mbcost("explain", "--rows", str(table))
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "mbcost: error: the table has 51 numbers of one network: give at most 50 at a time, or add --force\n"
    )


def test_a_search_that_needs_too_much_memory_is_refused_or_forced(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "MEMORY", 100_000)
    result = mbcost("explain", "51.2M", f"{TINY}@1/96")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "--force" in result.err
    assert mbcost("explain", "51.2M", f"{TINY}@1/96", "--force").code in (0, 1)
