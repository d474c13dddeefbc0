"""The tensors of a subgraph, with where their constants are stored and what the small ones hold."""

from __future__ import annotations

from dataclasses import replace
from struct import Struct

from mbcost.errors import MbcostError
from mbcost.files.tflite.flatbuffer import Table, Vector
from mbcost.files.tflite.model import Model
from mbcost.files.tflite.schema import DTYPES
from mbcost.spec.graph import MOST_VALUES, Tensor

MOST_SIDES = 32
"""The dimensions of a tensor. The kernels of TensorFlow Lite know at most 8."""
LETTERS = {
    "float32": "f", "float16": "e", "float64": "d", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H",
    "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "bool": "?",
}  # fmt: skip
"""The types whose values are read, by the letters of Python's `struct`."""


class TensorReader:
    """Reads the tensors of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def read(self, table: Table, name: str) -> Tensor:
        """Return a tensor. It is constant if its buffer has bytes.

        Raises:
            MbcostError: it is damaged, or its buffer does not have as many bytes as its shape needs.
        """
        shape = self.read_shape(table, name)
        kind = table.number("Type", "b")
        if kind not in DTYPES:
            raise self.refuse(name, f"has the unknown type {kind}")
        dtype, bits = DTYPES[kind]
        quantization = table.table("Quantization", "QuantizationParameters")
        scales = Vector(table.file, 0, 0, "") if quantization is None else quantization.vector("Scale", "f")
        number = table.number("Buffer", "I")
        at, stored = self.find_bytes(number, name)
        tensor = Tensor(name, shape, dtype, scales=scales.count, buffer=f"buffer {number}" if stored else "")
        if not stored:
            return tensor
        sparse = table.find("Sparsity") > 0
        if bits and not sparse and stored != (expected := -(-tensor.elements * bits // 8)):
            raise self.refuse(name, f"has {stored} bytes, expected {expected} for its shape {list(shape)}")
        values = None
        if dtype in LETTERS and not sparse and tensor.elements <= MOST_VALUES:
            packed = Struct(f"<{tensor.elements}{LETTERS[dtype]}")
            values = tuple(map(float, packed.unpack_from(table.file.data, at)))
            if quantization is not None and scales.count == 1:
                values = _dequantize(values, quantization, scales)
        return replace(tensor, stored=stored, values=values)

    def read_shape(self, table: Table, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor.

        Raises:
            MbcostError: it has a negative side, or too many.
        """
        shape = table.vector("Shape", "i", MOST_SIDES).numbers("i")
        if any(side < 0 for side in shape):
            raise self.refuse(name, f"has the shape {list(shape)}")
        return shape

    def read_signature(self, table: Table, tensor: Tensor) -> tuple[int, ...]:
        """Return the shape of a tensor with -1 for the sides that are open.

        Raises:
            MbcostError: it does not fit the shape.
        """
        signature = table.vector("ShapeSignature", "i", MOST_SIDES).numbers("i") or tensor.shape
        if len(signature) != len(tensor.shape) or min(signature, default=0) < -1:
            raise self.refuse(tensor.name, f"has the shapes {list(tensor.shape)} and {list(signature)}")
        return signature

    def find_bytes(self, number: int, name: str) -> tuple[int, int]:
        """Return where the bytes of a buffer are in the file and how many they are; (0, 0) if it has none.

        Raises:
            MbcostError: they are not in the file.
        """
        buffers, file = self.model.buffers, self.model.file
        if number == 0:  # by convention the empty one
            return 0, 0
        if number >= buffers.count:
            raise self.refuse(name, f"has buffer {number} of {buffers.count}")
        buffer = buffers.table(number, "Buffer")
        offset, size = buffer.number("Offset", "Q"), buffer.number("Size", "Q")
        if offset > 1:  # in a file of more than 2 GB, after the flatbuffer
            file.check(offset, size, f"the buffer of '{name}'")
            return offset, size
        data = buffer.vector("Data", "B")
        return data.at, data.count

    def refuse(self, name: str, problem: str) -> MbcostError:
        """Return the error for a tensor that is damaged."""
        return self.model.file.refuse(f"the tensor '{name}' {problem}")


def _dequantize(values: tuple[float, ...], quantization: Table, scales: Vector) -> tuple[float, ...]:
    zeros = quantization.vector("ZeroPoint", "q")
    zero = quantization.file.read("q", zeros.at, "a zero point") if zeros.count else 0
    scale = quantization.file.read_float(scales.at, "a scale")
    return tuple((value - zero) * scale for value in values)
