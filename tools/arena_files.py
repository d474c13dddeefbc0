"""Measure TensorFlow Lite's arena, and that of its version for microcontrollers, and write them to tests/data/arena/.

    python3 -m venv arena && arena/bin/pip install tensorflow-cpu==2.21.0 tflite-micro pyyaml
    arena/bin/python -m tools.arena_files [NAME…]

Keras's networks without trained weights are converted with a stated batch size. Then every buffer but small integers is
filled with zeros, and every list of scales with 1, 2, 2 …, so that a file takes a few kB when it is compressed; scales
that differ keep the kernels of dynamic range. What is measured is the interpreter of the written file, without
delegates. The offset of a tensor is its address minus that of the input, which is placed first.
"""

from __future__ import annotations

import json
import lzma
import os
import re
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from mbcost.files.tflite.flatbuffer import File
from mbcost.files.tflite.model import read_model
from tools.arena import locate

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "arena"
MEASURED = FOLDER / "measured.json.xz"
SIZES = (96, 160, 224)
NETS = {
    "v1": (0.25, 0.5, 1.0), "v2": (0.35, 0.75, 1.0), "v3-small": (0.75, 1.0, 1.0), "v3-large": (0.75, 1.0, 1.0),
    "mnasnet": (1.0, 1.0, 1.0), "efficientnet": (1.0, 1.0, 1.0),
}  # fmt: skip
"""The networks, and their alphas at the three sizes."""
MORE = (
    ("v1", 0.75, 100, "int8"), ("v2", 0.5, 100, "int8"), ("v2", 0.35, 100, "float32"), ("v1", 0.25, 96, "dynamic"),
    ("v2", 0.35, 96, "dynamic"), ("v3-small", 0.75, 96, "dynamic"), ("v2", 0.35, 96, "float16"),
    ("v3-small", 0.75, 96, "float16"),
)  # fmt: skip
"""Maps of odd size, for which Keras pads with a separate operator, and other number formats."""
CASES = (
    *((net, alphas[i], size, kind) for kind in ("int8", "float32") for net, alphas in NETS.items()
      for i, size in enumerate(SIZES)),
    *MORE,
)  # fmt: skip
OPEN_FOLDER = Path(__file__).parents[1] / "tests" / "data" / "files" / "tflite"
OPEN = (
    "v1@0.25_128-float32", "v1@0.25_128-int8", "v3-small@1_224-int8", "v3-small@1_224-float32", "v3-large@1_224-int8",
    "v3-large@1_224-float16",
)  # fmt: skip
"""Files of tools/tflite_files.py whose batch is open, so that the last operators are planned when the model runs."""
KEPT = 64
"""The elements of the largest integers that stay: shapes, axes, paddings."""
GAP = 64
"""Every buffer starts where another one ends, rounded up to this: what lies farther away is not in the arena."""
MICRO_ARENA = 80 << 20
"""The bytes that the micro interpreter gets."""


def make(net: str, alpha: float, size: int) -> Any:
    """Return a Keras model for one image of `size` x `size`."""
    keras: Any = import_module("keras")
    image = keras.Input((size, size, 3), batch_size=1)
    if net == "mnasnet":
        return make_mnasnet(image)
    name = {"v1": "MobileNet", "v2": "MobileNetV2", "v3-small": "MobileNetV3Small", "v3-large": "MobileNetV3Large"}
    scale = {"alpha": alpha} if net in name else {}
    return getattr(keras.applications, name.get(net, "EfficientNetB0"))(input_tensor=image, weights=None, **scale)


def make_mnasnet(image: Any) -> Any:
    """Return MnasNet-B1 at alpha 1, of the table in specs/mnasnet-1.0.yaml, with TensorFlow's padding."""
    keras: Any = import_module("keras")
    layers = keras.layers

    def norm(x: Any, active: bool = True) -> Any:
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if active else x

    def conv(x: Any, channels: int, active: bool = True) -> Any:
        return norm(layers.Conv2D(channels, 1, use_bias=False)(x), active)

    def depthwise(x: Any, kernel: int, stride: int) -> Any:
        return norm(layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False)(x))

    x = norm(layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False)(image))
    x = conv(depthwise(x, 3, 1), 16, active=False)
    for kernel, t, channels, n, stride in (
        (3, 3, 24, 3, 2), (5, 3, 40, 3, 2), (5, 6, 80, 3, 2), (3, 6, 96, 2, 1), (5, 6, 192, 4, 2), (3, 6, 320, 1, 1),
    ):  # fmt: skip
        for index in range(n):
            y = depthwise(conv(x, x.shape[-1] * t), kernel, 1 if index else stride)
            y = conv(y, channels, active=False)
            x = layers.Add()([x, y]) if index else y
    x = layers.GlobalAveragePooling2D()(conv(x, 1280))
    return keras.Model(image, layers.Dense(1000)(x))


def convert(model: Any, size: int, kind: str) -> bytes:
    """Return a Keras model as a TensorFlow Lite file."""
    import numpy as np

    tf: Any = import_module("tensorflow")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        random = np.random.default_rng(0)
        images = [255 * random.random((1, size, size, 3), dtype=np.float32) for _ in range(2)]
        converter.representative_dataset = lambda: ([image] for image in images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def strip(data: bytes) -> bytes:
    """Return a file without its weights, and with plain scales where the kernels allow any."""
    import numpy as np

    stripped = bytearray(data)
    model = read_model(File("the converted file", data))
    subgraph = model.read_subgraph(0)
    fixed = {
        index for item in subgraph.operators if item.code.written in ("SOFTMAX", "LOGISTIC") for index in item.outputs
    }
    for index, table in enumerate(subgraph.tensors.tables("Tensor")):
        quantization = table.table("Quantization", "QuantizationParameters")
        scales = None if quantization is None else quantization.vector("Scale", "f")
        content = model.buffers.table(table.number("Buffer", "I"), "Buffer").vector("Data", "B")
        is_integer = table.number("Type", "b") in (2, 4) and not (scales and scales.count)
        if not is_integer or content.count > 4 * KEPT:
            stripped[content.at : content.at + content.count] = bytes(content.count)
        if scales and index not in fixed:
            plain = np.full(scales.count, 2, np.float32)
            plain[:1] = 1
            stripped[scales.at : scales.at + 4 * scales.count] = plain.tobytes()
    return bytes(stripped)


def measure(data: bytes) -> dict[str, Any]:
    """Return the size of the arena, the offset of each tensor in it by its number, and those of scratch buffers."""
    tf: Any = import_module("tensorflow")
    interpreter = tf.lite.Interpreter(
        model_content=data,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    known = interpreter._interpreter.NumTensors(0)
    interpreter.allocate_tensors()
    model = read_model(File("the file", data))
    stored = {
        index for index, table in enumerate(model.read_subgraph(0).tensors.tables("Tensor"))
        if model.buffers.table(table.number("Buffer", "I"), "Buffer").vector("Data", "B").count
    }  # fmt: skip
    start = locate(interpreter, interpreter.get_input_details()[0]["index"])[0]
    located = []
    for index in range(interpreter._interpreter.NumTensors(0)):
        if index not in stored and (location := locate(interpreter, index)) is not None:
            located.append((location[0] - start, location[1], index))
    end = 0
    offsets: dict[int, int] = {}
    for offset, size, index in sorted(located):
        if 0 <= offset < end + GAP:
            offsets[index] = offset
            end = max(end, offset + size)
    tensors = {index: offset for index, offset in sorted(offsets.items()) if index < known}
    scratches = [offset for index, offset in sorted(offsets.items()) if index >= known]
    return {"arena": end, "numbers": [*tensors], "offsets": [*tensors.values()], "scratches": scratches}


def measure_micro(data: bytes) -> int | None:
    """Return the head of the micro interpreter's arena; None if it cannot run the file."""
    runtime: Any = import_module("tflite_micro.python.tflite_micro.runtime")
    error = os.dup(2)
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 2)
        try:
            runtime.Interpreter.from_bytes(data, arena_size=MICRO_ARENA).print_allocations()
        except RuntimeError:
            return None
        finally:
            os.dup2(error, 2)
        printed.seek(0)
        head = re.search(rb"allocation head (\d+) bytes", printed.read())
    return None if head is None else int(head[1])


def main(names: list[str]) -> None:
    """Write the files and what was measured; files that exist are measured as they are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases: dict[str, Any] = {}
    for net, alpha, size, kind in CASES:
        name = f"{net}@{alpha:g}_{size}-{kind}"
        path = FOLDER / f"{name}.tflite.xz"
        if name in names or not path.exists():
            data = strip(convert(make(net, alpha, size), size, kind))
            path.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
        data = lzma.decompress(path.read_bytes())
        cases[name] = {**measure(data), "micro": measure_micro(data)}
        print(name, cases[name]["arena"], cases[name]["micro"], flush=True)
    versions = {name: import_module(name).__version__ for name in ("tensorflow",)}
    opened = {name: measure(lzma.decompress((OPEN_FOLDER / f"{name}.tflite.xz").read_bytes())) for name in OPEN}
    text = json.dumps({**versions, "cases": cases, "open": opened}, separators=(",", ":"))
    MEASURED.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(sys.argv[1:])
