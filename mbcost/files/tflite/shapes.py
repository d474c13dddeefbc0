"""The shapes of tensors for inputs of other sizes than those for which a file was converted."""

from __future__ import annotations

from mbcost.files.tflite.node import Node


class Shapes:
    """Computes the shapes of what operators make, if the shapes of the file do not hold."""

    def __init__(self, changed: bool) -> None:
        self.changed = changed

    def infer(self, node: Node) -> Node:
        """Return the operator with the shapes of what it makes."""
        if not self.changed:
            return node
        raise node.refuse("cannot have another input size yet")
