"""A functional or sequential model of Keras, from its configuration, with the models inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from mbcost.errors import MbcostError
from mbcost.files.keras.builder import Builder, Layer, Operand, Shape
from mbcost.files.keras.config import REMEDY
from mbcost.files.keras.layers import FUNCTIONS, LAYERS
from mbcost.files.keras.nodes import Key, Node, find_keys, read_nodes

DEEPEST = 20
"""Models inside models."""
Open = list["int | None"]
AddInput = Callable[[str, Any, str], str]
"""Adds an input of the whole model: its name, its shape as in the configuration, and its type."""
MALFORMED = (
    KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, OverflowError, RecursionError,
)  # fmt: skip
"""What a configuration that is not one leads to."""


class Walker:
    """Adds the layers of a model to a graph.

    Args:
        builder: the graph.
        add_input: adds an input of the whole model.
    """

    def __init__(self, builder: Builder, add_input: AddInput) -> None:
        self.builder, self.add_input = builder, add_input

    def run(self, entry: Mapping[str, Any], prefix: str, inputs: Sequence[str] | None, depth: int = 0) -> list[str]:
        """Add a model and return its outputs; without `inputs`, it is the whole model and has its own."""
        if depth > DEEPEST:
            raise MbcostError(f"{self.builder.name}: models are nested more than {DEEPEST} deep: use a simpler model")
        config = entry["config"]
        if isinstance(config, list):  # a sequential model of an early version
            config = {"layers": config}
        if entry["class_name"] == "Sequential" or "output_layers" not in config:
            return self._run_sequence(config, prefix, inputs, depth)
        return self._run_graph(config, prefix, inputs, depth)

    def _run_sequence(
        self, config: Mapping[str, Any], prefix: str, inputs: Sequence[str] | None, depth: int
    ) -> list[str]:
        entries = config["layers"]
        values = list(inputs) if inputs is not None else [self._start(config, entries, prefix)]
        for index, entry in enumerate(entries):
            if entry["class_name"] == "InputLayer":
                continue
            following = (entries[index + 1].get("build_config") or {}) if index + 1 < len(entries) else {}
            shape = following.get("input_shape")
            values = self._call(entry, prefix, Node(()), values, {0: shape} if isinstance(shape, list) else {}, depth)
        return values

    def _start(self, config: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], prefix: str) -> str:
        first = entries[0]
        own = first["config"]
        if isinstance(own, dict) and "layers" in own and first["class_name"] != "InputLayer":
            raise MbcostError(f"{self.builder.name}: a model without an input begins with a model: {REMEDY}")
        shapes = (
            own.get("batch_shape"), own.get("batch_input_shape"), config.get("build_input_shape"),
            (first.get("build_config") or {}).get("input_shape"),
        )  # fmt: skip
        shape = next((shape for shape in shapes if isinstance(shape, list)), None)
        if shape is None:
            raise MbcostError(f"{self.builder.name}: the model does not say what it reads: build it before it is saved")
        name = own["name"] if first["class_name"] == "InputLayer" else "input"
        return self.add_input(prefix + str(name), shape, _find_dtype(own))

    def _run_graph(self, config: Mapping[str, Any], prefix: str, inputs: Sequence[str] | None, depth: int) -> list[str]:
        entries = {_name(entry): entry for entry in config["layers"]}
        nodes = {(name, index): node for name, entry in entries.items() for index, node in enumerate(read_nodes(entry))}
        values: dict[Key, str] = {}
        starts = [key[0] for key in find_keys(config["input_layers"])]
        for index, name in enumerate(starts):
            values[name, 0, 0] = inputs[index] if inputs is not None else self._add_own_input(entries[name], prefix)
        shapes: dict[tuple[str, int], dict[Key, Any]] = {}
        for key, shape in ((key, shape) for node in nodes.values() for key, shape in node.shapes.items()):
            shapes.setdefault(key[:2], {})[key] = shape
        outputs = find_keys(config["output_layers"])
        for name, index in self._sort(nodes, values):
            node = nodes[name, index]
            if (name, index, 0) in values:
                continue
            operands = [self._find(operand, values) if isinstance(operand, tuple) else operand
                        for operand in node.operands]  # fmt: skip
            recorded = {key[2]: shape for key, shape in shapes.get((name, index), {}).items()}
            results = self._call(entries[name], prefix, node, operands, recorded, depth)
            values.update(((name, index, at), result) for at, result in enumerate(results))
        return [self._find(key, values) for key in outputs]

    def _add_own_input(self, entry: Mapping[str, Any], prefix: str) -> str:
        config = entry["config"]
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        return self.add_input(prefix + _name(entry), shape, _find_dtype(config))

    def _sort(self, nodes: Mapping[tuple[str, int], Node], values: Mapping[Key, str]) -> Iterator[tuple[str, int]]:
        """Yield the calls so that each comes after those that it reads: in the order of the file if that is one."""
        known = {key[:2] for key in values}
        seen, calls = set(known), {name for name, _ in nodes}
        in_order = True
        for call, node in nodes.items():
            in_order = in_order and all(key[:2] in seen or key[0] not in calls for key in node.keys)
            seen.add(call)
        if in_order:
            return iter(nodes)
        sources = {call: {key[:2] for key in node.keys} - known for call, node in nodes.items()}
        try:
            return iter([call for call in TopologicalSorter(sources).static_order() if call in nodes])
        except CycleError:
            raise MbcostError(f"{self.builder.name}: its layers read each other in a ring: save it again") from None

    def _find(self, key: Key, values: Mapping[Key, str]) -> str:
        if key in values:
            return values[key]
        same = [value for other, value in values.items() if (other[0], other[2]) == (key[0], key[2])]
        if len(same) != 1:
            raise MbcostError(f"{self.builder.name}: a layer reads '{key[0]}', which no layer makes: save it again")
        return same[0]

    def _call(
        self, entry: Mapping[str, Any], prefix: str, node: Node, operands: Sequence[Operand],
        recorded: Mapping[int, Any], depth: int,
    ) -> list[str]:  # fmt: skip
        reads = [operand for operand in operands if isinstance(operand, str)]
        path, kind, config = prefix + _name(entry), str(entry["class_name"]), entry.get("config") or {}
        if isinstance(config, list) or isinstance(config.get("layers"), list):
            return self.run(entry, f"{path}/", reads, depth + 1)
        if kind == "InputLayer":
            return reads or [self._add_own_input(entry, prefix)]
        if kind == "TFOpLambda":
            kind = FUNCTIONS.get(str(config.get("function")).rpartition(".")[2].strip("_"), kind)
        layer = Layer(path, kind, config, node.arguments, str(entry.get("module") or ""), recorded)
        if not layer.module.startswith(("keras", "tf_keras", "tensorflow")) and layer.module:
            return self._add_unknown(layer, reads, "a class of the model's own, whose code is not in the file")
        add = LAYERS.get(kind)
        if add is None:
            return self._add_unknown(layer, reads, _REASONS.get(kind, "a layer that mbcost does not know"))
        try:
            result = add(self.builder, layer, list(operands))
        except MbcostError:
            raise
        except MALFORMED:
            shapes = " and ".join("x".join(map(str, self.builder.shape(read))) for read in reads) or "nothing"
            raise MbcostError(
                f"{self.builder.name}: {path}, a {kind}, cannot read {shapes} with its configuration: save it again"
            ) from None
        return [result] if isinstance(result, str) else result

    def _add_unknown(self, layer: Layer, reads: list[str], reason: str) -> list[str]:
        batch = self.builder.shape(reads[0])[0] if reads and self.builder.shape(reads[0]) else 1
        shapes = [_close(layer.recorded.get(index), batch) for index in range(max(layer.recorded, default=-1) + 1)]
        known = [shape for shape in shapes if shape is not None]
        if not shapes or len(known) != len(shapes):
            raise MbcostError(
                f"{self.builder.name}: {layer.path} is a {layer.kind}, and the file does not say which shape it makes: "
                f"load it with Keras, and {REMEDY}"
            )
        kind = _BY_SHAPE.get(layer.kind, "unknown")
        return self.builder.add_several(layer, kind, reads, known, **({"reason": reason} if kind == "unknown" else {}))


def _close(shape: Any, batch: int) -> Shape | None:
    """Return a shape in which only the batch was open."""
    if not isinstance(shape, list) or not shape or not all(isinstance(side, int) for side in shape[1:]):
        return None
    return (batch if shape[0] is None else int(shape[0]), *shape[1:])


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry["config"]["name"])


def _find_dtype(config: Mapping[str, Any]) -> str:
    dtype = config.get("dtype")
    return dtype if isinstance(dtype, str) else "float32"


_REASONS: Mapping[str, str] = {"Lambda": "a Lambda layer, whose code is never executed"}
_BY_SHAPE: Mapping[str, str] = {
    "GetItem": "slice", "SlicingOpLambda": "slice", "Slice": "slice", "Split": "split", "Take": "gather",
    "Stack": "concat", "Tile": "arithmetic", "Repeat": "arithmetic", "BroadcastTo": "arithmetic",
    "RepeatVector": "arithmetic", "Where": "arithmetic", "Resize": "resize", "ResizeImage": "resize", "Pad": "pad",
}  # fmt: skip
"""Operations without multiply-adds of which only the shape matters, which the file states."""
