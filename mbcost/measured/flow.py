"""Where the values of a tensor come from: from the outputs of layers and the image, or from what the model stores."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from mbcost.measured.versions import find_storage

IMAGE = -1
"""Stands for the image in the sources of a map."""


@dataclass(frozen=True)
class Origin:
    """How a tensor that depends on no map is computed from parameters, buffers and other tensors of the model."""

    parameters: frozenset[str]
    signature: int
    """Equal for tensors that are computed from the same tensors by the same operators."""
    computed: bool = False
    """Whether it is the result of an operator, and not a stored tensor or a view of one."""
    layers: frozenset[int] = frozenset()
    """The recorded layers of which it is a result, such as a product of two matrices that gives weights."""


class DataFlow:
    """The sources of every map and the origin of every other tensor, by storage. No tensor is kept alive."""

    def __init__(self, stored: Iterable[tuple[str, Tensor]], parameters: Iterable[tuple[str, Tensor]]) -> None:
        """Know the tensors of the model; parameters are named, the others are only known to be stored."""
        self._sources: dict[Hashable, frozenset[int]] = {}
        self._origins: dict[Hashable, Origin] = {}
        self._parts: dict[Hashable, list[tuple[range, Origin]]] = {}
        """The parts of storages that belong to several tensors of the model, as after `vector_to_parameters`."""
        self.add_stored(stored)
        self.add_parameters(parameters)

    def add_stored(self, stored: Iterable[tuple[str, Tensor]]) -> None:
        """Know tensors of the model that are not parameters, or tensors that torch uses instead of them."""
        for name, tensor in stored:
            self._store(tensor, Origin(frozenset(), hash(("stored", name))))

    def add_parameters(self, parameters: Iterable[tuple[str, Tensor]]) -> None:
        """Know parameters, or tensors that torch uses instead of them."""
        for name, tensor in parameters:
            self._store(tensor, Origin(frozenset([name]), hash(("parameter", name))))

    def _store(self, tensor: Tensor, origin: Origin) -> None:
        first = _offset(tensor)
        self._parts.setdefault(find_storage(tensor), []).append((range(first, first + tensor.numel()), origin))
        self._origins[find_storage(tensor)] = origin

    def start(self, image: Tensor) -> None:
        """Know the image."""
        self._sources[find_storage(image)] = frozenset([IMAGE])

    def sources(self, tensor: Any) -> frozenset[int]:
        """Return the layers whose outputs reach `tensor` without another layer between them; empty if it is no map."""
        return self._sources.get(find_storage(tensor), frozenset()) if isinstance(tensor, Tensor) else frozenset()

    def origin(self, tensor: Any) -> Origin | None:
        """Return where a tensor that is not a map comes from; None if that is not known."""
        if not isinstance(tensor, Tensor) or (key := find_storage(tensor)) in self._sources:
            return None
        if len(parts := self._parts.get(key, ())) > 1:
            offset = _offset(tensor)
            return next((origin for part, origin in reversed(parts) if offset in part), None)
        return self._origins.get(key)

    def owner(self, tensor: Any) -> str | None:
        """Return the parameter that `tensor` is, is a view of or was copied from; None for any other tensor."""
        origin = self.origin(tensor)
        return next(iter(origin.parameters)) if origin and not origin.computed and origin.parameters else None

    def name(self, tensor: Any) -> str | None:
        """Return the parameter that `tensor` is, in any shape; None if it is computed or comes from several."""
        origin = self.origin(tensor)
        known = origin is not None and not origin.computed and len(origin.parameters) == 1
        return next(iter(origin.parameters)) if origin is not None and known else None

    def follow(self, operator: Any, args: Any, kwargs: Any, output: Any, *, copies: bool) -> None:
        """Know the results of an operator; `copies` says that its result has the values of its operand."""
        inputs, outputs = list(list_tensors((args, kwargs))), list(list_tensors(output))
        if sources := frozenset[int]().union(*map(self.sources, inputs)):
            for tensor in outputs:
                self._sources[find_storage(tensor)] = self.sources(tensor) | sources
            return
        origins = [origin for tensor in inputs if (origin := self.origin(tensor)) is not None]
        if not origins:
            return
        operands = {find_storage(tensor) for tensor in inputs}
        merged, in_place = _merge(origins), operator._schema.is_mutable
        for index, tensor in enumerate(outputs):
            key = find_storage(tensor)
            if not in_place and (key in operands or key in self._origins):  # a view
                continue
            self._parts.pop(key, None)
            if copies:
                self._origins[key] = merged
            else:
                signature = hash((str(operator), index, self._describe((args, kwargs)), self._draw(operator)))
                self._origins[key] = replace(merged, signature=signature, computed=True)

    def record(self, output: Any, index: int, *, of_weights: bool) -> None:
        """Know that `output` is the result of layer `index`; `of_weights` says that no map is among its operands."""
        for tensor in list_tensors(output):
            key = find_storage(tensor)
            if of_weights and (origin := self._origins.get(key)):
                self._origins[key] = replace(origin, computed=True, layers=origin.layers | {index})
            elif not of_weights:
                self._sources[key] = frozenset([index])

    def identify(self, tensor: Tensor) -> tuple[int, int, int] | None:
        """Return what is equal for two tensors that are the same part of a parameter or are computed alike."""
        origin = self.origin(tensor)
        return None if origin is None else (origin.signature, _offset(tensor), tensor.numel())

    def _draw(self, operator: Any) -> int:
        """Return a number that differs for every call of an operator that draws random numbers."""
        return len(self._origins) if torch.Tag.nondeterministic_seeded in operator.tags else 0

    def _describe(self, operands: Any) -> int:
        """Return a number that is equal for equal operands."""
        if isinstance(operands, Tensor):
            return hash((self.identify(operands), tuple(operands.shape), _strides(operands)))
        if isinstance(operands, dict):
            return hash(tuple((key, self._describe(value)) for key, value in operands.items()))
        if isinstance(operands, list | tuple):
            return hash(tuple(map(self._describe, operands)))
        return hash(repr(operands))


def list_tensors(values: Any) -> Iterator[Tensor]:
    """Yield the tensors among `values`, which can be nested lists, tuples and dicts."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for value in values:
            yield from list_tensors(value)
    elif isinstance(values, dict):
        yield from list_tensors(list(values.values()))


def count_distinct(tensor: Tensor) -> int:
    """Return the number of values of a tensor, without the repetitions of an expanded one."""
    count = 1
    for size, stride in zip(tensor.shape, _strides(tensor), strict=True):
        count *= int(size) if stride else 1
    return count


def _merge(origins: list[Origin]) -> Origin:
    first = origins[0]
    return Origin(
        frozenset[str]().union(*(origin.parameters for origin in origins)),
        first.signature,
        any(origin.computed for origin in origins),
        frozenset[int]().union(*(origin.layers for origin in origins)),
    )


def _offset(tensor: Tensor) -> int:
    return int(tensor.storage_offset()) if tensor.layout == torch.strided else 0


def _strides(tensor: Tensor) -> tuple[int, ...]:
    """Return the strides of a tensor; those of a sparse tensor are what they would be if it were dense."""
    if tensor.layout == torch.strided:
        return tensor.stride()
    return tuple(tensor.shape[index + 1 :].numel() for index in range(tensor.ndim))
