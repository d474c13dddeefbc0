"""The bytes of a tensor in memory."""

from __future__ import annotations

import re

from mbcost.errors import MbcostError
from mbcost.spec.graph import Tensor

_BITS = re.compile(r"(?:u?int|float|bfloat|complex|float\d+_e\d+m)(\d+)")
"""A dtype with its bits: `int8`, `float32`, `bfloat16`, `int4`."""
BYTE = 8


def count_bytes(tensor: Tensor, dtype: str | None = None) -> int:
    """Return the bytes of a tensor in memory, rounded up where an element is smaller than a byte.

    Args:
        tensor: the tensor.
        dtype: a dtype instead of its own.

    Raises:
        MbcostError: the bytes of an element are not known.

    >>> count_bytes(Tensor("a", (1, 3, 5))), count_bytes(Tensor("a", (3, 5), "int4"))
    (60, 8)
    """
    return -(-tensor.elements * count_bits(tensor, dtype) // BYTE)


def count_bits(tensor: Tensor, dtype: str | None = None) -> int:
    """Return the bits of an element.

    Raises:
        MbcostError: they are not known, as those of text.
    """
    name = dtype or tensor.dtype
    if name == "bool":
        return BYTE
    if (match := _BITS.fullmatch(name)) is None:
        raise MbcostError(f"{tensor.name}: the bytes of a tensor of {name} are not known: leave it out of the model")
    return int(match[1])
