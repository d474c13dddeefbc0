"""Keras files against Keras itself: shapes and parameters of its own networks and of every layer; hostile files."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest

from mbcost.errors import MbcostError
from mbcost.files.keras.read import read
from mbcost.files.sizes import InputSizes
from mbcost.spec.graph import KINDS, Graph

os.environ.setdefault("KERAS_BACKEND", "torch")


def make_layers(keras: Any) -> Any:
    """Return a model with layers of every family, a shared layer, a shared model and operations."""
    layers = keras.layers
    image = keras.Input((17, 20, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="hard_silu", name="first")(image)
    x = layers.SeparableConv2D(8, (3, 5), depth_multiplier=2, name="separable")(x)
    x = layers.Conv2D(8, 3, dilation_rate=2, groups=4, use_bias=False, padding="same", name="groups")(x)
    x = layers.BatchNormalization(scale=False, name="norm")(x)
    x = layers.ReLU(6.0, name="bounded")(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="depthwise")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="prelu")(x)
    y = layers.Conv2DTranspose(16, 3, strides=2, padding="valid", name="up")(x)
    y = layers.Cropping2D(((1, 2), (2, 3)), name="crop")(layers.ZeroPadding2D(((1, 0), (0, 2)), name="pad")(y))
    y = layers.MaxPooling2D(3, strides=2, padding="same", name="pool")(y)
    y = layers.UpSampling2D((1, 2), name="resize")(layers.AveragePooling2D((1, 2), name="average")(y))
    shared = layers.Conv2D(16, 1, name="shared")
    inner = keras.Sequential([keras.Input((None, None, 16)), layers.Conv2D(16, 1, name="a")], name="inner")
    y = keras.ops.relu6(inner(shared(shared(y))) * 2 + 1) / 3
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="gate")(y)
    y = layers.Multiply(name="times")([y, layers.Activation("hard_sigmoid", name="hard")(inner(gate))])
    y = layers.Concatenate(name="both")([y, layers.GroupNormalization(4, name="group")(y)])
    row = layers.Reshape((-1, 32), name="rows")(y)
    row = layers.Dense(5, activation="softmax", name="dense")(layers.LayerNormalization(name="layer")(row))
    row = layers.Permute((2, 1), name="turned")(row)
    line = layers.Conv1D(4, 3, padding="causal", name="line")(layers.Dropout(0.5, name="drop")(row))
    return keras.Model(image, [layers.Flatten(name="flat")(line), keras.ops.mean(y, axis=(1, 2))])


def make_sequence(keras: Any) -> Any:
    """Return a sequential model."""
    layers = keras.layers
    return keras.Sequential([
        keras.Input((16, 16, 3)), layers.Rescaling(1 / 255, offset=-1), layers.Conv2D(8, 3), layers.Flatten(),
        layers.Dense(4, activation="relu"),
    ])  # fmt: skip


MODELS: dict[str, Callable[[Any], Any]] = {
    "layers.keras": make_layers,
    "layers.h5": make_layers,
    "sequence.h5": make_sequence,
    "v1.keras": lambda keras: keras.applications.MobileNet((64, 64, 3), 0.25, weights=None),
    "v3-small.h5": lambda keras: keras.applications.MobileNetV3Small((64, 64, 3), weights=None),
}


def count_params(graph: Graph) -> int:
    """Return the values that are trained."""
    moving = ("moving_mean", "moving_variance")
    return sum(tensor.elements for name, tensor in graph.tensors.items() if tensor.stored and not name.endswith(moving))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODELS)
def test_a_file_has_the_shapes_and_the_params_of_keras(name: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = MODELS[name](keras)
    model.save(tmp_path / name)
    graph = read(tmp_path / name, name)
    assert count_params(graph) == sum(prod(weights.shape) for weights in model.trainable_weights)
    made = {name: graph.tensors[name].shape for operator in graph.operators for name in operator.makes}
    assert {operator.kind for operator in graph.operators} <= KINDS.keys() - {"unknown"}
    for layer in model.layers:
        own = [shape for made_name, shape in made.items() if made_name.split("/")[0] == layer.name]
        if own and layer.name not in ("inner", "shared"):
            assert own[-1] == (1, *layer.output.shape[1:]), layer.name
    assert [graph.tensors[output].shape for output in graph.outputs] == [(1, *o.shape[1:]) for o in model.outputs]


def entry(kind: str, config: dict[str, Any], **other: Any) -> dict[str, Any]:
    """Return a layer of a configuration."""
    return {"class_name": kind, "config": {"name": kind.lower(), **config}, **other}


def sequence(*layers: dict[str, Any], shape: tuple[int | None, ...] = (None, 8, 8, 3)) -> dict[str, Any]:
    """Return the configuration of a sequential model."""
    start = entry("InputLayer", {"batch_shape": list(shape)})
    return {"class_name": "Sequential", "config": {"name": "net", "layers": [start, *layers]}}


def write(path: Path, config: Any, member: str = "config.json") -> Path:
    """Write a `.keras` archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../outside", "never unpacked")
        archive.writestr(member, config if isinstance(config, str | bytes) else json.dumps(config))
    return path


def test_a_lambda_is_never_executed_and_not_counted(tmp_path: Path) -> None:
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None, "closure": None}}
    after = entry("Flatten", {}, build_config={"input_shape": [None, 8, 8, 3]})
    graph = read(write(tmp_path / "a.keras", sequence(entry("Lambda", {"function": code}), after)), "a.keras")
    assert [(o.kind, o.reason) for o in graph.operators] == [
        ("unknown", "a Lambda layer, whose code is never executed"),
        ("reshape", ""),
    ]


CONV = entry("Conv2D", {"filters": 4, "kernel_size": [3, 3]})
BAD: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "not the JSON of a Keras model"),
    "a list": ([1], "not the JSON of a Keras model"),
    "deep": ("[" * 100_000, "not the JSON of a Keras model"),
    "a class of its own": ({"class_name": "Net", "config": {"depth": 3}}, "Net is a class of its own"),
    "a Lambda of unknown shape": (sequence(entry("Lambda", {})), "lambda is a Lambda, and the file does not say"),
    "a layer of its own": (sequence({**CONV, "module": "mine"}), "load it with Keras, and name what builds"),
    "no filters": (sequence(entry("Conv2D", {"kernel_size": [3]})), "conv2d, a Conv2D, cannot read 1x8x8x3"),
    "a large kernel": (sequence(entry("Conv2D", {"filters": 4, "kernel_size": 9})), "would have the shape 1x0x0x4"),
    "huge": (sequence(entry("UpSampling2D", {"size": 10**300})), "would have the shape"),
    "negative": (sequence(entry("Dense", {"units": -4})), "would have the shape"),
    "text for a number": (sequence(entry("Dense", {"units": "many"})), "cannot read"),
    "open": (sequence(CONV, shape=(None, None, None, 3)), "is open, 1x\\?x\\?x3: add --res N"),
    "no shape": ({"class_name": "Sequential", "config": {"layers": [CONV]}}, "does not say what it reads"),
    "layers of text": ({"class_name": "Sequential", "config": {"layers": ["a"]}}, "not that of a Keras model"),
    "two layouts": (sequence(CONV, entry("Conv2D", {**CONV["config"], "name": "b", "data_format": "channels_first"})),
                    "another data_format"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_configuration_is_one_clear_line(name: str, tmp_path: Path) -> None:
    config, message = BAD[name]
    with pytest.raises(MbcostError, match=message) as caught:
        read(write(tmp_path / "a.keras", config), "a.keras")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_archives_that_fill_memory_or_lack_a_configuration_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MbcostError, match=r"config.json is larger than 33,554,432 bytes"):
        read(write(tmp_path / "bomb.keras", b" " * 2**26), "bomb.keras")
    with pytest.raises(MbcostError, match=r"does not contain config.json"):
        read(write(tmp_path / "a.keras", {}, "other.json"), "a.keras")
    (tmp_path / "b.keras").write_bytes(b"PK\x03\x04" + bytes(50))
    with pytest.raises(MbcostError, match="not a ZIP archive"):
        read(tmp_path / "b.keras", "b.keras")
    (tmp_path / "c.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99))
    with pytest.raises(MbcostError, match="the HDF5 file is damaged"):
        read(tmp_path / "c.h5", "c.h5")


def test_open_sides_are_those_that_a_user_states(tmp_path: Path) -> None:
    path = write(tmp_path / "a.keras", sequence(CONV, shape=(None, None, None, 3)))
    assert read(path, "a", InputSizes(resolution=(9, 7))).tensors["conv2d"].shape == (1, 7, 5, 4)
    assert read(path, "a", InputSizes({"inputlayer": (2, 9, 7, 3)})).batch == 2
    with pytest.raises(MbcostError, match="--input names 'x', which is not an input: choose from inputlayer"):
        read(path, "a", InputSizes({"x": (1, 9, 7, 3)}, (9, 7)))
    fixed = write(tmp_path / "b.keras", sequence(CONV))
    with pytest.raises(MbcostError, match="'inputlayer' is fixed to 1x8x8x3: remove 1x9x7x3"):
        read(fixed, "b", InputSizes(resolution=(9, 7)))
