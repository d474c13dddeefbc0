"""Pack the structures that `explain` searches for every built-in network: `python -m tools.pack_structures`.

Run it after a change of a spec, of the engine or of a known mistake. A test fails until the file is up to date.
"""

from __future__ import annotations

import json
import lzma
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from mbcost.questions.explain.packed import ARRAYS, fingerprint, packed_alphas, packed_path
from mbcost.questions.explain.stack import build_stack
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
        unique = {
            key: [np.unique(getattr(stack, count), axis=0, return_inverse=True) for count in ARRAYS]
            for key, stack in stacks.items()
        }
        shapes = {key: (stacks[key].scales, [rows.shape for rows, _ in parts]) for key, parts in unique.items()}
        index[name] = {"labels": labels, "shapes": shapes}
        # What most rows share is 0 in all but the first, and places mostly rise by one: both take few bytes.
        rows = [_subtract_first(rows.reshape(len(rows), -1)).ravel() for parts in unique.values() for rows, _ in parts]
        places = [np.diff(places.ravel(), prepend=0) for parts in unique.values() for _, places in parts]
        networks[name] = {"counts": _narrow(np.concatenate(rows)), "places": _narrow(np.stack(places))}
    write_structures(path, {"specs": fingerprint(), "networks": index}, networks)


def write_structures(path: Path, index: Any, networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a ZIP file with the index as JSON and the arrays of every network, compressed by LZMA as far as it can.

    `np.savez_compressed` would take twice as much room, which the wheel does not have. The same arrays give the same
    bytes, because every member has the same date.

    Args:
        path: the file.
        index: the fingerprint of the specs, and for every network its structures and the shapes of its arrays.
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
            file.writestr(zipfile.ZipInfo(f"{name}.xz"), lzma.compress(member, preset=9 | lzma.PRESET_EXTREME))


def _subtract_first(rows: Any) -> Any:
    """Return rows, each but the first as its difference from the first."""
    return np.concatenate([rows[:1], rows[1:] - rows[:1]])


def _narrow(counts: Any) -> Any:
    """Return the counts in 32 bits if all fit, which are read in half the time."""
    fits = counts.size and counts.min() >= -(2**31) and counts.max() < 2**31
    return counts.astype(np.int32) if fits else counts


if __name__ == "__main__":
    pack(packed_path())
