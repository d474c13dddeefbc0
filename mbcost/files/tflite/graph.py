"""The main subgraph of a model as a graph: its tensors, and its operators in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mbcost.files.sizes import InputSizes
from mbcost.files.tflite.inputs import Input, choose_shapes, find_batch
from mbcost.files.tflite.model import FileOperator, Model
from mbcost.files.tflite.names import name_operators, name_tensors
from mbcost.files.tflite.node import Node, read_fused
from mbcost.files.tflite.operators import translate
from mbcost.files.tflite.shapes import Shapes
from mbcost.files.tflite.tensors import MOST_SIDES, TensorReader
from mbcost.spec.graph import CHANNELS_LAST, Graph, Operator, Tensor

MAIN = 0
"""The index of the subgraph that an interpreter runs."""
MOST_UNREAD = 50
"""The other subgraphs that are named."""


def build_graph(model: Model, name: str, sizes: InputSizes) -> Graph:
    """Return the graph of a model's main subgraph.

    Raises:
        MbcostError: the file is damaged or contradicts itself, or `sizes` do not fit it.
    """
    builder = GraphBuilder(model, sizes)
    return Graph(
        name,
        model.file.name,
        "tflite",
        CHANNELS_LAST,
        tuple(item.name for item in builder.inputs),
        operators=tuple(builder.build_operators()),
        outputs=tuple(builder.find(index).name for index in builder.subgraph.outputs),
        tensors=builder.used(),
        batch=find_batch(builder.inputs, builder.chosen),
        bytes=len(model.file.data),
        unread=tuple(list_unread(model, builder.subgraph.operators)),
        order=tuple(builder.names),
    )


class GraphBuilder:
    """Translates one subgraph, operator after operator."""

    def __init__(self, model: Model, sizes: InputSizes) -> None:
        self.file = model.file
        self.subgraph = model.read_subgraph(MAIN)
        self.reader = TensorReader(model)
        tensors = self.subgraph.tensors
        self.names = name_tensors(table.text("Name") for table in tensors.tables("Tensor"))
        self.known = set(self.names)
        self.tensors: dict[int, Tensor] = {}
        """What is known so far: inputs, constants that were read, and what operators made."""
        self.between: dict[str, Tensor] = {}
        """Tensors that are not in the file, by name: what is made before an activation that is fused, and nothing."""
        self.fixed: set[str] = set()
        self.inputs = tuple(self._read_input(index) for index in dict.fromkeys(self.subgraph.inputs))
        self.has_batch = any(item.open[:1] == (True,) for item in self.inputs)
        self.chosen = choose_shapes(self.inputs, sizes, self.file.name)
        changed = frozenset(item.name for item in self.inputs if self.chosen[item.name] != item.shape)
        self.shapes = Shapes(changed)
        for index in self.subgraph.inputs:
            self.tensors[index] = replace(self.tensors[index], shape=self.chosen[self.names[index]])

    def used(self) -> Mapping[str, Tensor]:
        """Return every tensor that is read or made, by name."""
        return {tensor.name: tensor for tensor in self.tensors.values()} | self.between

    def build_operators(self) -> Iterator[Operator]:
        """Yield the operators of the graph.

        Raises:
            MbcostError: one contradicts itself, or reads what is not made before it.
        """
        operators = self.subgraph.operators
        outputs = (self.names[item.outputs[0]] if item.outputs else item.code.written for item in operators)
        for name, operator in zip(name_operators(tuple(outputs)), operators, strict=True):
            yield from self._complete(self._translate(name, operator), operator)
        for index in self.subgraph.outputs:
            self.find(index)

    def _translate(self, name: str, operator: FileOperator) -> Operator:
        variables = [index >= 0 and self._is_variable(index) for index in operator.inputs]
        inputs = tuple(
            None if index < 0 or variable else self.find(index)
            for index, variable in zip(operator.inputs, variables, strict=True)
        )
        outputs = tuple(self._read_made(index, operator) for index in operator.outputs)
        node = Node(name, operator, inputs, outputs, operator.options(), self.fixed)
        is_open = any(self._is_open(index) for index in operator.outputs)
        inferred = self.shapes.infer(node, is_open=is_open)
        if inferred is None and not operator.code.custom:
            translated = node.give_up("its shape depends on values that are not known")
        else:
            node = inferred or node
            translated = translate(node)
        if any(variables) and translated.kind != "unknown":
            translated = node.give_up("it uses a variable")
        if translated.kind != "unknown" and all(node.is_fixed(tensor) for tensor in inputs if tensor):
            self.fixed.update(translated.makes)
        self.tensors.update(zip(operator.outputs, node.outputs, strict=True))
        return translated

    def _complete(self, translated: Operator, operator: FileOperator) -> Iterator[Operator]:
        """Yield an operator, and after it the activation that is fused into it, if `function` names something else.

        Every operator makes something: one that makes nothing gets a tensor without elements.
        """
        if not translated.makes:  # it only changes a variable, or the like
            nothing = self._name_between(f"{translated.name} makes nothing")
            self.between[nothing] = Tensor(nothing, (0,))
            translated = replace(translated, makes=(nothing,))
        fused = read_fused(operator.options()) if translated.kind in ("arithmetic", "norm") else ""
        if not fused or len(translated.makes) != 1:
            yield translated
            return
        made = translated.makes[0]
        before = self._name_between(f"{made} before {fused}")
        self.between[before] = replace(self.tensors[operator.outputs[0]], name=before)
        yield replace(translated, makes=(before,))
        yield Operator(
            f"{translated.name}/{fused}", "activation", (before,), (made,), translated.written, function=fused
        )

    def _name_between(self, name: str) -> str:
        while name in self.known:
            name += "'"
        self.known.add(name)
        return name

    def find(self, index: int) -> Tensor:
        """Return a tensor that is an input, is made already, or is stored in the file.

        Raises:
            MbcostError: it is none of these.
        """
        if index not in self.tensors:
            tensor = self.reader.read(self.subgraph.tensors.table(index, "Tensor"), self.names[index])
            if not tensor.constant and not tensor.elements:
                tensor = replace(tensor, stored=0, values=())  # the shape of a single number has no bytes
            if not tensor.constant:
                raise self.reader.refuse(tensor.name, "is read, but nothing makes it before")
            self.tensors[index] = tensor
        return self.tensors[index]

    def _read_input(self, index: int) -> Input:
        table = self.subgraph.tensors.table(index, "Tensor")
        tensor = self.reader.read(table, self.names[index])
        signature = self.reader.read_signature(table, tensor)
        self.tensors[index] = replace(tensor, stored=None, values=None, buffer="")
        return Input(tensor.name, tensor.shape, tuple(side < 0 for side in signature))

    def _read_made(self, index: int, operator: FileOperator) -> Tensor:
        tensor = self.reader.read(self.subgraph.tensors.table(index, "Tensor"), self.names[index])
        if index in self.tensors or tensor.constant or operator.outputs.count(index) > 1:
            raise self.reader.refuse(tensor.name, f"is made by {operator.code.written}, but exists before")
        return tensor

    def _is_open(self, index: int) -> bool:
        """Return whether the file leaves a side of a tensor open, beside the batch if that of an input is open."""
        table = self.subgraph.tensors.table(index, "Tensor")
        signature = table.vector("ShapeSignature", "i", MOST_SIDES).numbers("i")
        return -1 in signature[1 if self.has_batch else 0 :]

    def _is_variable(self, index: int) -> bool:
        return bool(self.subgraph.tensors.table(index, "Tensor").number("IsVariable", "?"))


def list_unread(model: Model, operators: tuple[FileOperator, ...]) -> Iterator[str]:
    """Yield what of a model is not in the graph of its main subgraph: the other subgraphs, and who runs them."""
    roles: dict[int, str] = {}
    for operator in operators:
        options = operator.options()
        for field, role in ROLES.get("" if options is None else options.kind, {}).items():
            assert options is not None
            roles.setdefault(options.number(field), f"{role} of {operator.code.written}")
    for name, index in model.signatures:
        if index != MAIN:
            roles.setdefault(index, f"signature '{name}'")
    shown = min(model.subgraphs.count, MOST_UNREAD + 1)
    for index in range(1, shown):
        called = f": {roles[index]}" if index in roles else ""
        yield model.name_subgraph(index) + called
    if model.subgraphs.count > shown:
        yield f"{model.subgraphs.count - shown} other subgraphs"


ROLES: Mapping[str, Mapping[str, str]] = {
    "CallOptions": {"Subgraph": "body"},
    "CallOnceOptions": {"InitSubgraphIndex": "body"},
    "IfOptions": {"ThenSubgraphIndex": "then", "ElseSubgraphIndex": "else"},
    "WhileOptions": {"CondSubgraphIndex": "condition", "BodySubgraphIndex": "body"},
    "StableHLOCompositeOptions": {"DecompositionSubgraphIndex": "decomposition"},
}
"""The options that name another subgraph, and what it is to the operator."""
