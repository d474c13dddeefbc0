"""Reads an ONNX file as a graph."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mbcost.errors import MbcostError, MissingLibrary, one_line
from mbcost.files.onnx.external import Beside
from mbcost.files.onnx.inputs import find_batch, read_input, settle_shapes
from mbcost.files.onnx.made import Maker
from mbcost.files.onnx.nodes import Facts
from mbcost.files.onnx.operators import translate
from mbcost.files.onnx.walk import Scope, Walker
from mbcost.files.onnx.weights import Store
from mbcost.files.onnx.wire import read_skeleton
from mbcost.files.sizes import InputSizes
from mbcost.spec.graph import CHANNELS_FIRST, Graph, Operator

RECURRENT = ("LSTM", "GRU", "RNN")
EXPORT = "export the model as ONNX and give that file"
SIGNATURES: Mapping[bytes, str] = {
    b"PK\x03\x04": "a zip archive, such as PyTorch's .pt or a .keras file",
    b"\x80\x02": "a pickle, such as PyTorch's .pth, which mbcost never loads",
    b"\x80\x03": "a pickle, which mbcost never loads",
    b"\x80\x04": "a pickle, which mbcost never loads",
    b"\x89HDF": "an HDF5 file, such as Keras's .h5",
    b"\x1f\x8b": "compressed with gzip",
    b"ORTM": "a model in ONNX Runtime's own format",
    b"version https://git-lfs": "a pointer of Git LFS, not the model itself",
}
"""What the first bytes of files say that are not ONNX."""


def read(path: Path, name: str, sizes: InputSizes) -> Graph:
    """Return the graph of an ONNX file.

    Its weights are never read: the file is mapped into memory, and only what is between the weights is looked at.

    Args:
        path: the file.
        name: what messages call it.
        sizes: the shapes of inputs that the file leaves open, as far as the user states them.

    Raises:
        MissingLibrary: the onnx package is not installed.
        MbcostError: the file is not a valid ONNX file, or leaves a size open.
        OSError: the file cannot be opened.
    """
    try:
        import onnx
    except ImportError:
        raise MissingLibrary("onnx", "onnx") from None
    try:
        return _read(path, name, sizes, onnx.ModelProto)
    except MbcostError as error:
        raise MbcostError(one_line(str(error))) from None  # it can quote names from the file


def _read(path: Path, name: str, sizes: InputSizes, message: Any) -> Graph:
    """Return the graph of a file; `message` is what the onnx package parses a model with."""
    from google.protobuf.message import DecodeError

    with _map(path, name) as buffer:
        _check_signature(bytes(buffer[:32]), name)
        size = len(buffer)
        skeleton = read_skeleton(buffer, name)
    try:
        model = message.FromString(skeleton.data)
    except (DecodeError, RuntimeError, ValueError):
        raise skeleton.refuse("a message that cannot be decoded", 0) from None
    if not model.HasField("graph") or not model.opset_import:
        raise MbcostError(f"{name}: not an ONNX model, because it has no graph or no version of operators: {EXPORT}")
    store = Store(skeleton, Beside(path, name))
    return _make_graph(model, store, path, size, sizes)


@contextmanager
def _map(path: Path, name: str) -> Iterator[memoryview]:
    """Map a regular file into memory."""
    if not stat.S_ISREG(path.stat().st_mode):
        if path.is_dir():
            raise MbcostError(f"{name}: a folder: name the .onnx file in it")
        raise MbcostError(f"{name}: not a regular file: save the model in a file")
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise MbcostError(f"{name}: the file is empty: export or download it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as buffer:
            yield buffer


def _check_signature(first: bytes, name: str) -> None:
    """Refuse files of other formats by their first bytes."""
    for signature, what in SIGNATURES.items():
        if first.startswith(signature):
            raise MbcostError(f"{name}: not an ONNX file but {what}: {EXPORT}")
    if first[4:8] == b"TFL3":
        raise MbcostError(f"{name}: not an ONNX file but a TensorFlow Lite file: give it the ending .tflite")
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in first):
        raise MbcostError(f"{name}: not an ONNX file but text: {EXPORT}")


def _make_graph(model: Any, store: Store, path: Path, size: int, sizes: InputSizes) -> Graph:
    facts, graph = Facts(store.name), model.graph
    scope = Scope({item.domain: item.version for item in model.opset_import})
    functions = {
        ("" if item.domain == "ai.onnx" else item.domain, item.name, item.overload): item for item in model.functions
    }
    walker = Walker(facts, store, functions, {item.name: item.type for item in graph.value_info})
    walker.repeats = model.producer_name == "pytorch"
    walker.add_weights(graph, scope)
    shapes = _add_inputs(graph, walker, scope, sizes)
    walker.stated = {} if sizes or _changed(graph, shapes) else walker.stated
    walker.run(graph.node, scope)
    outputs = tuple(_find_output(item.name, scope, walker) for item in graph.output)
    maker = Maker(facts)
    operators = tuple(operator for node in walker.nodes for operator in translate(node, maker))
    if not outputs or not graph.node:
        raise MbcostError(f"{store.name}: the model makes nothing: export it again")
    named = dict.fromkeys(
        (*walker.inputs, *outputs, *(name for operator in operators for name in _names(operator)), *maker.extra)
    )
    unread = list(maker.unread)
    if len(model.training_info):
        unread.append("its training information")
    unknown = sum(name not in facts.shapes for name in named if name not in maker.extra)
    if unknown:
        unread.append(f"the shapes of {unknown} tensors, which depend on values")
    return Graph(
        path.stem,
        store.name,
        "onnx",
        CHANNELS_FIRST,
        tuple(walker.inputs),
        outputs,
        operators,
        {name: maker.tensor(name) for name in named},
        find_batch(shapes, [facts.shape(name) for name in outputs], in_steps=_is_in_steps(walker)),
        size + sum(store.beside.sizes.values()),
        tuple(unread),
    )


def _is_in_steps(walker: Walker) -> bool:
    """Return whether a recurrent layer reads steps of time first, and the batch after them."""
    return any(node.op in RECURRENT and not node.number("layout", 0) for node in walker.nodes)


def _names(operator: Operator) -> Iterator[str]:
    yield from filter(None, (*operator.reads, *operator.makes))


def _add_inputs(graph: Any, walker: Walker, scope: Scope, sizes: InputSizes) -> dict[str, tuple[int, ...]]:
    """Add the inputs that are not constants, and return the shapes of those that are tensors."""
    from onnx import helper

    protos = [item for item in graph.input if item.name not in scope.names]
    tensors = [read_input(item) for item in protos if item.type.HasField("tensor_type")]
    shapes = settle_shapes(walker.facts.file, tensors, sizes)
    for item in protos:
        name = walker.declare(item.name, scope)
        walker.inputs.append(name)
        proto = item.type
        if item.name in shapes:
            proto = helper.make_tensor_type_proto(item.type.tensor_type.elem_type or 1, shapes[item.name])
        walker.facts.add_type(name, proto)
    return shapes


def _changed(graph: Any, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Return whether an input has another shape than the file says, so that what it says of others is not true."""
    stated = {item.name: read_input(item).sides for item in graph.input if item.name in shapes}
    return any(stated[name] != shape for name, shape in shapes.items())


def _find_output(name: str, scope: Scope, walker: Walker) -> str:
    tensor = scope.find(name)
    if tensor is None:
        raise MbcostError(f"{walker.facts.file}: nothing makes its output '{name[:100]}': export the model again")
    return tensor
