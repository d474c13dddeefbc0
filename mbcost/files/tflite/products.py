"""Products of matrices: fully connected layers, and products of two computed tensors."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from mbcost.files.tflite.node import Node
from mbcost.files.tflite.tensors import MOST_SIDES
from mbcost.files.tflite.windows import check_bias, check_shape
from mbcost.spec.graph import Operator


def linear(node: Node) -> Operator:
    """Return a fully connected layer, whose weights have the shape (outputs, inputs).

    With weights that depend on an input, it is a product of two computed tensors.
    """
    source, weights, made = node.input(0), node.input(1), node.output()
    outputs, inputs = node.sides(weights, 2)
    if not inputs or not outputs or source.elements % inputs:
        raise node.refuse(f"has weights of the shape {[outputs, inputs]} for an input of {list(source.shape)}")
    if made.elements != source.elements // inputs * outputs or made.shape[-1:] != (outputs,):
        raise node.refuse(
            f"makes the shape {list(made.shape)} of {list(source.shape)} with weights {[outputs, inputs]}"
        )
    check_bias(node, node.optional(2), outputs)
    kind = "linear" if node.is_fixed(weights) else "matmul"
    return replace(node.make(kind, function=node.fused()), inner=inputs)


def matmul(node: Node) -> Operator:
    """Return a product of two tensors, the last two dimensions of which are the matrices.

    A constant second one without a batch is the weights of a linear layer.
    """
    first, second, made = node.input(0), node.input(1), node.output()
    adjoint = node.option("AdjX", "?"), node.option("AdjY", "?")
    if len(first.shape) < 2 or len(second.shape) < 2:
        raise node.refuse(f"multiplies the shapes {list(first.shape)} and {list(second.shape)}")
    rows, inner = first.shape[-2:] if not adjoint[0] else first.shape[:-3:-1]
    depth, columns = second.shape[-2:] if not adjoint[1] else second.shape[:-3:-1]
    batch = broadcast(first.shape[:-2], second.shape[:-2])
    if inner != depth or batch is None:
        raise node.refuse(f"multiplies the shapes {list(first.shape)} and {list(second.shape)}")
    check_shape(node, made, (*batch, rows, columns))
    simple = node.is_fixed(second) and not node.is_fixed(first) and not adjoint[0] and prod(second.shape[:-2]) == 1
    return replace(node.make("linear" if simple else "matmul"), inner=inner)


def broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the shape of two tensors, each repeated along sides of 1; None if they do not fit.

    >>> broadcast((1, 7, 7, 8), (8,)), broadcast((2,), (3,))
    ((1, 7, 7, 8), None)
    """
    rank = max(len(first), len(second))
    one, other = (1,) * (rank - len(first)) + first, (1,) * (rank - len(second)) + second
    if any(1 not in (a, b) and a != b for a, b in zip(one, other, strict=True)):
        return None
    return tuple(b if a == 1 else a for a, b in zip(one, other, strict=True))


def dot_general(node: Node) -> Operator:
    """Return the product of two tensors over any of their dimensions, as StableHLO has it."""
    node.need("StablehloDotGeneralOptions")
    assert node.options is not None
    first = node.input(0)
    contracted = node.options.vector("LhsContractingDimensions", "q", MOST_SIDES).numbers("q")
    sides = [first.shape[node.axis(axis, len(first.shape))] for axis in dict.fromkeys(contracted)]
    inner, made = prod(sides), node.output()
    batch = node.options.vector("LhsBatchingDimensions", "q", MOST_SIDES).numbers("q")
    shared = prod(first.shape[node.axis(axis, len(first.shape))] for axis in dict.fromkeys(batch)) * inner**2
    if made.elements * shared != first.elements * node.input(1).elements:
        raise node.refuse(f"makes the shape {list(made.shape)} of {list(first.shape)} and {list(node.input(1).shape)}")
    return replace(node.make("matmul"), inner=inner)
