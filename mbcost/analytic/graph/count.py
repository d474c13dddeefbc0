"""The counts of a graph's units: what is read decides which constants are parameters, and what is made how often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mbcost.analytic.graph.constants import is_number
from mbcost.analytic.graph.shapes import shape_map
from mbcost.analytic.graph.units import WEIGHTED, Unit
from mbcost.analytic.layers import Activation, Add, GlobalPool, Layer, Multiply, Operation, Shape
from mbcost.analytic.written import OtherActivation, WrittenConv2d, WrittenLinear, WrittenNorm, WrittenPool
from mbcost.errors import MbcostError
from mbcost.spec.graph import FUNCTIONS, Graph, Operator, Tensor, Window
from mbcost.spec.tally import Tally

LEARNED = WEIGHTED | {"norm", "activation", "add", "multiply", "arithmetic", "matmul", "gather", "concat", "unknown"}
"""Kinds of operators whose constants can be parameters; those of others are settings, such as the sizes of a resize."""

MERGED = frozenset({"onnx", "tflite"})
"""Formats whose exporters store equal constants once."""


@dataclass
class Counter:
    """Counts the units of a graph in order, so that each parameter counts where it is first used."""

    graph: Graph
    used: set[str] = field(default_factory=set)
    shared: bool = False
    """Whether the unit that is being counted has weights that an earlier one has."""

    def use(self, name: str, *, alone: bool = False) -> int:
        """Return the values of a constant, 0 if an earlier layer has it or if it is no parameter.

        A parameter is a float or a quantized number. A single one is a setting, unless `alone` says otherwise. `alone`
        is for the weights of a layer, which count as the values that are computed for them; anything else that is
        computed, such as a bias for each pair of positions, counts at most the values from which it is.
        """
        tensor = self.graph.tensors[name]
        if not tensor.constant or tensor.storage in self.used or not (alone or _is_learned(tensor)):
            return 0
        self.used.add(tensor.storage)
        return tensor.elements if alone or tensor.origin is None else min(tensor.elements, tensor.origin)

    def use_vector(self, name: str) -> int:
        """Return the values of a bias, or of the scale, the shift or the slopes of a layer, as `use` does.

        Exporters store equal constants once, and the biases and norms of an untrained model are equal. So what two
        layers have in common is theirs in common only if they have their weights in common, too.
        """
        if self.graph.form in MERGED and not self.shared:
            self.used.discard(self.graph.tensors[name].storage)
        return self.use(name, alone=True)

    def use_constants(self, follower: Operator) -> int:
        """Return the values of the bias or scale that follows a layer; a single number is a setting."""
        names = [name for name in follower.reads if name and self.graph.tensors[name].constant]
        return sum(self.use_vector(name) for name in names if _is_learned(self.graph.tensors[name]))

    def use_all(self, operator: Operator) -> int:
        """Return the values of all parameters of an operator."""
        if operator.kind not in LEARNED:
            return 0
        slopes = operator.kind == "activation"  # a PReLU can have a single one
        return sum(self.use(name, alone=slopes) for name in operator.reads if name)

    def build(self, unit: Unit, name: str) -> Iterator[Layer]:
        """Yield the layers of a unit, which all have its name."""
        lead = unit.lead
        output = shape_map(self.graph, lead.makes[0], lead.kind)
        biases = 0
        norms: list[Layer] = []
        self.shared = lead.kind in WEIGHTED and self.graph.tensors[lead.reads[1]].storage in self.used
        for follower in unit.followers:
            if follower.kind == "add" and len(follower.makes) == 1:
                biases += self.use_constants(follower)
            elif follower.kind == "multiply":
                scales = Tally(weights=self.use_constants(follower), multiplies=output.elements)
                norms.append(WrittenNorm(name, output, counts=scales))
            elif follower.kind == "norm":
                norms.append(self.build_norm(follower, name, output))
            else:
                norms += _activate(name, output, follower.function)
                norms += self.build_slopes(follower, name, output)
        yield self.build_lead(lead, name, output, biases)
        if lead.kind not in ("activation", "norm", "arithmetic"):
            yield from _activate(name, output, lead.function if lead.kind not in ("reduce",) else "")
        yield from norms

    def build_lead(self, lead: Operator, name: str, output: Shape, biases: int) -> Layer:
        """Return the layer of a unit's leading operator."""
        if lead.kind in ("conv", "transposed_conv"):
            return self.build_conv(lead, name, output, biases)
        if lead.kind == "linear":
            return self.build_linear(lead, name, output, biases)
        computed = [read for read in lead.reads if read and not self.graph.tensors[read].constant]
        image = shape_map(self.graph, computed[0], lead.kind) if computed else output
        if lead.kind == "norm":
            return Operation(name, image, output, "norm", self.count_norm(lead, output))
        learned = self.use_all(lead)
        if lead.kind == "add" and not learned and len(computed) > 1:
            return Add(name, output)
        if lead.kind == "multiply" and not learned and len(computed) > 1:
            return Multiply(name, output)
        if lead.kind == "global_pool":
            return GlobalPool(name, image)
        if lead.kind in ("average_pool", "max_pool"):
            window = lead.window or Window()
            kind = lead.kind.removesuffix("_pool")
            return WrittenPool(name, image, kind, window.kernel, window.stride[0], written=output)
        return Operation(name, image, output, lead.kind, self.count_other(lead, output, learned), lead.reason)

    def count_other(self, lead: Operator, output: Shape, learned: int) -> Tally:
        """Return the counts of an operator that has no class of its own."""
        if lead.kind == "matmul":
            return Tally(linear_macs=output.elements * lead.inner, weights=learned, outputs=output.elements)
        if lead.kind == "add":
            return Tally(biases=learned, adds=output.elements if learned else 0)
        if lead.kind == "multiply":
            return Tally(weights=learned, multiplies=output.elements if learned else 0)
        function = {f"{lead.function}_elements": output.elements} if lead.function in FUNCTIONS else {}
        return Tally(weights=learned, **(function if lead.kind == "activation" else {}))

    def build_conv(self, lead: Operator, name: str, output: Shape, biases: int) -> WrittenConv2d:
        """Return a convolution, whose multiply-accumulates are its weights times the positions where they are used."""
        image = shape_map(self.graph, lead.reads[0], lead.kind)
        window = lead.window or Window()
        weights = self.graph.tensors[lead.reads[1]].elements
        transposed = lead.kind == "transposed_conv"
        at = image if transposed else output
        biases += self.count_bias(lead)
        counts = Tally(
            weights=self.use(lead.reads[1], alone=True),
            biases=biases,
            conv_macs=weights * at.height * at.width,
            conv_bias_adds=output.elements if biases else 0,
            outputs=output.elements,
        )
        return WrittenConv2d(
            name, image, output.channels, window.kernel, window.stride[0], lead.groups, biases > 0,
            dilation=window.dilation[0], written=output, strides=window.stride, dilations=window.dilation,
            transposed=transposed, counts=counts,
        )  # fmt: skip

    def build_linear(self, lead: Operator, name: str, output: Shape, biases: int) -> WrittenLinear:
        """Return a product with constant weights, applied to each vector of its input."""
        image = shape_map(self.graph, lead.reads[0], lead.kind)
        weights = self.graph.tensors[lead.reads[1]].elements
        vectors = output.elements // output.channels
        biases += self.count_bias(lead)
        counts = Tally(
            weights=self.use(lead.reads[1], alone=True),
            biases=biases,
            linear_macs=weights * vectors,
            linear_bias_adds=output.elements if biases else 0,
            outputs=output.elements,
        )
        return WrittenLinear(name, image, output.channels, biases > 0, written=output, counts=counts)

    def count_bias(self, lead: Operator) -> int:
        """Return the values of the bias of a convolution or linear layer, 0 without one."""
        return self.use_vector(lead.reads[2]) if len(lead.reads) > 2 and lead.reads[2] else 0

    def build_norm(self, operator: Operator, name: str, output: Shape) -> WrittenNorm:
        """Return a norm that follows another operator."""
        return WrittenNorm(name, output, counts=self.count_norm(operator, output))

    def count_norm(self, operator: Operator, output: Shape) -> Tally:
        """Return the counts of a norm. Its constants are its scale and its shift, then moving statistics."""
        scale, shift = (
            self.use_vector(operator.reads[index]) if len(operator.reads) > index and operator.reads[index] else 0
            for index in (1, 2)
        )
        self.used.update(self.graph.tensors[read].storage for read in operator.reads[3:] if read)
        elements = {"plain_norm_elements": output.elements, "norms": 1}
        if scale == shift:
            return Tally(plain_norm_channels=scale, **elements)
        return Tally(weights=scale, biases=shift, **elements)

    def build_slopes(self, operator: Operator, name: str, output: Shape) -> Iterator[Layer]:
        """Yield the parameters of an activation, if it has any."""
        slopes = sum(self.use_vector(read) for read in operator.reads[1:] if read)
        if slopes:
            yield WrittenNorm(name, output, counts=Tally(weights=slopes))


def _activate(name: str, output: Shape, function: str) -> Iterator[Layer]:
    if function in FUNCTIONS:
        yield Activation(name, output, function)
    elif function:
        yield OtherActivation(name, output, function)


def _is_learned(tensor: Tensor) -> bool:
    return tensor.elements > 1 and is_number(tensor)


def check_graph(graph: Graph) -> None:
    """Refuse a graph that reads what nothing makes, or makes a tensor twice.

    Raises:
        MbcostError: it does, or a name is not that of a tensor.
    """
    known = {*graph.inputs, *(name for name, tensor in graph.tensors.items() if tensor.constant)}
    for operator in graph.operators:
        for name in operator.reads:
            if name and name not in known:
                raise MbcostError(
                    f"{graph.source}: {operator.name} reads '{name}' before it is made: correct the order"
                )
        for name in operator.makes:
            if name in known or name not in graph.tensors:
                raise MbcostError(
                    f"{graph.source}: {operator.name} makes '{name}', which exists already or has no shape"
                )
            known.add(name)
