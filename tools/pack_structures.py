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
    networks = {}
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
        arrays = {"labels": _encode(labels), "shapes": _encode(shapes)}
        # Few long arrays, column by column, take half the room of many short ones.
        columns = [rows.reshape(len(rows), -1).T.ravel() for parts in unique.values() for rows, _ in parts]
        arrays["counts"] = _narrow(np.concatenate(columns))
        places = [places.ravel() for parts in unique.values() for _, places in parts]
        arrays["places"] = _narrow(np.stack(places))
        networks[name] = arrays
    write_networks(path, fingerprint(), networks)


def write_networks(path: Path, specs: str, networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the arrays of every network to a ZIP file, as `.npz` files that LZMA compresses as far as it can.

    `np.savez_compressed` would take 40 % more room, which the wheel does not have. The same arrays give the same bytes,
    because every member has the same date.

    Args:
        path: the file.
        specs: the fingerprint of the specs.
        networks: the arrays by name, by network.

    Raises:
        OSError: the file cannot be written.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr(zipfile.ZipInfo("specs"), specs)
        for name, arrays in networks.items():
            content = BytesIO()
            np.savez(content, **arrays)
            compressed = lzma.compress(content.getvalue(), preset=9 | lzma.PRESET_EXTREME)
            file.writestr(zipfile.ZipInfo(f"{name}.npz.xz"), compressed)


def _narrow(counts: Any) -> Any:
    """Return the counts in 32 bits if all fit, which are read in half the time."""
    fits = counts.size and counts.min() >= -(2**31) and counts.max() < 2**31
    return counts.astype(np.int32) if fits else counts


def _encode(value: Any) -> Any:
    return np.frombuffer(json.dumps(value, separators=(",", ":")).encode(), dtype=np.uint8)


if __name__ == "__main__":
    pack(packed_path())
