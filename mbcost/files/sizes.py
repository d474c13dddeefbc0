"""The sizes of a model's inputs that a file leaves open, and what a user says about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class InputSizes:
    """The sizes of inputs that a user states."""

    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The whole shape of an input, by its name."""
    resolution: tuple[int, int] | None = None
    """Height and width of the only input that is an image."""

    def __bool__(self) -> bool:
        return bool(self.shapes) or self.resolution is not None


NO_SIZES = InputSizes()
"""What a user states who states nothing."""
