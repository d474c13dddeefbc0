"""The number formats that weights and maps are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mbcost.errors import unknown


@dataclass(frozen=True)
class Dtype:
    """A number format, in bytes a value."""

    name: str
    value: int
    """A weight, or an element of a map."""
    bias: int
    """A bias; with int8 weights it is an int32 (TensorFlow Lite's 8-bit quantization specification)."""


def dtype_of(name: str) -> Dtype:
    """The number format called `name`.

    Raises:
        MbcostError: there is none.

    >>> dtype_of("int8").bias
    4
    """
    if name not in DTYPES:
        raise unknown("dtype", name, DTYPES)
    return DTYPES[name]


DTYPES: Mapping[str, Dtype] = {
    "float32": Dtype("float32", 4, 4),
    "float16": Dtype("float16", 2, 2),
    "int8": Dtype("int8", 1, 4),
}
