"""TensorFlow Lite's arena, measured and written to tests/data/arena.yaml. TensorFlow needs an environment of its own:

    python3 -m venv arena && arena/bin/pip install -r tools/requirements-arena.txt
    arena/bin/python tools/arena.py

Keras's models without weights are converted to int8 with random images, and run by the interpreter without delegates.
Each map's place is the address of its tensor, less the lowest of all.
"""

from __future__ import annotations

import os
import struct
from importlib import import_module
from pathlib import Path
from typing import Any

ARENA = Path(__file__).parents[1] / "tests" / "data" / "arena.yaml"
CASES = [
    ("v1", 0.25, 96), ("v1", 0.5, 160), ("v1", 1.0, 224), ("v1", 0.75, 100),
    ("v2", 0.35, 96), ("v2", 0.75, 160), ("v2", 1.0, 224), ("v2", 0.5, 100),
]  # fmt: skip
"""The last of each has maps of odd sides, where Keras pads with an operator of its own."""


def convert(net: str, alpha: float, resolution: int) -> bytes:
    """The int8 model."""
    import numpy

    tf: Any = import_module("tensorflow")
    make = {"v1": tf.keras.applications.MobileNet, "v2": tf.keras.applications.MobileNetV2}[net]
    # A batch of 1 by name: of an open one the converter computes shapes, and plans nothing behind them.
    image = tf.keras.Input((resolution, resolution, 3), batch_size=1)
    model = make(input_tensor=image, alpha=alpha, weights=None)
    random = numpy.random.default_rng(0)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [random.random((1, resolution, resolution, 3), dtype=numpy.float32)] for _ in range(2)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def measure(model: bytes) -> dict[str, Any]:
    """The arena's bytes, the scratches' and each operator's output as [operator, bytes, offset]."""
    tf: Any = import_module("tensorflow")
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    known = interpreter._interpreter.NumTensors(0)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    operators = [(each["op_name"], each["outputs"][0]) for each in interpreter._get_ops_details()]
    places = {index: place_of(interpreter, index) for index in (source, *(index for _, index in operators))}
    scratches = [place_of(interpreter, index) for index in range(known, interpreter._interpreter.NumTensors(0))]
    found = [*places.values(), *(each for each in scratches if each is not None)]
    start = min(address for address, _ in found)
    return {
        "arena": max(address + size for address, size in found) - start,
        "input": [places[source][1], places[source][0] - start],
        "operators": [[name, places[index][1], places[index][0] - start] for name, index in operators],
        "scratches": [[each[1], each[0] - start] for each in scratches if each is not None],
    }


def place_of(interpreter: Any, index: int) -> Any:
    """Address and bytes of a tensor; None where it has no memory, which ends the process that asks."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        view = interpreter.tensor(index)()
        os.write(write, struct.pack("QQ", view.__array_interface__["data"][0], view.nbytes))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return struct.unpack("QQ", answer) if answer else None


def main() -> None:
    """Write the file."""
    tf: Any = import_module("tensorflow")
    lines = [
        "# Bytes of TensorFlow Lite's arena for Keras's models in int8, by tools/arena.py.",
        "# Each operator: its name, the bytes of its output, their offset. A scratch: its bytes, its offset.",
        f"tensorflow: {tf.__version__}",
        "cases:",
    ]
    for net, alpha, resolution in CASES:
        case = measure(convert(net, alpha, resolution))
        lines += [
            f"  - net: {net}",
            f"    alpha: {alpha}",
            f"    resolution: {resolution}",
            f"    arena: {case['arena']}",
            f"    input: {case['input']}",
            f"    scratches: {case['scratches']}",
            "    operators:",
            *(f"      - [{name}, {size}, {offset}]" for name, size, offset in case["operators"]),
        ]
    ARENA.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
