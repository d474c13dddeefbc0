"""The shapes of tensors for inputs of other sizes than those for which a file was converted."""

from __future__ import annotations

from dataclasses import replace

from mbcost.files.tflite.node import Node
from mbcost.files.tflite.shape_rules import RULES
from mbcost.files.tflite.shape_values import compute_values
from mbcost.spec.graph import Tensor

LARGEST_TENSOR = 2**63 - 1
"""The elements of the largest tensor."""


class Shapes:
    """Computes the shapes of what operators make, where those of the file do not hold."""

    def __init__(self, changed: frozenset[str]) -> None:
        self.changed = set(changed)
        """The names of the tensors that have another shape, or other values, than in the file."""

    def infer(self, node: Node) -> Node:
        """Return the operator with the shapes of what it makes.

        Raises:
            MbcostError: it cannot have inputs of this size, or its rule is not known.
        """
        if self.changed.isdisjoint(tensor.name for tensor in node.inputs if tensor):
            return node
        self.changed.update(tensor.name for tensor in node.outputs)
        rule = RULES.get(node.written)
        shapes = None if rule is None else rule(node)
        if shapes is None or len(shapes) != len(node.outputs):
            raise node.cannot_resize("its shapes are fixed in the file, or follow from values that are not known")
        values = compute_values(node)
        made = [replace(tensor, shape=shape, values=values) for tensor, shape in zip(node.outputs, shapes, strict=True)]
        for tensor in made:
            self._check(node, tensor)
        return replace(node, outputs=tuple(made))

    def _check(self, node: Node, tensor: Tensor) -> None:
        if min(tensor.shape, default=1) < 1 or tensor.elements > LARGEST_TENSOR:
            raise node.cannot_resize(f"'{tensor.name}' would have the shape {list(tensor.shape)}")
