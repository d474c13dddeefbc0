"""Files of TensorFlow Lite made with the generated schema, at random or by hand, and counted while they are made."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

import flatbuffers
import tflite

from mbcost.files.sizes import InputSizes
from mbcost.files.tflite.flatbuffer import File
from mbcost.files.tflite.graph import build_graph
from mbcost.files.tflite.model import read_model
from mbcost.spec.graph import Graph

Sides = tuple[int, ...]
ITEMS = {"FLOAT32": 4, "FLOAT16": 2, "INT32": 4, "INT8": 1, "INT64": 8}
FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1", "TANH")


def parse(data: bytes, sizes: InputSizes | None = None) -> Graph:
    """The graph of the bytes of a file."""
    return build_graph(read_model(File("net.tflite", data)), "net", sizes or InputSizes())


@dataclass
class Draft:
    """A model that grows by one operator after the other. A tensor is known by its index."""

    tensors: list[dict[str, Any]] = field(default_factory=list)
    operators: list[tuple[str, list[int], list[int], str, dict[str, Any]]] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    macs: int = 0
    params: int = 0
    version: int = 3

    def tensor(self, shape: Sides, dtype: str = "FLOAT32", **more: Any) -> int:
        self.tensors.append({"shape": shape, "dtype": dtype, "name": f"t{len(self.tensors)}", **more})
        return len(self.tensors) - 1

    def weights(self, shape: Sides, dtype: str = "FLOAT32") -> int:
        """A constant that is a parameter."""
        self.params += prod(shape)
        return self.tensor(shape, dtype, data=bytes(prod(shape) * ITEMS[dtype]))

    def integers(self, values: list[int]) -> int:
        return self.tensor((len(values),), "INT32", data=struct.pack(f"<{len(values)}i", *values))

    def image(self, shape: Sides, **more: Any) -> int:
        self.inputs.append(self.tensor(shape, **more))
        return self.inputs[-1]

    def add(self, code: str, reads: list[int], shape: Sides, options: str = "", **fields: Any) -> int:
        """Add an operator with the table of options and its fields; return what it makes."""
        made = self.tensor(shape)
        self.operators.append((code, reads, [made], options, fields))
        return made

    def shape(self, tensor: int) -> Sides:
        shape: Sides = self.tensors[tensor]["shape"]
        return shape

    def build(self) -> bytes:
        """The file."""
        builder = flatbuffers.Builder(1024)
        data = [b"", *(item["data"] for item in self.tensors if "data" in item)]
        buffers = [self._buffer(builder, content) for content in data]
        codes = list(dict.fromkeys(code for code, *_ in self.operators))
        stored = [index for index, item in enumerate(self.tensors) if "data" in item]
        tensors = [
            self._tensor(builder, item, stored.index(index) + 1 if index in stored else 0)
            for index, item in enumerate(self.tensors)
        ]
        operators = [self._operator(builder, codes, *item) for item in self.operators]
        sides = [_numbers(builder, numbers, "i", 4) for numbers in (self.inputs, self.outputs)]
        vectors = [_offsets(builder, offsets) for offsets in (tensors, operators)]
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, vectors[0])
        tflite.SubGraphAddInputs(builder, sides[0])
        tflite.SubGraphAddOutputs(builder, sides[1])
        tflite.SubGraphAddOperators(builder, vectors[1])
        subgraph = tflite.SubGraphEnd(builder)
        lists = [_offsets(builder, items) for items in ([_code(builder, code) for code in codes], [subgraph], buffers)]
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, self.version)
        tflite.ModelAddOperatorCodes(builder, lists[0])
        tflite.ModelAddSubgraphs(builder, lists[1])
        tflite.ModelAddBuffers(builder, lists[2])
        builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    @staticmethod
    def _buffer(builder: Any, content: bytes | tuple[int, int]) -> Any:
        """A buffer with its bytes, or with their position and length in the file."""
        outside = isinstance(content, tuple)
        vector = builder.CreateByteVector(content) if content and not outside else None
        tflite.BufferStart(builder)
        if outside:
            tflite.BufferAddOffset(builder, content[0])
            tflite.BufferAddSize(builder, content[1])
        if vector is not None:
            tflite.BufferAddData(builder, vector)
        return tflite.BufferEnd(builder)

    @staticmethod
    def _tensor(builder: Any, item: dict[str, Any], buffer: int) -> Any:
        shape, name = _numbers(builder, item["shape"], "i", 4), builder.CreateString(item["name"])
        signature = _numbers(builder, item["signature"], "i", 4) if "signature" in item else None
        tflite.TensorStart(builder)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, getattr(tflite.TensorType, item["dtype"]))
        tflite.TensorAddBuffer(builder, item.get("buffer", buffer))
        tflite.TensorAddName(builder, name)
        if signature is not None:
            tflite.TensorAddShapeSignature(builder, signature)
        return tflite.TensorEnd(builder)

    @staticmethod
    def _operator(
        builder: Any, codes: list[str], code: str, reads: list[int], makes: list[int], options: str, fields: Any
    ) -> Any:
        sides, table = [_numbers(builder, numbers, "i", 4) for numbers in (reads, makes)], None
        if options:
            getattr(tflite, f"{options}Start")(builder)
            for name, value in fields.items():
                getattr(tflite, f"{options}Add{name}")(builder, value)
            table = getattr(tflite, f"{options}End")(builder)
        custom = builder.CreateByteVector(fields["custom"]) if "custom" in fields else None
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, codes.index(code))
        tflite.OperatorAddInputs(builder, sides[0])
        tflite.OperatorAddOutputs(builder, sides[1])
        if custom is not None:
            tflite.OperatorAddCustomOptions(builder, custom)
        if table is not None:
            tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, options))
            tflite.OperatorAddBuiltinOptions(builder, table)
        return tflite.OperatorEnd(builder)


def _code(builder: Any, code: str) -> Any:
    """The code of a builtin operator, or of a custom one whose name is in lower case."""
    number = getattr(tflite.BuiltinOperator, code, None)
    name = builder.CreateString(code) if number is None else None
    number = tflite.BuiltinOperator.CUSTOM if number is None else number
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(number, 127))
    tflite.OperatorCodeAddBuiltinCode(builder, number)
    if name is not None:
        tflite.OperatorCodeAddCustomCode(builder, name)
    return tflite.OperatorCodeEnd(builder)


def _numbers(builder: Any, numbers: Any, form: str, size: int) -> Any:
    builder.StartVector(size, len(numbers), size)
    for number in reversed(numbers):
        getattr(builder, {"i": "PrependInt32", "f": "PrependFloat32"}[form])(number)
    return builder.EndVector()


def _offsets(builder: Any, offsets: list[Any]) -> Any:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


class RandomDraft(Draft):
    """A random network, whose multiply-adds are counted position by position."""

    def __init__(self, seed: int | str, *, is_open: bool = False) -> None:
        super().__init__()
        self.random = Random(f"tflite {seed}")
        self.batch = self.random.choice((1, 1, 2))
        shape = (self.batch, self.random.randint(5, 30), self.random.randint(5, 30), self.random.randint(1, 8))
        self.current = self.image(shape, **({"signature": (self.batch, -1, -1, shape[3])} if is_open else {}))
        for _ in range(self.random.randint(1, 8)):
            self.random.choice((self.conv, self.depthwise, self.pool, self.join, self.scale, self.apply, self.pad))()
        if self.random.random() < 0.5 and not is_open:
            self.classify()
        self.outputs = [self.current]

    def window(self) -> tuple[Sides, Sides, Sides, bool]:
        """A kernel, a stride and a dilation that fit the current map, and whether zeros are added."""
        _, *sides, _ = self.shape(self.current)
        same = self.random.random() < 0.5
        kernel = tuple(self.random.randint(1, 5 if same else min(5, side)) for side in sides)
        stride = tuple(self.random.randint(1, 3) for _ in sides)
        dilation = (1, 1)
        if stride == (1, 1) and same:
            dilation = self.random.choice(((1, 1), (2, 2), (1, 3)))
        return kernel, stride, dilation, same

    def slide(self, kernel: Sides, stride: Sides, same: bool) -> Sides:
        """The positions of a window along both sides: it begins in the map, and without zeros also ends in it."""
        _, *sides, _ = self.shape(self.current)
        ends = sides if same else [side - size + 1 for side, size in zip(sides, kernel, strict=True)]
        return tuple(len(range(0, end, step)) for end, step in zip(ends, stride, strict=True))

    def reads(self, weights: int, channels: int) -> list[int]:
        if self.random.random() < 0.3:
            return [self.current, weights]
        return [self.current, weights, self.weights((channels,))]

    def fields(self, stride: Sides, same: bool) -> dict[str, int]:
        fused = self.random.randrange(len(FUSED))
        return {
            "Padding": 0 if same else 1,
            "StrideH": stride[0],
            "StrideW": stride[1],
            "FusedActivationFunction": fused,
        }

    def conv(self) -> None:
        kernel, stride, dilation, same = self.window()
        inputs = self.shape(self.current)[3]
        groups = self.random.choice([number for number in (1, 1, 2, 3, 4) if inputs % number == 0])
        channels = groups * self.random.randint(1, 6)
        weights = self.weights((channels, *kernel, inputs // groups))
        positions = self.slide(kernel, stride, same)
        self.macs += prod(positions) * channels * prod(kernel) * (inputs // groups)
        self.current = self.add(
            "CONV_2D", self.reads(weights, channels), (self.batch, *positions, channels), "Conv2DOptions",
            **self.fields(stride, same), DilationHFactor=dilation[0], DilationWFactor=dilation[1],
        )  # fmt: skip

    def depthwise(self) -> None:
        kernel, stride, dilation, same = self.window()
        channels = self.shape(self.current)[3] * self.random.randint(1, 3)
        weights = self.weights((1, *kernel, channels))
        positions = self.slide(kernel, stride, same)
        self.macs += prod(positions) * channels * prod(kernel)
        self.current = self.add(
            "DEPTHWISE_CONV_2D", self.reads(weights, channels), (self.batch, *positions, channels),
            "DepthwiseConv2DOptions", **self.fields(stride, same), DilationHFactor=dilation[0],
            DilationWFactor=dilation[1],
        )  # fmt: skip

    def pool(self) -> None:
        kernel, stride, _, same = self.window()
        shape = (self.batch, *self.slide(kernel, stride, same), self.shape(self.current)[3])
        code = self.random.choice(("AVERAGE_POOL_2D", "MAX_POOL_2D"))
        fields = {"FilterHeight": kernel[0], "FilterWidth": kernel[1], **self.fields(stride, same)}
        self.current = self.add(code, [self.current], shape, "Pool2DOptions", **fields)

    def join(self) -> None:
        shape = self.shape(self.current)
        if self.random.random() < 0.5:
            self.current = self.add("ADD", [self.current, self.current], shape, "AddOptions")
        else:
            joined = (*shape[:3], 2 * shape[3])
            self.current = self.add("CONCATENATION", [self.current] * 2, joined, "ConcatenationOptions", Axis=-1)

    def scale(self) -> None:
        shape = self.shape(self.current)
        if shape[3] > 1:  # a single number is not a parameter
            self.current = self.add("MUL", [self.weights((shape[3],)), self.current], shape, "MulOptions")

    def apply(self) -> None:
        code = self.random.choice(("RELU6", "HARD_SWISH", "LOGISTIC", "ABS"))
        self.current = self.add(code, [self.current], self.shape(self.current))

    def pad(self) -> None:
        shape, zeros = self.shape(self.current), [self.random.randint(0, 2) for _ in range(4)]
        padded = (shape[0], shape[1] + zeros[0] + zeros[1], shape[2] + zeros[2] + zeros[3], shape[3])
        padding = self.tensor((4, 2), "INT32", data=struct.pack("<8i", 0, 0, *zeros, 0, 0))
        self.current = self.add("PAD", [self.current, padding], padded)

    def classify(self) -> None:
        batch, height, width, channels = self.shape(self.current)
        if self.random.random() < 0.5:
            self.current = self.add("MEAN", [self.current, self.integers([1, 2])], (batch, channels), "ReducerOptions")
        else:
            target = self.integers([-1, height * width * channels])
            self.current = self.add("RESHAPE", [self.current, target], (batch, height * width * channels))
        inputs, classes = self.shape(self.current)[1], self.random.randint(2, 9)
        weights = self.weights((classes, inputs))
        self.macs += classes * inputs
        self.current = self.add(
            "FULLY_CONNECTED", self.reads(weights, classes), (batch, classes), "FullyConnectedOptions"
        )
        self.current = self.add("SOFTMAX", [self.current], (batch, classes))
