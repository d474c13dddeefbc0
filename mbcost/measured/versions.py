"""The value of every tensor of a running model: an operator in place gives its tensor and its views a new one."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils.weak import WeakIdRef

from mbcost.spec.graph import MOST_VALUES


@dataclass(eq=False)
class Value:
    """What a tensor holds until an operator writes into it."""

    shape: tuple[int, ...]
    dtype: str
    name: str = ""
    """The name of a tensor that is stored; empty if an operator makes the value."""
    stored: int | None = None
    """The bytes of a tensor that is stored."""
    buffer: str = ""
    numbers: tuple[float, ...] | None = None
    fixed: bool = False
    """Whether no input changes it."""

    @property
    def elements(self) -> int:
        """The product of its sides."""
        return torch.Size(self.shape).numel()


@dataclass
class Storage:
    """What has been written into one storage."""

    writes: list[tuple[Hashable, Value]] = field(default_factory=list)


class Versions:
    """The value of every tensor, by the part of a storage that it is. No tensor is kept alive."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[Value, int]] = {}
        """A tensor -> its value, and how many writes into its storage that value includes."""
        self._storages: dict[Hashable, Storage] = {}

    def set(self, tensor: Tensor, value: Value, *, writes: bool) -> None:
        """Know the value of a tensor; `writes` says that its storage existed before."""
        storage = self._storages.setdefault(find_storage(tensor), Storage())
        if writes:
            storage.writes.append((identify(tensor), value))
        self._values[identify(tensor)] = (value, len(storage.writes))

    def get(self, tensor: Tensor) -> tuple[Value | None, list[Value]]:
        """Return the last known value of a tensor, and what has been written into its storage since then."""
        storage = self._storages.get(find_storage(tensor), Storage())
        value, version = self._values.get(identify(tensor), (None, 0))
        part = identify(tensor)
        return value, [written for key, written in storage.writes[version:] if _overlap(part, key)]


def describe(tensor: Tensor) -> Value:
    """Return a value of the shape and the type of a tensor."""
    return Value(tuple(int(side) for side in tensor.shape), str(tensor.dtype).removeprefix("torch."))


def store(tensor: Tensor, name: str, buffer: str = "") -> Value:
    """Return the value of a tensor that is stored under a name; small ones with their numbers, if it has any."""
    value = describe(tensor)
    value.name, value.buffer, value.fixed = name, "" if buffer == name else buffer, True
    value.stored = value.elements * tensor.element_size()
    value.numbers = _read_numbers(tensor) if value.elements <= MOST_VALUES else None
    return value


def store_number(number: float, dtype: str) -> Value:
    """Return the value of a number in the code of a model, which takes no bytes."""
    return Value((), dtype, f"number {number:.9g}", 0, "", (float(number),), fixed=True)


def identify(tensor: Tensor) -> Hashable:
    """Return what is equal for two tensors that are the same part of a storage in the same shape."""
    if tensor.layout != torch.strided:
        return WeakIdRef(tensor)
    return find_storage(tensor), int(tensor.storage_offset()), tuple(tensor.shape), tensor.stride(), tensor.dtype


def find_storage(tensor: Tensor) -> Hashable:
    """Return the identity of a tensor's storage, or that of a tensor that has none, such as a sparse one."""
    if tensor.layout != torch.strided:
        return WeakIdRef(tensor)
    return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def _overlap(first: Hashable, second: Hashable) -> bool:
    """Return whether two parts of a storage have elements in common, as far as their strides tell."""
    if not (isinstance(first, tuple) and isinstance(second, tuple)):
        return True
    if first[3] == second[3]:
        corners = [_find_corner(part) for part in (first, second)]
        return all(
            one < other + length and other < one + width
            for one, other, width, length in zip(*corners, first[2], second[2], strict=True)
        )
    ends = [part[1] + sum((side - 1) * step for side, step in zip(part[2], part[3], strict=True))
            for part in (first, second)]  # fmt: skip
    return bool(first[1] <= ends[1] and second[1] <= ends[0])


def _find_corner(part: tuple[Any, ...]) -> list[int]:
    """Return the index of the first element of a part in a whole with the same strides."""
    _, offset, shape, strides, _ = part
    corner = [0] * len(shape)
    for dimension in sorted(range(len(shape)), key=lambda dimension: -strides[dimension]):
        if strides[dimension] and shape[dimension] > 1:
            corner[dimension], offset = divmod(offset, strides[dimension])
    return corner


def _read_numbers(tensor: Tensor) -> tuple[float, ...] | None:
    if tensor.is_meta or isinstance(tensor, FakeTensor) or tensor.layout != torch.strided or tensor.is_complex():
        return None
    with _disable_current_modes():
        return tuple(float(number) for number in tensor.detach().dequantize().reshape(-1).tolist())
