"""The nodes of a model in an order in which they can run, with the shapes of what they make.

Functions of the model, and branches whose condition is a constant, are replaced by their nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mbcost.errors import MbcostError, shorten
from mbcost.files.onnx.constants import evaluate
from mbcost.files.onnx.nodes import STANDARD, Facts, Node, full_shape
from mbcost.files.onnx.order import free_names, sort_nodes
from mbcost.files.onnx.shapes import apply_rule, infer_types
from mbcost.files.onnx.values import drop_absent, read_constant, replace_references
from mbcost.files.onnx.weights import Store, Weight

DEEPEST = 50
"""Functions inside functions, or branches inside branches."""
MOST_NODES = 50_000
"""After functions are replaced by their nodes."""
RANDOM = ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial")
"""Operators whose results differ each time, so that they are not constants."""
Key = tuple[str, str, str]
"""The domain of a function, its name, and which of several with this name it is."""


@dataclass(frozen=True)
class Scope:
    """What names mean in a graph, a branch or a function."""

    opsets: Mapping[str, int]
    prefix: str = ""
    """Before the names of nodes and tensors."""
    names: dict[str, str] = field(default_factory=dict)
    """The tensors by their names in this scope."""
    outer: Scope | None = None
    """Where a branch looks up names that it does not have."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Those that the call of a function states."""
    depth: int = 0

    def find(self, name: str) -> str | None:
        """Return the tensor that a name means here, or None."""
        return self.names.get(name) or (self.outer.find(name) if self.outer is not None else None)


@dataclass
class Walker:
    """Goes through the nodes of a model once, and gathers them and what is known of their tensors."""

    facts: Facts
    store: Store
    functions: Mapping[Key, Any]
    stated: Mapping[str, Any]
    """The types that the file states for tensors inside the graph; used if they cannot be inferred."""
    nodes: list[Node] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """The names of all tensors."""
    inputs: list[str] = field(default_factory=list)
    """The inputs of the model that are not constants."""
    repeats: bool = False
    """Whether an `Identity` of a stored vector is a vector of its own with the same values, as PyTorch writes it. New
    models have many of them, such as norms that are all ones."""
    steps: int = 0
    """How many nodes it has looked at."""

    def run(self, graph: Iterable[Any], scope: Scope) -> None:
        """Go through the nodes of a graph, a branch or a function.

        Raises:
            MbcostError: a node reads what nothing makes, or the model is too deep or too large.
        """
        if scope.depth > DEEPEST:
            raise MbcostError(f"{self.facts.file}: more than {DEEPEST} functions inside each other: export it again")
        for proto in sort_nodes(list(graph), self.facts.file):
            node = self.make_node(proto, scope)
            function = self.functions.get((_domain(node.domain), node.op, proto.overload))
            branch = self.choose_branch(node)
            if function is not None:
                self.call(function, node, scope)
            elif branch is not None:
                self.enter(branch, node, scope)
            elif node.op == "Constant" and node.standard:
                self.add_constant(node)
            elif self.repeats and node.op == "Identity" and self.is_vector(node.read(0)):
                self.facts.add_weight(node.makes[0], replace(self.facts.weights[node.read(0)], stored=0))
            else:
                self.add(node, scope)

    def is_vector(self, name: str) -> bool:
        """Return whether a tensor is a stored constant of one dimension."""
        return name in self.facts.weights and len(self.facts.weights[name].shape) == 1

    def make_node(self, proto: Any, scope: Scope) -> Node:
        """Return a node with the names that its tensors have in the whole model."""
        self.steps += 1
        if self.steps > MOST_NODES:
            raise self.store.skeleton.refuse_size(f"more than {MOST_NODES:,} nodes")
        proto = replace_references(proto, scope.attributes)
        label = proto.name or next(iter(proto.output), "") or proto.op_type
        reads = tuple(self.resolve(name, scope, label) if name else "" for name in proto.input)
        graphs = tuple(graph for item in proto.attribute for graph in (*item.graphs, *([item.g] * item.HasField("g"))))
        for graph in graphs:
            for name in free_names(graph):
                self.resolve(name, scope, label)
        makes = tuple(self.declare(name, scope) if name else "" for name in proto.output)
        domain = proto.domain
        version = next((scope.opsets[name] for name in (domain, *_aliases(domain)) if name in scope.opsets), 0)
        attributes = {item.name: item for item in proto.attribute}
        return Node(scope.prefix + label, proto.op_type, domain, version, reads, makes, attributes, proto, graphs)

    def resolve(self, name: str, scope: Scope, label: str) -> str:
        """Return the tensor that a node reads by this name."""
        tensor = scope.find(name)
        if tensor is None:
            raise MbcostError(
                f"{self.facts.file}: node '{shorten(label, 100)}' reads '{shorten(name, 100)}', which nothing makes: "
                "export the model again"
            )
        return tensor

    def declare(self, name: str, scope: Scope) -> str:
        """Return the name in the whole model of a tensor that a node makes."""
        if name in scope.names:
            preset = scope.names[name]
            if preset not in self.taken:
                self.taken.add(preset)
                return preset
            raise MbcostError(f"{self.facts.file}: tensor '{shorten(name, 100)}' is made twice: export the model again")
        tensor = self.unique(scope.prefix + name)
        scope.names[name] = tensor
        return tensor

    def unique(self, name: str) -> str:
        """Return a name that no tensor has yet, and take it."""
        candidate, number = name, 2
        while candidate in self.taken:
            candidate, number = f"{name}:{number}", number + 1
        self.taken.add(candidate)
        return candidate

    def call(self, function: Any, node: Node, scope: Scope) -> None:
        """Go through the nodes of a function instead of the node that calls it."""
        attributes = {item.name: item for item in function.attribute_proto} | dict(node.attributes)
        names = {name: tensor for name, tensor in zip(function.input, node.reads, strict=False) if tensor}
        outputs = dict(zip(function.output, node.makes, strict=False))
        self.taken.difference_update(node.makes)
        names |= {name: tensor for name, tensor in outputs.items() if tensor and name not in names}
        opsets = {item.domain: item.version for item in function.opset_import} or scope.opsets
        inner = Scope(opsets, f"{node.name}/", names, None, attributes, scope.depth + 1)
        absent = set(function.input) - set(names)
        self.run((drop_absent(proto, absent) for proto in function.node), inner)
        self.pass_through(node, outputs, inner)

    def enter(self, branch: Any, node: Node, scope: Scope) -> None:
        """Go through the nodes of a branch instead of the `If` that chooses it."""
        outputs = dict(zip((item.name for item in branch.output), node.makes, strict=False))
        self.taken.difference_update(node.makes)
        inner = Scope(scope.opsets, f"{node.name}/", {}, scope, scope.attributes, scope.depth + 1)
        self.add_weights(branch, inner)
        free = {name: tensor for name, tensor in outputs.items() if tensor and name not in inner.names}
        made = {name for proto in branch.node for name in proto.output}
        inner.names.update({name: tensor for name, tensor in free.items() if name in made})
        self.run(branch.node, inner)
        self.pass_through(node, outputs, inner)

    def pass_through(self, node: Node, outputs: Mapping[str, str], inner: Scope) -> None:
        """Copy the outputs of a function or branch that it does not make itself."""
        from onnx import helper

        for name, tensor in outputs.items():
            source = inner.find(name)
            if not tensor or tensor in self.taken:
                continue
            if source is None or source == tensor:
                raise self.facts.refuse(node, f"has an output '{shorten(name, 100)}' that nothing makes")
            self.taken.add(tensor)
            proto = helper.make_node("Identity", [source], [tensor])
            version = next((inner.opsets[key] for key in STANDARD if key in inner.opsets), 13)
            copy = replace(node, op="Identity", domain="", version=version, reads=(source,), makes=(tensor,))
            self.add(replace(copy, attributes={}, proto=proto, graphs=()), inner)

    def choose_branch(self, node: Node) -> Any:
        """Return the branch of an `If` whose condition is a constant, else None."""
        if node.op != "If" or not node.standard:
            return None
        condition = self.facts.reals(node.read(0))
        if condition is None or len(condition) != 1:
            return None
        attribute = node.attributes.get("then_branch" if condition[0] else "else_branch")
        return attribute.g if attribute is not None else None

    def add_weights(self, graph: Any, scope: Scope) -> None:
        """Remember the stored constants of a graph or branch."""
        for proto in graph.initializer:
            self._add_weight(proto.name, self.store.read(proto, proto.name), scope)
        for proto in graph.sparse_initializer:
            self._add_weight(proto.values.name, self.store.read_sparse(proto, proto.values.name), scope)

    def _add_weight(self, name: str, weight: Any, scope: Scope) -> None:
        if name in scope.names or not name:
            raise self.store.refuse(name, "is in the file twice" if name else "has no name")
        self.facts.add_weight(self.declare(name, scope), weight)

    def add_constant(self, node: Node) -> None:
        """Remember the value of a `Constant`."""
        weight = read_constant(node, self.store)
        if weight is None or len(node.makes) != 1:
            raise self.facts.refuse(node, "has no value")
        self.facts.add_weight(node.makes[0], weight)

    def add(self, node: Node, scope: Scope) -> None:
        """Gather a node, and find out what it makes."""
        inferred = infer_types(node, self.facts, scope.opsets)
        for local, name in zip(node.proto.output, node.makes, strict=False):
            if not name:
                continue
            proto = inferred.get(local)
            if proto is not None and not node.number("ceil_mode", 0):
                self.facts.add_type(name, proto)
            if name not in self.facts.shapes:
                self.complete(node, name, scope)
        self.mark_fixed(node)
        evaluate(node, self.facts)
        if node.op == "ConstantOfShape" and node.read(0) in self.facts.weights and node.makes[0] in self.facts.shapes:
            self.add_filled(node.makes[0])
        else:
            self.nodes.append(node)

    def mark_fixed(self, node: Node) -> None:
        """Remember whether what a node makes depends on no input of the model, and whether it is zero."""
        reads = [name for name in (node.reads[:1] if node.op == "CastLike" else node.reads) if name]
        shaped = node.op in ("Shape", "Size") and node.standard and self.facts.shape(node.read(0)) is not None
        if shaped or (node.op not in RANDOM and not node.graphs and all(name in self.facts.fixed for name in reads)):
            self.facts.fixed.update(filter(None, node.makes))
        if node.op == "Expand" and self.facts.reals(node.read(0)) == (0.0,):
            self.facts.zeros.update(node.makes)

    def add_filled(self, name: str) -> None:
        """Remember weights that are all the same number, so that the file has only their shape."""
        code = self.facts.types[name].tensor_type.elem_type
        self.facts.weights[name] = Weight(self.facts.shapes[name], self.facts.dtypes[name], code, 0)

    def complete(self, node: Node, name: str, scope: Scope) -> None:
        """Find the shape of what a node makes by the rules, else by what the file states."""
        from onnx import helper

        shape = apply_rule(node, self.facts) if name == node.makes[0] or node.op == "Dropout" else None
        stated = self.stated.get(name) if not scope.prefix else None
        if shape is None and stated is not None and full_shape(stated) is not None:
            self.facts.add_type(name, stated)
        elif shape is not None and min(shape, default=0) >= 0:
            code = self.find_code(node, name, stated)
            self.facts.add_type(name, helper.make_tensor_type_proto(code, shape))

    def find_code(self, node: Node, name: str, stated: Any) -> int:
        """Return the type of numbers that a node probably makes: what is known of it, else that of its input."""
        for proto in (self.facts.types.get(name), stated, *(self.facts.types.get(read) for read in node.reads)):
            if proto is not None and proto.HasField("tensor_type") and proto.tensor_type.elem_type:
                return int(proto.tensor_type.elem_type)
        return 1


def _domain(domain: str) -> str:
    return "" if domain in STANDARD else domain


def _aliases(domain: str) -> tuple[str, ...]:
    return STANDARD if domain in STANDARD else ()
