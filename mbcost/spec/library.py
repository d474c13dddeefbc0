"""The specs that come with mbcost, and specs in files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from mbcost.errors import MbcostError, unknown
from mbcost.spec.convention import Convention
from mbcost.spec.implementation import Implementation
from mbcost.spec.model import Spec
from mbcost.spec.parse import parse_spec
from mbcost.spec.parse_family import parse_family

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
    package = Path(__file__).parent.parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def load_spec(name: str | os.PathLike[str]) -> Spec:
    """The spec called `name`: a built-in network, the path of a `.yaml` file, or `-` for standard input.

    Raises:
        MbcostError: there is no such network, or the file cannot be read.
        SpecError: the file is not a valid spec.

    >>> load_spec("v2").title
    'MobileNetV2'
    """
    name = os.fspath(name)
    if name == "-":
        return parse_spec(_standard_input(), "<stdin>", load_family)
    if name.endswith((".yaml", ".yml")):
        return parse_spec(_read(Path(name)), name, load_family)
    if name not in NETWORKS:
        raise unknown("network", name, NETWORKS)
    return _built_in(name)


@cache
def load_family(name: str) -> Mapping[str, Implementation]:
    """The implementations of the family called `name`.

    Raises:
        MbcostError: there is no such family.
    """
    folder = specs_folder() / "implementations"
    families = sorted(file.stem for file in folder.glob("*.yaml"))
    if name not in families:
        raise unknown("family of implementations", name, families)
    path = folder / f"{name}.yaml"
    return parse_family(_read(path), str(path))


@cache
def load_conventions() -> Mapping[str, Convention]:
    """The counting conventions by name, the default first."""
    from mbcost.spec.parse_conventions import parse_conventions

    path = specs_folder() / "conventions.yaml"
    return parse_conventions(_read(path), str(path))


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


@cache
def _built_in(name: str) -> Spec:
    path = specs_folder() / f"{name}.yaml"
    return parse_spec(_read(path), str(path), load_family)


@cache
def _standard_input() -> str:
    """What standard input holds; it can be read only once, and one command can name it twice."""
    if sys.stdin is None:
        raise MbcostError("<stdin>: standard input is closed")
    return _decoded(sys.stdin.buffer.read, "<stdin>")


def _read(path: Path) -> str:
    return _decoded(path.read_bytes, str(path))


def _decoded(read: Callable[[], bytes], origin: str) -> str:
    try:
        return read().decode("utf-8-sig")
    except OSError as error:
        raise MbcostError(f"{origin}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise MbcostError(f"{origin}:1:1: not UTF-8 text (byte {error.start})") from None
