"""A program that `torch.export` has saved, as a model: read from its JSON, without any pickle.

An archive `.pt2` contains pickles (example inputs, and sometimes weights), and `torch.export.load` loads them. Here
only the JSON of the graph is read. Weights get their shapes from it and have no values: a trace needs none.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError
from mbcost.measured.graph_table import OPERATORS
from mbcost.spec.reading.archive import read_member

MOST_BYTES = 2**25
"""The largest JSON that is read."""
LONGEST_PATH = 64
"""The parts of the longest name of a module."""
LARGEST_SIDE = 2**31


class Part(nn.Module):
    """A module of the program: it has parameters and modules, and runs an operator when it is called."""

    def forward(self, run: Callable[[], Any]) -> Any:
        """Return what `run` returns."""
        return run()

    def find(self, path: str) -> Part:
        """Return the module at a path, which is made if there is none yet."""
        part = self
        for name in path.split(".")[:LONGEST_PATH] if path else ():
            child = part._modules.get(name)
            if not isinstance(child, Part):
                child = part._modules[name] = Part()
            part = child
        return part


class Program(Part):
    """A saved program. It runs on the meta device, where torch only works out shapes.

    Args:
        graph_module: what the JSON of the program says.
        name: what messages call it.
    """

    def __init__(self, graph_module: Mapping[str, Any], name: str) -> None:
        super().__init__()
        self.name = name
        self.graph = graph_module["graph"]
        self.stored: dict[str, Tensor] = {}
        """The tensors of the program by their names in the graph."""
        self.constants: dict[str, Any] = {}
        images = [self._store(spec) for spec in graph_module["signature"]["input_specs"]]
        inputs = [image for image in images if image is not None]
        if len(inputs) != 1:
            raise MbcostError(f"{name} reads {len(inputs)} inputs: export a model that reads one image")
        self.input = inputs[0]
        for node in self.graph["nodes"]:
            self.find(_find_module(node.get("metadata") or {}))
        self.outputs = [
            spec["user_output"]["arg"] for spec in graph_module["signature"]["output_specs"] if "user_output" in spec
        ]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The sides of the image that the program reads; None for a side that is open."""
        return tuple(side.get("as_int") for side in self.graph["tensor_values"][self.input]["sizes"])

    def _store(self, spec: Mapping[str, Any]) -> str | None:
        """Keep what an input of the graph is, and return its name if the user provides it."""
        ((kind, value),) = spec.items()
        if kind == "user_input":
            return str(value["arg"]["as_tensor"]["name"]) if "as_tensor" in value["arg"] else ""
        if kind == "constant_input":
            self.constants[value["name"]] = next(iter(value["value"].values()))
            return None
        if kind not in _NAMES:
            raise MbcostError(f"{self.name}: the program has a {kind.replace('_', ' ')}: name the model's factory")
        owner, _, attribute = str(value[_NAMES[kind]]).rpartition(".")
        tensor = self._make(value["arg"]["name"])
        part = self.find(owner)
        if kind == "parameter":
            tensor = part._parameters[attribute] = nn.Parameter(tensor, requires_grad=False)
        else:
            part._buffers[attribute] = tensor
        self.stored[value["arg"]["name"]] = tensor
        return None

    def _make(self, name: str) -> Tensor:
        meta = self.graph["tensor_values"][name]
        sizes, strides = ([int(side["as_int"]) for side in meta[key]] for key in ("sizes", "strides"))
        if any(not 0 <= side < LARGEST_SIDE for side in (*sizes, *strides)):
            raise MbcostError(f"{self.name}: the shape of {name} is not possible: export the model again")
        return torch.empty_strided(sizes, strides, dtype=_DTYPES[meta["dtype"]], device="meta")

    def forward(self, image: Tensor) -> tuple[Any, ...]:  # type: ignore[override]
        """Run the program on an image without values."""
        expected = self.input_shape
        sides = [side if side is not None else own for side, own in zip(expected, image.shape, strict=False)]
        if sides != list(image.shape) or len(sides) != len(expected):
            shape = "x".join("?" if side is None else str(side) for side in expected)
            one_image = len(expected) == 4 and expected[0] in (None, 1)
            remedy = "state that resolution" if one_image else "export it for one image (1x3x224x224), or as ONNX"
            raise MbcostError(f"it was exported for {shape}: {remedy}")
        values = {**self.constants, **self.stored, self.input: image}
        for node in self.graph["nodes"]:
            module = _find_module(node.get("metadata") or {})
            run = partial(self._call, node, values)
            self._keep(node, self.find(module)(run) if module else run(), values)
        return tuple(_read(output, values) for output in self.outputs)

    def _call(self, node: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
        target = str(node["target"])
        arguments = [_read(item["arg"], values) for item in node["inputs"]]
        if target in _NUMBERS:
            return _NUMBERS[target](*arguments)
        function, schema = self._find(target)
        names = [item.name for item in schema.arguments]
        given = {item["name"]: value for item, value in zip(node["inputs"], arguments, strict=True)}
        if "device" in names:
            given["device"] = torch.device("meta")
        _check_parts(node, given)
        # What an operator calls `self` cannot be given by name.
        first = [given.pop(names[0])] if names and names[0] in given else []
        return function(*first, **given)

    def _find(self, target: str) -> tuple[Any, Any]:
        """Return an operator of torch and its schema. One that reads no tensor could read a file instead."""
        match = re.fullmatch(r"torch\.ops\.(\w+)\.(\w+)\.(\w+)", target)
        packet = getattr(getattr(torch.ops, match[1], None), match[2], None) if match else None
        function = getattr(packet, match[3], None) if match and packet is not None else None
        if (
            function is None
            or match is None
            or match[1] not in ("aten", "prims", "quantized_decomposed", "torchvision")
        ):
            raise MbcostError(f"torch does not have the operator {target}: name the model's factory")
        schema = function._schema
        tensors = any("Tensor" in str(argument.type) for argument in schema.arguments)
        if not tensors and match[2] not in OPERATORS:
            raise MbcostError(f"the operator {target} reads no tensor: name the model's factory")
        return function, schema

    def _keep(self, node: Mapping[str, Any], result: Any, values: dict[str, Any]) -> None:
        outputs = node["outputs"]
        results = [result] if len(outputs) == 1 else list(result or ())
        for output, value in zip(outputs, results, strict=False):
            ((kind, content),) = output.items()
            if kind == "as_tensors":
                values.update((item["name"], part) for item, part in zip(content, value, strict=False))
            elif kind == "as_sym_int":
                values[content["as_name"]] = value
            elif kind in ("as_tensor", "as_sym_bool", "as_sym_float"):
                values[content.get("name", content.get("as_name"))] = value


def load_program(path: Path, name: str) -> Program:
    """Return the program in a `.pt2` archive as a model without values.

    Only the JSON of the graph is read, after its size has been checked; pickles in the archive are never loaded.

    Raises:
        MbcostError: the file cannot be read, is not a program, or needs more than mbcost knows.
    """
    if path.exists() and not path.is_file():
        raise MbcostError(f"{name} is not a regular file: save the program as one, because it is read in parts")
    try:
        content = read_member(path, name, _is_graph, "the JSON of a program of torch.export", MOST_BYTES)
        program = json.loads(content)
        return Program(program["graph_module"], name)
    except OSError as error:
        raise MbcostError(f"{name}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, RuntimeError, OverflowError):
        raise MbcostError(f"{name}: not a program that torch.export has saved: save it again") from None


def _is_graph(member: str) -> bool:
    return member.endswith("models/model.json") or member == "serialized_exported_program.json"


def _find_module(metadata: Mapping[str, Any]) -> str:
    """Return the module that called an operator: the last part of its stack."""
    last = str(metadata.get("nn_module_stack", "")).rpartition(";")[2].split(",")
    path = last[1] if len(last) > 2 else ""
    return path if re.fullmatch(r"\w+(\.\w+)*", path) else ""


def _check_parts(node: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to take a tensor apart into more parts than the program says."""
    declared = [len(content) for output in node["outputs"] for kind, content in output.items() if kind == "as_tensors"]
    tensor = given.get("self")
    if not declared or not isinstance(tensor, Tensor) or not tensor.ndim or not _DIVISION.search(node["target"]):
        return
    side, size = tensor.shape[int(given.get("dim", 0))], given.get("split_size", 1)
    if "chunks" in given:
        size = -(-side // max(int(given["chunks"]), 1))
    if isinstance(size, int) and -(-side // max(size, 1)) > declared[0]:
        raise MbcostError("the program takes a tensor apart into more parts than it names: export the model again")


def _read(argument: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Return the value of an argument of an operator."""
    ((kind, content),) = argument.items()
    if kind in ("as_int", "as_ints", "as_bool", "as_bools", "as_string", "as_int_lists"):
        return content
    if kind not in _READERS:
        raise MbcostError(f"the program has {kind.removeprefix('as_').replace('_', ' ')}: name the model's factory")
    return _READERS[kind](content, values)


def _look_up(content: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Return a tensor or a number by its name, or the number itself."""
    ((kind, value),) = content.items()
    return None if kind == "as_none" else value if kind == "as_int" else values[_name(value)]


def _name(value: Any) -> str:
    return str(value["name"] if isinstance(value, dict) else value)


def _look_up_all(content: list[Any], values: Mapping[str, Any]) -> list[Any]:
    return [_look_up(item, values) for item in content]


_DIVISION = re.compile(r"\.(unsafe_)?(split|chunk|unbind)\.")
"""The operators that take a tensor apart into equal parts."""
_NAMES: Mapping[str, str] = {
    "parameter": "parameter_name",
    "buffer": "buffer_name",
    "tensor_constant": "tensor_constant_name",
}
_NUMBERS: Mapping[str, Callable[..., Any]] = {
    f"_operator.{name}": getattr(operator, name)
    for name in ("add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "eq", "ne", "lt", "le", "gt", "ge")
}
"""Functions of numbers, which are sides of tensors."""
_DTYPES: Mapping[int, torch.dtype] = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16,
    7: torch.float32, 8: torch.float64, 9: torch.complex32, 10: torch.complex64, 11: torch.complex128,
    12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
"""The numbers of types in torch's schema of saved programs (torch/_export/serde/schema.py)."""
_READERS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "as_none": lambda _content, _values: None,
    "as_float": lambda content, _values: float(content),
    "as_floats": lambda content, _values: [float(item) for item in content],
    "as_tensor": _look_up,
    "as_tensors": _look_up_all,
    "as_sym_int": _look_up,
    "as_sym_ints": _look_up_all,
    "as_sym_bool": _look_up,
    "as_sym_float": _look_up,
    "as_optional_tensor": _look_up,
    "as_optional_tensors": _look_up_all,
    "as_scalar_type": lambda content, _values: _DTYPES[content],
    "as_memory_format": lambda content, _values: {
        2: torch.channels_last, 3: torch.channels_last_3d, 4: torch.preserve_format
    }.get(content, torch.contiguous_format),
    "as_layout": lambda _content, _values: torch.strided,
    "as_device": lambda _content, _values: torch.device("meta"),
}  # fmt: skip
