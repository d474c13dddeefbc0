"""A model that needs more memory than the machine has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

from mbcost.errors import MbcostError

_WORDS: Mapping[type[Exception], tuple[str, ...]] = {
    RuntimeError: (
        "allocate memory", "cpuallocator", "bad_alloc", "out of memory", "not enough memory",
        "storage size calculation overflow", "integer multiplication overflow",
    ),
    TypeError: ("overflow when unpacking long",),
    OverflowError: ("int too big to convert", "int too large to convert"),
}  # fmt: skip
"""An error -> what torch says in it, in lower case, if memory is short or a size does not fit in 64 bits.

Torch does not have an error of its own for this on the processor, and a user's code raises the same errors.
"""


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
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return any(isinstance(error, kind) and any(word in text for word in words) for kind, words in _WORDS.items())
