from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.cli.conftest import Mbcost


def memory(mbcost: Mbcost, *arguments: str) -> dict[str, Any]:
    result = mbcost("memory", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, "")
    answer: dict[str, Any] = json.loads(result.out)
    return answer


def test_all_formats_say_the_same(mbcost: Mbcost) -> None:
    answer = memory(mbcost, "v2")
    assert answer["schema"] == "mbcost/memory/1"
    assert answer["peaks"][:2] == [
        {"allocator": "naive", "bytes": 1_505_280, "layer": "2.1.depthwise"},
        {"allocator": "inplace-depthwise", "bytes": 1_404_928, "layer": "2.1.expand"},
    ]
    *rows, footer = csv.DictReader(io.StringIO(mbcost("memory", "v2", "--format", "csv").out))
    for row, each in zip(rows, answer["rows"], strict=True):
        shown = {key: int(row[key]) for key in ("weights", "input", "output", "waiting")}
        assert shown == {key: each[key] for key in shown}
        assert {key: int(row[key]) for key in each["held"]} == each["held"]
    assert {peak["allocator"]: int(footer[peak["allocator"]]) for peak in answer["peaks"]} == {
        peak["allocator"]: peak["bytes"] for peak in answer["peaks"]
    }
    text = mbcost("memory", "v2").out
    assert "peak inplace-depthwise: 1,404,928 B (1.3 MiB) in 2.1.expand" in text
    assert "flash: 3,614,728 B (3.4 MiB) = 3,469,760 weights + 72,224 biases + 72,484 scales + 260 zero" in text
    assert "| inplace-depthwise |" in mbcost("memory", "v2", "--by", "allocator", "--format", "markdown").out


def test_allocators_come_as_asked(mbcost: Mbcost) -> None:
    peaks = memory(mbcost, "v1@0.25/96", "--classes", "2", "--allocator", "arena,naive", "--allocator", "fused-block")
    assert [peak["allocator"] for peak in peaks["peaks"]] == ["arena", "naive", "fused-block"]
    assert peaks["rows"][0]["held"].keys() == {"arena", "naive", "fused-block"}


def test_dtypes_apart(mbcost: Mbcost) -> None:
    """Of int8 weights and float activations, as dynamic quantization has them, only the weights have scales."""
    answer = memory(mbcost, "v2", "--weights-dtype", "int8", "--dtype", "float32")
    assert answer["peaks"][0]["bytes"] == 4 * 1_505_280
    assert answer["flash"] == {
        "weights": 3_469_760, "biases": 4 * 18_056, "scales": 4 * 18_056, "zero_points": 0, "total": 3_614_208,
    }  # fmt: skip


def test_the_arena_is_told_what_to_do_besides(mbcost: Mbcost) -> None:
    """V2 0.35 at 96, as measured: see tests/data/arena.yaml."""
    least = memory(mbcost, "v2@0.35/96:keras", "--allocator", "arena")
    kept = memory(mbcost, "v2@0.35/96:keras", "--allocator", "arena", "--arena", "keep-input")
    whole = memory(mbcost, "v2@0.35/96:keras", "--allocator", "arena", "--arena", "tensorflow-lite")
    assert [each["peaks"][0]["bytes"] for each in (least, kept, whole)] == [138_240, 165_888, 165_888]
    assert (least["arena_options"], kept["arena_options"]) == ([], ["keep-input"])


def test_without_the_top(mbcost: Mbcost) -> None:
    answer = memory(mbcost, "v2", "--no-top", "--by", "map")
    assert (answer["top"], answer["rows"][-1]["name"]) == (False, "8.1.conv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--allocator", "naiv"], "unknown allocator 'naiv': did you mean 'naive'?"),
        (["--allocator", "naive,naive"], "allocator 'naive' is given twice: remove one"),
        (["--dtype", "int4"], "unknown dtype 'int4': did you mean 'int8'?"),
        (["--weights-dtype", "double"], "unknown dtype 'double': choose from float32, float16, int8"),
        (["--by", "maps"], "unknown grouping 'maps': did you mean 'map'?"),
        (["--arena", "keep-inputs"], "unknown arena option 'keep-inputs': did you mean 'keep-input'?"),
        (
            ["--allocator", "naive", "--arena", "unfold"],
            "--arena is given without the allocator arena: add arena to --allocator",
        ),
        (["--alpha", "0"], "alpha is 0"),
    ],
)
def test_a_slip_is_one_line(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost("memory", "v2", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"mbcost: error: {message}")
