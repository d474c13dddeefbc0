"""A walk through the bytes of an ONNX file that leaves out the weights.

An ONNX file is one protobuf message (onnx.proto of the onnx project; protobuf.dev describes the encoding). Parsing it
whole would copy every weight. So the values of large tensors are cut out before, and only their numbers are noted.
The walk also bounds how many fields the parser sees, because an empty message takes two bytes in a file and a
hundred in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import NamedTuple

from mbcost.errors import MbcostError

MOST_FIELDS = 1_000_000
"""A graph of ten thousand operators has about 400,000."""
MOST_MESSAGES: Mapping[str, int] = {"Node": 50_000, "Tensor": 100_000, "Attribute": 300_000, "Value": 100_000}
"""Graphs of large language models have about 20,000 nodes."""
MOST_BYTES = 64 << 20
"""Of what remains without the values of large tensors."""
DEEPEST = 40
"""Messages inside messages; a graph inside a graph takes three."""
SMALL = 1024
"""Values of at most this many bytes per tensor stay where they are: shapes, bounds and axes are among them."""
CHUNK = 1 << 20

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5


@dataclass(frozen=True)
class Payload:
    """What the file has of the values of a tensor, by the number of the field that holds them."""

    bytes: Mapping[int, int]
    """The length of each field."""
    values: Mapping[int, int]
    """How many numbers it has; of raw data, how many bytes."""


@dataclass
class Skeleton:
    """A model without the values of its large tensors."""

    name: str
    """What messages call the file."""
    data: bytes = b""
    cut: dict[str, Payload] = field(default_factory=dict)
    """What was left out, by the text that stands in the tensor's `doc_string` now."""
    fields: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    """How many it has of each message."""
    kept: int = 0
    mark: str = field(default_factory=token_hex)
    """Makes these texts ones that no file can have."""

    def refuse(self, what: str, position: int) -> MbcostError:
        """Return the error for what is wrong at a byte of the file."""
        return MbcostError(f"{self.name}: not a valid ONNX file: {what} (byte {position}): export or download it again")

    def refuse_size(self, what: str) -> MbcostError:
        """Return the error for a file that is too much to read."""
        return MbcostError(f"{self.name}: it has {what} besides its weights: mbcost reads smaller models only")


class Item(NamedTuple):
    """A field in a message."""

    number: int
    kind: int
    first: int
    """The position of the field, of its content, and of what follows it."""
    content: int
    end: int


def read_skeleton(buffer: memoryview, name: str) -> Skeleton:
    """Return the model in a buffer without the values of its large tensors.

    Raises:
        MbcostError: it is not a protobuf message, or has too many fields.
    """
    skeleton = Skeleton(name)
    skeleton.data = _keep(buffer, 0, len(buffer), "Model", skeleton, 0)
    return skeleton


def _keep(buffer: memoryview, position: int, end: int, message: str, skeleton: Skeleton, depth: int) -> bytes:
    """Return the bytes of a message that are kept."""
    if depth > DEEPEST:
        raise skeleton.refuse(f"more than {DEEPEST} messages inside each other", position)
    skeleton.messages[message] += 1
    most = MOST_MESSAGES.get(message, MOST_FIELDS)
    if skeleton.messages[message] > most:
        raise skeleton.refuse_size(f"more than {most:,} {message.lower()}s")
    if message == "Tensor":
        return _keep_tensor(buffer, position, end, skeleton)
    known, parts = MESSAGES[message], list[bytes]()
    while position < end:
        item = _next(buffer, position, end, skeleton)
        position = item.end
        if item.number in known:
            parts += _keep_field(buffer, item, known[item.number], skeleton, depth)
    return b"".join(parts)


def _keep_field(buffer: memoryview, item: Item, inner: str, skeleton: Skeleton, depth: int) -> list[bytes]:
    """Return a field of a message; `inner` is what it is."""
    if inner == RAW:
        return [_copy(buffer, item, skeleton)]
    if item.kind != LENGTH:
        raise skeleton.refuse(f"a number instead of a {inner}", item.first)
    if inner != TEXT:
        return _write(item.number, _keep(buffer, item.content, item.end, inner, skeleton, depth + 1))
    kept = _copy(buffer, item, skeleton)
    try:
        kept[item.content - item.first :].decode()
    except UnicodeDecodeError:
        raise skeleton.refuse("a name that is not text", item.first) from None
    return [kept]


def _next(buffer: memoryview, first: int, end: int, skeleton: Skeleton) -> Item:
    """Return the field at a position."""
    skeleton.fields += 1
    if skeleton.fields > MOST_FIELDS:
        raise skeleton.refuse_size(f"more than {MOST_FIELDS:,} fields")
    key, position = buffer[first], first + 1
    if key >= 0x80:
        key, position = _varint(buffer, first, end, skeleton)
    number, kind = key >> 3, key & 7
    content = position
    if kind == LENGTH:
        length, content = _varint(buffer, position, end, skeleton)
        position = content + length
    elif kind == VARINT:
        _, position = _varint(buffer, position, end, skeleton)
    elif kind in (FOUR_BYTES, EIGHT_BYTES):
        position += 4 if kind == FOUR_BYTES else 8
    else:
        raise skeleton.refuse(f"an encoding {kind}, which ONNX does not use", first)
    if number == 0 or position > end:
        raise skeleton.refuse("a field that is longer than what it is in" if number else "a field 0", first)
    return Item(number, kind, first, content, position)


def _varint(buffer: memoryview, position: int, end: int, skeleton: Skeleton) -> tuple[int, int]:
    """Return a number of variable length, and the position after it."""
    if position < end and buffer[position] < 0x80:
        return buffer[position], position + 1
    value = shift = 0
    while position < end and shift < 70:
        byte = buffer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
        shift += 7
    raise skeleton.refuse("it ends too early" if shift < 70 else "a number of more than 10 bytes", position)


def _copy(buffer: memoryview, item: Item, skeleton: Skeleton) -> bytes:
    skeleton.kept += item.end - item.first
    if skeleton.kept > MOST_BYTES:
        raise skeleton.refuse_size(f"more than {MOST_BYTES >> 20} MiB")
    return bytes(buffer[item.first : item.end])


def _write(number: int, content: bytes) -> list[bytes]:
    """Return a message as a field of another one."""
    return [_to_varint(number << 3 | LENGTH), _to_varint(len(content)), content]


def _to_varint(value: int) -> bytes:
    r"""Return a number as a varint.

    >>> _to_varint(300)
    b'\xac\x02'
    """
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def _keep_tensor(buffer: memoryview, position: int, end: int, skeleton: Skeleton) -> bytes:
    """Return a tensor; without its values if they are more than `SMALL` bytes, and with a mark instead."""
    known, parts, values = MESSAGES["Tensor"], list[bytes](), list[Item]()
    while position < end:
        item = _next(buffer, position, end, skeleton)
        position = item.end
        if item.number in PAYLOADS:
            values.append(item)
        elif item.number in known:
            parts += _keep_field(buffer, item, known[item.number], skeleton, DEEPEST - 1)
    if sum(item.end - item.content for item in values) <= SMALL:
        return b"".join([*parts, *(_copy(buffer, item, skeleton) for item in values)])
    mark = f"{skeleton.mark} {len(skeleton.cut)}"
    skeleton.cut[mark] = _measure(buffer, values)
    return b"".join([*parts, *_write(DOC_STRING, mark.encode())])


def _measure(buffer: memoryview, items: list[Item]) -> Payload:
    sizes, counts = dict[int, int](), dict[int, int]()
    for item in items:
        packed = item.kind == LENGTH and item.number != STRING_DATA
        count = _count(buffer, item) if packed else 1
        counts[item.number] = counts.get(item.number, 0) + count
        content = item.content if item.kind == LENGTH else item.first + 1
        sizes[item.number] = sizes.get(item.number, 0) + item.end - content
    return Payload(sizes, counts)


def _count(buffer: memoryview, item: Item) -> int:
    """Return how many numbers a packed field has; of numbers of variable length, those are the last bytes."""
    length, width = item.end - item.content, PAYLOADS[item.number]
    if width:
        return length // width if length % width == 0 else -1
    chunks = (bytes(buffer[at : min(at + CHUNK, item.end)]) for at in range(item.content, item.end, CHUNK))
    return sum(len(chunk.translate(None, CONTINUED)) for chunk in chunks)


CONTINUED = bytes(range(0x80, 0x100))
"""The bytes of a varint except its last one."""
RAW_DATA, STRING_DATA, DOC_STRING = 9, 6, 12
PAYLOADS: Mapping[int, int] = {4: 4, 5: 0, STRING_DATA: 1, 7: 0, RAW_DATA: 1, 10: 8, 11: 0}
"""The fields of a tensor that hold its values, and the bytes per number; 0 if they vary."""


RAW, TEXT = "", "text"
"""Fields that are kept as they are; a text has to be UTF-8."""


def _raw(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, RAW)


def _text(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, TEXT)


MESSAGES: Mapping[str, Mapping[int, str]] = {
    "Model": {**_raw(1), **_text(2, 3), 8: "OperatorSet", 7: "Graph", 20: "Training", 25: "Function"},
    "OperatorSet": {**_text(1), **_raw(2)},
    "Graph": {**_text(2), 1: "Node", 5: "Tensor", 15: "SparseTensor", 11: "Value", 12: "Value", 13: "Value"},
    "Node": {**_text(1, 2, 3, 4, 7, 8), 5: "Attribute"},
    "Attribute": {
        **_text(1, 21),
        **_raw(20, 2, 3, 4, 7, 8, 9),
        **dict.fromkeys((5, 10), "Tensor"),
        **dict.fromkeys((6, 11), "Graph"),
        **dict.fromkeys((22, 23), "SparseTensor"),
        **dict.fromkeys((14, 15), "Type"),
    },
    "Tensor": {**_raw(1, 2, 3, 14), **_text(8), 13: "Entry"},
    "SparseTensor": {**_raw(3), 1: "Tensor", 2: "Tensor"},
    "Entry": _text(1, 2),
    "Function": {**_text(1, 4, 5, 6, 10, 13), 11: "Attribute", 7: "Node", 9: "OperatorSet"},
    "Training": {},
    "Value": {**_text(1), 2: "Type"},
    "Type": {1: "TensorType", 4: "Inner", 9: "Inner", 5: "Map", 8: "TensorType"},
    "TensorType": {**_raw(1), 2: "Shape"},
    "Inner": {1: "Type"},
    "Map": {**_raw(1), 2: "Type"},
    "Shape": {1: "Dimension"},
    "Dimension": {**_raw(1), **_text(2)},
}
"""The fields that are kept, by message: `RAW`, `TEXT`, or the message that the field is. The notes for readers are not
among them, which can be longer than everything else."""
