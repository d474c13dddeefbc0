"""The shapes of a model's inputs: those of the file, and what the user says about sides that it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Union

from mbcost.errors import MbcostError, shorten, suggestion
from mbcost.files.onnx.weights import LARGEST
from mbcost.files.sizes import InputSizes

Side = Union[int, str]
"""The length of a side, or its name in the file; empty if it has none."""
COLOURS = (1, 3, 4)
"""The channels by which an image with the channels last is recognised."""
LONGEST_NAME = 80


@dataclass(frozen=True)
class Input:
    """An input of a model that is a tensor, as the file states it."""

    name: str
    sides: tuple[Side, ...] | None
    """None if the file does not even say how many there are."""

    @property
    def image(self) -> tuple[int, int] | None:
        """The positions of height and width if it can be an image, else None."""
        if self.sides is None or len(self.sides) != 4:
            return None
        return (1, 2) if self.sides[3] in COLOURS and self.sides[1] not in COLOURS else (2, 3)

    def __str__(self) -> str:
        sides = self.sides or ()
        return "x".join(str(side) if isinstance(side, int) else shorten(side, 20) or "?" for side in sides) or "?"


def read_input(proto: Any) -> Input:
    """Return an input of the file."""
    tensor = proto.type.tensor_type
    if not tensor.HasField("shape"):
        return Input(proto.name, None)
    sides = [side.dim_value if side.HasField("dim_value") else side.dim_param for side in tensor.shape.dim]
    return Input(proto.name, tuple(side if not isinstance(side, int) or side > 0 else "" for side in sides))


def settle_shapes(file: str, inputs: Sequence[Input], sizes: InputSizes) -> dict[str, tuple[int, ...]]:
    """Return the shape of every input.

    The first side is 1 if the file leaves it open. Sides of the same name are equal.

    Raises:
        MbcostError: a side is open, or what the user says contradicts the file.
    """
    by_name = {item.name: item for item in inputs}
    for name in sizes.shapes:
        if name not in by_name:
            raise MbcostError(f"{file}: it has no input '{name}': {suggestion(name, by_name)}")
    images = [item for item in inputs if item.image is not None]
    if sizes.resolution is not None and len([item for item in images if item.name not in sizes.shapes]) != 1:
        raise MbcostError(f"{file}: {len(images)} of its inputs are images: use --input NAME=SHAPE, not a resolution")
    names = dict[str, int]()
    stated = {item.name: _apply(file, item, sizes) for item in inputs}
    for item in inputs:
        if item.sides is not None:
            _bind(names, item.sides, stated[item.name])
    return {item.name: _settle(file, item, stated[item.name], names) for item in inputs}


def _apply(file: str, item: Input, sizes: InputSizes) -> tuple[Side, ...] | None:
    """Return the sides of an input with what the user says."""
    shape = sizes.shapes.get(item.name)
    if shape is not None:
        return _match(file, item, shape)
    if sizes.resolution is None or item.image is None or item.sides is None:
        return item.sides
    sides = list(item.sides)
    for position, length in zip(item.image, sizes.resolution, strict=False):
        if isinstance(sides[position], int) and sides[position] != length:
            raise MbcostError(
                f"{file}: the file fixes its input '{shorten(item.name, LONGEST_NAME)}' as {item}: "
                f"leave out the resolution, or export the model at {'x'.join(map(str, sizes.resolution))}"
            )
        sides[position] = length
    return tuple(sides)


def _match(file: str, item: Input, shape: tuple[int, ...]) -> tuple[int, ...]:
    written = "x".join(map(str, shape))
    pairs = list(zip(item.sides or (), shape, strict=False))
    fits = item.sides is None or len(item.sides) == len(shape)
    if not fits or any(isinstance(side, int) and side != length for side, length in pairs):
        raise MbcostError(
            f"{file}: the file fixes its input '{shorten(item.name, LONGEST_NAME)}' as {item}, not {written}: "
            "correct --input, or export the model with that shape"
        )
    if any(length < 1 for length in shape):
        raise MbcostError(f"{file}: --input {item.name}={written}: a side must be at least 1")
    return shape


def _bind(names: dict[str, int], sides: tuple[Side, ...], stated: tuple[Side, ...] | None) -> None:
    for side, length in zip(sides, stated or (), strict=False):
        if isinstance(side, str) and side and isinstance(length, int):
            names.setdefault(side, length)


def _settle(file: str, item: Input, stated: tuple[Side, ...] | None, names: Mapping[str, int]) -> tuple[int, ...]:
    name = shorten(item.name, LONGEST_NAME)
    if stated is None:
        raise MbcostError(f"{file}: input '{name}' does not state its shape: use --input {name}=1x3x224x224")
    sides = [names.get(side, side) if isinstance(side, str) else side for side in stated]
    if sides and isinstance(sides[0], str):
        sides[0] = 1
    shape = tuple(side for side in sides if isinstance(side, int))
    if len(shape) < len(sides):
        example = "x".join(str(side) if isinstance(side, int) else "224" for side in sides)
        open_sides = {position for position, side in enumerate(sides) if isinstance(side, str)}
        short = "--res 224 or " if item.image is not None and open_sides <= set(item.image) else ""
        raise MbcostError(f"{file}: input '{name}' is {item}: state its size, as in {short}--input {name}={example}")
    if prod(shape) > LARGEST:
        raise MbcostError(f"{file}: input '{name}' is {item}: use --input {name}=SHAPE with a size that exists")
    return shape


def find_batch(
    inputs: Mapping[str, tuple[int, ...]], outputs: Sequence[tuple[int, ...] | None], *, in_steps: bool = False
) -> int:
    """Return how many images the tensors hold.

    It is the first side of the maps among the inputs if these agree. Without maps, it is the first side that all
    inputs and outputs have, unless the first side is steps of time.

    >>> find_batch({"x": (8, 3, 224, 224)}, [(8, 1000)]), find_batch({"x": (3, 224, 224)}, [(1, 1000)])
    (8, 1)
    """
    maps = {shape[0] for shape in inputs.values() if len(shape) > 3}
    if maps:
        return maps.pop() if len(maps) == 1 else 1
    if in_steps:
        return 1
    firsts = {shape[0] if shape else 1 for shape in (*inputs.values(), *outputs) if shape is not None}
    return firsts.pop() if len(firsts) == 1 else 1
