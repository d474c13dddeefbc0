"""Parallel branches can run in any order: the order of a model's layers that is closest to that of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mbcost.questions.aligned.align import UNPAIRED
from mbcost.questions.aligned.weighted import WeightedLayer, list_model_layers, pair_layers
from mbcost.spec.observed import TracedModel

Choice = Callable[[list[int], list[int]], int]
"""Chooses the next layer from those that can run, given those that have run."""


def has_branches(model: TracedModel) -> bool:
    """Return whether some layers of the model could run in a different order."""
    return any(index - 1 not in call.reads for index, call in enumerate(model.calls) if index)


def list_in_order_of(network: Sequence[WeightedLayer], model: TracedModel) -> tuple[WeightedLayer, ...]:
    """Return the model's layers in an order in which they could run, the one that is closest to the network's.

    The order in which they do run is one of them, and wins if it is as close as the others.
    """
    layers = list_model_layers(model)
    return tuple(layers[index] for index in find_order(network, model))


def find_order(network: Sequence[WeightedLayer], model: TracedModel) -> tuple[int, ...]:
    """Return the positions of the model's calls in the order of `list_in_order_of`."""
    layers = list_model_layers(model)
    own = tuple(range(len(layers)))
    if not has_branches(model) or _keys(layers) == _keys(network):
        return own
    orders = {order: tuple(layers[index] for index in order) for order in (own, *_list_orders(network, layers, model))}
    for order, sequence in orders.items():
        if _keys(sequence) == _keys(network):
            return order
    return min(orders, key=lambda order: measure_distance(network, orders[order]))


def _keys(layers: Sequence[WeightedLayer]) -> list[object]:
    return [layer.key for layer in layers]


def _list_orders(
    network: Sequence[WeightedLayer], layers: Sequence[WeightedLayer], model: TracedModel
) -> Iterator[tuple[int, ...]]:
    """Yield the order that follows the network, then those that run the longest and the shortest branch first."""
    positions: dict[object, list[int]] = {}
    for position, layer in enumerate(network):
        positions.setdefault(layer.key, []).append(position)
    heights = _measure_heights(model)

    def follow(ready: list[int], done: list[int]) -> int:
        used = [layers[index].key for index in done]
        return min(ready, key=lambda index: _next_position(positions.get(layers[index].key, []), used, layers[index]))

    def longest(ready: list[int], done: list[int]) -> int:
        return min(ready, key=lambda index: (-heights[index], done[-1] not in model.calls[index].reads, index))

    def shortest(ready: list[int], _: list[int]) -> int:
        return min(ready, key=lambda index: (heights[index], index))

    for choose in (follow, longest, shortest):
        yield tuple(_run(model, choose))


def _next_position(positions: Sequence[int], used: Sequence[object], layer: WeightedLayer) -> float:
    """Return the position of the layer in the network that its earlier equals have not taken."""
    taken = used.count(layer.key)
    return positions[taken] if taken < len(positions) else float("inf")


def _run(model: TracedModel, choose: Choice) -> list[int]:
    waiting, done = list(range(len(model.calls))), list[int]()
    missing = [set(call.reads) for call in model.calls]
    while waiting:
        ready = [index for index in waiting if not missing[index]]
        chosen = ready[0] if len(ready) == 1 else choose(ready, done or [-1])
        waiting.remove(chosen)
        done.append(chosen)
        for index in waiting:
            missing[index].discard(chosen)
    return done


def _measure_heights(model: TracedModel) -> list[int]:
    """Return how many layers come one after the other from each layer to the end."""
    heights = [0] * len(model.calls)
    for index in range(len(model.calls) - 1, -1, -1):
        for before in model.calls[index].reads:
            heights[before] = max(heights[before], heights[index] + 1)
    return heights


def measure_distance(network: Sequence[WeightedLayer], order: Sequence[WeightedLayer]) -> int:
    """Return the cost of the best alignment."""
    return sum(
        UNPAIRED if first is None or second is None else first.pair_cost(second)
        for first, second in pair_layers(network, order)
    )
