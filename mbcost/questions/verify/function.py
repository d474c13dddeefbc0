"""Activations, additions, products and pools between the layers of a model, compared with those of a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from mbcost.analytic.network import Network
from mbcost.questions.aligned.reading import read_graph, read_network
from mbcost.questions.aligned.trees import ADD, MULTIPLY, NORM, Forest
from mbcost.questions.aligned.weighted import list_network_layers
from mbcost.spec.graph import FUNCTIONS, Graph

NOTHING = "none"
SOFTMAX = "softmax"


@dataclass(frozen=True)
class StepDifference:
    """One difference between what two layers read."""

    position: int
    """Of the network's layer to which it belongs: the one before it."""
    feature: str
    expected: str
    actual: str


def compare_steps(network: Network, graph: Graph, positions: Sequence[int]) -> tuple[StepDifference, ...] | None:
    """Return the differences between the network's layers, first to last; each is listed once.

    Args:
        network: the network.
        graph: the model.
        positions: for each layer of the graph in order, its position in the network.

    Returns:
        None if the graph has another number of layers than `positions`.
    """
    forest = Forest()
    actual = read_graph(graph, forest, positions)
    if actual is None:
        return None
    expected = read_network(network, forest)
    names = [layer.name for layer in list_network_layers(network)]
    comparison = _Comparison(forest, names)
    for reader, (ours, theirs) in enumerate(zip(expected, actual, strict=True)):
        if reader == len(names) and graph.form != "torch":
            theirs = _drop_softmax(forest, theirs)
        comparison.compare(ours, theirs, reader)
    return tuple(sorted(comparison.differences, key=lambda difference: difference.position))


def _drop_softmax(forest: Forest, tree: int) -> int:
    """Return what a classifier gives before the softmax that files of models end with."""
    node = forest[tree]
    return node.parts[0][0] if node.kind == SOFTMAX else tree


@dataclass
class _Comparison:
    forest: Forest
    names: Sequence[str]
    differences: list[StepDifference] = field(default_factory=list)
    known: set[tuple[int, int]] = field(default_factory=set)
    """The pairs of trees that have been compared, and the terms whose absence has been listed, with -1."""

    def compare(self, ours: int, theirs: int, reader: int) -> None:
        """List the differences of two trees that a layer reads."""
        if ours == theirs or (ours, theirs) in self.known:
            return
        self.known.add((ours, theirs))
        (base, chain), (other, other_chain) = self.forest.unwrap(ours), self.forest.unwrap(theirs)
        kinds = {self.forest[base].kind, self.forest[other].kind}
        if base == other:
            self.add_chain(base, chain, other_chain, reader)
        elif ADD in kinds:
            self.compare_terms(base, other, reader)
            self.compare_chains(base, chain, other, other_chain, reader)
        elif kinds == {MULTIPLY}:
            self.compare_parts(MULTIPLY, base, other, reader)
            self.compare_chains(base, chain, other, other_chain, reader)
        else:
            self.add(reader, "reads", ours, theirs)

    def compare_chains(
        self, base: int, chain: tuple[str, ...], other: int, other_chain: tuple[str, ...], reader: int
    ) -> None:
        """List the difference of the operators on two sums or products."""
        if chain != other_chain and self.forest[base].kind == self.forest[other].kind:
            self.add_chain(base, chain, other_chain, reader)

    def compare_terms(self, ours: int, theirs: int, reader: int) -> None:
        """List the terms of a sum that only one side has."""
        position = self._locate(ours if self.forest[ours].kind == ADD else theirs, reader)
        missing, extra = self._match(ADD, ours, theirs, reader)
        missing, extra = ([tree for tree in trees if (tree, side) not in self.known]
                          for trees, side in ((missing, -1), (extra, -2)))  # fmt: skip
        self.known |= {*((tree, -1) for tree in missing), *((tree, -2) for tree in extra)}
        if missing or extra:
            self._append(
                position,
                "residual connection",
                self._spell(self.forest.join(ADD, missing), "from "),
                self._spell(extra, "from "),
            )

    def compare_parts(self, kind: str, ours: int, theirs: int, reader: int) -> None:
        """List the factors of a product that only one side has."""
        missing, extra = self._match(kind, ours, theirs, reader)
        if missing or extra:
            self._append(self._locate(ours, reader), "product", self._spell(missing), self._spell(extra))

    def _match(self, kind: str, ours: int, theirs: int, reader: int) -> tuple[list[int], list[int]]:
        """Compare the branches that come from the same layer, and return those that only one side has."""
        own, other = self.forest.count(kind, [ours]), self.forest.count(kind, [theirs])
        missing, extra = list((own - other).elements()), list((other - own).elements())
        for tree in list(missing):
            base = self.forest.unwrap(tree)[0]
            partner = next((part for part in extra if self.forest.unwrap(part)[0] == base), None)
            if partner is None and kind == MULTIPLY:
                opened = self.forest[base].kind in (ADD, MULTIPLY)
                partner = next((part for part in extra if not opened), None)
            if partner is not None:
                missing.remove(tree)
                extra.remove(partner)
                self.compare(tree, partner, reader)
        return missing, extra

    def add_chain(self, base: int, chain: tuple[str, ...], other: tuple[str, ...], reader: int) -> None:
        """List the difference of two sequences of operators on the same tree."""
        start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(chain, other, strict=False)))
        ours, theirs = chain[start:], other[start:]
        while ours and theirs and ours[-1] == theirs[-1]:
            ours, theirs = ours[:-1], theirs[:-1]
        last = self._locate(base, reader)
        between = self.forest[base].kind == MULTIPLY or last == reader or any(map(_is_pool, (*ours, *theirs)))
        between = between and reader < len(self.names)
        position = reader if between else last
        if Counter(chain) == Counter(other):
            self._append(position, "order", ", ".join(chain), ", ".join(other))
            return
        if NORM in (*ours, *theirs):
            summed = ("addition",) if self.forest[base].kind == ADD else ()
            late = (*summed, *other)
            late = late if late.count(NORM) == 1 and late[0] != NORM else (NORM, *late)
            self._append(position, "order", ", ".join((NORM, *summed, *chain)), ", ".join(late))
        else:
            feature = _name_feature((*ours, *theirs), "before it" if between else "after it")
            self._append(position, feature, _join(ours), _join(theirs))

    def add(self, position: int, feature: str, ours: int, theirs: int) -> None:
        """List the difference of two trees in words."""
        self._append(position, feature, self._spell([ours]), self._spell([theirs]))

    def _append(self, position: int, feature: str, expected: str, actual: str) -> None:
        position = min(position, len(self.names) - 1)  # the output is not a layer
        difference = StepDifference(position, feature, expected, actual)
        if difference not in self.differences:
            self.differences.append(difference)

    def _locate(self, tree: int, reader: int) -> int:
        """Return the position of the last layer in a tree, or that of the layer that reads it."""
        last = self.forest.last_layer(tree)
        return reader if last < 0 else last

    def _spell(self, trees: Sequence[int], before: str = "") -> str:
        text = " and ".join(self.forest.spell(tree, self.names) for tree in trees)
        return f"{before}{text}" if text else NOTHING


def _join(chain: tuple[str, ...]) -> str:
    return ", ".join(chain) or NOTHING


def _is_pool(operator: str) -> bool:
    return operator.startswith(("global", "max", "average"))


def _name_feature(operators: tuple[str, ...], otherwise: str) -> str:
    if all(operator in FUNCTIONS for operator in operators):
        return "activation"
    return "pool" if all(map(_is_pool, operators)) else otherwise
