"""Reads a file of TensorFlow Lite."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from mbcost.errors import MbcostError
from mbcost.files.sizes import InputSizes
from mbcost.files.tflite.flatbuffer import File
from mbcost.files.tflite.graph import build_graph
from mbcost.files.tflite.model import read_model
from mbcost.spec.graph import Graph


def read(path: Path, name: str, sizes: InputSizes) -> Graph:
    """Return the graph of a file, which is mapped into memory: its weights are not read.

    Args:
        path: the file.
        name: what messages call it.
        sizes: the sizes of the inputs, as far as the user states them.

    Raises:
        MbcostError: the file is not valid, or `sizes` do not fit it.
        OSError: the file cannot be read.
    """
    if not S_ISREG(mode := path.stat().st_mode):
        raise MbcostError(f"{name} is {'a folder' if S_ISDIR(mode) else 'not a file'}: expected a .tflite file")
    with path.open("rb") as file:
        file.seek(0, 2)
        if not file.tell():
            raise MbcostError(f"{name} is empty: expected a model of TensorFlow Lite")
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            return build_graph(read_model(File(name, data)), path.stem, sizes)
