"""Random models as ONNX, and an independent count of what they cost from the shapes that ONNX Runtime finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mbcost.errors import MbcostError
from mbcost.files.read import read_graph
from tests.files.onnx.expected import read_totals

Shape = tuple[int, ...]


@dataclass
class Draft:
    """A model that grows by one operator after the other."""

    random: Random
    opset: int
    rank: int
    """The dimensions of its maps besides batch and channels."""
    channels: int = 3
    current: str = "image"
    nodes: list[Any] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)
    functions: list[Any] = field(default_factory=list)
    count: int = 0

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def weight(self, *shape: int, values: Any = None) -> str:
        """Add a constant in one of the ways in which files have them."""
        name, way = self.name("w"), self.random.randrange(6)
        array = np.full(shape, 0.25, dtype="float32") if values is None else np.asarray(values)
        proto = numpy_helper.from_array(array, name)
        if values is None and way == 0:
            self.weights.append(numpy_helper.from_array(np.array(shape, dtype="int64"), f"{name}_shape"))
            self.nodes.append(helper.make_node("ConstantOfShape", [f"{name}_shape"], [name]))
        elif way == 1:
            self.nodes.append(helper.make_node("Constant", [], [name], value=proto))
        elif values is None and way == 2 and self.opset >= 13:
            small = numpy_helper.from_array(np.ones(shape, dtype="int8"), f"{name}_q")
            scale = numpy_helper.from_array(np.array(0.5, dtype="float32"), f"{name}_s")
            self.weights += [small, scale]
            self.nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", f"{name}_s"], [name]))
        elif values is None and way == 3:
            self.weights.append(
                helper.make_tensor(name, TensorProto.FLOAT, shape, array.reshape(-1).tolist())
            )  # as float_data
        else:
            self.weights.append(proto)
        return name

    def numbers(self, *values: int) -> str:
        """Add a constant list of integers."""
        return self.weight(values=np.array(values, dtype="int64"))

    def add(self, op: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        made = [self.name(op.lower()) for _ in range(outputs)]
        name = self.random.choice(["", "node", f"node{self.count}"])
        self.nodes.append(helper.make_node(op, list(inputs), made, name=name, **attributes))
        return made[0]

    def choose(self, *values: Any) -> Any:
        return self.random.choice(values)


def convolve(draft: Draft) -> None:
    group = draft.choose(1, 1, draft.channels)
    made = group * draft.choose(1, 2) if group > 1 else draft.choose(4, 6, 8)
    kernel = [draft.choose(1, 3) for _ in range(draft.rank)]
    attributes: dict[str, Any] = {"strides": [draft.choose(1, 1, 2) for _ in range(draft.rank)], "group": group}
    if draft.random.random() < 0.3:
        attributes["auto_pad"] = draft.choose("SAME_UPPER", "SAME_LOWER")
    else:
        attributes["pads"] = [draft.choose(1, 2) for _ in range(2 * draft.rank)]
        attributes["dilations"] = [draft.choose(1, 1, 2) for _ in range(draft.rank)]
    inputs = [draft.current, draft.weight(made, draft.channels // group, *kernel)]
    if draft.random.random() < 0.5:
        inputs.append(draft.weight(made))
    draft.current = draft.add("Conv", *inputs, **attributes)
    draft.channels = made


def spread(draft: Draft) -> None:
    made = draft.choose(2, 4)
    inputs = [draft.current, draft.weight(draft.channels, made, *[2] * draft.rank)]
    draft.current = draft.add("ConvTranspose", *inputs, strides=[draft.choose(1, 2) for _ in range(draft.rank)])
    draft.channels = made


def normalize(draft: Draft) -> None:
    constants = [draft.weight(draft.channels) for _ in range(4)]
    draft.current = draft.add("BatchNormalization", draft.current, *constants)


def activate(draft: Draft) -> None:
    op = draft.choose("Relu", "Sigmoid", "LeakyRelu", "HardSigmoid", "Tanh", "Clip", "PRelu", "Elu")
    inputs = [draft.current]
    if op == "Clip":
        inputs += [draft.weight(values=np.float32(0)), draft.weight(values=np.float32(draft.choose(1, 6)))]
    if op == "PRelu":
        inputs.append(draft.weight(draft.channels, *[1] * draft.rank))
    draft.current = draft.add(op, *inputs)


def pool(draft: Draft) -> None:
    attributes: dict[str, Any] = {"kernel_shape": [2] * draft.rank, "pads": [1] * (2 * draft.rank)}
    if draft.opset >= 10:
        attributes["ceil_mode"] = draft.choose(0, 1)
    draft.current = draft.add(
        draft.choose("MaxPool", "AveragePool"), draft.current, strides=[2] * draft.rank, **attributes
    )


def branch(draft: Draft) -> None:
    other = draft.add("Sigmoid", draft.current)
    draft.current = draft.add(draft.choose("Add", "Mul"), draft.current, other)


def gate(draft: Draft) -> None:
    pooled = draft.add("GlobalAveragePool", draft.current)
    ones = [1] * draft.rank
    inside = draft.add("Conv", pooled, draft.weight(2, draft.channels, *ones))
    outside = draft.add("Conv", inside, draft.weight(draft.channels, 2, *ones), draft.weight(draft.channels))
    draft.current = draft.add("Mul", draft.current, draft.add("HardSigmoid", outside))


def pad(draft: Draft) -> None:
    before = [0, 0, *[draft.choose(0, 1) for _ in range(draft.rank)]]
    after = [0, 0, *[draft.choose(1, 2) for _ in range(draft.rank)]]
    draft.current = draft.add("Pad", draft.current, draft.numbers(*before, *after))


def join(draft: Draft) -> None:
    draft.current = draft.add(
        "Concat", draft.current, draft.add("Relu", draft.current), axis=draft.choose(1, -1 - draft.rank)
    )
    draft.channels *= 2


def cut(draft: Draft) -> None:
    inputs = [draft.numbers(0), draft.numbers(max(1, draft.channels - 1)), draft.numbers(1)]
    draft.current = draft.add("Slice", draft.current, *inputs)
    draft.channels = max(1, draft.channels - 1)


def product(draft: Draft) -> None:
    """The channels last, a matrix product, and back."""
    order = [0, *range(2, draft.rank + 2), 1]
    made = draft.choose(4, 5)
    last = draft.add("Transpose", draft.current, perm=order)
    last = draft.add("MatMul", last, draft.weight(draft.channels, made))
    if draft.random.random() < 0.5:
        last = draft.add("Add", last, draft.weight(made))
    draft.current = draft.add("Transpose", last, perm=[0, draft.rank + 1, *range(1, draft.rank + 1)])
    draft.channels = made


def attend(draft: Draft) -> None:
    """A product of two computed tensors, between reshapes whose sides the model computes."""
    shape = draft.add("Shape", draft.current)
    batch = draft.add("Gather", shape, draft.weight(values=np.int64(0)), axis=0)
    if draft.opset >= 13:
        batch = draft.add("Unsqueeze", batch, draft.numbers(0))
    else:
        batch = draft.add("Unsqueeze", batch, axes=[0])
    rows = draft.add("Concat", batch, draft.numbers(draft.channels, -1), axis=0)
    flat = draft.add("Reshape", draft.current, rows)
    scores = draft.add("MatMul", flat, draft.add("Transpose", flat, perm=[0, 2, 1]))
    mixed = draft.add("MatMul", draft.add("Softmax", scores, axis=-1), flat)
    draft.current = draft.add("Reshape", mixed, shape)


def call(draft: Draft) -> None:
    """A function of the model, which has a convolution inside."""
    name = draft.name("Block")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("Relu", ["y"], ["z"]),
        helper.make_node("Add", ["z", "y"], ["out"]),
    ]
    opsets = [helper.make_opsetid("", draft.opset)]
    draft.functions.append(helper.make_function("local", name, ["x", "w"], ["out"], nodes, opsets))
    made, weights = draft.name("called"), draft.weight(4, draft.channels, *[1] * draft.rank)
    draft.nodes.append(helper.make_node(name, [draft.current, weights], [made], domain="local"))
    draft.current, draft.channels = made, 4


STEPS: tuple[Callable[[Draft], None], ...] = (
    *(convolve, convolve, convolve, spread, normalize, activate, activate, pool, branch, gate, pad, join, cut),
    *(product, attend, call),
)


def finish(draft: Draft) -> None:
    """A head: the mean of the map, and a product with a matrix or its transpose."""
    pooled = draft.add("GlobalAveragePool", draft.current)
    flat = draft.add("Flatten", pooled)
    transposed = draft.choose(0, 1)
    weights = draft.weight(5, draft.channels) if transposed else draft.weight(draft.channels, 5)
    inputs = [flat, weights, *([draft.weight(5)] if draft.random.random() < 0.5 else [])]
    draft.current = draft.add("Gemm", *inputs, transB=transposed)


def generate(seed: int) -> Any:
    """Return a random model with an input `image`."""
    random = Random(seed)
    draft = Draft(random, random.choice([11, 13, 15, 17, 18, 21]), random.choice([1, 2, 2, 2, 2, 3]))
    sides = [random.randint(9, 14) for _ in range(draft.rank)]
    batch = random.choice([1, 1, 3])
    for step in random.choices(STEPS, k=random.randint(2, 9)):
        step(draft)
    finish(draft)
    graph = helper.make_graph(
        draft.nodes,
        "random",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, *sides])],
        [helper.make_tensor_value_info(draft.current, TensorProto.FLOAT, None)],
        draft.weights,
    )
    opsets = [helper.make_opsetid("", draft.opset), helper.make_opsetid("local", 1)]
    return helper.make_model(graph, opset_imports=opsets, functions=draft.functions, ir_version=9)


def run(model: Any) -> dict[str, Shape]:
    """Return the shapes of all tensors that ONNX Runtime makes, after its inliner; functions are in their nodes."""
    import onnxruntime
    from onnx import inliner

    flat = inliner.inline_local_functions(model)
    for node in flat.graph.node:
        node.name = ""  # which has to be unique for ONNX Runtime
    made = [name for node in flat.graph.node for name in node.output]
    known = {item.name for item in flat.graph.output}
    flat.graph.output.extend(onnx.ValueInfoProto(name=name) for name in made if name not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(flat.SerializeToString(), options, providers=["CPUExecutionProvider"])
    shape = [side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]
    names = [item.name for item in session.get_outputs()]
    results = session.run(names, {"image": np.zeros(shape, dtype="float32")})
    shapes = {name: tuple(result.shape) for name, result in zip(names, results, strict=True)}
    shapes |= {item.name: tuple(item.dims) for item in flat.graph.initializer}
    return {"image": tuple(shape), **shapes}


def count(model: Any, shapes: dict[str, Shape]) -> tuple[int, int]:
    """Return mult-adds per image, and weights with biases, norms and slopes, from the shapes alone."""
    from onnx import inliner

    flat = inliner.inline_local_functions(model)
    constant = {item.name for item in flat.graph.initializer}
    for node in flat.graph.node:
        if node.op_type in ("Constant", "ConstantOfShape") or (node.op_type == "DequantizeLinear"):
            constant.update(node.output)
    macs = params = 0
    for node in flat.graph.node:
        ins, out = [shapes.get(name, ()) for name in node.input], shapes[node.output[0]]
        if node.op_type == "Conv":
            macs += prod(ins[1]) * prod(out[2:]) * out[0]
        elif node.op_type == "ConvTranspose":
            macs += prod(ins[1]) * prod(ins[0][2:]) * out[0]
        elif node.op_type in ("MatMul", "Gemm"):
            macs += prod(out) * ins[0][-1]
        if node.op_type in ("Conv", "ConvTranspose", "MatMul", "Gemm", "Add", "PRelu"):
            params += sum(prod(shapes[name]) for name in node.input if name in constant)
        elif node.op_type == "BatchNormalization":
            params += 2 * prod(ins[1])
    return macs // shapes["image"][0], params


def is_read(path: Path) -> bool:
    """Return whether a file is not refused."""
    try:
        read_totals(path)
    except MbcostError:
        return False
    return True


def check(seed: int, folder: Path) -> str:
    """Return what differs between a random model as mbcost reads it and as ONNX Runtime runs it; empty if nothing."""
    model = generate(seed)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

    try:
        shapes = run(model)
    except InvalidArgument as error:  # a map became too small, so mbcost has to refuse it, too
        return f"{seed}: read, but ONNX Runtime says {error}" if is_read(path) else ""
    graph = read_graph(path, path.name, "onnx")
    wrong = {
        name: tensor.shape for name, tensor in graph.tensors.items() if shapes.get(name, tensor.shape) != tensor.shape
    }
    if wrong:
        return f"{seed}: shapes {wrong}"
    actual, expected = read_totals(path), count(model, shapes)
    return "" if actual == expected else f"{seed}: {actual}, expected {expected}"
