"""A model that needs more memory than the machine has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mbcost.errors import MbcostError

_WORDS = ("alloc", "out of memory", "storage size", "overflow")
"""Torch does not have an error of its own if memory on the processor is short, so its messages decide."""


@contextmanager
def naming_shortage(subject: str) -> Iterator[None]:
    """Turn a shortage of memory into an error of one line about `subject`.

    Raises:
        MbcostError: memory is short, or a tensor is larger than torch can count.
    """
    try:
        yield
    except (MemoryError, RuntimeError, OverflowError, TypeError) as error:
        if not is_shortage(error):
            raise
        raise MbcostError(f"{subject} needs more memory than there is: use a smaller resolution or model") from None


def is_shortage(error: BaseException) -> bool:
    """Return whether an error says that memory is short."""
    if isinstance(error, MemoryError | OverflowError | torch.OutOfMemoryError):
        return True
    # A size that does not fit in 64 bits is a TypeError.
    return isinstance(error, RuntimeError | TypeError) and any(word in str(error).lower() for word in _WORDS)
