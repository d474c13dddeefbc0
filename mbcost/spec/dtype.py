"""The number formats in which weights and feature maps are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mbcost.errors import choose


@dataclass(frozen=True)
class Dtype:
    """A number format and the bytes that its values take."""

    name: str
    value: int
    """Bytes of a weight, or of an element of a feature map."""
    bias: int
    """Bytes of a bias. With int8 weights it is an int32 (TensorFlow Lite 8-bit quantization specification)."""
    quantized: bool = False
    """Whether a value stands for a real number only together with a scale and a zero point."""


def dtype_of(name: str) -> Dtype:
    """Return the number format called `name`.

    Raises:
        MbcostError: no number format has this name.

    >>> dtype_of("int8").bias
    4
    """
    return DTYPES[choose("dtype", name, DTYPES)]


DTYPES: Mapping[str, Dtype] = {
    "float32": Dtype("float32", 4, 4),
    "float16": Dtype("float16", 2, 2),
    "int8": Dtype("int8", 1, 4, quantized=True),
}
