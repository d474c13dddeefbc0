"""The shapes of a model's inputs: as the file has them, and as the user states what the file leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mbcost.errors import MbcostError, unknown
from mbcost.files.sizes import InputSizes

LARGEST_SIDE = 2**31 - 1
"""The largest side of a tensor that the format can write."""


@dataclass(frozen=True)
class Input:
    """An input of a model."""

    name: str
    shape: tuple[int, ...]
    """As the file has it, with 1 for what is open."""
    open: tuple[bool, ...]
    """Which of its sides are open."""


def choose_shapes(inputs: Sequence[Input], sizes: InputSizes, source: str) -> Mapping[str, tuple[int, ...]]:
    """Return the shape of every input. An open first side is a batch, of 1 if the user does not state it.

    Raises:
        MbcostError: the user states a size that the file fixes, or does not state one that it leaves open.
    """
    names = [item.name for item in inputs]
    for name in sizes.shapes:
        if name not in names:
            raise unknown(f"input of {source}", name, names)
    shapes = {item.name: _choose(item, sizes.shapes.get(item.name), source) for item in inputs}
    if sizes.resolution is not None:
        image = _find_image(inputs, source)
        batch, *_, channels = shapes[image.name]
        shapes[image.name] = _choose(image, (batch, *sizes.resolution, channels), source)
    for item in inputs:
        if any(item.open[1:]) and item.name not in sizes.shapes and sizes.resolution is None:
            raise MbcostError(
                f"{source}: {_list_open(item)} of the input '{item.name}' are open: "
                f"write {'--res 224 or ' if _is_image(item) else ''}--input {item.name}={_example(item)}"
            )
    return shapes


def _choose(item: Input, stated: tuple[int, ...] | None, source: str) -> tuple[int, ...]:
    if stated is None or stated == item.shape:
        return item.shape
    fits = len(stated) == len(item.shape) and all(
        free or side == own for side, own, free in zip(stated, item.shape, item.open, strict=True)
    )
    if not fits:
        fixed = "x".join("?" if free else str(side) for side, free in zip(item.shape, item.open, strict=True))
        raise MbcostError(
            f"{source}: the input '{item.name}' is fixed at {fixed or 'a single number'}, and cannot be "
            f"{'x'.join(map(str, stated))}: convert the model again for this size"
        )
    if not all(0 < side <= LARGEST_SIDE for side in stated):
        raise MbcostError(f"{source}: the input '{item.name}' cannot be {stated}: give sizes of 1 to {LARGEST_SIDE}")
    return stated


def _is_image(item: Input) -> bool:
    return len(item.shape) == 4


def _find_image(inputs: Sequence[Input], source: str) -> Input:
    images = [item for item in inputs if _is_image(item)]
    if len(images) != 1:
        raise MbcostError(
            f"{source} has {len(images)} inputs that are images, so a resolution does not say which: "
            "give each one's shape with --input NAME=1x224x224x3"
        )
    return images[0]


def _list_open(item: Input) -> str:
    if _is_image(item) and item.open[1:] == (True, True, False):
        return "the height and width"
    return "sides " + ", ".join(str(index) for index, free in enumerate(item.open) if free and index)


def _example(item: Input) -> str:
    sides = zip(item.shape, item.open, strict=True)
    return "x".join("224" if free and index in (1, 2) else str(side) for index, (side, free) in enumerate(sides))


def find_batch(inputs: Sequence[Input], shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Return how many images or samples the inputs have: the first side of what is an image, or of what is open there.

    >>> find_batch([Input("x", (4, 96, 96, 3), (False,) * 4)], {"x": (4, 96, 96, 3)})
    4
    """
    for item in inputs:
        if len(item.shape) in (4, 5) or (item.open and item.open[0]):
            return shapes[item.name][0] or 1
    return 1
