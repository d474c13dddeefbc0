"""A file's graph in the words in which `verify` compares a traced model with a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from mbcost.analytic.graph.count import MERGED, Counter
from mbcost.analytic.graph.network import find_image
from mbcost.analytic.graph.shapes import shape_map
from mbcost.analytic.graph.units import WEIGHTED, Unit, clean_graph, list_units
from mbcost.analytic.layers import Layer
from mbcost.analytic.network import Network, resolve
from mbcost.spec.graph import Graph, Operator, Window
from mbcost.spec.observed import Call, LayerFacts, NormFacts, TracedModel
from mbcost.spec.table import Spec
from mbcost.spec.tally import total

NORMS = {"batch": "batch norm", "group": "group norm", "instance": "instance norm", "layer": "layer norm"}


@dataclass
class _Tracer:
    """Turns units into calls and remembers which calls reach each tensor."""

    graph: Graph
    counter: Counter
    calls: list[Call] = field(default_factory=list)
    loose: list[tuple[str, int]] = field(default_factory=list)
    sources: dict[str, frozenset[int]] = field(default_factory=dict)
    """The calls whose outputs reach a tensor without another call between them."""
    padded: dict[str, str] = field(default_factory=dict)
    """A tensor with zeros around it, and the tensor without them."""

    def add(self, unit: Unit) -> None:
        """Turn the next unit into a call, or follow the tensors through it."""
        lead = unit.lead
        reaching = frozenset[int]().union(*(self.sources.get(name, frozenset()) for name in unit.reads))
        layers = tuple(self.counter.build(unit, lead.name))
        if lead.kind in (*WEIGHTED, "matmul"):
            self.calls.append(self.describe(unit, layers, reaching))
            reaching = frozenset([len(self.calls) - 1])
        else:
            tally = total(layer.tally() for layer in layers)
            if values := tally.weights + tally.biases + 2 * tally.norm_channels:
                self.loose.append((lead.name, values))
            if lead.kind == "pad" and len(unit.reads) == 1:
                self.padded[unit.makes[0]] = unit.reads[0]
        for name in unit.makes:
            self.sources[name] = reaching

    def describe(self, unit: Unit, layers: Sequence[Layer], reads: frozenset[int]) -> Call:
        """Return the call of a unit with weights."""
        lead, graph = unit.lead, self.graph
        tally = total(layer.tally() for layer in layers)
        norms = tuple(self.list_norms(unit))
        output = shape_map(graph, lead.makes[0], lead.kind).map
        source = lead.reads[0]
        image = shape_map(graph, self.padded.get(source, source), lead.kind).map
        is_conv = lead.kind in ("conv", "transposed_conv")
        window = lead.window or Window()
        norm_channels = sum(norm.channels for norm in norms)
        facts = LayerFacts(
            lead.name,
            lead.kind,
            window.kernel if lead.kind in WEIGHTED else None,
            window.stride if lead.kind in WEIGHTED else None,
            lead.groups if lead.kind in WEIGHTED else None,
            image if is_conv else (1, 1, image[2]) if image[0] == 1 and image[1] == 1 else image,
            output,
            tally.weights,
            tally.biases if self.has_bias(unit) else 0,
            norm_channels,
            tally.conv_macs + tally.linear_macs,
            dilation=window.dilation,
        )
        params = tally.weights + tally.biases + 2 * tally.norm_channels
        shared = None
        if lead.kind in WEIGHTED and not tally.weights:
            storage = graph.tensors[lead.reads[1]].storage
            shared = next((name for name, other in self.owners() if other == storage and name != lead.name), None)
        return Call(facts, params, shares=shared, stored=params, norms=norms, reads=tuple(sorted(reads)))

    def owners(self) -> Iterator[tuple[str, str]]:
        """Yield each operator with weights and what identifies them."""
        for operator in self.graph.operators:
            if operator.kind in WEIGHTED:
                yield operator.name, self.graph.tensors[operator.reads[1]].storage

    def has_bias(self, unit: Unit) -> bool:
        """Return whether a layer has a bias; a sum after a product with one constant per channel is that of a norm."""
        lead = unit.lead
        followers = takewhile(lambda item: not (item.kind == "multiply" and self.has_vector(item)), unit.followers)
        return any(lead.reads[2:3]) or any(item.kind == "add" for item in followers)

    def has_vector(self, operator: Operator) -> bool:
        """Return whether an operator reads a constant with more than one value."""
        return any(
            self.graph.tensors[name].constant and self.graph.tensors[name].elements > 1
            for name in operator.reads
            if name
        )

    def list_norms(self, unit: Unit) -> Iterator[NormFacts]:
        """Yield the norms after a layer. A product with one constant per channel, then a sum, is a batch norm."""
        channels = shape_map(self.graph, unit.lead.makes[0], unit.lead.kind).channels
        for follower in unit.followers:
            if follower.kind == "norm":
                kind = next((name for word, name in NORMS.items() if word in follower.function), follower.function)
                yield NormFacts(kind, channels, epsilon=_round(follower.epsilon))
            elif follower.kind == "multiply" and self.has_vector(follower):
                yield NormFacts("batch norm", channels)


def _round(epsilon: float | None) -> float | None:
    """Return a number that a file keeps in float32 as somebody wrote it: 1e-05 is 9.99999975e-06 there."""
    return None if epsilon is None else float(f"{epsilon:.6g}")


def describe_graph(graph: Graph) -> TracedModel:
    """Return the layers with weights of a graph, as they would be traced.

    Raises:
        MbcostError: the graph mixes the images of a batch.
    """
    clean = clean_graph(graph)
    tracer = _Tracer(clean, Counter(clean))
    image = find_image(graph)
    for unit in list_units(clean):
        tracer.add(unit)
    shape = shape_map(graph, image, "conv")
    size = shape.height, shape.width
    model = TracedModel(graph.name, size, shape.channels, tuple(tracer.calls), tuple(tracer.loose), graph=graph)
    norms = any(call.norms for call in model.calls)
    return model if norms or graph.form not in MERGED else _add_zeros(model)


def _add_zeros(model: TracedModel) -> TracedModel:
    """Return the model with a bias of every convolution and linear layer, whose file leaves out what is 0."""
    calls: list[Call] = []
    absent: list[tuple[str, int]] = []
    for call in model.calls:
        facts, outputs = call.facts, call.facts.output[2]
        if facts.operator in WEIGHTED and not facts.biases and call.shares is None:
            absent.append((facts.name, outputs))
            call = replace(
                call, facts=replace(facts, biases=outputs), params=call.params + outputs, stored=call.params + outputs
            )
        calls.append(call)
    return replace(model, calls=tuple(calls), absent=tuple(absent), folded=True)


def fold_norms(spec: Spec) -> Spec:
    """Return the table with implementations whose norms are folded into their convolutions.

    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = load_spec("v2")
    >>> resolve(v2).params() - resolve(fold_norms(v2)).params()
    17056
    """
    folded = {
        name: replace(rules, layer_rules=replace(rules.layer_rules, folded=True))
        for name, rules in spec.implementations.items()
    }
    return replace(spec, implementations=folded)


def fold_network(network: Network) -> Network:
    """Return the same network with its norms folded; a network without a table stays as it is.

    Raises:
        MbcostError: no network can be built.
    """
    if network.spec.is_flat:
        return network
    return resolve(
        fold_norms(network.spec),
        alpha=network.alpha,
        resolution=network.resolution,
        implementation=network.implementation,
        classes=network.classes if network.spec.classes is None else None,
        in_channels=network.in_channels,
    )
