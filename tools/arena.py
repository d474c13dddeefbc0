"""Measure TensorFlow Lite's arena and write it to tests/data/arena.yaml. TensorFlow needs a separate environment:

    python3 -m venv arena && arena/bin/pip install -r tools/requirements-arena.txt
    arena/bin/python tools/arena.py

Keras's models without trained weights are converted to int8 with random images. The interpreter runs them without
delegates. The offset of a map is the address of its tensor minus the lowest address.
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
"""The last case of each network has maps of odd size, for which Keras pads with a separate operator."""


def convert(net: str, alpha: float, resolution: int) -> bytes:
    """Return the int8 model as a TensorFlow Lite file."""
    import numpy

    tf: Any = import_module("tensorflow")
    make = {"v1": tf.keras.applications.MobileNet, "v2": tf.keras.applications.MobileNetV2}[net]
    # The batch size is stated. With an open one, shapes are computed at run time, and no memory is planned after that.
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
    """Return the size of the arena in bytes, the scratch buffers, and each output as [operator, bytes, offset]."""
    tf: Any = import_module("tensorflow")
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    known = interpreter._interpreter.NumTensors(0)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    operators = [(details["op_name"], details["outputs"][0]) for details in interpreter._get_ops_details()]
    locations = {index: locate(interpreter, index) for index in (source, *(index for _, index in operators))}
    scratches = [locate(interpreter, index) for index in range(known, interpreter._interpreter.NumTensors(0))]
    allocations = [*locations.values(), *(scratch for scratch in scratches if scratch is not None)]
    start = min(address for address, _ in allocations)
    return {
        "arena": max(address + size for address, size in allocations) - start,
        "input": [locations[source][1], locations[source][0] - start],
        "operators": [[name, locations[index][1], locations[index][0] - start] for name, index in operators],
        "scratches": [[scratch[1], scratch[0] - start] for scratch in scratches if scratch is not None],
    }


def locate(interpreter: Any, index: int) -> Any:
    """Return address and bytes of a tensor; None if it has no memory, as asking for it then ends the process."""
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
    """Write the measured arenas to the file."""
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
