"""Access to a file in the form of a flatbuffer, in which every offset is checked before it is used.

The `flatbuffers` package checks nothing and imports numpy, which takes longer than a whole table. What a reader needs
of the format is here: https://flatbuffers.dev/internals/. A table has a list of its fields' positions (the vtable), and
a field is a number in it, or an offset to a vector, a text or another table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap
from struct import Struct, calcsize
from typing import Union

from mbcost.errors import MbcostError
from mbcost.files.tflite.schema import FIELDS

LONGEST_TEXT = 500
"""The bytes of a text that are read."""
FORMATS = {form: Struct("<" + form) for form in "bBhHiIqQf?"}
"""The little-endian numbers of a flatbuffer, by the letters of Python's `struct`."""


@dataclass(frozen=True)
class File:
    """The bytes of a file, and what messages call it."""

    name: str
    data: Union[bytes, mmap]

    def read(self, form: str, at: int, what: str) -> int:
        """Return the number at a position; `form` is a key of `FORMATS`.

        Raises:
            MbcostError: the file ends before, or the position is negative.
        """
        packed = FORMATS[form]
        self.check(at, packed.size, what)
        return int(packed.unpack_from(self.data, at)[0])

    def read_float(self, at: int, what: str) -> float:
        """Return the float number at a position, with the same check."""
        self.check(at, 4, what)
        return float(FORMATS["f"].unpack_from(self.data, at)[0])

    def check(self, at: int, length: int, what: str) -> None:
        """Refuse a part that is not in the file.

        Raises:
            MbcostError: it is not.
        """
        if at < 0 or at + length > len(self.data):
            raise self.refuse(f"{what} is outside the file, at byte {at} of {len(self.data)}")

    def refuse(self, problem: str) -> MbcostError:
        """Return the error for a file that is damaged."""
        return MbcostError(f"{self.name}: {problem}: the file is damaged; convert the model again")

    def root(self) -> Table:
        """Return the table to which the first four bytes point."""
        return Table(self, self.read("I", 0, "the offset of the model"), "Model", "the model")


@dataclass(frozen=True)
class Vector:
    """A list of numbers or of offsets in a file, which is known to be inside it."""

    file: File
    at: int
    """The position of the first item."""
    count: int
    what: str
    """What messages call one of its items, such as `tensor`."""

    def numbers(self, form: str) -> tuple[int, ...]:
        """Return all items as integers, if the vector is one of items of this form."""
        packed = Struct(f"<{self.count}{form}")
        return tuple(map(int, packed.unpack_from(self.file.data, self.at)))

    def table(self, index: int, kind: str) -> Table:
        """Return the table of a kind to which one of the items points."""
        position = self.at + 4 * index
        return Table(self.file, position + self.file.read("I", position, self.what), kind, f"{self.what} {index}")

    def tables(self, kind: str) -> Iterator[Table]:
        """Yield the tables of a kind to which the items point."""
        return (self.table(index, kind) for index in range(self.count))


@dataclass(frozen=True)
class Table:
    """A table of fields."""

    file: File
    at: int
    kind: str
    """Its name in the schema, a key of `FIELDS`."""
    what: str
    """What messages call it, such as `the model` or `tensor 3`."""

    @cached_property
    def _fields(self) -> tuple[int, int]:
        """The position of the vtable, and its size in bytes."""
        vtable = self.at - self.file.read("i", self.at, self.what)
        size = self.file.read("H", vtable, f"the list of fields of {self.what}")
        self.file.check(vtable, size, f"the list of fields of {self.what}")
        return vtable, size

    def find(self, field: str) -> int:
        """Return the position of a field, 0 if the table does not have it."""
        vtable, size = self._fields
        entry = 4 + 2 * FIELDS[self.kind][field]
        if entry + 2 > size:
            return 0
        offset = self.file.read("H", vtable + entry, self.what)
        return self.at + offset if offset else 0

    def number(self, field: str, form: str = "i", default: int = 0) -> int:
        """Return an integer or a truth value, or its default."""
        at = self.find(field)
        return self.file.read(form, at, f"{field} of {self.what}") if at else default

    def table(self, field: str, kind: str) -> Table | None:
        """Return a table of a kind, None if it is absent."""
        at = self._follow(field)
        return None if at is None else Table(self.file, at, kind, f"{field} of {self.what}")

    def vector(self, field: str, form: str, most: int | None = None, what: str = "") -> Vector:
        """Return a vector of items of a form, empty if it is absent. `what` is what messages call an item.

        Raises:
            MbcostError: it goes beyond the end of the file, or it has more than `most` items.
        """
        at = self._follow(field)
        if at is None:
            return Vector(self.file, 0, 0, what or field)
        count = self.file.read("I", at, f"the length of {field} of {self.what}")
        if most is not None and count > most:
            raise self.file.refuse(f"{field} of {self.what} has {count} items, more than {most}")
        self.file.check(at + 4, count * calcsize(f"<{form}"), f"{field} of {self.what}")
        return Vector(self.file, at + 4, count, what or field)

    def text(self, field: str) -> str:
        """Return a text, of a long one the beginning; empty if it is absent. Bytes that are not UTF-8 are escaped."""
        vector = self.vector(field, "B")
        return self.file.data[vector.at : vector.at + min(vector.count, LONGEST_TEXT)].decode(
            "utf-8", errors="backslashreplace"
        )

    def _follow(self, field: str) -> int | None:
        """Return the position to which a field points, None if the table does not have the field."""
        at = self.find(field)
        return at + self.file.read("I", at, f"{field} of {self.what}") if at else None
