"""The number formats in which weights and feature maps are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mbcost.errors import choose, unknown


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
    if str(name).lower() in MEANINGS:
        raise unknown("dtype", name, DTYPES, MEANINGS)
    return DTYPES[choose("dtype", name, DTYPES)]


MEANINGS: Mapping[str, str] = {
    "fp32": "float32", "f32": "float32", "float": "float32", "single": "float32", "32": "float32",
    "fp16": "float16", "f16": "float16", "half": "float16", "16": "float16",
    "i8": "int8", "u8": "int8", "uint8": "int8", "int": "int8", "8": "int8",
}  # fmt: skip
"""What other programs call a number format, in lower case."""
DTYPES: Mapping[str, Dtype] = {
    "float32": Dtype("float32", 4, 4),
    "float16": Dtype("float16", 2, 2),
    "int8": Dtype("int8", 1, 4, quantized=True),
}
