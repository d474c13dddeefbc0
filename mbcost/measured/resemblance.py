"""In which simple way a map or an output differs from another one, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from mbcost.spec.function import TOLERANCE


def list_resemblances(ours: Tensor, theirs: Tensor) -> Iterator[str]:
    """Yield what turns our tensor into the other one of the same size: at most one change of the list below."""
    theirs = theirs.to(ours.device, ours.dtype)
    if ours.numel() != theirs.numel():
        return
    for text, change in CHANGES.items():
        changed = change(ours, theirs.reshape(ours.shape) if theirs.shape != ours.shape else theirs)
        if changed is not None and _is_equal(changed, theirs):
            yield text
            return


def _is_equal(ours: Tensor, theirs: Tensor) -> bool:
    difference = float((ours.reshape(-1) - theirs.reshape(-1)).abs().max())
    return difference <= TOLERANCE * float(theirs.abs().max())


def _of_maps(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor | None]:
    """Return the change if a tensor is a map of more than one value."""
    return lambda ours, _: change(ours) if ours.ndim == 4 and ours.shape[2:].numel() > 1 else None


def _swap(ours: Tensor, _: Tensor) -> Tensor | None:
    return ours.transpose(2, 3).contiguous() if ours.ndim == 4 and ours.shape[2:].numel() > 1 else None


def _scale(ours: Tensor, theirs: Tensor) -> Tensor | None:
    """Return our tensor times the factor that fits best."""
    square = float(ours.square().sum())
    return ours * float((ours * theirs).sum() / square) if square else None


def _permute_channels(ours: Tensor, theirs: Tensor) -> Tensor | None:
    """Return our tensor with its channels in the order of the largest products with those of the other one."""
    if ours.ndim < 2:
        return None
    first, second = (tensor[0].reshape(tensor.shape[1], -1) for tensor in (ours, theirs))
    distances = torch.cdist(second, first)
    return ours[:, distances.argmin(1)]


CHANGES: dict[str, Callable[[Tensor, Tensor], Tensor | None]] = {
    "height and width are swapped": _swap,
    "left and right are swapped": _of_maps(lambda ours: ours.flip(3)),
    "top and bottom are swapped": _of_maps(lambda ours: ours.flip(2)),
    "it is a softmax of ours": lambda ours, _: torch.softmax(ours, 1),
    "it is a logarithm of a softmax of ours": lambda ours, _: torch.log_softmax(ours, 1),
    "it is a sigmoid of ours": lambda ours, _: torch.sigmoid(ours),
    "it is ours times a constant": _scale,
    "the channels are in a different order": _permute_channels,
}
"""Changes of our tensor, given the other one, by what is said of the other one. None does not apply."""
