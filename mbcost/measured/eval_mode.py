"""A model in eval mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put every module of `model` in eval mode, and afterwards back in the mode in which it was.

    The flags are set one by one: a model's own `train()` and `eval()` can do more than that, such as merge weights.
    """
    # A module that torch.jit has frozen does not have a mode.
    training = {module: module.training for module in model.modules() if hasattr(module, "training")}
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module, flag in training.items():
            module.training = flag
