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

from mbcost.questions.explain.packed import ARRAYS, fingerprint, packed_alphas, packed_path
from mbcost.questions.explain.stack import Stack, build_stack
from mbcost.questions.explain.structures import Choices
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.scaling import alpha_text


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
        counts = [_flatten(stack) for stack in stacks.values()]
        columns = [np.flatnonzero(array.any(axis=0)) for array in counts]
        index[name] = {"labels": labels, "scales": {key: stack.scales for key, stack in stacks.items()}}
        kept = [array[:, chosen] for array, chosen in zip(counts, columns, strict=True)]
        differences, parents = predict(np.concatenate(kept, axis=1), [s.implementation for s in structures])
        networks[name] = {
            "differences": _narrow(differences),
            "parents": _narrow(parents),
            "columns": _narrow(np.concatenate(columns)),
            "ends": np.cumsum([len(chosen) for chosen in columns], dtype=np.int32),
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


def _flatten(stack: Stack) -> Any:
    """Return the arrays of a stack as one: structure x everything."""
    return np.concatenate([getattr(stack, name).reshape(len(stack.structures), -1) for name in ARRAYS], axis=1)


def predict(rows: Any, groups: Sequence[str]) -> tuple[Any, Any]:
    """Return rows as the differences from their predictions, and the indices of the three rows that predict each.

    A row is predicted by one row, plus what another row adds to the first row of its group: a mistake adds nearly the
    same to every implementation. The prediction with the fewest differences is taken; then most are 0, which takes few
    bytes. The index of no row is the number of rows.
    """
    count = len(rows)
    first = np.array([groups.index(group) for group in groups])
    padded, parents = np.concatenate([rows, np.zeros_like(rows[:1])]), np.full((count, 3), count)
    for index, row in enumerate(rows[1:], 1):
        steps = rows[:index] - rows[first[:index]]
        nearest = int(np.count_nonzero(rows[:index] != row, axis=1).argmin())
        candidates = [(count, count, count), (nearest, count, count)]
        for own in {nearest, min(int(first[index]), index - 1)}:
            other = int(np.count_nonzero(steps != row - rows[own], axis=1).argmin())
            candidates.append((own, other, int(first[other])))
        parents[index] = min(candidates, key=lambda chosen: np.count_nonzero(row - _predict_row(padded, *chosen)))
    return rows - np.stack([_predict_row(padded, *chosen) for chosen in parents]), parents


def _predict_row(rows: Any, own: int, other: int, base: int) -> Any:
    return rows[own] + rows[other] - rows[base]


def _narrow(counts: Any) -> Any:
    """Return the counts in 32 bits if all fit, which are read in half the time."""
    fits = counts.size and counts.min() >= -(2**31) and counts.max() < 2**31
    return counts.astype(np.int32) if fits else counts


_FILTER = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}
_BITS = ({"lc": 0, "lp": 2, "pb": 2}, {"lc": 0, "lp": 0, "pb": 0}, {"lc": 3, "lp": 0, "pb": 0})
"""What of a position and of the byte before it predicts a byte; numbers of 32 bits and text differ in that."""


if __name__ == "__main__":
    pack(packed_path())
