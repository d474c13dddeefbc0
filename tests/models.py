"""Models for tests that count: their weights are never drawn at random, which takes longer than most of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from torch import Tensor


@contextmanager
def weights_filled(value: float = 0.0) -> Iterator[None]:
    """Inside, every weight that a model would draw at random is `value`."""
    with pytest.MonkeyPatch.context() as patch:
        for draw in ("uniform_", "normal_"):
            patch.setattr(Tensor, draw, lambda tensor, *_, **__: tensor.fill_(value))
        yield
