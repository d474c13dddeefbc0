"""The configuration of a Keras model: the only part of its file that is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mbcost.errors import MbcostError, MissingLibrary
from mbcost.spec.reading.archive import read_member

MOST_BYTES = 2**25
"""The largest configuration that is read."""
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK"
REMEDY = "name what builds the model, MODULE:FACTORY"


def load_config(path: Path, name: str) -> dict[str, Any]:
    """Return the configuration in a `.keras` archive or an HDF5 file. Weights, code and links are never read.

    Raises:
        MissingLibrary: h5py is not installed, which HDF5 needs.
        MbcostError: the file has no configuration, or it is too large or damaged.
    """
    with path.open("rb") as file:
        start = file.read(len(_HDF5))
    if start == _HDF5:
        text = _read_attribute(path, name)
    elif start.startswith(_ZIP):
        text = read_member(path, name, lambda member: member == "config.json", "config.json", MOST_BYTES)
    else:
        raise MbcostError(f"{name}: neither a .keras archive nor an HDF5 file: save the model again")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise MbcostError(f"{name}: its configuration is not the JSON of a Keras model: save the model again")
    return config


def _read_attribute(path: Path, name: str) -> str | bytes:
    """Return the attribute that contains the configuration; nothing else in the file is opened."""
    try:
        import h5py
    except ImportError:
        raise MissingLibrary("h5py", "keras") from None
    try:
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                raise MbcostError(f"{name}: weights without a configuration: {REMEDY}")
            if file.attrs.get_id("model_config").get_storage_size() > MOST_BYTES:
                raise MbcostError(f"{name}: its configuration is larger than {MOST_BYTES:,} bytes: use a smaller model")
            text = file.attrs["model_config"]
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, UnicodeError):
        raise MbcostError(f"{name}: the HDF5 file is damaged: save the model again") from None
    if not isinstance(text, str | bytes) or len(text) > MOST_BYTES:
        raise MbcostError(f"{name}: its configuration is not text of at most {MOST_BYTES:,} bytes: use a smaller model")
    return text
