"""Reads a file of a model, whatever its format is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from mbcost.errors import MbcostError, choose
from mbcost.files.sizes import NO_SIZES, InputSizes
from mbcost.spec.graph import Graph

Read = Callable[[Path, str, InputSizes], Graph]
"""Reads the file at a path, which messages call by the second argument."""


def read_graph(path: Path, name: str, form: str, sizes: InputSizes = NO_SIZES) -> Graph:
    """Return the graph of a file.

    Args:
        path: the file.
        name: what messages call it.
        form: its format, a key of `READERS`.
        sizes: the sizes of the inputs, as far as the user states them.

    Raises:
        MissingLibrary: what reads the format is not installed.
        MbcostError: the file cannot be read, or is not valid.
    """
    module = import_module(READERS[choose("format of models", form, READERS)])
    read: Read = module.read
    try:
        return read(path, name, sizes)
    except OSError as error:
        raise MbcostError(f"{name}: {error.strerror or error}") from None


READERS: Mapping[str, str] = {
    "onnx": "mbcost.files.onnx.read",
    "tflite": "mbcost.files.tflite.read",
    "keras": "mbcost.files.keras.read",
}
"""Each format and the module that reads it, imported when it is used."""
