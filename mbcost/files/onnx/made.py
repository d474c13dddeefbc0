"""What translations of nodes make: operators with unique names, and tensors that the file does not have."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mbcost.errors import MbcostError
from mbcost.files.onnx.nodes import Facts, Node, Shape
from mbcost.spec.graph import Operator, Tensor


@dataclass
class Maker:
    """Names operators, and keeps the tensors between those that one node becomes."""

    facts: Facts
    names: set[str] = field(default_factory=set)
    """Of operators so far."""
    extra: dict[str, Tensor] = field(default_factory=dict)
    """Tensors that the file does not have, or has in another shape."""
    scales: dict[str, int] = field(default_factory=dict)
    """The number of scales of quantized constants."""
    unread: list[str] = field(default_factory=list)

    def known(self, name: str) -> bool:
        """Return whether the shape of a tensor is known."""
        return name in self.extra or name in self.facts.shapes

    def is_fixed(self, name: str) -> bool:
        """Return whether no input of the model changes a tensor."""
        return name in self.facts.fixed

    def shape(self, name: str) -> Shape:
        """Return the shape of a tensor, empty if it is not known; `translate` refuses those before they count."""
        return self.extra[name].shape if name in self.extra else self.facts.shapes.get(name, ())

    def make(self, node: Node, kind: str, reads: tuple[str, ...], part: str = "", **rest: Any) -> Operator:
        """Return an operator with a unique name; `part` tells the operators of one node apart."""
        name = self.unique(f"{node.name}.{part}" if part else node.name)
        makes = rest.pop("makes", None) or tuple(filter(None, node.makes))
        while reads and not reads[-1]:
            reads = reads[:-1]
        return Operator(name, kind, reads, makes, node.op, **rest)

    def unique(self, name: str) -> str:
        """Return a name that no operator has yet."""
        candidate, number = name, 2
        while candidate in self.names:
            candidate, number = f"{name}:{number}", number + 1
        self.names.add(candidate)
        return candidate

    def unknown(self, node: Node, reason: str) -> Operator:
        """Return an operator that is not counted."""
        from mbcost.files.onnx.order import free_names

        inner = [name for graph in node.graphs for name in free_names(graph) if name in self.facts.types]
        reads = tuple(dict.fromkeys([*filter(None, node.reads), *inner]))
        return self.make(node, "unknown", reads, reason=reason)

    def add_tensor(self, name: str, shape: Shape, like: str) -> str:
        """Add a tensor between two operators of one node, and return its name."""
        while name in self.extra or name in self.facts.types:
            name += "'"
        self.extra[name] = Tensor(name, shape, self.facts.dtypes.get(like, "float32"))
        return name

    def cut(self, name: str, label: str, shape: Shape, parts: int) -> str:
        """Add one of several equal parts of a stored constant, and return its name."""
        weight = self.facts.weights[name]
        part = f"{name}[{label}]"
        stored = weight.stored // parts
        self.extra[part] = Tensor(part, shape, weight.dtype, stored, scales=self.scales.get(name, 0))
        return part

    def reshape_constant(self, name: str, shape: Shape, dtype: str, scales: int) -> None:
        """State how a stored constant is meant whose values are packed."""
        weight = self.facts.weights[name]
        self.extra[name] = Tensor(name, shape, dtype, weight.stored, scales=scales)

    def check_map(self, node: Node, image: Shape, made: Shape) -> None:
        """Refuse a convolution or pool whose input is smaller than its window.

        Raises:
            MbcostError: it makes a map without values.
        """
        if 0 in made and 0 not in image:
            sides = "x".join(map(str, made))
            raise MbcostError(
                f"{self.facts.file}: node '{node.name[:100]}' ({node.op}) makes {sides}: use a larger input"
            )

    def refuse(self, node: Node, what: str) -> MbcostError:
        """Return the error for a node."""
        return self.facts.refuse(node, what)

    def tensor(self, name: str) -> Tensor:
        """Return a tensor of the graph."""
        from math import prod

        from mbcost.spec.graph import MOST_VALUES

        facts = self.facts
        if name in self.extra:
            return self.extra[name]
        weight = facts.weights.get(name)
        shape = facts.shapes.get(name, ())
        small = (name in facts.data or weight is not None) and prod(shape) <= MOST_VALUES
        values = facts.reals(name) if small and name in facts.shapes else None
        tensor = Tensor(name, shape, facts.dtypes.get(name, "float32"), values=values, scales=self.scales.get(name, 0))
        return tensor if weight is None else replace(tensor, stored=weight.stored)
