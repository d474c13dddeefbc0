"""The order in which the nodes of a graph can run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from mbcost.errors import MbcostError


def free_names(graph: Any) -> Iterator[str]:
    """Yield the tensors that a body or branch reads from outside."""
    inside = {item.name for item in (*graph.input, *graph.initializer)} | {""}
    inside |= {item.values.name for item in graph.sparse_initializer}
    inside |= {name for node in graph.node for name in node.output}
    for node in graph.node:
        yield from (name for name in node.input if name not in inside)
        yield from (name for name in _inner_names(node) if name not in inside)
    yield from (item.name for item in graph.output if item.name not in inside)


def _inner_names(node: Any) -> Iterator[str]:
    for item in node.attribute:
        for graph in (*item.graphs, *([item.g] * item.HasField("g"))):
            yield from free_names(graph)


def sort_nodes(nodes: Sequence[Any], file: str) -> list[Any]:
    """Return the nodes in an order in which they can run; that of the file, as far as it is one.

    Raises:
        MbcostError: nodes wait for each other.
    """
    makers = {name: index for index, node in enumerate(nodes) for name in node.output if name}
    before = [{makers[name] for name in (*node.input, *_inner_names(node)) if name in makers} for node in nodes]
    if all(index > max(earlier, default=-1) for index, earlier in enumerate(before)):
        return list(nodes)
    after: dict[int, list[int]] = {}
    for index, earlier in enumerate(before):
        for other in earlier:
            after.setdefault(other, []).append(index)
    waiting = [len(earlier) for earlier in before]
    ready, order = [index for index, count in enumerate(waiting) if not count], list[int]()
    heapify(ready)
    while ready:
        order.append(heappop(ready))
        for index in after.get(order[-1], []):
            waiting[index] -= 1
            if not waiting[index]:
                heappush(ready, index)
    if len(order) < len(nodes):
        raise MbcostError(f"{file}: {len(nodes) - len(order)} of its nodes wait for each other: export the model again")
    return [nodes[index] for index in order]
