"""Pack the structures that `explain` searches for every built-in network: `python -m tools.pack_structures`.

Run it after a change of a spec, of the engine or of a known mistake. A test fails until the file is up to date.
"""

from __future__ import annotations

import json
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
    arrays: dict[str, Any] = {"specs": np.frombuffer(fingerprint().encode(), dtype=np.uint8)}
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
        arrays[f"{name}/labels"] = _encode(labels)
        arrays[f"{name}/shapes"] = _encode(shapes)
        # Few long arrays, column by column, take half the room of many short ones.
        columns = [rows.reshape(len(rows), -1).T.ravel() for parts in unique.values() for rows, _ in parts]
        arrays[f"{name}/counts"] = _narrow(np.concatenate(columns))
        places = [places.ravel() for parts in unique.values() for _, places in parts]
        arrays[f"{name}/places"] = np.stack(places).astype(np.int32)
    write_arrays(path, arrays)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as `np.savez_compressed` does, but with LZMA, which takes a quarter less room in the wheel.

    The same arrays give the same bytes, because every member has the same date.

    Raises:
        OSError: the file cannot be written.
    """
    with zipfile.ZipFile(path, "w") as file:
        for name, array in arrays.items():
            content = BytesIO()
            np.save(content, array)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_LZMA)


def _narrow(counts: Any) -> Any:
    """Return the counts in 32 bits if all fit, which are read in half the time."""
    fits = counts.size and counts.min() >= -(2**31) and counts.max() < 2**31
    return counts.astype(np.int32) if fits else counts


def _encode(value: Any) -> Any:
    return np.frombuffer(json.dumps(value, separators=(",", ":")).encode(), dtype=np.uint8)


if __name__ == "__main__":
    pack(packed_path())
