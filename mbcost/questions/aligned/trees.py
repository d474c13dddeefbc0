"""What a layer reads, as a tree: sums, products, pools and activations of the results of earlier layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

IMAGE, LAYER, ADD, MULTIPLY = "image", "layer", "add", "multiply"
NORM = "norm"
AFFINE = "scale and shift"
"""A constant that is multiplied by or added to a map: a part of a norm, or of its layer's weights."""
_CLAMPS = ("relu", "relu6")
"""Functions of which two in a row are one."""
DEPTH = 3
"""Trees are spelled to this depth."""


@dataclass(frozen=True)
class Node:
    """A root and its branches; equal trees have equal numbers in their `Forest`."""

    kind: str
    """`IMAGE`, `LAYER`, `ADD`, `MULTIPLY`, or the name of an operator."""
    parts: tuple[tuple[int, int], ...] = ()
    """The numbers of the branches and how often each occurs; sums and products have them in ascending order."""
    layer: int = -1
    """Of `LAYER`: the position of the layer in the network."""


class Forest:
    """Trees, each of which is a number: equal trees are the same number."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._numbers: dict[Node, int] = {}
        self._names: dict[int, str] = {}

    def __getitem__(self, number: int) -> Node:
        return self._nodes[number]

    def _add(self, node: Node) -> int:
        if node not in self._numbers:
            self._numbers[node] = len(self._nodes)
            self._nodes.append(node)
        return self._numbers[node]

    def name(self, tree: int, name: str) -> None:
        """Name a tree, so that it is spelled by its name."""
        self._names.setdefault(tree, name)

    def image(self) -> int:
        """Return the tree of the image."""
        return self._add(Node(IMAGE))

    def layer(self, position: int) -> int:
        """Return the tree of a layer's result, with its norm."""
        return self._add(Node(LAYER, layer=position))

    def apply(self, kind: str, parts: Sequence[int]) -> int:
        """Return the tree of an operator on trees.

        A norm and a constant scale or shift that directly follow a layer belong to it, and of the image they are a
        change of its unit; two of them one after the other are one norm.
        """
        if kind in (NORM, AFFINE) and len(parts) == 1:
            below = self[parts[0]].kind
            return parts[0] if below in (IMAGE, LAYER, NORM) else self._add(Node(NORM, ((parts[0], 1),)))
        if kind in _CLAMPS and self[parts[0]].kind in _CLAMPS:
            return parts[0] if kind == "relu" else self._add(Node(kind, self[parts[0]].parts))
        if kind in (ADD, MULTIPLY) and len(parts) > 1:
            return self._add(Node(kind, tuple(sorted(self.count(kind, parts).items()))))
        return self._add(Node(kind, tuple((part, 1) for part in parts)))

    def count(self, kind: str, parts: Iterable[int]) -> Counter[int]:
        """Return the terms of a sum or the factors of a product; those of the same kind inside are opened."""
        terms: Counter[int] = Counter()
        for part in parts:
            node = self[part]
            terms.update(dict(node.parts) if node.kind == kind else {part: 1})
        return terms

    def unwrap(self, tree: int) -> tuple[int, tuple[str, ...]]:
        """Return the tree below the last operators with one branch, and these operators, the innermost first."""
        operators: list[str] = []
        while self[tree].kind not in (IMAGE, LAYER) and len(self[tree].parts) == 1 and self[tree].parts[0][1] == 1:
            operators.append(self[tree].kind)
            tree = self[tree].parts[0][0]
        return tree, tuple(reversed(operators))

    def join(self, kind: str, parts: Sequence[int]) -> list[int]:
        """Return the terms of a sum or the factors of a product as one tree if it has a name, else as they are."""
        whole = self._numbers.get(Node(kind, tuple(sorted(Counter(parts).items()))))
        return [whole] if whole in self._names else list(parts)

    def last_layer(self, tree: int) -> int:
        """Return the position of the last layer in a tree; -1 without one."""
        last, waiting, known = -1, [tree], set[int]()
        while waiting:
            node = self[waiting.pop()]
            last = max(last, node.layer)
            fresh = {part for part, _ in node.parts} - known
            known |= fresh
            waiting += fresh
        return last

    def spell(self, tree: int, names: Sequence[str], depth: int = DEPTH) -> str:
        """Return a tree in words, with the names of the layers."""
        node = self[tree]
        if tree in self._names:
            return self._names[tree]
        if node.kind == IMAGE:
            return "the image"
        if node.kind == LAYER:
            return names[node.layer]
        if not depth:
            return "..."
        parts = [self.spell(part, names, depth - 1) for part, times in node.parts for _ in range(min(times, 2))]
        if node.kind in (ADD, MULTIPLY) and len(parts) > 1:
            return (" + " if node.kind == ADD else " x ").join(parts)
        return f"{node.kind} of {' and '.join(parts)}" if parts else node.kind
