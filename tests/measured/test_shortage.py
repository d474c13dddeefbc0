"""Only what torch says about memory is a shortage of memory; the errors of a user's code stay what they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import mbcost
from mbcost.measured.shortage import is_shortage

SHORT: tuple[Callable[[], Any], ...] = (
    lambda: torch.zeros(2**64),
    lambda: torch.zeros(1, 10**30),
    lambda: nn.Conv2d(2**64, 1, 1),
    lambda: torch.zeros(3).expand(2**63),
    lambda: torch.zeros(2**62),
    lambda: torch.zeros(2**40, 2**40),
    lambda: torch.zeros(2**60, dtype=torch.int8),
    lambda: torch.arange(2**64),
    lambda: bytearray(2**60),
)


def allocate(size: int) -> Tensor:
    return torch.zeros(size)


def overflow(message: str) -> Tensor:
    raise RuntimeError(message)


FAULTS: tuple[Callable[[], Any], ...] = (
    lambda: allocate(),  # type: ignore[call-arg]
    lambda: allocate(1, overflow=2),  # type: ignore[call-arg]
    lambda: overflow("allocation plan 'overflow' is unknown"),
    lambda: math.exp(1e4),
    lambda: torch.zeros(2, 3) @ torch.zeros(2, 3),
    lambda: torch.zeros("overflow"),  # type: ignore[arg-type]
)


@pytest.mark.parametrize("index", range(len(SHORT)))
def test_what_torch_cannot_hold_is_a_shortage(index: int) -> None:
    with pytest.raises((MemoryError, RuntimeError, TypeError, OverflowError)) as caught:
        SHORT[index]()
    assert is_shortage(caught.value)


class Faulty(nn.Module):
    """A model whose forward fails."""

    def __init__(self, fault: Callable[[], Any]) -> None:
        super().__init__()
        self.fault = fault
        self.conv = nn.Conv2d(3, 8, 1)

    def forward(self, image: Tensor) -> Tensor:
        self.fault()
        return self.conv(image)  # type: ignore[no-any-return]


@pytest.mark.parametrize("index", range(len(FAULTS)))
def test_the_fault_of_a_model_is_not_a_shortage(index: int) -> None:
    with pytest.raises((RuntimeError, TypeError, OverflowError)) as caught:
        FAULTS[index]()
    assert not is_shortage(caught.value)
    with pytest.raises(mbcost.MbcostError, match="Faulty does not run on a 1x3x224x224 image: ") as shown:
        mbcost.verify(Faulty(FAULTS[index]), "v2")
    assert "memory" not in str(shown.value)


def test_a_model_that_asks_for_too_much_is_a_shortage() -> None:
    with pytest.raises(mbcost.MbcostError, match="needs more memory than there is: use a smaller resolution or model"):
        mbcost.verify(Faulty(lambda: torch.zeros(2**64)), "v2")
