"""Activations that a file spells as several operators become one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from mbcost.analytic.graph.constants import list_consumers
from mbcost.spec.graph import Graph, Operator

CLOSE = 1e-3
"""How far a constant can be from the number that it means: 1/6 in float16 is 0.16663."""


class Matcher:
    """Finds operators by the tensors that they make and read."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.makers = {name: operator for operator in graph.operators for name in operator.makes}
        self.consumers = list_consumers(graph)

    def maker(self, name: str, kind: str, function: str | None = None) -> Operator | None:
        """Return the operator of this kind and function that makes a tensor, or None."""
        operator = self.makers.get(name)
        if operator is None or operator.kind != kind or function not in (None, operator.function):
            return None
        return operator

    def split(self, operator: Operator) -> tuple[list[str], list[float]]:
        """Return the computed tensors that an operator reads, and its constants that are a single known number."""
        computed = [name for name in operator.reads if name and not self.graph.tensors[name].constant]
        others = [self.graph.tensors[name] for name in operator.reads if name and self.graph.tensors[name].constant]
        numbers = [float(other.values[0]) for other in others if other.elements == 1 and other.values]
        return computed, numbers if len(numbers) == len(others) else []

    def is_inner(self, operators: list[Operator], last: Operator) -> bool:
        """Return whether what the operators make is read by each other and by `last` alone."""
        inside = {operator.name for operator in (*operators, last)}
        for operator in operators:
            for name in operator.makes:
                readers = self.consumers.get(name, [])
                if name in self.graph.outputs or any(reader.name not in inside for reader in readers):
                    return False
        return True

    def times(self, operator: Operator, number: float) -> str | None:
        """Return the tensor that an operator multiplies by a number, or divides by its reciprocal; else None."""
        computed, numbers = self.split(operator)
        if len(computed) != 1 or len(numbers) != 1:
            return None
        factor = numbers[0]
        if (
            operator.kind == "arithmetic"
            and operator.function == "divide"
            and factor
            and operator.reads[0] == computed[0]
        ):
            factor = 1 / factor
        elif operator.kind != "multiply":
            return None
        return computed[0] if abs(factor - number) < CLOSE and not _fused(operator) else None

    def clipped_sum(self, name: str) -> tuple[str, list[Operator]] | None:
        """Return x and the operators if a tensor is relu6(x + 3)."""
        operators: list[Operator] = []
        if (clip := self.maker(name, "activation", "relu6")) is not None:
            operators.append(clip)
            name = clip.reads[0]
        addition = self.maker(name, "add", "" if operators else "relu6")
        if addition is None:
            return None
        computed, numbers = self.split(addition)
        if len(computed) != 1 or len(numbers) != 1 or abs(numbers[0] - 3) > CLOSE:
            return None
        return computed[0], [*operators, addition]


Match = tuple[str, str, list[Operator]]
"""The name of a function, the tensor to which it is applied, and the operators before the last one that spell it."""


def _relu(matcher: Matcher, last: Operator) -> Match | None:
    """Match max(x, 0)."""
    computed, numbers = matcher.split(last)
    if (last.kind, last.function) == ("arithmetic", "maximum") and len(computed) == 1 and numbers == [0.0]:
        return "relu", computed[0], []
    return None


def _relu6(matcher: Matcher, last: Operator) -> Match | None:
    """Match min(relu(x), 6)."""
    computed, numbers = matcher.split(last)
    if (last.kind, last.function) != ("arithmetic", "minimum") or len(computed) != 1 or numbers != [6.0]:
        return None
    relu = matcher.maker(computed[0], "activation", "relu")
    return None if relu is None else ("relu6", relu.reads[0], [relu])


def _hard_sigmoid(matcher: Matcher, last: Operator) -> Match | None:
    """Match relu6(x + 3) / 6."""
    scaled = matcher.times(last, 1 / 6)
    clipped = matcher.clipped_sum(scaled) if scaled else None
    return None if clipped is None else ("hard_sigmoid", *clipped)


def _hard_swish_scaled_last(matcher: Matcher, last: Operator) -> Match | None:
    """Match (x * relu6(x + 3)) / 6."""
    scaled = matcher.times(last, 1 / 6)
    product = matcher.maker(scaled, "multiply") if scaled else None
    if product is None or _fused(product):
        return None
    for x, other in _both_orders(matcher.split(product)[0]):
        clipped = matcher.clipped_sum(other)
        if clipped is not None and clipped[0] == x:
            return "hard_swish", x, [product, *clipped[1]]
    return None


def _gated(matcher: Matcher, last: Operator) -> Match | None:
    """Match x * hard_sigmoid(x) and x * sigmoid(x)."""
    if last.kind != "multiply" or _fused(last):
        return None
    for x, other in _both_orders(matcher.split(last)[0]):
        for gate, function in (("hard_sigmoid", "hard_swish"), ("sigmoid", "swish")):
            operator = matcher.maker(other, "activation", gate)
            if operator is not None and operator.reads[0] == x:
                return function, x, [operator]
    return None


def _both_orders(names: list[str]) -> Iterator[tuple[str, str]]:
    if len(names) == 2:
        yield names[0], names[1]
        yield names[1], names[0]


def _fused(operator: Operator) -> str:
    """Return the activation that is fused into an operator, if any."""
    return operator.function if operator.kind in ("add", "multiply") else ""


def join_activations(graph: Graph) -> Graph:
    """Return the graph with every activation as one operator, which has the name of the last one that spelled it."""
    graph = _split_gates(graph)
    for rule in RULES:
        graph = _apply(graph, rule)
    return graph


def _split_gates(graph: Graph) -> Graph:
    """Return the graph with hard sigmoids whose sum with 3 is part of the bias of a convolution.

    TensorFlow's converter writes relu6(conv(x) + b + 3) / 6 as a convolution with the bias b + 3 and a fused ReLU6.
    """
    matcher = Matcher(graph)
    changed: dict[str, Operator] = {}
    for last in graph.operators:
        scaled = matcher.times(last, 1 / 6)
        layer = matcher.makers.get(scaled) if scaled else None
        if layer is None or layer.kind not in ("conv", "linear") or layer.function != "relu6":
            continue
        if matcher.is_inner([layer], last):
            changed[layer.name] = replace(layer, function="")
            changed[last.name] = replace(last, kind="activation", reads=(str(scaled),), function="hard_sigmoid")
    return replace(graph, operators=tuple(changed.get(item.name, item) for item in graph.operators))


def _apply(graph: Graph, rule: Callable[[Matcher, Operator], Match | None]) -> Graph:
    matcher = Matcher(graph)
    joined: dict[str, Operator] = {}
    removed: set[str] = set()
    for last in graph.operators:
        match = rule(matcher, last)
        if match is None:
            continue
        function, x, inner = match
        if removed.isdisjoint(operator.name for operator in inner) and matcher.is_inner(inner, last):
            joined[last.name] = replace(
                last, kind="activation", reads=(x,), function=function, window=None, written=last.written
            )
            removed |= {operator.name for operator in inner}
    if not joined:
        return graph
    operators = tuple(joined.get(item.name, item) for item in graph.operators if item.name not in removed)
    return replace(graph, operators=operators)


RULES: tuple[Callable[[Matcher, Operator], Match | None], ...] = (
    _relu,
    _relu6,
    _hard_sigmoid,
    _hard_swish_scaled_last,
    _gated,
)
"""The spellings, tried one after the other: a later one can contain what an earlier one has joined."""
