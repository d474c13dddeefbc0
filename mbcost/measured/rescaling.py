"""What a model computes from each channel of the image before its first layer reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

EXACT = 1e-9
"""The largest difference between an image and its rescaled form, relative to the latter."""
MOST_PADDING = 8
UNITS = {(1 / 255, 0.0): "bytes to 0..1", (2 / 255, -1.0): "bytes to -1..1", (2.0, -1.0): "0..1 to -1..1"}
"""Factors and offsets that change the unit of the image and nothing else, the same ones for every channel."""


@dataclass(frozen=True)
class Rescaling:
    """A factor and an offset for each channel."""

    factors: tuple[float, ...]
    offsets: tuple[float, ...]

    @property
    def identical(self) -> bool:
        """Whether nothing is changed."""
        return all(factor == 1 for factor in self.factors) and not any(self.offsets)

    @property
    def unit(self) -> str | None:
        """The change of unit that it is, in words; None if it is not one."""
        pairs = set(zip(self.factors, self.offsets, strict=True))
        return next((text for pair, text in UNITS.items() if all(_is_close(pair, other) for other in pairs)), None)

    def __str__(self) -> str:
        pairs = dict.fromkeys(zip(self.factors, self.offsets, strict=True))
        return ", ".join(f"{factor:.4g} x {'-' if offset < 0 else '+'} {abs(offset):.4g}" for factor, offset in pairs)

    def apply(self, image: Tensor) -> Tensor:
        """Return the rescaled image; (1, C, H, W)."""
        return image * _as_map(self.factors, image) + _as_map(self.offsets, image)

    def invert(self, image: Tensor) -> Tensor:
        """Return the image that becomes `image`; (1, C, H, W)."""
        return (image - _as_map(self.offsets, image)) / _as_map(self.factors, image)


def find_rescaling(image: Tensor, read: Tensor, most: float = EXACT) -> Rescaling | None:
    """Return how the first layer's map comes from the image, (1, C, H, W); None if it is no rescaling of channels.

    Args:
        image: what the model read.
        read: what the first layer read, which can have been padded by less than `MOST_PADDING` values in all.
        most: the largest difference that is rounding, relative to the rescaled image.
    """
    if read.ndim != 4 or read.shape[1] != image.shape[1]:
        return None
    fits = (_fit(image, part, most) for part in list_parts(read, image.shape[2], image.shape[3]))
    return next((rescaling for rescaling in fits if rescaling is not None), None)


def list_parts(padded: Tensor, height: int, width: int) -> Iterator[Tensor]:
    """Yield every part of that size of a map that has been padded by less than `MOST_PADDING` values in all."""
    extra = padded.shape[2] - height, padded.shape[3] - width
    if not all(0 <= size < MOST_PADDING for size in extra):
        return
    for top in range(extra[0] + 1):
        for left in range(extra[1] + 1):
            yield padded[:, :, top : top + height, left : left + width]


def _fit(image: Tensor, part: Tensor, most: float) -> Rescaling | None:
    x, y = (tensor.transpose(0, 1).flatten(1) for tensor in (image, part))
    factors = ((x - x.mean(1, True)) * y).sum(1) / (x - x.mean(1, True)).square().sum(1)
    offsets = y.mean(1) - factors * x.mean(1)
    if not bool((factors != 0).all()):
        return None
    difference = (x * factors[:, None] + offsets[:, None] - y).abs().max() / y.abs().max()
    if not float(difference) < most:
        return None
    if torch.equal(x, y):
        return Rescaling((1.0,) * len(factors), (0.0,) * len(factors))
    return Rescaling(tuple(factors.tolist()), tuple(offsets.tolist()))


def _as_map(values: Sequence[float], image: Tensor) -> Tensor:
    return torch.tensor(values, dtype=image.dtype, device=image.device)[:, None, None]


def _is_close(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return all(abs(a - b) < EXACT + 1e-6 * abs(a) for a, b in zip(first, second, strict=True))
