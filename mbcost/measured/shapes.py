"""Runs an operator, or returns what torch would decide about its result where that is plain.

On the meta device torch computes nothing, but decides the shapes of many operators in Python. That is most of a trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_ATEN: Any = torch.ops.aten
_IN_PLACE = frozenset({_ATEN.relu_.default, _ATEN.hardtanh_.default, _ATEN.hardswish_.default, _ATEN.silu_.default})
"""Activations that write into their map and return it."""
_NORM = _ATEN.native_batch_norm.default


def run_operator(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Return the result of an operator of torch, which it raises errors for as usual.

    Only a plain map takes the short way: contiguous, in float32, on the meta device. The result then has the
    shape, the type and the strides of the map, as torch decides, too.
    """
    if not kwargs and func in _IN_PLACE and _is_plain(args[0]):
        return args[0]
    if not kwargs and func is _NORM and _is_plain_norm(args):
        x: Tensor = args[0]
        return torch.empty_like(x), x.new_empty(x.shape[1]), x.new_empty(x.shape[1])
    return func(*args, **kwargs)


def _is_plain(x: Any) -> bool:
    return isinstance(x, Tensor) and x.is_meta and x.dtype == torch.float32 and x.is_contiguous()


def _is_plain_norm(args: tuple[Any, ...]) -> bool:
    """Return whether a batch norm in eval mode has its statistics, and one value of everything per channel."""
    x, *values, is_training, _, _ = args
    if is_training or not _is_plain(x) or x.ndim < 2 or any(value is None for value in values[2:]):
        return False
    return all(value is None or (_is_plain(value) and value.shape == x.shape[1:2]) for value in values)
