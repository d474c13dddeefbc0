"""Models for tests that only count: drawing random weights would take longer than most of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from torch import Tensor


@contextmanager
def weights_filled(value: float = 0.0) -> Iterator[None]:
    """Set every weight to `value` that a model would draw at random inside the context."""
    with pytest.MonkeyPatch.context() as patch:
        for draw in ("uniform_", "normal_"):
            patch.setattr(Tensor, draw, lambda tensor, *_, **__: tensor.fill_(value))
        yield
