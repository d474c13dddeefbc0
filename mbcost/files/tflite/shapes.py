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
        self.unknown: set[str] = set()
        """The names of the tensors whose shapes depend on values that are not known."""

    def infer(self, node: Node, *, is_open: bool) -> Node | None:
        """Return the operator with the shapes, and small values, of what it makes; None if a shape is not known.

        Args:
            node: the operator, with the shapes of the file.
            is_open: whether the file leaves sides open of what it makes.

        Raises:
            MbcostError: it cannot have inputs of this size.
        """
        reads, makes = ({tensor.name for tensor in side if tensor} for side in (node.inputs, node.outputs))
        changed = is_open or not self.changed.isdisjoint(reads)
        if not self.unknown.isdisjoint(reads):
            if changed:
                self.unknown |= makes
            return None
        shapes = [tensor.shape for tensor in node.outputs]
        if changed:
            rule = RULES.get(node.written)
            computed = None if rule is None else rule(node)
            if computed is None or len(computed) != len(node.outputs):
                self.unknown |= makes
                return None
            shapes = computed
            self.changed |= makes
        values = compute_values(node)
        made = [replace(tensor, shape=shape, values=values) for tensor, shape in zip(node.outputs, shapes, strict=True)]
        for tensor in made if changed else ():
            self._check(node, tensor)
        return replace(node, outputs=tuple(made))

    def _check(self, node: Node, tensor: Tensor) -> None:
        if min(tensor.shape, default=1) < 1 or tensor.elements > LARGEST_TENSOR:
            raise node.cannot_resize(f"'{tensor.name}' would have the shape {list(tensor.shape)}")
