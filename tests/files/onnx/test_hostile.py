"""A file is refused in one line, or read: never a traceback, a hang, or much memory."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from mbcost.analytic.graph.network import resolve_graph
from mbcost.errors import MbcostError
from mbcost.files.onnx import walk, wire
from mbcost.files.read import read_graph
from mbcost.files.sizes import InputSizes
from tests.files.onnx.expected import read_totals
from tests.files.onnx.mutation import mutate
from tests.files.onnx.small import load, make, save


def convolution() -> Any:
    """Return a model of one convolution."""
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    return make([node], {"x": [1, 3, 8, 8]}, {"w": (4, 3, 3, 3)})


def refusal(path: Path) -> str:
    with pytest.raises(MbcostError) as caught:
        read_graph(path, "some.onnx", "onnx")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def outcome(path: Path) -> str:
    """Return `read`, or the message of an error."""
    try:
        resolve_graph(read_graph(path, "some.onnx", "onnx"))
    except MbcostError as error:
        return str(error)
    return "read"


def test_mutated_files_are_refused_in_one_line_or_read(tmp_path: Path) -> None:
    path, outcomes = tmp_path / "model.onnx", []
    for seed in range(200):
        path.write_bytes(mutate(seed))
        outcomes.append(outcome(path))
    assert not [text for text in outcomes if "\n" in text]
    assert 10 < outcomes.count("read") < 100


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04" + bytes(60), "zip archive"),
        (pickle.dumps({"weights": [1.0]}), "pickle"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(60), "TensorFlow Lite"),
        (b"Hello, this is a letter, and not a model.", "text"),
        (b"\x89HDF\r\n\x1a\n" + bytes(60), "HDF5"),
        (bytes(100), "a field 0"),
        (b"\xff" * 100, "more than 10 bytes"),
        (b"\x08\x08", "no graph"),
        (b"\x3a\x02\x0a\x7f", "longer than what it is in"),
        (b"\x0b\x0c", "encoding 3"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "some.onnx"
    path.write_bytes(content)
    assert message in refusal(path)


def test_what_is_not_a_file_is_never_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.onnx"
    os.mkfifo(pipe)  # to open it would wait for ever
    assert "not a regular file" in refusal(pipe)
    assert "not a regular file" in refusal(Path("/dev/zero"))
    assert "a folder" in refusal(tmp_path)


def test_a_truncated_file_is_refused_at_every_length(tmp_path: Path) -> None:
    data, path = convolution().SerializeToString(), tmp_path / "short.onnx"
    for length in range(1, len(data), 3):
        path.write_bytes(data[:length])
        assert refusal(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("raw_data", bytes(431), "has 431 bytes, expected 432"),
        ("raw_data", b"", "has 0 bytes, expected 432"),
        ("dims", [4, 3, 3, -3], "4x3x3x-3"),
        ("dims", [2**40, 2**40], "has the sides"),
        ("dims", [4, 3, 3, 4], "expected 576"),
        ("data_type", 1000, "type 1000"),
    ],
)
def test_weights_that_do_not_fit_their_shape_are_named(tmp_path: Path, field: str, value: object, message: str) -> None:
    model = convolution()
    if isinstance(value, list):
        getattr(model.graph.initializer[0], field)[:] = value
    else:
        setattr(model.graph.initializer[0], field, value)
    text = refusal(save(model, tmp_path))
    assert message in text
    assert "'w'" in text


@pytest.mark.parametrize("field", ["float_data", "int32_data", "int64_data", "raw_data"])
def test_large_values_are_counted_in_every_encoding(tmp_path: Path, field: str) -> None:
    dtype = {"int32_data": "int8", "int64_data": "int64"}.get(field, "float32")
    array = np.full((20, 30), -3, dtype=dtype)
    raw = field == "raw_data"
    code = helper.np_dtype_to_tensor_dtype(array.dtype)
    tensor = helper.make_tensor("w", code, array.shape, array.tobytes() if raw else array.reshape(-1).tolist(), raw=raw)
    model = make(
        [helper.make_node("Cast", ["w"], ["f"], to=1), helper.make_node("Mul", ["x", "f"], ["y"])], {"x": [30]}
    )
    model.graph.initializer.append(tensor)
    assert load(model, tmp_path).tensors["w"].stored == {"float_data": 2400, "raw_data": 2400}.get(field, 6000)
    getattr(tensor, field)  # a payload of one value too few
    if not raw:
        del getattr(model.graph.initializer[0], field)[-1]
        assert "has 599 values, expected 600" in refusal(save(model, tmp_path))


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("../outside.bin", "not a file in the model's folder"),
        ("/etc/passwd", "not a file in the model's folder"),
        ("C:\\x", "not a file in the model's folder"),
        ("a/../../outside.bin", "not a file in the model's folder"),
        ("", "not a file in the model's folder"),
        ("nothing.bin", "which is not there"),
        ("link.bin", "a link out of the model's folder"),
        ("device.bin", "a link out of the model's folder"),
        ("pipe.bin", "not a regular file"),
        ("loop.bin", "which"),
        (".", "not a regular file"),
        ("inside.bin", "after the end"),
    ],
)
def test_weights_in_other_files_stay_in_the_folder(tmp_path: Path, location: str, message: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "outside.bin").write_bytes(bytes(432))
    (folder / "inside.bin").write_bytes(bytes(431))
    (folder / "link.bin").symlink_to(tmp_path / "outside.bin")
    (folder / "device.bin").symlink_to("/dev/zero")
    (folder / "loop.bin").symlink_to(folder / "loop.bin")
    os.mkfifo(folder / "pipe.bin")
    model = convolution()
    (tensor,) = model.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path = folder / "some.onnx"
    path.write_bytes(model.SerializeToString())
    assert message in refusal(path)


def test_weights_beside_the_model_count_with_their_file(tmp_path: Path) -> None:
    path = tmp_path / "some.onnx"
    onnx.save(
        convolution(),
        str(path),
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
        convert_attribute=True,
    )
    graph = read_graph(path, "some.onnx", "onnx")
    assert graph.tensors["w"].stored == 432
    assert graph.bytes == path.stat().st_size + (tmp_path / "weights.bin").stat().st_size
    assert read_totals(path) == (4 * 3 * 9 * 36, 4 * 3 * 9)


def test_functions_inside_functions_do_not_explode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_NODES", 1000)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    functions = [
        helper.make_function(
            "f", f"F{level}", ["a"], ["b"],
            [helper.make_node(f"F{level + 1}", ["a" if not step else f"t{step}"], [f"t{step + 1}" if step < 9 else "b"],
                              domain="f") for step in range(10)],
            opsets,
        )
        for level in range(12)
    ]  # fmt: skip
    functions.append(helper.make_function("f", "F12", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], opsets))
    nodes = [helper.make_node("F0", ["x"], ["y"], domain="f")]
    model = make(nodes, {"x": [1]}, functions=functions, opset_imports=opsets)
    assert "more than 1,000 nodes" in refusal(save(model, tmp_path))
    functions[12].node[0].CopyFrom(helper.make_node("F0", ["a"], ["b"], domain="f"))
    model = make(nodes, {"x": [1]}, functions=functions, opset_imports=opsets)
    assert "functions inside each other" in refusal(save(model, tmp_path))


def test_graphs_inside_graphs_are_limited(tmp_path: Path) -> None:
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [], [onnx.ValueInfoProto(name="y")])
    for _ in range(30):
        node = helper.make_node("Loop", ["x"], ["y"], body=graph)
        graph = helper.make_graph([node], "g", [], [onnx.ValueInfoProto(name="y")])
    path = tmp_path / "deep.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    assert "messages inside each other" in refusal(path)


@pytest.mark.parametrize("message", [b"\x0a\x00", b"\x2a\x00", b"\x6a\x00", b"\x0a\x02\x2a\x00"])
def test_a_file_of_empty_messages_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: bytes) -> None:
    monkeypatch.setattr(wire, "MOST_FIELDS", 9_000)
    monkeypatch.setattr(wire, "MOST_MESSAGES", {"Node": 5_000, "Tensor": 5_000, "Value": 5_000})
    content = message * (4_000_000 // len(message))
    path = tmp_path / "some.onnx"
    length = len(content)
    size = bytes([length & 127 | 128, length >> 7 & 127 | 128, length >> 14 & 127 | 128, length >> 21])
    path.write_bytes(b"\x42\x02\x10\x11\x3a" + size + content)
    assert re.search("more than [59],000 [a-z]+ besides its weights", refusal(path))


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("Conv", ["x", "w"], ["y"], strides=[0, 1]),
        helper.make_node("Conv", ["x", "w"], ["y"], group=0),
        helper.make_node("Conv", ["x", "w"], ["y"], pads=[2**62] * 4),
        helper.make_node("Conv", ["x", "w"], ["y"], dilations=[-1, 1]),
        helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[5, 5]),
        helper.make_node("Conv", ["x", "w"], ["y"], auto_pad="SAME"),
        helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[0, 2]),
        helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], strides=[-2**63, 1]),
        helper.make_node("Concat", ["x"], ["y"], axis=7),
        helper.make_node("Transpose", ["x"], ["y"], perm=[0, 1, 2, 9]),
        helper.make_node("Relu", ["z"], ["y"]),
        helper.make_node("Relu", ["x"], ["x"]),
    ],
)  # fmt: skip
def test_impossible_nodes_are_named(tmp_path: Path, node: object) -> None:
    assert refusal(save(make([node], {"x": [1, 3, 8, 8]}, {"w": (4, 3, 3, 3)}), tmp_path))


def test_constants_that_would_become_huge_are_not_computed(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ConstantOfShape", ["big"], ["c"]),
        helper.make_node("Tile", ["vector", "big"], ["d"]),
        helper.make_node("Range", ["zero", "end", "one"], ["r"]),
        helper.make_node("Relu", ["x"], ["y"]),
    ]
    weights = {
        "big": np.array([2**40]),
        "vector": np.array([1]),
        "zero": np.array(0),
        "one": np.array(1),
        "end": np.array(2**45),
    }
    graph = load(make(nodes, {"x": [1]}, weights), tmp_path)
    assert graph.tensors["r"].shape == (2**45,)
    assert graph.tensors["d"].values is None


def test_a_large_file_is_not_copied(tmp_path: Path) -> None:
    path, fill = tmp_path / "large.onnx", 4 * 3 * 3 * 2**20 * 4
    large = onnx.TensorProto(name="large", data_type=1, dims=(4, 3, 3, 2**20)).SerializeToString()
    large += b"\x4a" + length_bytes(fill)
    initializer = b"\x2a" + length_bytes(len(large) + fill) + large
    with path.open("wb") as file:  # its values are a hole of 150 MB, which takes no space on the disk
        file.write(convolution().SerializeToString() + b"\x3a" + length_bytes(len(initializer) + fill) + initializer)
        file.truncate(file.tell() + fill)
    result = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
    peak, size = map(int, result.stdout.split())
    assert size == path.stat().st_size > fill
    assert peak < 120_000


PEAK = """
import pathlib, resource, sys
from mbcost.files.read import read_graph
graph = read_graph(pathlib.Path(sys.argv[1]), "large", "onnx")
status = pathlib.Path("/proc/self/status")
if status.exists():  # Linux counts what the parent had before it started this program in `ru_maxrss`
    peak = status.read_text().partition("VmHWM:")[2].split()[0]
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(peak, graph.bytes)
"""
"""Prints the peak in KiB, and the size of the file."""


def length_bytes(value: int) -> bytes:
    """Return a number as protobuf writes it."""
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def test_sizes_of_other_inputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MbcostError, match="no input 'z'"):
        load(convolution(), tmp_path, InputSizes({"z": (1, 3, 8, 8)}))
