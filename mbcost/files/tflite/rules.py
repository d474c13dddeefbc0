"""The rules of operators without multiply-adds, each for many of the operators in `operators.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mbcost.files.tflite.node import Node
from mbcost.files.tflite.products import broadcast
from mbcost.spec.graph import Operator, Tensor

Rule = Callable[[Node], Operator]
"""Translates an operator of a file."""


def keep_order(kind: str, function: str = "") -> Rule:
    """Return the rule for an operator that reads its tensors in the order of the file."""
    return lambda node: node.make(kind, function=function)


def activation(function: str) -> Rule:
    """Return the rule for an activation, which makes as many values as it reads."""

    def rule(node: Node) -> Operator:
        _check_elements(node)
        return node.make("activation", function=function)

    return rule


def elementwise(kind: str, function: str = "") -> Rule:
    """Return the rule for a function of two tensors, each of which is repeated along sides of 1.

    For a sum and a product, whose order does not matter, constants come last, and an activation can be fused into them.
    """

    def rule(node: Node) -> Operator:
        first, second, made = node.input(0), node.input(1), node.output()
        expected = broadcast(first.shape, second.shape)
        if expected is None or (made.shape and made.shape != expected):
            raise node.refuse(f"makes the shape {list(made.shape)} of {list(first.shape)} and {list(second.shape)}")
        if kind == "arithmetic":
            return node.make(kind, function=function)
        reads = (second, first) if node.is_fixed(first) and not node.is_fixed(second) else (first, second)
        return node.make(kind, reads, node.fused())

    return rule


def add_n(node: Node) -> Operator:
    """Return a sum. That of two tensors is counted as any other; that of more of them has its own name."""
    if len(node.inputs) == 2:
        return node.make("add")
    return node.make("arithmetic", function="sum")


def reduce(function: str) -> Rule:
    """Return the rule for an operator that reduces the dimensions that its second tensor names."""

    def rule(node: Node) -> Operator:
        source = node.input(0)
        axes = node.axes(1, len(source.shape)) or ()
        if function == "mean" and len(source.shape) == 4 and sorted(axes) == [1, 2]:
            return node.make("global_pool")
        return replace(node.make("reduce", function=function), axes=axes)

    return rule


def along(kind: str, axis: Callable[[Node], int | None], *, fused: bool = False) -> Rule:
    """Return the rule for an operator along one dimension of what it makes or reads."""

    def rule(node: Node) -> Operator:
        if kind == "concat" and node.output().elements != sum(tensor.elements for tensor in node.inputs if tensor):
            raise node.refuse(f"makes the shape {list(node.output().shape)}, which does not have as many values")
        rank = len((node.output() if kind == "concat" else _data(node)).shape)
        value = axis(node)
        axes = () if value is None else (node.axis(value, rank),)
        return replace(node.make(kind, _computed_first(node), node.fused() if fused else ""), axes=axes)

    return rule


def _data(node: Node) -> Tensor:
    """Return what a split takes apart: it reads the dimension first, SPLIT_V last."""
    return node.input(1) if node.written == "SPLIT" else node.input(0)


def _computed_first(node: Node) -> tuple[Tensor | None, ...] | None:
    return (node.input(1), node.input(0)) if node.written == "SPLIT" else None


def axis_of(index: int) -> Callable[[Node], int | None]:
    """Return what reads the dimension that an operator gets as a small constant."""

    def axis(node: Node) -> int | None:
        values = node.integers(index)
        return values[0] if values else None

    return axis


def padding(node: Node) -> Operator:
    """Return a padding; its second tensor has two numbers for each dimension."""
    source, made, padding = node.input(0), node.output(), node.integers(1)
    operator = node.make("pad", function="" if node.written != "MIRROR_PAD" else "mirror")
    if padding is None:
        return operator
    if len(padding) != 2 * len(source.shape) or min(padding, default=0) < 0:
        raise node.refuse(f"pads {list(padding)} around the shape {list(source.shape)}")
    sums = (before + after for before, after in zip(padding[::2], padding[1::2], strict=True))
    expected = tuple(side + zeros for side, zeros in zip(source.shape, sums, strict=True))
    if made.shape != expected:
        raise node.refuse(f"makes the shape {list(made.shape)}, expected {list(expected)}")
    return replace(operator, padding=padding)


def transpose(node: Node) -> Operator:
    """Return a change of the order of dimensions."""
    _check_elements(node)
    axes = node.axes(1, len(node.input(0).shape))
    return replace(node.make("transpose"), axes=axes or ())


def keep_values(kind: str) -> Rule:
    """Return the rule for an operator that makes as many values as it reads."""

    def rule(node: Node) -> Operator:
        _check_elements(node)
        return node.make(kind)

    return rule


def _check_elements(node: Node) -> None:
    source, made = node.input(0), node.output()
    if source.elements != made.elements:
        raise node.refuse(f"makes the shape {list(made.shape)} of {list(source.shape)}")


def constant(node: Node) -> Operator:
    """Return an operator whose result depends on shapes only, which are known."""
    return node.make("constant", ())


def softmax(node: Node) -> Operator:
    """Return a softmax, which is along the last dimension."""
    _check_elements(node)
    rank = len(node.input(0).shape)
    return replace(node.make("softmax"), axes=(rank - 1,) if rank else ())


def gather(node: Node) -> Operator:
    """Return a choice of parts; what is computed comes first."""
    return node.make("gather", tuple(sorted(node.inputs, key=lambda tensor: tensor is None or tensor.constant)))


def unknown(reason: str) -> Rule:
    """Return the rule for operators that are not counted."""
    return lambda node: node.give_up(reason)
