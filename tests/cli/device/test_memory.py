from __future__ import annotations

import csv
import io
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Mbcost


def read_memory(mbcost: Mbcost, *arguments: str) -> dict[str, Any]:
    result = mbcost("memory", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, "")
    answer: dict[str, Any] = json.loads(result.out)
    return answer


def test_all_formats_have_the_same_numbers(mbcost: Mbcost) -> None:
    answer = read_memory(mbcost, "v2")
    assert answer["schema"] == "mbcost/memory/1"
    assert answer["peaks"][:2] == [
        {"allocator": "naive", "bytes": 1_505_280, "layer": "2.1.depthwise"},
        {"allocator": "inplace-depthwise", "bytes": 1_404_928, "layer": "2.1.expand"},
    ]
    rows = list(csv.DictReader(io.StringIO(mbcost("memory", "v2", "--format", "csv").out)))
    for cells, row in zip(rows, answer["rows"], strict=True):
        keys = {"weights": "weight_bytes", "input": "input_bytes", "output": "output_bytes", "waiting": "waiting_bytes"}
        assert {name: int(cells[key]) for name, key in keys.items()} == {name: row[name] for name in keys}
        assert {name: int(cells[f"{name.replace('-', '_')}_bytes"]) for name in row["held"]} == row["held"]
    by_allocator = csv.DictReader(io.StringIO(mbcost("memory", "v2", "--by", "allocator", "--format", "csv").out))
    assert [(row["allocator"], int(row["peak_bytes"]), row["layer"]) for row in by_allocator] == [
        (peak["allocator"], peak["bytes"], peak["layer"]) for peak in answer["peaks"]
    ]
    text = mbcost("memory", "v2").out
    assert "peak inplace-depthwise: 1,404,928 B (1.3 MiB) in 2.1.expand" in text
    assert "flash: 3,614,728 B (3.4 MiB) = 3,469,760 weights + 72,224 biases + 72,484 scales + 260 zero" in text
    assert "| inplace-depthwise |" in mbcost("memory", "v2", "--by", "allocator", "--format", "markdown").out


def test_allocators_are_in_the_order_of_the_options(mbcost: Mbcost) -> None:
    peaks = read_memory(
        mbcost, "v1@0.25/96", "--classes", "2", "--allocator", "arena,naive", "--allocator", "fused-block"
    )
    assert [peak["allocator"] for peak in peaks["peaks"]] == ["arena", "naive", "fused-block"]
    assert peaks["rows"][0]["held"].keys() == {"arena", "naive", "fused-block"}


def test_weights_and_activations_can_have_different_dtypes(mbcost: Mbcost) -> None:
    """With int8 weights and float activations, as in dynamic quantization, only the weights have scales."""
    answer = read_memory(mbcost, "v2", "--weights-dtype", "int8", "--dtype", "float32")
    assert answer["peaks"][0]["bytes"] == 4 * 1_505_280
    assert answer["flash"] == {
        "weights": 3_469_760, "biases": 4 * 18_056, "scales": 4 * 18_056, "zero_points": 0, "total": 3_614_208,
    }  # fmt: skip


def test_arena_options_change_the_peak_of_the_arena(mbcost: Mbcost) -> None:
    """V2 0.35 at 96 has the measured peak of tests/data/arena.yaml."""
    maps_alone = read_memory(mbcost, "v2@0.35/96:keras", "--allocator", "arena")
    one_option = read_memory(mbcost, "v2@0.35/96:keras", "--allocator", "arena", "--arena", "keep-input")
    all_options = read_memory(mbcost, "v2@0.35/96:keras", "--allocator", "arena", "--arena", "tensorflow-lite")
    peaks = [answer["peaks"][0]["bytes"] for answer in (maps_alone, one_option, all_options)]
    assert peaks == [138_240, 165_888, 165_888]
    assert (maps_alone["arena_options"], one_option["arena_options"]) == ([], ["keep-input"])


def test_without_the_top_the_last_layer_is_the_last_convolution(mbcost: Mbcost) -> None:
    answer = read_memory(mbcost, "v2", "--no-top", "--by", "map")
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
            "options of the arena are given without the allocator arena: add arena to the allocators",
        ),
        (["--alpha", "0"], "alpha is 0"),
    ],
)
def test_a_wrong_argument_is_one_line_of_error(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost("memory", "v2", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"mbcost: error: {message}")


def test_a_file_has_a_row_per_operator_and_a_flash_that_adds_up_to_its_size(mbcost: Mbcost, tmp_path: Path) -> None:
    packed = Path(__file__).parents[2] / "data" / "arena" / "v2@0.35_96-int8.tflite.xz"
    path = tmp_path / "model.tflite"
    path.write_bytes(lzma.decompress(packed.read_bytes()))
    arguments = (str(path), "--arena", "tensorflow-lite")
    answer = read_memory(mbcost, *arguments)
    assert {peak["allocator"]: peak["bytes"] for peak in answer["peaks"]} == {
        "naive": 138_240, "inplace-depthwise": 129_024, "fused-block": 64_512, "arena": 165_888,
    }  # fmt: skip
    flash = answer["flash"]
    assert flash["total"] == path.stat().st_size == sum(flash[name] for name in flash if name != "total")
    assert (answer["weights_dtype"], answer["activations_dtype"]) == ("int8", "int8")
    text = mbcost("memory", *arguments).out
    assert "the rest of the file" in text
    assert "persistent tensors are not included" in text
    micro = mbcost("memory", str(path), "--by", "allocator", "--arena", "tensorflow-lite-micro").out
    assert "its tail is not included" in micro
    for wrong, message in (
        (("--dtype", "float32"), "is quantized, with numbers of int8: leave out the dtype float32"),
        (("--by", "map"), "does not say where its blocks end"),
        (("--arena", "pad"), "the arena option pad is for tables"),
    ):
        result = mbcost("memory", str(path), *wrong)
        assert result.code == 2
        assert message in result.err
        assert result.err.count("\n") == 1
