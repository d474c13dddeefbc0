"""Structures built ahead: those of the built-in networks at their published alphas, in one file beside this one.

Building them takes seconds, reading them some hundredths. The file says of which specs it was made; where those have
changed since, it is left aside. A test holds it equal to what is built.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbcost.questions.explain.structures import Stack, Structure
from mbcost.spec.catalogue.library import NETWORKS, specs_folder
from mbcost.spec.scaling import alpha_text

if TYPE_CHECKING:
    from numpy.lib.npyio import NpzFile


def packed_path() -> Path:
    """Where the file is."""
    return Path(__file__).with_name("structures.npz")


def packed_stack(name: str, alpha: float) -> Stack | None:
    """The structures of the built-in network `name` at `alpha`; None where they have not been built ahead."""
    file, key = _file(), f"{name}@{alpha_text(alpha)}"
    if file is None or f"{key}/labels" not in file:
        return None
    labels, scales = json.loads(bytes(file[f"{key}/labels"]))
    structures = tuple(
        Structure(implementation, classes, tuple(mistakes), left_out, only)
        for implementation, classes, mistakes, left_out, only in labels
    )
    mult_adds = file[f"{key}/mult_adds"][file[f"{key}/mult_adds_places"]]
    params = file[f"{key}/params"][file[f"{key}/params_places"]]
    return Stack(structures, tuple(map(_scale, scales)), mult_adds, params)


@cache
def _file() -> NpzFile | None:
    import numpy as np

    if not packed_path().is_file():
        return None
    file: NpzFile = np.load(packed_path())
    return file if bytes(file["specs"]).decode() == fingerprint() else None


def fingerprint() -> str:
    """Of the files that structures are built from."""
    folder = specs_folder()
    files = [*(folder / f"{name}.yaml" for name in NETWORKS), *sorted((folder / "implementations").glob("*.yaml"))]
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _scale(read: Any) -> Any:
    """A scale from its JSON form."""
    return None if read is None else tuple(tuple(tuple(step) for step in chain) for chain in read)
