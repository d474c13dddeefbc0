"""The types of numbers in ONNX files, as onnx.proto numbers and stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FLOAT_DATA, INT32_DATA, STRING_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA = 4, 5, 6, 7, 9, 10, 11
"""The fields of a tensor that hold values."""
FIELDS: Mapping[int, str] = {
    FLOAT_DATA: "float_data",
    INT32_DATA: "int32_data",
    STRING_DATA: "string_data",
    INT64_DATA: "int64_data",
    RAW_DATA: "raw_data",
    DOUBLE_DATA: "double_data",
    UINT64_DATA: "uint64_data",
}


@dataclass(frozen=True)
class Dtype:
    """A type of numbers."""

    name: str
    """As numpy or ml_dtypes spells it."""
    bits: int
    """Of a value as raw data; 0 for text, which has none."""
    field: int = INT32_DATA
    """Where values are that are not raw data."""
    numbers: int = 1
    """The numbers per value in that field."""
    packed: int = 1
    """The values per number in that field."""

    def raw_bytes(self, elements: int) -> int:
        """Return the bytes of this many values as raw data."""
        return -(-elements * self.bits // 8)

    def entries(self, elements: int) -> int:
        """Return how many numbers the field has for this many values."""
        return -(-elements // self.packed) * self.numbers


def spell(code: int) -> str:
    """Return the name of a type by its number in onnx.proto.

    >>> spell(10), spell(99)
    ('float16', 'type 99')
    """
    return DTYPES[code].name if code in DTYPES else f"type {code}"


DTYPES: Mapping[int, Dtype] = {
    1: Dtype("float32", 32, FLOAT_DATA),
    2: Dtype("uint8", 8),
    3: Dtype("int8", 8),
    4: Dtype("uint16", 16),
    5: Dtype("int16", 16),
    6: Dtype("int32", 32),
    7: Dtype("int64", 64, INT64_DATA),
    8: Dtype("string", 0, STRING_DATA),
    9: Dtype("bool", 8),
    10: Dtype("float16", 16),
    11: Dtype("float64", 64, DOUBLE_DATA),
    12: Dtype("uint32", 32, UINT64_DATA),
    13: Dtype("uint64", 64, UINT64_DATA),
    14: Dtype("complex64", 64, FLOAT_DATA, numbers=2),
    15: Dtype("complex128", 128, DOUBLE_DATA, numbers=2),
    16: Dtype("bfloat16", 16),
    17: Dtype("float8_e4m3fn", 8),
    18: Dtype("float8_e4m3fnuz", 8),
    19: Dtype("float8_e5m2", 8),
    20: Dtype("float8_e5m2fnuz", 8),
    21: Dtype("uint4", 4, packed=2),
    22: Dtype("int4", 4, packed=2),
    23: Dtype("float4_e2m1fn", 4, packed=2),
    24: Dtype("float8_e8m0fnu", 8),
    25: Dtype("uint2", 2, packed=4),
    26: Dtype("int2", 2, packed=4),
}
"""The types whose stored size onnx.proto states."""
