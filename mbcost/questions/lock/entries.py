"""What a lock says of a network, computed now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.cost.table import CostRow, tabulate_costs
from mbcost.questions.device.memory import DEFAULT_DTYPE, compute_memory
from mbcost.spec.catalogue.library import load_convention
from mbcost.spec.graph import NotCounted
from mbcost.spec.lock import LockedLayer, LockedNetwork, Terms

Resolve = Callable[[str], Network]
"""Returns the network that a reference means, or raises `MbcostError`."""


@dataclass(frozen=True)
class Bytes:
    """The memory of a network under one allocation model and one dtype."""

    peak: int | None
    flash: int | None
    reason: str
    """Why a number is None; else empty."""


def lock_networks(names: Iterable[str], resolve: Resolve, terms: Terms) -> Mapping[str, LockedNetwork]:
    """Return the costs of networks, by the reference as it was typed.

    Raises:
        MbcostError: a reference does not mean a network.
    """
    return {name: lock_network(name, resolve(name), terms) for name in dict.fromkeys(names)}


def lock_network(name: str, network: Network, terms: Terms) -> LockedNetwork:
    """Return the costs of a network, in total and by layer."""
    table = tabulate_costs(network, load_convention(terms.convention))
    memory = measure_bytes(network, terms.allocator, choose_dtype(network, terms))
    not_counted = {unknown.operator: unknown.count for unknown in list_unknown(network)}
    layers = tuple(_name_apart(map(_lock_row, table.rows)))
    return LockedNetwork(name, table.params, table.mult_adds, memory.peak, memory.flash, layers, not_counted)


def choose_dtype(network: Network, terms: Terms) -> str | None:
    """Return the dtype in which a network is measured: that of the lock, or None for a model, which has its own."""
    return terms.dtype if network.graph is None else None


def list_unknown(network: Network) -> tuple[NotCounted, ...]:
    """Return the operators that are not counted, each name once, in alphabetical order."""
    counted: dict[str, NotCounted] = {}
    for item in network.not_counted:
        before = counted.get(item.operator)
        counted[item.operator] = item if before is None else replace(before, count=before.count + item.count)
    return tuple(counted[operator] for operator in sorted(counted))


def measure_bytes(network: Network, allocator: str, dtype: str | None) -> Bytes:
    """Return the peak memory and the flash, as far as the network has them; without a dtype, in its own."""
    try:
        memory = compute_memory(network, (allocator,), dtype, dtype)
    except MbcostError as error:  # such as a flat list of layers, which has no maps to keep
        return Bytes(None, compute_flash(count_stored(network), dtype or DEFAULT_DTYPE).total, str(error))
    return Bytes(memory.peaks[0].bytes, memory.flash.total, "")


class Measured:
    """A network whose costs are computed when a budget asks for them, and once."""

    def __init__(self, name: str, network: Network, terms: Terms) -> None:
        self.network = network
        self.terms = terms
        self._name = name
        self._bytes: dict[tuple[str, str | None], Bytes] = {}

    @cached_property
    def locked(self) -> LockedNetwork:
        """The network as a lock has it."""
        return lock_network(self._name, self.network, self.terms)

    def measure_bytes(self, allocator: str | None, dtype: str | None) -> Bytes:
        """Return the memory under an allocation model and a dtype, by default those of the lock or of the model."""
        key = (allocator or self.terms.allocator, dtype or choose_dtype(self.network, self.terms))
        if key not in self._bytes:
            self._bytes[key] = measure_bytes(self.network, *key)
        return self._bytes[key]


def _lock_row(row: CostRow) -> LockedLayer:
    texts = (
        row.name,
        row.operator,
        "" if row.kernel is None else _sides(row.kernel),
        "" if row.stride is None else str(row.stride),
        "" if row.groups is None else str(row.groups),
        _sides(row.output),
    )
    return LockedLayer(texts, row.params, row.mult_adds)


def _sides(sides: Iterable[int]) -> str:
    return "x".join(map(str, sides))


def _name_apart(layers: Iterable[LockedLayer]) -> Iterator[LockedLayer]:
    """Yield the layers; the second one of a name gets a number."""
    seen: dict[str, int] = {}
    for layer in layers:
        seen[layer.name] = count = seen.get(layer.name, 0) + 1
        yield (
            layer
            if count == 1
            else LockedLayer((f"{layer.name}#{count}", *layer.texts[1:]), layer.params, layer.mult_adds)
        )
