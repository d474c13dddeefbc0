"""Makes the files of TensorFlow Lite in `tests/data/files/tflite/`: Keras's networks as its converter writes them.

    pip install tensorflow==2.21.0
    python -m tools.tflite_files [NAME…]

Every network has weights, biases and statistics of random numbers, because the converter joins constants that are
equal. After the conversion, every buffer of more than `KEPT` bytes is filled with zeros, and every list of scales with
its first scale, so that a file takes a few kB when it is compressed (xz). Nothing else changes: operators, tensors,
shapes, types, offsets and sizes are the converter's, and an interpreter still accepts the file.
"""

from __future__ import annotations

import lzma
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mbcost.files.tflite.flatbuffer import File, Table
from mbcost.files.tflite.model import read_model

FOLDER = Path(__file__).parent.parent / "tests/data/files/tflite"
KEPT = 256
"""The bytes of the largest buffer that stays: shapes, axes, paddings and single numbers."""
KINDS = ("float32", "float16", "dynamic", "int8")
"""The types: all float, weights in float16, weights in int8 (dynamic range), and everything in int8."""


def convert(model: Any, kind: str) -> bytes:
    """Return a Keras model as a file in which numbers have a kind."""
    import numpy as np

    tf: Any = import_module("tensorflow")

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        random = np.random.default_rng(0)
        shape = (1, *model.input_shape[1:])
        converter.representative_dataset = lambda: ([random.random(shape, dtype=np.float32)] for _ in range(2))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    data: bytes = converter.convert()
    return data


def fill_with_random_numbers(model: Any) -> Any:
    """Give a Keras model's vectors random numbers, so that no two of them are equal; its matrices have them already."""
    import numpy as np

    random = np.random.default_rng(1)
    for weight in model.weights:
        if len(weight.shape) == 1:
            low = 0.5 if "variance" in weight.name or "gamma" in weight.name else -0.5
            weight.assign(random.uniform(low, low + 1, weight.shape))
    return model


def strip(data: bytes) -> bytes:
    """Return a file with zeros in its large buffers, and equal scales for all channels of a tensor."""
    stripped = bytearray(data)
    model = read_model(File("the converted file", data))
    for buffer in model.buffers.tables("Buffer"):
        content = buffer.vector("Data", "B")
        if content.count > KEPT:
            stripped[content.at : content.at + content.count] = bytes(content.count)
    for table in _list_quantizations(model.subgraphs.tables("SubGraph")):
        scales = table.vector("Scale", "f")
        if scales.count > 1:
            first = data[scales.at : scales.at + 4]
            stripped[scales.at : scales.at + 4 * scales.count] = first * scales.count
    return bytes(stripped)


def _list_quantizations(subgraphs: Iterator[Table]) -> Iterator[Table]:
    for subgraph in subgraphs:
        for tensor in subgraph.vector("Tensors", "I").tables("Tensor"):
            quantization = tensor.table("Quantization", "QuantizationParameters")
            if quantization is not None:
                yield quantization


def write(name: str, data: bytes) -> None:
    """Write a file, stripped and compressed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    packed = lzma.compress(strip(data), preset=9 | lzma.PRESET_EXTREME)
    (FOLDER / f"{name}.tflite.xz").write_bytes(packed)
    print(f"{name}: {len(data)} bytes, {len(packed)} compressed", flush=True)


def make_application(name: str, size: int | None, **settings: Any) -> Callable[[], Any]:
    """Return what makes a network of `keras.applications` for square images."""

    def make() -> Any:
        import keras

        return getattr(keras.applications, name)(input_shape=(size, size, 3), weights=None, **settings)

    return make


def make_mixture() -> Any:
    """Return a small model with what the networks lack: a multiplier, dilation, groups, transposed and 3D windows."""
    import keras
    from keras import layers

    image = keras.Input((24, 20, 6), batch_size=2, name="image")
    x = layers.Conv2D(8, (3, 5), strides=(2, 1), padding="valid", activation="tanh")(image)
    x = layers.DepthwiseConv2D((5, 3), depth_multiplier=3, padding="same", activation="relu")(x)
    x = layers.Conv2D(12, 3, groups=4, padding="same")(x)
    x = layers.PReLU(shared_axes=[1, 2])(x)
    x = layers.Conv2D(10, 3, dilation_rate=2, padding="same", activation="relu6")(x)
    x = layers.Conv2DTranspose(7, (2, 3), strides=2, padding="same", use_bias=False)(x)
    x = layers.Conv2DTranspose(5, 3, strides=3, padding="valid")(x)
    x = layers.AveragePooling2D(3, 2, padding="same")(x)
    x = layers.MaxPooling2D((2, 1))(x)
    tokens = layers.Reshape((-1, 5))(x)
    scores = layers.Softmax()(layers.Dot((2, 2))([tokens, tokens]))
    x = layers.Dot((2, 1))([scores, tokens])
    y = layers.Conv1D(4, 3, activation="elu")(x)
    y = layers.Dense(9)(layers.GlobalAveragePooling1D()(y))
    clip = keras.Input((5, 8, 8, 2), batch_size=2, name="clip")
    z = layers.Flatten()(layers.Conv3D(3, (3, 2, 2), strides=(1, 2, 2))(clip))
    return keras.Model([image, clip], [layers.Dense(6)(layers.Concatenate()([y, z])), y])


def make_recurrent() -> Any:
    """Return a small model with a fused recurrent operator and one that the converter leaves as a loop."""
    import keras
    from keras import layers

    sequence = keras.Input((6, 4), batch_size=1)
    x = layers.LSTM(5, return_sequences=True)(sequence)
    return keras.Model(sequence, layers.Dense(3)(layers.GRU(5)(x)))


def main(names: list[str]) -> None:
    """Write the files whose names begin with one of `names`, or all."""
    for name, (make, kinds) in MODELS.items():
        if names and not any(name.startswith(wanted) for wanted in names):
            continue
        model = fill_with_random_numbers(make())
        for kind in kinds:
            write(f"{name}-{kind}", convert(model, kind))


MODELS: Mapping[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "v1@0.25_128": (make_application("MobileNet", 128, alpha=0.25), ("float32", "int8")),
    "v1@1_224": (make_application("MobileNet", 224, alpha=1.0), ("float32", "int8")),
    "v2@0.35_96": (make_application("MobileNetV2", 96, alpha=0.35), KINDS),
    "v2@1_224": (make_application("MobileNetV2", 224, alpha=1.0), KINDS),
    "v3-small@1_224": (make_application("MobileNetV3Small", 224), KINDS),
    "v3-large@1_224": (make_application("MobileNetV3Large", 224), KINDS),
    "v3-large-minimalistic@1_224": (make_application("MobileNetV3Large", 224, minimalistic=True), ("float16",)),
    "efficientnet-b0@1_224": (make_application("EfficientNetB0", 224), ("float32", "int8")),
    "open-v2@0.5": (make_application("MobileNetV2", None, alpha=0.5, include_top=False, pooling="avg"), ("float32",)),
    "open-v3-small@1": (
        make_application("MobileNetV3Small", None, include_top=False, pooling="avg"), ("float32", "dynamic")
    ),
    "mixture": (make_mixture, ("float32", "float16")),
    "recurrent": (make_recurrent, ("float32",)),
}  # fmt: skip
"""The name of each network with its alpha and resolution -> what makes it, and the kinds of its files."""

if __name__ == "__main__":
    main(sys.argv[1:])
