"""The graph of a Keras model while it is being made, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from mbcost.errors import MbcostError
from mbcost.spec.graph import CHANNELS_FIRST, CHANNELS_LAST, Operator, Tensor

MOST_OPERATORS = 100_000
LARGEST_SIDE = 2**31
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """A layer of a configuration, and what one call of it reads."""

    path: str
    """The name, after those of the models in which it is."""
    kind: str
    """The name of its class."""
    config: Mapping[str, Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the call."""
    module: str = ""
    recorded: Mapping[int, Sequence[Any]] = field(default_factory=dict)
    """The shapes of its results as far as the file states them."""

    @property
    def channels_first(self) -> bool:
        """Whether channels come before height and width."""
        return self.config.get("data_format") == "channels_first"

    @property
    def dtypes(self) -> tuple[str, str]:
        """The types of its results and of its weights."""
        policy = self.config.get("dtype") or "float32"
        if isinstance(policy, dict):
            policy = policy.get("config", {}).get("name") or "float32"
        policy = str(policy)
        return (policy.removeprefix("mixed_"), "float32") if policy.startswith("mixed_") else (policy, policy)

    def read(self, key: str, default: Any = None) -> Any:
        """Return a setting, of the call or of the layer."""
        value = self.arguments.get(key, self.config.get(key))
        return default if value is None else value


Operand = Union[str, float]
"""The name of a tensor, or a number."""


class Builder:
    """Operators and tensors so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.operators: list[Operator] = []
        self.tensors: dict[str, Tensor] = {}
        self.inputs: list[str] = []
        self.layout = ""

    def shape(self, name: str) -> Shape:
        """Return the shape of a tensor."""
        return self.tensors[name].shape

    def add_input(self, name: str, shape: Shape, dtype: str) -> str:
        """Add an input of the model and return its name."""
        name = self._unique(name)
        self.tensors[name] = Tensor(name, self._check(name, shape), dtype)
        self.inputs.append(name)
        return name

    def weight(self, layer: Layer, name: str, shape: Shape) -> str:
        """Return the constant that a layer calls by a name; a layer that is called twice has it once."""
        full, dtype = f"{layer.path}/{name}", layer.dtypes[1]
        if full not in self.tensors:
            tensor = Tensor(full, self._check(full, shape), dtype)
            self.tensors[full] = Tensor(full, shape, dtype, tensor.elements * _count_bytes(dtype))
        return full

    def number(self, value: float) -> str:
        """Return the constant of a number in the configuration, which takes no bytes of its own."""
        name = f"number {float(value):.9g}"
        self.tensors.setdefault(name, Tensor(name, (), "float32", 0, (float(value),)))
        return name

    def add(
        self, layer: Layer, kind: str, reads: Sequence[Operand], shape: Shape, part: str = "", **fields: Any
    ) -> str:
        """Add an operator with one result and return the name of that."""
        return self.add_several(layer, kind, reads, (shape,), part, **fields)[0]

    def add_several(
        self, layer: Layer, kind: str, reads: Sequence[Operand], shapes: Sequence[Shape], part: str = "", **fields: Any
    ) -> list[str]:
        """Add an operator with several results and return their names."""
        if len(self.operators) >= MOST_OPERATORS:
            raise MbcostError(f"{self.name}: the model has more than {MOST_OPERATORS:,} operators: use a smaller one")
        name = self._unique(f"{layer.path}/{part}" if part else layer.path)
        makes = [f"{name}:{index}" if index else name for index in range(len(shapes))]
        for made, shape in zip(makes, shapes, strict=True):
            self.tensors[made] = Tensor(made, self._check(name, shape), layer.dtypes[0])
        names = [read if isinstance(read, str) else self.number(read) for read in reads]
        while names and not names[-1]:
            names.pop()
        self.operators.append(Operator(name, kind, tuple(names), tuple(makes), layer.kind, **fields))
        return makes

    def note_layout(self, layer: Layer) -> None:
        """Know the order of dimensions of a layer that moves a window over a map.

        Raises:
            MbcostError: another layer has another order.
        """
        layout = CHANNELS_FIRST if layer.channels_first else CHANNELS_LAST
        if self.layout not in ("", layout):
            raise MbcostError(f"{self.name}: {layer.path} has another data_format than layers before it: use one")
        self.layout = layout

    def _check(self, name: str, shape: Shape) -> Shape:
        for side in shape:
            if type(side) is not int or not 0 < side < LARGEST_SIDE:
                text = "x".join(map(str, shape))
                raise MbcostError(f"{self.name}: {name} would have the shape {text}: use a larger input, or correct it")
        return shape

    def _unique(self, name: str) -> str:
        unique, count = name, 1
        while unique in self.tensors:
            count += 1
            unique = f"{name}_{count}"
        return unique


def _count_bytes(dtype: str) -> int:
    bits = dtype.lstrip("abcdefghijklmnopqrstuvwxyz")
    return max(int(bits) // 8, 1) if bits.isdecimal() and len(bits) < 4 else 4
