"""A call of an operator of torch, and the operators of a graph that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional, Protocol, Union

from torch import Tensor

from mbcost.measured.flow import list_tensors
from mbcost.measured.versions import Value

Read = Optional[Union[Tensor, Value, bool, int, float]]
"""What an operator can read: a tensor, a value, a number, or nothing."""


@dataclass
class Step:
    """One operator as it was called."""

    kind: str
    reads: list[Value | None]
    makes: list[Value]
    module: str
    """The module that called it."""
    written: str
    """What torch calls it."""
    fields: dict[str, Any]
    """The other fields of `Operator`."""

    @property
    def fixed(self) -> bool:
        """Whether no input changes what it makes."""
        return all(value is None or value.fixed for value in self.reads)


@dataclass
class OperatorCall:
    """A call of an operator of torch."""

    name: str
    """Without the underscore that says that it works in place."""
    arguments: Mapping[str, Any]
    """By the names in its schema, with the defaults."""
    outputs: list[Tensor]
    counted: bool = False
    """Whether torch counts its operations."""
    writes: list[Tensor] = field(default_factory=list)
    """What it writes into."""

    @property
    def operands(self) -> list[Tensor]:
        """The tensors that it reads, in order."""
        return list(list_tensors([value for name, value in self.arguments.items() if name != "out"]))

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]


class Emitter(Protocol):
    """What the description of a call gives its operators to."""

    def emit(self, kind: str, reads: Sequence[Read], makes: Sequence[Tensor | Value], **fields: Any) -> None:
        """Add an operator of the call that is being recorded."""

    def is_fixed(self, tensor: Tensor) -> bool:
        """Return whether no input changes a tensor that the call reads."""

    def share(self, source: Tensor, copy: Tensor) -> None:
        """Know that two tensors have the same value, although no operator of the graph makes one from the other."""
