"""The formats of files of models, by the endings of their names."""

from __future__ import annotations

from collections.abc import Mapping

FORMS: Mapping[str, str] = {
    ".onnx": "onnx",
    ".tflite": "tflite",
    ".lite": "tflite",
    ".keras": "keras",
    ".h5": "keras",
    ".hdf5": "keras",
    ".pt2": "torch",
}
"""The endings of the names of files of models, and their formats."""


def find_form(name: str) -> str | None:
    """Return the format of a file of a model by the ending of its name; None if it has no such ending.

    >>> find_form("model.ONNX"), find_form("net.yaml")
    ('onnx', None)
    """
    stem, dot, ending = name.rpartition(".")
    return FORMS.get(f".{ending.lower()}") if stem and dot else None
