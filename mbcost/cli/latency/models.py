"""Writes the models of planned networks, so that they can be measured on a different device."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from mbcost.cli.progress import track
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.runnable import RunnableNetwork

_FOLDERS = re.compile(r"^.*[/\\](?=[^/\\]*\.ya?ml)")
"""The folders before the name of a YAML file."""


def check_folder(folder: Path) -> None:
    """Refuse a folder that has files already, or that cannot be made.

    Raises:
        MbcostError: it is not a folder, is not empty, or is in a folder that does not exist.
    """
    if folder.exists() and not folder.is_dir():
        raise MbcostError(f"cannot write models to {folder}: it is a file: name a new folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise MbcostError(f"cannot write models to {folder}: the folder is not empty: name a new folder")
    if not folder.absolute().parent.is_dir():
        raise MbcostError(f"cannot write models to {folder}: create the folder {folder.absolute().parent} first")


def write_models(networks: Sequence[RunnableNetwork], folder: Path) -> list[str]:
    """Write each network as an ONNX file in a folder, all of them or none, and return the files' names.

    Raises:
        MbcostError: a network cannot be built, or the folder cannot be written.
        MissingLibrary: torch or onnx is not installed.
    """
    check_folder(folder)
    from mbcost.measured.onnx_file import write_onnx

    names = name_files([network.label for network in networks])
    target = folder.absolute()
    partial = target.with_name(f".mbcost-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        partial.mkdir()
        for network, name in track("writing models", list(zip(networks, names, strict=True))):
            write_onnx(network, partial / name)
        if target.is_dir():
            target.rmdir()  # it is empty; Windows does not replace it otherwise
        partial.rename(target)
    except OSError as error:
        raise MbcostError(
            f"cannot write models to {folder}: {error.strerror or error}: name a different folder"
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return names


def name_files(references: Sequence[str]) -> list[str]:
    """Return the name of each network's file, with characters that every shell and file system takes as they are.

    >>> name_files(["v2@0.75/160", "nets/my.yaml@1/96", "v1/224:keras", "v1_224_keras"])
    ['v2_0.75_160.onnx', 'my_1_96.onnx', 'v1_224_keras.onnx', 'v1_224_keras-2.onnx']
    """
    names: list[str] = []
    for reference in references:
        base = _FOLDERS.sub("", reference).replace(".yaml", "").replace(".yml", "")
        stem = re.sub(r"[^A-Za-z0-9.-]+", "_", base).strip("_.") or "network"
        name, number = f"{stem}.onnx", 2
        while name.lower() in (other.lower() for other in names):
            name, number = f"{stem}-{number}.onnx", number + 1
        names.append(name)
    return names
