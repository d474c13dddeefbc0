"""An operator of a file with its tensors at hand, from which the rules of `operators.py` make one of a graph."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from mbcost.errors import MbcostError
from mbcost.files.tflite.flatbuffer import Table
from mbcost.files.tflite.model import FileOperator
from mbcost.files.tflite.schema import ACTIVATIONS, FIELDS
from mbcost.spec.graph import Operator, Tensor


@dataclass(frozen=True)
class Node:
    """An operator of a file. It names no tensor for an optional input that is absent."""

    name: str
    operator: FileOperator
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    options: Table | None
    fixed: AbstractSet[str] = frozenset()
    """The names of the tensors that are constants, or computed from constants only."""

    def is_fixed(self, tensor: Tensor) -> bool:
        """Return whether a tensor does not depend on an input of the model."""
        return tensor.constant or tensor.name in self.fixed

    @property
    def written(self) -> str:
        """What the file calls its kind."""
        return self.operator.code.written

    def input(self, index: int) -> Tensor:
        """Return a tensor that it reads; a negative index counts from the last.

        Raises:
            MbcostError: it does not read so many, or this one is absent.
        """
        tensor = self.optional(index)
        if tensor is None:
            raise self.refuse(f"does not read the tensor {index} that it needs")
        return tensor

    def optional(self, index: int) -> Tensor | None:
        """Return a tensor that it reads, None if it is absent."""
        return self.inputs[index] if -len(self.inputs) <= index < len(self.inputs) else None

    def output(self) -> Tensor:
        """Return the first tensor that it makes.

        Raises:
            MbcostError: it makes none.
        """
        if not self.outputs:
            raise self.refuse("makes no tensor")
        return self.outputs[0]

    def sides(self, tensor: Tensor, rank: int) -> tuple[int, ...]:
        """Return the shape of a tensor that needs so many dimensions.

        Raises:
            MbcostError: it has more or fewer.
        """
        if len(tensor.shape) != rank:
            raise self.refuse(f"needs {rank} dimensions of '{tensor.name}', which has the shape {list(tensor.shape)}")
        return tensor.shape

    def option(self, field: str, form: str = "i", default: int = 0) -> int:
        """Return one of its options.

        Raises:
            MbcostError: it has options of another operator.
        """
        if self.options is None:
            return default
        try:
            return self.options.number(field, form, default)
        except KeyError:
            raise self.refuse(f"has options of the kind {self.options.kind}") from None

    def need(self, kind: str) -> None:
        """Refuse it if its options are of another kind, or absent.

        Raises:
            MbcostError: they are.
        """
        if self.options is None or self.options.kind != kind:
            raise self.refuse(f"has no options of the kind {kind}")

    def fused(self) -> str:
        """Return the name of the activation that is fused into it, empty if there is none.

        Raises:
            MbcostError: the file names one that does not exist.
        """
        fused = read_fused(self.options)
        if fused is None:
            raise self.refuse("has an unknown activation")
        return fused

    def integers(self, index: int) -> tuple[int, ...] | None:
        """Return the values of a small tensor of integers that it reads, None if they are not known."""
        tensor = self.optional(index)
        if tensor is None or tensor.values is None or not all(map(float.is_integer, tensor.values)):
            return None
        return tuple(map(int, tensor.values))

    def axes(self, index: int, rank: int) -> tuple[int, ...] | None:
        """Return the dimensions that a small constant names, from 0, each once; None if they are not known.

        Raises:
            MbcostError: a dimension does not exist.
        """
        values = self.integers(index)
        return None if values is None else tuple(dict.fromkeys(self.axis(value, rank) for value in values))

    def axis(self, value: int, rank: int) -> int:
        """Return a dimension counted from 0, of one that can count from the last.

        Raises:
            MbcostError: it does not exist.
        """
        if not -rank <= value < rank:
            raise self.refuse(f"names dimension {value} of {rank}")
        return value % rank

    def make(self, kind: str, reads: tuple[Tensor | None, ...] | None = None, function: str = "") -> Operator:
        """Return the operator of a graph; it reads the same tensors, unless `reads` has others or another order."""
        names = tuple(tensor.name if tensor else "" for tensor in (self.inputs if reads is None else reads))
        while names and not names[-1]:
            names = names[:-1]
        makes = tuple(tensor.name for tensor in self.outputs)
        return Operator(self.name, kind, names, makes, self.written, function=function)

    def give_up(self, reason: str) -> Operator:
        """Return an operator that is not counted, with the reason."""
        return replace(self.make("unknown"), reason=reason)

    def cannot_resize(self, problem: str) -> MbcostError:
        """Return the error for an operator that does not fit the stated size of an input."""
        source = self.operator.table.file.name
        return MbcostError(
            f"{source}: {self.written} '{self.name}' does not fit inputs of this size: {problem}: "
            "give another size, or convert the model for this one"
        )

    def refuse(self, problem: str) -> MbcostError:
        """Return the error for an operator that contradicts itself."""
        source = self.operator.table.file.name
        return MbcostError(f"{source}: {self.written} '{self.name}' {problem}: convert the model again")


def read_fused(options: Table | None) -> str | None:
    """Return the name of the activation that is fused into an operator, empty without one, None if it is unknown."""
    if options is None or "FusedActivationFunction" not in FIELDS[options.kind]:
        return ""
    number = options.number("FusedActivationFunction", "b")
    return ACTIVATIONS[number] if 0 <= number < len(ACTIVATIONS) else None
