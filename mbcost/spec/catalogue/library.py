"""The specs that come with mbcost, and specs in files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from mbcost.errors import MbcostError, unknown
from mbcost.spec.convention import Convention
from mbcost.spec.flat import FlatNetwork
from mbcost.spec.implementation import Implementation
from mbcost.spec.reading.flat import is_flat, read_flat
from mbcost.spec.reading.implementations import parse_family
from mbcost.spec.reading.nodes import Reader
from mbcost.spec.reading.table import parse_spec, read_spec
from mbcost.spec.reading.text import STANDARD_INPUT, read_file, read_standard_input
from mbcost.spec.table import Spec

NETWORKS = (
    "v1",
    "v1-standard",
    "v2",
    "v3-large",
    "v3-small",
    "v3-large-minimalistic",
    "v3-small-minimalistic",
    "mobilenet-v4-conv-small",
    "mobilenet-v4-conv-medium",
    "mobilenet-v4-conv-large",
    "mnasnet-1.0",
    "efficientnet-b0",
    "resnet-50",
    "vgg-16",
    "v1-shallow",
    "v1-printed",
    "v2-arxiv1",
    "v3-large-arxiv1",
    "v3-small-arxiv1",
    "v3-small-arxiv4",
)
"""The built-in networks in the order in which they are listed; a test holds it equal to the files."""


def specs_folder() -> Path:
    """The folder of the built-in specs: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parents[2]
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def is_file(name: str) -> bool:
    """Whether something is there that can be read: a file, a pipe, a device, and no folder."""
    return os.path.exists(name) and not is_folder(name)  # noqa: PTH110  # a Path raises for a name that is too long


def is_folder(name: str) -> bool:
    """Whether there is a folder of this name."""
    return os.path.isdir(name)  # noqa: PTH112  # as above


def is_path(name: str) -> bool:
    """Whether `name` is that of a file, there or missing, and not of a network.

    A built-in name is the network's, whatever lies in the folder; `./v2` is the file.
    """
    if name in NETWORKS:
        return False
    written_as_one = name.endswith((".yaml", ".yml")) or name.startswith(("/", "."))
    return written_as_one or is_file(name) or ("/" in name and is_folder(name))


def load_spec(name: str | os.PathLike[str]) -> Spec:
    """The spec called `name`: a built-in network, the path of a file, or `-` for standard input.

    Raises:
        MbcostError: there is no such network, or the file cannot be read.
        SpecError: the file is not a valid spec.

    >>> load_spec("v2").title
    'MobileNetV2'
    """
    name = os.fspath(name)
    if (reader := _document(name)) is not None:
        if is_flat(reader.root):
            raise MbcostError(f"{name} is a list of layers, and this needs a table with rows and implementations")
        return read_spec(reader, load_family)
    if name not in NETWORKS:
        raise unknown("network", name, NETWORKS)
    return _built_in(name)


def families() -> tuple[str, ...]:
    """The names of the families of implementations that come with mbcost."""
    return tuple(sorted(file.stem for file in (specs_folder() / "implementations").glob("*.yaml")))


def load_flat(name: str) -> FlatNetwork | None:
    """The network in a file, or on standard input, that is a flat list of layers; None for everything else.

    Raises:
        MbcostError: the file cannot be read.
        SpecError: it is a list of layers, and not a valid one.
    """
    reader = _document(name)
    return read_flat(reader) if reader is not None and is_flat(reader.root) else None


@cache
def load_family(name: str) -> Mapping[str, Implementation]:
    """The implementations of the family called `name`.

    Raises:
        MbcostError: there is no such family.
    """
    if name not in (known := families()):
        raise unknown("family of implementations", name, known)
    path = specs_folder() / "implementations" / f"{name}.yaml"
    return parse_family(read_file(path), str(path))


@cache
def load_conventions() -> Mapping[str, Convention]:
    """The counting conventions by name, the default first."""
    from mbcost.spec.reading.conventions import parse_conventions

    path = specs_folder() / "conventions.yaml"
    return parse_conventions(read_file(path), str(path))


def load_convention(name: str | None = None) -> Convention:
    """The convention called `name`, by default `macs`.

    Raises:
        MbcostError: there is no such convention.
    """
    conventions = load_conventions()
    if name is None:
        return next(iter(conventions.values()))
    if name not in conventions:
        raise unknown("convention", name, conventions)
    return conventions[name]


def _document(name: str) -> Reader | None:
    """The document in a file, or on standard input; None where the name is of neither."""
    if name == "-":
        return Reader(read_standard_input(), STANDARD_INPUT)
    return Reader(read_file(Path(name)), name) if is_path(name) else None


@cache
def _built_in(name: str) -> Spec:
    path = specs_folder() / f"{name}.yaml"
    return replace(parse_spec(read_file(path), str(path), load_family), origin="")
