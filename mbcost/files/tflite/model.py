"""A file's model as the schema has it: its subgraphs with their tensors and operators, checked against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mbcost.errors import MbcostError, escape
from mbcost.files.tflite.flatbuffer import File, Table, Vector
from mbcost.files.tflite.schema import IDENTIFIER, OPERATORS, OPTIONS, OPTIONS_2, PLACEHOLDER, VERSION

KINDS = {number: kind for kind, number in OPTIONS.items()}
KINDS_2 = {number: kind for kind, number in OPTIONS_2.items()}
"""The tables of options by their numbers in the two unions."""
MOST_ITEMS = 100_000
"""The items of the longest list of tables that is read. Each takes 4 bytes in a file that lies, and much more here."""
MOST_OPERATORS = 25_000
"""The operators of a subgraph. Large networks have some thousands."""
MOST_READS = 10_000
"""The tensors that one operator can read or make."""
MOST_EDGES = 1_000_000
"""The tensors that all operators of a subgraph together can read and make."""


@dataclass(frozen=True)
class Code:
    """What an operator does."""

    written: str
    """Its name in the schema, the name of a custom operator, or `code 999`."""
    custom: bool = False
    builtin: int = 0


@dataclass(frozen=True)
class FileOperator:
    """An operator of a subgraph. Tensors are known by their indices; -1 is an optional one that is absent."""

    code: Code
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    table: Table

    def options(self) -> Table | None:
        """Return its options, None if it has none that the reader knows."""
        for field, kinds in (("BuiltinOptions", KINDS), ("BuiltinOptions2", KINDS_2)):
            kind = kinds.get(self.table.number(f"{field}Type", "B"))
            if kind is not None:
                return self.table.table(field, kind)
        return None


@dataclass(frozen=True)
class Subgraph:
    """One of a model's subgraphs. The first one is the model, unless a signature calls another."""

    name: str
    tensors: Vector
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[FileOperator, ...]


@dataclass(frozen=True)
class Model:
    """The model of a file."""

    file: File
    codes: tuple[Code, ...]
    subgraphs: Vector
    buffers: Vector
    signatures: tuple[tuple[str, int], ...]
    """The name of each signature, and the index of its subgraph."""

    def read_subgraph(self, index: int) -> Subgraph:
        """Return a subgraph.

        Raises:
            MbcostError: it is damaged, or it names a tensor or a code that the file does not have.
        """
        table = self.subgraphs.table(index, "SubGraph")
        tensors = table.vector("Tensors", "I", MOST_ITEMS, "tensor")
        inputs, outputs = (table.vector(side, "i", MOST_READS).numbers("i") for side in ("Inputs", "Outputs"))
        for tensor in (*inputs, *outputs):
            if not 0 <= tensor < tensors.count:
                raise self.file.refuse(f"an input or output of {table.what} is tensor {tensor} of {tensors.count}")
        operators = tuple(self._read_operators(table, tensors.count))
        return Subgraph(escape(table.text("Name")), tensors, inputs, outputs, operators)

    def name_subgraph(self, index: int) -> str:
        """Return what to call a subgraph."""
        name = escape(self.subgraphs.table(index, "SubGraph").text("Name"))
        return f"subgraph {index} ({name})" if name else f"subgraph {index}"

    def _read_operators(self, subgraph: Table, tensors: int) -> Iterator[FileOperator]:
        edges = 0
        for table in subgraph.vector("Operators", "I", MOST_OPERATORS, "operator").tables("Operator"):
            index = table.number("OpcodeIndex", "I")
            if index >= len(self.codes):
                raise self.file.refuse(f"{table.what} has code {index} of {len(self.codes)}")
            inputs, outputs = (table.vector(side, "i", MOST_READS).numbers("i") for side in ("Inputs", "Outputs"))
            edges += len(inputs) + len(outputs)
            if edges > MOST_EDGES:
                raise self.file.refuse(f"the operators of {subgraph.what} read and make more than {MOST_EDGES} tensors")
            written = self.codes[index].written
            for tensor in inputs:
                if not -1 <= tensor < tensors:
                    raise self.file.refuse(f"{table.what} ({written}) reads tensor {tensor} of {tensors}")
            for tensor in outputs:
                if not 0 <= tensor < tensors:
                    raise self.file.refuse(f"{table.what} ({written}) makes tensor {tensor} of {tensors}")
            yield FileOperator(self.codes[index], inputs, outputs, table)


def read_model(file: File) -> Model:
    """Return the model of a file.

    Raises:
        MbcostError: it is not a file of TensorFlow Lite, or it is damaged.
    """
    if len(file.data) < 8 or file.data[4:8] != IDENTIFIER:
        raise MbcostError(
            f"{file.name} is not a model of TensorFlow Lite: expected {IDENTIFIER.decode()} at byte 4 of the file"
        )
    root = file.root()
    if (version := root.number("Version", "I")) != VERSION:
        raise MbcostError(
            f"{file.name} has version {version} of the schema, expected {VERSION}: convert the model with a newer "
            "TensorFlow"
        )
    subgraphs = root.vector("Subgraphs", "I", MOST_ITEMS, "subgraph")
    if not subgraphs.count:
        raise file.refuse("the model has no subgraph")
    codes = root.vector("OperatorCodes", "I", MOST_ITEMS, "operator code").tables("OperatorCode")
    signatures = root.vector("SignatureDefs", "I", MOST_ITEMS, "signature").tables("SignatureDef")
    return Model(
        file,
        tuple(map(_read_code, codes)),
        subgraphs,
        root.vector("Buffers", "I", MOST_ITEMS, "buffer"),
        tuple((escape(table.text("SignatureKey")), table.number("SubgraphIndex", "I")) for table in signatures),
    )


def _read_code(table: Table) -> Code:
    """Return an operator's code. Old files have it in a field of one byte, which newer ones keep where it fits."""
    builtin = max(table.number("DeprecatedBuiltinCode", "b"), table.number("BuiltinCode", "i"))
    if builtin == PLACEHOLDER or not 0 <= builtin < len(OPERATORS):
        return Code(f"code {builtin}", builtin=builtin)
    if OPERATORS[builtin] == "CUSTOM":
        return Code(escape(table.text("CustomCode")) or "CUSTOM", custom=True, builtin=builtin)
    return Code(OPERATORS[builtin], builtin=builtin)
