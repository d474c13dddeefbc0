"""The constants of an ONNX file: their shapes, types and bytes, and the values of the small ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from mbcost.errors import MbcostError, shorten
from mbcost.files.onnx.dtypes import DTYPES, FIELDS, RAW_DATA, Dtype
from mbcost.files.onnx.external import Beside
from mbcost.files.onnx.wire import SMALL, Payload, Skeleton

EXTERNAL = 1
"""The `data_location` of a tensor in another file."""
LARGEST = 1 << 50
"""Elements; a tensor with more is not one that anybody has."""


@dataclass(frozen=True)
class Weight:
    """A constant that is stored."""

    shape: tuple[int, ...]
    dtype: str
    code: int
    """The number of the type in onnx.proto."""
    stored: int
    """Bytes in the file, or in the file beside it."""
    proto: Any = field(default=None, compare=False, repr=False)
    """The tensor with its values if they are few, else None."""


@dataclass(frozen=True)
class Store:
    """Where the values of constants are."""

    skeleton: Skeleton
    beside: Beside

    @property
    def name(self) -> str:
        """What messages call the file."""
        return self.skeleton.name

    def refuse(self, tensor: str, what: str) -> MbcostError:
        """Return the error for a constant."""
        return MbcostError(f"{self.name}: tensor '{shorten(tensor, 100)}' {what}: export the model again")

    def read(self, proto: Any, name: str) -> Weight:
        """Return a constant; its values have to fit its shape and type.

        Raises:
            MbcostError: they do not, or the type is not known.
        """
        shape = self.check_sides(tuple(proto.dims), name)
        dtype = DTYPES.get(proto.data_type)
        if dtype is None:
            raise self.refuse(name, f"has type {proto.data_type}, which mbcost does not know")
        if proto.data_location == EXTERNAL:
            return self._read_external(proto, name, dtype, shape)
        payload = self.skeleton.cut.get(proto.doc_string) or _payload(proto)
        self._check(payload, dtype, prod(shape), name)
        whole = proto.doc_string not in self.skeleton.cut
        return Weight(shape, dtype.name, proto.data_type, sum(payload.bytes.values()), proto if whole else None)

    def read_sparse(self, proto: Any, name: str) -> Weight:
        """Return a sparse constant: its bytes are those of the values and of the indices.

        Raises:
            MbcostError: they do not fit each other or the shape.
        """
        shape = self.check_sides(tuple(proto.dims), name)
        values, indices = self.read(proto.values, name), self.read(proto.indices, f"{name} (indices)")
        count = prod(values.shape)
        if len(values.shape) != 1 or indices.shape not in ((count,), (count, len(shape))) or count > prod(shape):
            raise self.refuse(name, "is sparse, and its values and indices do not fit its shape")
        return Weight(shape, values.dtype, values.code, values.stored + indices.stored)

    def check_sides(self, shape: tuple[int, ...], name: str) -> tuple[int, ...]:
        """Return the shape of a constant.

        Raises:
            MbcostError: it cannot be one.
        """
        if any(side < 0 for side in shape) or prod(shape) > LARGEST or len(shape) > 64:
            raise self.refuse(name, f"has the sides {shorten('x'.join(map(str, shape)), 100)}")
        return shape

    def _read_external(self, proto: Any, name: str, dtype: Dtype, shape: tuple[int, ...]) -> Weight:
        if not dtype.bits:
            raise self.refuse(name, "is text in another file, which ONNX does not have")
        expected = dtype.raw_bytes(prod(shape))
        content = self.beside.read(name, proto.external_data, expected, SMALL)
        if content is None:
            return Weight(shape, dtype.name, proto.data_type, expected)
        inside = type(proto)(dims=shape, data_type=proto.data_type, raw_data=content)
        return Weight(shape, dtype.name, proto.data_type, expected, inside)

    def _check(self, payload: Payload, dtype: Dtype, elements: int, name: str) -> None:
        """Refuse values that are not as many as the shape says, or that are in two fields at once."""
        if not elements and not payload.bytes:
            return
        fields = sorted(payload.bytes)
        expected = {RAW_DATA: dtype.raw_bytes(elements), dtype.field: dtype.entries(elements)}
        if not dtype.bits:
            del expected[RAW_DATA]
        if len(fields) > 1 or (fields and fields[0] not in expected):
            raise self.refuse(name, f"of {dtype.name} has values in {' and '.join(FIELDS[key] for key in fields)}")
        (key,) = fields or [RAW_DATA]
        count = payload.values.get(key, 0)
        if count != expected.get(key, 0):
            unit = "bytes" if key == RAW_DATA else "values"
            written = f"{count:,} {unit}" if count >= 0 else f"a broken number of {unit}"
            raise self.refuse(name, f"has {written}, expected {expected.get(key, elements):,}")


def _payload(proto: Any) -> Payload:
    """Return what a tensor that was not cut has of its values."""
    sizes, counts = dict[int, int](), dict[int, int]()
    for key, attribute in FIELDS.items():
        values = getattr(proto, attribute)
        if not len(values):
            continue
        counts[key] = len(values)
        sizes[key] = len(values) if key == RAW_DATA else _size(key, values)
    return Payload(sizes, counts)


def _size(key: int, values: Any) -> int:
    """Return the bytes of numbers in a field, those of variable length as onnx.proto writes them."""
    width = WIDTHS.get(key)
    if width:
        return len(values) * width
    if isinstance(values[0], bytes):
        return sum(map(len, values))
    return sum(max(1, -(-((value & (1 << 64) - 1).bit_length()) // 7)) for value in values)


WIDTHS = {4: 4, 10: 8}
"""The bytes per number of the fields whose numbers have a fixed length."""
