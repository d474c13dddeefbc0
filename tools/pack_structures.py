"""Pack the structures that `explain` searches for every built-in network: `python -m tools.pack_structures`.

Run it after a change of a spec, of the engine or of a known mistake. A test fails until the file is up to date.
"""

from __future__ import annotations

import json
import lzma
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from mbcost.questions.explain.packed import ARRAYS, MOST_SCALES, fingerprint, packed_alphas, packed_path
from mbcost.questions.explain.stack import Stack, build_stack
from mbcost.questions.explain.structures import Choices
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.scaling import alpha_text

MOST_SOURCES = 8
"""The columns that predict another one, at most."""


def pack(path: Path) -> None:
    """Build the structures of every built-in network at the alphas that are published and write them to `path`.

    Raises:
        OSError: the file cannot be written.
    """
    index, networks = {}, {}
    for name in NETWORKS:
        spec, alphas = load_spec(name), packed_alphas(name)
        stacks = {alpha_text(alpha): build_stack(spec, alpha, Choices(pairs=True)) for alpha in alphas}
        structures = next(iter(stacks.values())).structures  # they are the same at every alpha
        labels = [(s.implementation, s.classes, s.mistakes, s.left_out, s.only) for s in structures]
        index[name] = {"labels": labels, "scales": {key: stack.scales for key, stack in stacks.items()}}
        counts = np.stack([_flatten(stack, MOST_SCALES) for stack in stacks.values()])
        columns = np.flatnonzero(counts.any(axis=(0, 1)))
        differences, parents = predict(counts[:, :, columns], [s.implementation for s in structures])
        rest, sources = predict_columns(differences)
        networks[name] = {
            "rest": np.frombuffer(_write_numbers(rest), dtype=np.uint8),
            "sources": sources.astype(np.int16),
            "parents": parents.astype(np.int16),
            "columns": columns.astype(np.int16),
        }
    write_structures(path, {"specs": fingerprint(), "networks": index}, networks)


def write_structures(path: Path, index: Any, networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a ZIP file with the index as JSON and the arrays of every network, compressed by LZMA as far as it can.

    `np.savez_compressed` would take twice as much room, which the wheel does not have. The same arrays give the same
    bytes, because every member has the same date.

    Args:
        path: the file.
        index: the fingerprint of the specs, and for every network its structures and its scales at every alpha.
        networks: the arrays by name, by network.

    Raises:
        OSError: the file cannot be written.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        members = {"index.json": json.dumps(index, separators=(",", ":")).encode()}
        for name, arrays in networks.items():
            content = BytesIO()
            np.savez(content, **arrays)
            members[f"{name}.npz"] = content.getvalue()
        for name, member in members.items():
            compressed = (lzma.compress(member, filters=[{**_FILTER, **bits}]) for bits in _BITS)
            file.writestr(zipfile.ZipInfo(f"{name}.xz"), min(compressed, key=len))


def _flatten(stack: Stack, scales: int) -> Any:
    """Return the arrays of a stack side by side, structure x everything, as if it had so many scales."""
    arrays = []
    for name in ARRAYS:
        array = getattr(stack, name)
        missing = [(0, 0), (0, scales - len(stack.scales)), (0, 0)][: array.ndim] if array.ndim == 3 else [(0, 0)] * 2
        arrays.append(np.pad(array, missing).reshape(len(array), -1))
    return np.concatenate(arrays, axis=1)


def predict(counts: Any, groups: Sequence[str]) -> tuple[Any, Any]:
    """Return the differences of every structure from a prediction, and the indices of the three that predict it.

    A structure is predicted by an earlier one, plus what another one adds to the first of its group: a mistake adds
    nearly the same to every implementation. The prediction with the fewest differences is taken, so that most are 0.
    The index of no structure is their number.

    Args:
        counts: alpha x structure x count.
        groups: the group of every structure.
    """
    rows = np.concatenate(list(counts), axis=1)
    count = len(rows)
    first = np.array([groups.index(group) for group in groups])
    padded, parents = np.concatenate([rows, np.zeros_like(rows[:1])]), np.full((count, 3), count)
    for index, row in enumerate(rows[1:], 1):
        steps = rows[:index] - rows[first[:index]]
        nearest = int(np.count_nonzero(rows[:index] != row, axis=1).argmin())
        candidates = [(count, count, count), (nearest, count, count)]
        for own in (nearest, min(int(first[index]), index - 1)):
            other = int(np.count_nonzero(steps != row - rows[own], axis=1).argmin())
            candidates.append((own, other, int(first[other])))
        parents[index] = min(candidates, key=lambda chosen: np.count_nonzero(row - _predict_row(padded, *chosen)))
    differences = rows - np.stack([_predict_row(padded, *chosen) for chosen in parents])
    return np.stack(np.split(differences, len(counts), axis=1)), parents


def _predict_row(rows: Any, own: int, other: int, base: int) -> Any:
    return rows[own] + rows[other] - rows[base]


def predict_columns(differences: Any) -> tuple[Any, Any]:
    """Return what remains of every column, the last dimension, and the columns that are subtracted from it.

    Many counts are sums of others: the weights of a 1x1 convolution are its multiply-adds per position. A column that
    is subtracted has a number from 1, a column that is added the same with a minus, and 0 is none.
    """
    table = differences.reshape(-1, differences.shape[-1])
    rest, sources = table.copy(), np.zeros((table.shape[1], MOST_SOURCES), dtype=int)
    for column in range(1, table.shape[1]):
        before = table[:, :column]
        for place in range(MOST_SOURCES):
            left = rest[:, column]
            wrong = np.stack([np.count_nonzero(before != sign * left[:, None], axis=0) for sign in (1, -1)])
            sign, source = np.unravel_index(wrong.argmin(), wrong.shape)
            if wrong.min() >= np.count_nonzero(left):
                break
            sources[column, place] = (1, -1)[sign] * (source + 1)
            rest[:, column] -= (1, -1)[sign] * table[:, source]
    return rest, sources


def _write_numbers(numbers: Any) -> bytes:
    """Return numbers in as few bytes as each needs: 7 bits per byte, the lowest first; the lowest bit is the sign."""
    written = bytearray()
    for number in numbers.ravel().tolist():
        value = 2 * number if number >= 0 else -2 * number - 1
        while value >= 128:
            written.append(value & 127 | 128)
            value >>= 7
        written.append(value)
    return bytes(written)


_FILTER = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}
_BITS = ({"lc": 0, "lp": 2, "pb": 2}, {"lc": 0, "lp": 0, "pb": 0}, {"lc": 3, "lp": 0, "pb": 0})
"""What of a position and of the byte before it predicts a byte; numbers of 32 bits and text differ in that."""


if __name__ == "__main__":
    pack(packed_path())
