"""Small models for tests, written node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mbcost.files.read import read_graph
from mbcost.files.sizes import InputSizes
from mbcost.spec.graph import Graph, Operator

Sides = Sequence["int | str | None"]


def make(
    nodes: Sequence[Any],
    inputs: Mapping[str, Sides | None],
    weights: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = ("y",),
    opset: int = 17,
    **rest: Any,
) -> Any:
    """Return a model of these nodes; `weights` are shapes of zeros, or arrays."""
    arrays = {
        name: value if isinstance(value, np.ndarray | np.generic) else np.zeros(value, dtype="float32")
        for name, value in (weights or {}).items()
    }
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, sides) for name, sides in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )
    domains = {node.domain for node in nodes if node.domain}
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=rest.pop("opset_imports", opsets), **rest)


def save(model: Any, folder: Path) -> Path:
    """Write a model, and return its path."""
    path = folder / "small.onnx"
    onnx.save(model, str(path))
    return path


def load(model: Any, folder: Path, sizes: InputSizes | None = None) -> Graph:
    """Return the graph of a model."""
    return read_graph(save(model, folder), "small.onnx", "onnx", sizes or InputSizes())


def last(graph: Graph) -> Operator:
    """Return the last operator."""
    return graph.operators[-1]
