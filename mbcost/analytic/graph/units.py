"""The rows of a graph's cost table: an operator with the bias, the norm and the activation after it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mbcost.analytic.graph.constants import fold_constants, list_consumers
from mbcost.analytic.graph.patterns import join_activations
from mbcost.spec.graph import CHANNELS_FIRST, Graph, Operator

WEIGHTED = frozenset({"conv", "transposed_conv", "linear"})
"""Kinds of operators that have weights, to which a bias and norms can belong."""
WITH_ACTIVATION = WEIGHTED | {
    "add", "multiply", "arithmetic", "matmul", "norm", "global_pool", "average_pool", "max_pool",
}  # fmt: skip
"""Kinds of operators whose row an activation can belong to."""


@dataclass(frozen=True)
class Unit:
    """One row: a leading operator and those that only change what it has made."""

    lead: Operator
    followers: tuple[Operator, ...] = ()
    """In order: sums with a constant bias, norms, products and sums with one constant per channel, activations."""
    reads: tuple[str, ...] = field(default=())
    """The computed tensors that it reads, each once."""

    @property
    def makes(self) -> tuple[str, ...]:
        """The tensors that it makes."""
        return (self.followers[-1] if self.followers else self.lead).makes

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The leading operator and its followers."""
        return (self.lead, *self.followers)


def clean_graph(graph: Graph) -> Graph:
    """Return the graph with its constants folded, and with every activation as one operator."""
    return join_activations(fold_constants(graph))


def list_units(graph: Graph) -> tuple[Unit, ...]:
    """Return the units of a clean graph in the order of their leading operators.

    An operator follows another one if nothing else reads what that one makes, and if all else that it reads is
    constant.
    """
    consumers = list_consumers(graph)
    leads: dict[str, list[Operator]] = {}
    """The chain of each unit by the tensor that its last operator makes, as long as it can grow."""
    chains: list[list[Operator]] = []
    for operator in graph.operators:
        computed = [name for name in operator.reads if name and not graph.tensors[name].constant]
        chain = leads.get(computed[0]) if len(computed) == 1 else None
        if chain is not None and _follows(graph, chain[0], operator):
            chain.append(operator)
        else:
            chain = [operator]
            chains.append(chain)
        if len(operator.makes) == 1:
            (made,) = operator.makes
            if len(consumers.get(made, [])) == 1 and made not in graph.outputs:
                leads[made] = chain
    return tuple(Unit(chain[0], tuple(chain[1:]), _list_reads(graph, chain)) for chain in chains)


def _list_reads(graph: Graph, chain: list[Operator]) -> tuple[str, ...]:
    names = (name for name in chain[0].reads if name and not graph.tensors[name].constant)
    return tuple(dict.fromkeys(names))


def _follows(graph: Graph, lead: Operator, operator: Operator) -> bool:
    if operator.kind == "activation":
        return lead.kind in WITH_ACTIVATION
    if lead.kind not in WEIGHTED:
        return False
    return operator.kind == "norm" or (operator.kind in ("add", "multiply") and _is_per_channel(graph, lead, operator))


def _is_per_channel(graph: Graph, lead: Operator, operator: Operator) -> bool:
    """Return whether an operator adds or multiplies by one constant per channel of what `lead` makes, or by one."""
    constants = [graph.tensors[name] for name in operator.reads if name and graph.tensors[name].constant]
    shape = graph.tensors[operator.makes[0]].shape
    channels = shape[find_channel_axis(graph, lead.kind, len(shape))] if shape else 1
    return len(constants) == 1 and constants[0].elements in (1, channels)


def find_channel_axis(graph: Graph, kind: str, rank: int) -> int:
    """Return the position of the channels among the sides of a tensor that an operator of this kind reads or makes.

    Three sides are a row of vectors, channels last, unless a convolution or a pool moves along it. What a matrix
    product reads or makes has the channels last, whatever the layout of maps is.
    """
    if kind in ("linear", "matmul"):
        return max(rank - 1, 0)
    moves = kind in ("conv", "transposed_conv", "average_pool", "max_pool", "global_pool")
    return 1 if graph.layout == CHANNELS_FIRST and (rank > 3 or (rank == 3 and moves)) else max(rank - 1, 0)
