"""Valid files with a few wrong bytes."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.files.onnx.generator import generate

INTERESTING = (0x00, 0x01, 0x7F, 0x80, 0xFF, 0x0A, 0x3A, 0x12)


def mutate(seed: int) -> bytes:
    """Return a random model as a file, with one to four changes: of bytes, or of what they mean."""
    random = Random(seed)
    model = generate(random.randrange(60))
    if seed % 2:
        for _ in range(random.randint(1, 3)):
            _change(model, random)
        return bytes(model.SerializeToString())
    data = bytearray(model.SerializeToString())
    for _ in range(random.randint(1, 4)):
        CHANGES[random.randrange(len(CHANGES))](data, random)
    return bytes(data)


def _change(model: Any, random: Random) -> None:
    """Change a node, an attribute, a constant or an input."""
    graph = model.graph
    node = random.choice(graph.node)
    number = random.choice([0, 1, -1, 2, 7, 2**31, 2**62, -(2**63)])
    choice = random.randrange(9)
    if choice == 0 and node.attribute:
        attribute = random.choice(node.attribute)
        attribute.i = number
        attribute.ints[:] = [number if random.random() < 0.5 else value for value in attribute.ints]
    elif choice == 1 and node.attribute:
        node.attribute.remove(random.choice(node.attribute))
    elif choice == 2:
        node.op_type = random.choice(graph.node).op_type
    elif choice == 3 and node.input:
        node.input[random.randrange(len(node.input))] = random.choice(["", *random.choice(graph.node).output])
    elif choice == 4 and graph.initializer:
        tensor = random.choice(graph.initializer)
        tensor.dims[:] = random.choice([[number], [*tensor.dims, 1], [], [max(1, side) for side in tensor.dims[::-1]]])
    elif choice == 5 and graph.initializer:
        random.choice(graph.initializer).data_type = random.randrange(30)
    elif choice == 6:
        graph.input[0].type.tensor_type.shape.dim[random.randrange(3)].dim_value = number
    elif choice == 7:
        model.opset_import[0].version = random.choice([1, 6, 9, 11, 13, 22, 99, number])
    else:
        graph.node.append(random.choice(graph.node))


def _replace(data: bytearray, random: Random) -> None:
    data[random.randrange(len(data))] = random.choice([random.randrange(256), *INTERESTING])


def _flip(data: bytearray, random: Random) -> None:
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _cut(data: bytearray, random: Random) -> None:
    del data[random.randrange(1, len(data)) :]


def _remove(data: bytearray, random: Random) -> None:
    first = random.randrange(len(data) - 1)
    del data[first : first + random.randint(1, 8)]


def _insert(data: bytearray, random: Random) -> None:
    first = random.randrange(len(data))
    data[first:first] = random.choice([random.randbytes(3), b"\xff" * 9, b"\xff" * 9 + b"\x01", bytes(4)])


def _repeat(data: bytearray, random: Random) -> None:
    first = random.randrange(len(data))
    data[first:first] = data[first : first + random.randint(1, 60)]


CHANGES = (_replace, _replace, _flip, _flip, _cut, _remove, _insert, _repeat)
