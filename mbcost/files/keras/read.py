"""Reads a Keras model from its file as a graph, without Keras: only the JSON of its configuration is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mbcost.errors import MbcostError, enumerate_words
from mbcost.files.keras.builder import Builder, Shape
from mbcost.files.keras.config import REMEDY, load_config
from mbcost.files.keras.model import MALFORMED, Walker
from mbcost.files.sizes import NO_SIZES, InputSizes
from mbcost.spec.graph import CHANNELS_LAST, Graph


def read(path: Path, name: str, sizes: InputSizes = NO_SIZES) -> Graph:
    """Return the graph of a functional or sequential model in a `.keras` archive or an HDF5 file.

    Shapes are computed from the configuration, as Keras computes them. Nothing of the model is executed: a Lambda layer
    and a layer of the user's own are `unknown`, with the shape that the file states.

    Args:
        path: the file.
        name: what messages call it.
        sizes: the sides of inputs that the file leaves open.

    Raises:
        MissingLibrary: h5py is not installed, which HDF5 needs.
        MbcostError: the file is damaged, or the model has code of its own instead of a configuration.
    """
    config = load_config(path, name)
    own = config.get("config")
    layers = own if isinstance(own, list) else own.get("layers") if isinstance(own, dict) else None
    if not isinstance(layers, list) or not layers or not isinstance(config.get("class_name"), str):
        raise MbcostError(
            f"{name}: {config.get('class_name')} is a class of its own, whose layers only its code knows: {REMEDY}"
        )
    builder = Builder(name)
    inputs = _Inputs(builder, sizes)
    try:
        outputs = Walker(builder, inputs.add).run(config, "", None)
    except MALFORMED:
        raise MbcostError(f"{name}: its configuration is not that of a Keras model: save it again") from None
    if unused := sizes.shapes.keys() - set(builder.inputs):
        known = enumerate_words(builder.inputs)
        raise MbcostError(f"{name}: --input names '{min(unused)}', which is not an input: choose from {known}")
    return Graph(
        name, name, "keras", builder.layout or CHANNELS_LAST, tuple(builder.inputs), tuple(outputs),
        tuple(builder.operators), builder.tensors, inputs.batch, path.stat().st_size,
    )  # fmt: skip


class _Inputs:
    """The inputs of a model, with the sides that a user states."""

    def __init__(self, builder: Builder, sizes: InputSizes) -> None:
        self.builder, self.sizes = builder, sizes
        self.batch = 1

    def add(self, name: str, shape: Any, dtype: str) -> str:
        """Add an input whose open sides the user states; an open batch is 1."""
        if not isinstance(shape, list) or not shape:
            raise MbcostError(f"{self.builder.name}: the input '{name}' has no shape: save the model again")
        full = self._close(name, [shape[0] or 1, *shape[1:]])
        self.batch = full[0] if not self.builder.inputs else self.batch
        return self.builder.add_input(name, full, dtype)

    def _close(self, name: str, shape: list[int | None]) -> Shape:
        wanted: list[int | None] = list(shape)
        if name in self.sizes.shapes:
            wanted = list(self.sizes.shapes[name])
        elif self.sizes.resolution is not None and len(shape) == 4:
            at = 2 if shape[1] in (1, 3, 4) and shape[3] not in (1, 3, 4) else 1
            wanted[at : at + 2] = self.sizes.resolution
        text = ["x".join("?" if side is None else str(side) for side in sides) for sides in (shape, wanted)]
        if len(wanted) != len(shape) or any(
            side is not None and side != own for side, own in zip(shape[1:], wanted[1:], strict=True)
        ):
            raise MbcostError(f"{self.builder.name}: the input '{name}' is fixed to {text[0]}: remove {text[1]}")
        if None in wanted:
            raise MbcostError(
                f"{self.builder.name}: the input '{name}' is open, {text[0]}: add --res N, or --input {name}=SHAPE"
            )
        return tuple(int(side or 0) for side in wanted)
