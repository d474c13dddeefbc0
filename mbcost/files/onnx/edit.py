"""A copy in memory of an ONNX file that computes with other weights and shows what its layers make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from mbcost.errors import MbcostError, enumerate_words, shorten
from mbcost.files.onnx.dtypes import DTYPES
from mbcost.files.onnx.external import Beside
from mbcost.files.onnx.weights import EXTERNAL
from mbcost.spec.function import Slot

STANDARD = ("", "ai.onnx")
MARK = "mbcost:"
"""The names that are added begin with it."""


class Editable:
    """An ONNX model with all of its weights, of which changed copies can be written.

    Args:
        path: the file, which the reader has accepted.
        name: what messages call it.

    Raises:
        MbcostError: it has operators that are not ONNX's, functions, or branches and loops; or a weight is not there.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, name: str) -> None:
        import onnx
        from google.protobuf.message import DecodeError

        self.name = name
        try:
            self.model = onnx.ModelProto.FromString(path.read_bytes())
        except (DecodeError, RuntimeError, ValueError):
            raise MbcostError(f"{name}: the onnx package cannot decode it whole: export the model again") from None
        del self.model.training_info[:]
        self._refuse_unusual()
        beside = Beside(path, name)
        for tensor in self._list_tensors():
            if tensor.data_location == EXTERNAL:
                _take_in(tensor, beside)
        self.makers = {made: index for index, node in enumerate(self.model.graph.node) for made in node.output}
        """The position of the node that makes each tensor."""

    def node(self, tensor: str) -> tuple[int, Any]:
        """Return the position of the node that makes a tensor, and the node.

        Raises:
            MbcostError: no node does.
        """
        if tensor not in self.makers:
            raise MbcostError(f"{self.name}: no node makes '{shorten(tensor, 100)}' by itself: --prove needs one")
        return self.makers[tensor], self.model.graph.node[self.makers[tensor]]

    def write(self, values: Mapping[Slot, Any], tensors: Sequence[str], slots: Sequence[Slot]) -> bytes:
        """Return the model with other operands, which makes these tensors and these operands after its own outputs.

        Args:
            values: arrays that some nodes read instead of their own operands.
            tensors: the names of tensors that become outputs.
            slots: the operands that become outputs.
        """
        import numpy
        import onnx
        from onnx import helper, numpy_helper

        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        nodes = model.graph.node
        sources = [*tensors, *(nodes[slot.node].input[slot.index] for slot in slots)]
        added = []
        for number, (slot, value) in enumerate(values.items()):
            constant = f"{MARK}operand {number}"
            tensor = numpy_helper.from_array(numpy.ascontiguousarray(value), constant)
            added.append(helper.make_node("Constant", [], [constant], value=tensor))
            nodes[slot.node].input[slot.index] = constant
        shown = [f"{MARK}result {number}" for number in range(len(sources))]
        copies = [helper.make_node("Identity", [source], [made]) for source, made in zip(sources, shown, strict=True)]
        changed = [*added, *nodes, *copies]
        del nodes[:]
        nodes.extend(changed)
        del model.graph.value_info[:]
        model.graph.output.extend(onnx.ValueInfoProto(name=made) for made in shown)
        result: bytes = model.SerializeToString()
        return result

    def _refuse_unusual(self) -> None:
        graph = self.model.graph
        custom = dict.fromkeys(f"{node.domain}.{node.op_type}" for node in graph.node if node.domain not in STANDARD)
        if self.model.functions:
            custom = dict.fromkeys(node.name for node in self.model.functions)
        if custom:
            raise MbcostError(
                f"{self.name}: --prove runs ONNX's own operators only, and the file has others "
                f"({enumerate_words([shorten(word, 50) for word in custom])}): export the model without them"
            )
        inner = [node.op_type for node in graph.node for item in node.attribute if item.HasField("g") or item.graphs]
        if inner:
            raise MbcostError(
                f"{self.name}: --prove runs a straight graph, and the file has {inner[0]}: simplify it first"
            )

    def _list_tensors(self) -> Iterator[Any]:
        yield from self.model.graph.initializer
        for sparse in self.model.graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        for node in self.model.graph.node:
            for item in node.attribute:
                yield from (*item.tensors, *([item.t] if item.HasField("t") else ()))
                for sparse in (*item.sparse_tensors, *([item.sparse_tensor] if item.HasField("sparse_tensor") else ())):
                    yield from (sparse.values, sparse.indices)


def _take_in(tensor: Any, beside: Beside) -> None:
    """Put the values of a tensor that are in another file into the tensor, if that file is one that it may name."""
    dtype = DTYPES.get(tensor.data_type)
    expected = 0 if dtype is None else dtype.raw_bytes(prod(tensor.dims))
    content = beside.read(tensor.name, tensor.external_data, expected, expected)
    del tensor.external_data[:]
    tensor.ClearField("data_location")
    tensor.raw_data = content or b""
