from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Mbcost

SMALL = ("--net", "v2", "--alpha", "0.35,0.5,0.75", "--res", "96:224:32", "--classes", "2")


def test_what_is_shown_is_what_table_and_memory_say(mbcost: Mbcost) -> None:
    limits = (
        "--ram",
        "320KiB",
        "--flash",
        "1MiB",
        "--mult-adds",
        "60M",
        "--params",
        "2M",
        "--classes",
        "2",
        "--in-channels",
        "1",
    )
    result = mbcost("fit", *limits, "--res", "96:224:32", "--format", "json")
    answer = json.loads(result.out)
    assert (result.code, answer["schema"], len(answer["configurations"])) == (0, "mbcost/fit/1", 10)
    for each in answer["configurations"][:3]:
        net = f"{each['network']}@{each['alpha']}/{each['resolution'][0]}"
        options = ("--classes", "2", "--in-channels", "1", "--format", "json")
        totals = json.loads(mbcost("table", net, *options).out)["totals"]
        assert (each["mult_adds"], each["params"]) == (totals["mult_adds"], totals["params"])
        memory = json.loads(mbcost("memory", net, *options, "--allocator", "naive").out)
        assert (each["memory"], each["flash"]) == (memory["peaks"][0]["bytes"], memory["flash"]["total"])
        assert each["memory"] <= 320 * 1024
        assert each["flash"] <= 2**20


def test_the_nearest_miss_names_the_layer_and_what_would_have_to_give(mbcost: Mbcost) -> None:
    """0.35 at 160 holds 384,000 bytes: 2,000 more than there are."""
    result = mbcost("fit", *SMALL, "--alpha", "0.35", "--ram", "382000")
    assert result.code == 0
    assert "nearest miss: v2 0.35 at 160 misses --ram by 2 KiB, in layer 2.1.depthwise" in result.out


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (("--ram", "100KiB"), "--ram is impossible: the least of any configuration is 135 KiB, 35 KiB"),
        (("--min-top1", "80"), "--min-top1 is impossible: the most of any configuration is 69.8%, 10.2% less"),
        (("--ram", "150KiB", "--min-top1", "60"), "each of the limits can be kept, but not all"),
    ],
)  # fmt: skip
def test_nothing_fits(mbcost: Mbcost, limits: tuple[str, ...], message: str) -> None:
    result = mbcost("fit", *SMALL, *limits)
    assert (result.code, result.err) == (1, "")
    assert message in result.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ram", "320K"), "ram is '320K': write a size such as 320KiB, 1MB or 327680 (bytes)"),
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
        (("--flash",), "Option '--flash' requires an argument (try 'mbcost fit --help')"),
        (("--net", "v2", "--net", "v2:official@0.5"), "'v2:official@0.5' is not a network"),
        (("--net", "v2", "--net", "v2@0.5:official"), "v2 and v2@0.5:official have configurations in common"),
        (("--impl", "torchvision"), "v1, v3-large-minimalistic, v3-small-minimalistic have no implementation"),
        (("--allocator", "arena", "--limit", "5001"), "--limit is 5,001: of arenas at most 5,000 are laid out"),
        (("--net", "v9"), "unknown network 'v9'"),
        (("--net", "v2@0.5", "--alpha", "1"), "alpha is given twice"),
    ],
)
def test_bad_input_is_one_line(mbcost: Mbcost, arguments: tuple[str, ...], message: str) -> None:
    result = mbcost("fit", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err


def test_two_implementations_that_cost_the_same_are_two_rows(mbcost: Mbcost) -> None:
    nets = ("--net", "v2", "--net", "v2:torchvision", "--alpha", "1", "--res", "96")
    answer = json.loads(mbcost("fit", *nets, "--format", "json").out)
    assert (answer["tried"], [each["implementation"] for each in answer["configurations"]]) == (
        2,
        ["official", "torchvision"],
    )


@pytest.mark.parametrize("allocator", ["inplace-depthwise", "fused-block", "arena"])
def test_every_allocator_ranks_and_fits(mbcost: Mbcost, allocator: str) -> None:
    answer = json.loads(mbcost("fit", *SMALL, "--ram", "256KiB", "--allocator", allocator, "--format", "json").out)
    assert answer["configurations"]
    for each in answer["configurations"]:
        net = f"v2@{each['alpha']}/{each['resolution'][0]}"
        memory = json.loads(mbcost("memory", net, "--classes", "2", "--allocator", allocator, "--format", "json").out)
        assert each["memory"] == memory["peaks"][0]["bytes"] <= 256 * 1024


def test_an_arena_that_is_larger_than_its_bound_does_not_fit(mbcost: Mbcost) -> None:
    """V2 0.5 at 96 holds 138,240 bytes at once, and its arena is of 147,456."""
    one = ("fit", "--net", "v2", "--alpha", "0.5", "--res", "96", "--allocator", "arena")
    assert mbcost(*one, "--ram", "147456").code == 0
    result = mbcost(*one, "--ram", "147455")
    assert result.code == 1
    assert "no arena of the 1 that were laid out keeps --ram" in result.out
    assert "misses --ram by 1 B" in result.out
    assert "of v2 0.5 at 96, by the bound that naive is of arena" in mbcost(*one, "--ram", "1KiB").out


def test_a_search_that_is_given_up_says_so(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    """V2 at 96 holds 138,240 bytes at once; the arenas of 0.5 and 0.4 are of 147,456, that of 0.35 is of 138,240."""
    wanted = ("fit", "--net", "v2", "--alpha", "0.35,0.4,0.5", "--res", "96", "--allocator", "arena", "--ram", "140000")
    monkeypatch.setattr("mbcost.questions.search.fit.MOST_RUNS", 3)
    result = mbcost(*wanted)
    assert (result.code, "v2       0.35" in result.out, "given up" in result.out) == (0, True, False)
    assert json.loads(mbcost(*wanted, "--format", "json").out)["laid_out"] == 3

    monkeypatch.setattr("mbcost.questions.search.fit.MOST_RUNS", 2)
    result = mbcost(*wanted)
    assert result.code == 1
    assert "given up: the best 2 of these were laid out" in result.out
    assert "no arena of the 2 that were laid out keeps --ram" in result.out
    answer = json.loads(mbcost(*wanted, "--format", "json").out)
    assert (answer["laid_out"], answer["given_up"], answer["configurations"]) == (2, True, [])

    monkeypatch.setattr("mbcost.questions.search.fit.MOST_RUNS", 1)
    monkeypatch.setattr("mbcost.present.search.fit.MOST_RUNS", 1)
    result = mbcost(*wanted, "--flash", "1800000", "--limit", "1")
    assert result.code == 0
    assert "without --flash: given up after 1 arenas" in result.out


def test_a_checkpoint_stands_for_the_resolutions_that_cost_the_same(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("fit", "--net", "v2", "--alpha", "1", "--res", "223,224", "--format", "json").out)
    (found,) = answer["configurations"]
    assert (found["resolution"], found["same_at"], found["top1"], found["front"]) == (
        [224, 224],
        [[223, 223]],
        71.8,
        True,
    )


def test_without_a_limit_none_is_claimed(mbcost: Mbcost) -> None:
    assert mbcost("fit", *SMALL).out.startswith("15 configurations, and no limit that they have to keep\n")


def test_an_implementation_that_is_not_the_default_is_named(mbcost: Mbcost) -> None:
    """Keras pads V1's odd maps in another way, so that both are shown."""
    arguments = ("--net", "v1", "--net", "v1:keras", "--alpha", "0.3", "--res", "97", "--format", "csv")
    names = [line.partition(",")[0] for line in mbcost("fit", *arguments).out.splitlines()[1:]]
    assert sorted(names) == ["v1", "v1:keras"]
