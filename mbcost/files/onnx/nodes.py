"""A node of an ONNX file, and what is known of the tensors that nodes read and make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from mbcost.errors import MbcostError, shorten
from mbcost.files.onnx.dtypes import spell
from mbcost.files.onnx.weights import LARGEST, Weight

Shape = tuple[int, ...]
STANDARD = ("", "ai.onnx")
"""The names of ONNX's own domain."""
MOST_ELEMENTS = 256
"""A constant that is computed has at most this many values; only shapes, bounds and the like are needed."""


@dataclass(frozen=True)
class Node:
    """A node whose names are unique in the whole model, also if it comes from a function or a branch."""

    name: str
    op: str
    domain: str
    version: int
    """Of the set of operators, or 0 if the file names none for this domain."""
    reads: tuple[str, ...]
    """Tensors by name, empty for an optional one that is absent."""
    makes: tuple[str, ...]
    attributes: Mapping[str, Any]
    proto: Any = field(compare=False, repr=False)
    """The message of the file, with the names of the file."""
    graphs: tuple[Any, ...] = field(default=(), compare=False, repr=False)
    """The graphs inside of it: bodies and branches."""

    @property
    def standard(self) -> bool:
        """Whether it is one of ONNX's own operators."""
        return self.domain in STANDARD

    def read(self, index: int) -> str:
        """Return the name of an input, empty if it is absent."""
        return self.reads[index] if index < len(self.reads) else ""

    def number(self, name: str, default: int) -> int:
        """Return an attribute that is an integer."""
        return int(self.attributes[name].i) if name in self.attributes else default

    def real(self, name: str, default: float) -> float:
        """Return an attribute that is a real number."""
        return float(self.attributes[name].f) if name in self.attributes else default

    def text(self, name: str, default: str = "") -> str:
        """Return an attribute that is text."""
        return bytes(self.attributes[name].s).decode(errors="replace") if name in self.attributes else default

    def numbers(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return an attribute that is a list of integers."""
        return tuple(self.attributes[name].ints) if name in self.attributes else default


@dataclass
class Facts:
    """What is known of every tensor."""

    file: str
    """What messages call the file."""
    weights: dict[str, Weight] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    """Those that are known."""
    dtypes: dict[str, str] = field(default_factory=dict)
    types: dict[str, Any] = field(default_factory=dict)
    """As messages of the onnx package."""
    data: dict[str, Any] = field(default_factory=dict)
    """The values of small constants as messages of the onnx package."""
    arrays: dict[str, Any] = field(default_factory=dict)
    """The same as arrays of numpy, as far as they were asked for."""
    fixed: set[str] = field(default_factory=set)
    """Tensors that no input of the model changes."""
    zeros: set[str] = field(default_factory=set)
    """Tensors that are computed as zeros only, which exporters write for a bias that is not there."""

    def refuse(self, node: Node, what: str) -> MbcostError:
        """Return the error for a node."""
        return MbcostError(f"{self.file}: node '{shorten(node.name, 100)}' ({node.op}) {what}: export the model again")

    def shape(self, name: str) -> Shape | None:
        """Return the shape of a tensor, None if it is not known."""
        return self.shapes.get(name)

    def values(self, name: str) -> Any:
        """Return the values of a small constant as an array of numpy, or None."""
        if name not in self.arrays:
            self.arrays[name] = self._convert(self.data.get(name))
        return self.arrays[name]

    def integers(self, name: str) -> tuple[int, ...] | None:
        """Return the values of a small constant of integers, or None."""
        array = self.values(name)
        return None if array is None or array.dtype.kind not in "biu" else tuple(int(value) for value in array.flat)

    def reals(self, name: str) -> tuple[float, ...] | None:
        """Return the values of a small constant, or None."""
        array = self.values(name)
        return None if array is None else tuple(float(value) for value in array.flat)

    def add_weight(self, name: str, weight: Weight) -> None:
        """Remember a constant that is stored."""
        from onnx import helper

        self.weights[name] = weight
        self.shapes[name], self.dtypes[name] = weight.shape, weight.dtype
        self.types[name] = helper.make_tensor_type_proto(weight.code, weight.shape)
        self.fixed.add(name)
        if weight.proto is not None:
            self.data[name] = weight.proto

    def add_type(self, name: str, proto: Any) -> None:
        """Remember the type of a tensor, and its shape if all sides are known."""
        self.types[name] = proto
        if not proto.HasField("tensor_type"):
            return
        self.dtypes[name] = spell(proto.tensor_type.elem_type)
        shape = full_shape(proto)
        if shape is not None:
            self.shapes[name] = shape

    def add_values(self, name: str, array: Any) -> None:
        """Remember the values of a constant that was computed."""
        from onnx import helper, numpy_helper

        proto = numpy_helper.from_array(array)
        self.data[name], self.arrays[name] = proto, array
        self.add_type(name, helper.make_tensor_type_proto(proto.data_type, array.shape))

    @staticmethod
    def _convert(proto: Any) -> Any:
        from onnx import numpy_helper

        if proto is None or spell(proto.data_type) == "string":
            return None
        array = numpy_helper.to_array(proto)
        return array if array.dtype.kind in "biuf" and array.size <= MOST_ELEMENTS else None


def full_shape(proto: Any) -> Shape | None:
    """Return the shape that a type states, None if a side is not known or not possible."""
    if not proto.HasField("tensor_type") or not proto.tensor_type.HasField("shape"):
        return None
    sides = proto.tensor_type.shape.dim
    if not all(side.HasField("dim_value") and side.dim_value >= 0 for side in sides):
        return None
    shape = tuple(side.dim_value for side in sides)
    return shape if prod(shape) <= LARGEST else None
