"""The specs that come with mbcost, and the specs in files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mbcost.errors import STANDARD_INPUT, MbcostError, choose, unknown
from mbcost.spec.catalogue.meant import describe_meaning, describe_refused
from mbcost.spec.convention import Convention
from mbcost.spec.forms import find_form
from mbcost.spec.implementation import Implementation
from mbcost.spec.reading.implementations import parse_family
from mbcost.spec.reading.nodes import Reader
from mbcost.spec.reading.table import parse_spec, read_spec
from mbcost.spec.reading.text import read_file, read_standard_input
from mbcost.spec.table import Spec

if TYPE_CHECKING:
    from mbcost.spec.flat import FlatNetwork
    from mbcost.spec.graph import Graph

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
"""The built-in networks in the order in which they are listed; a test requires that they are the files of `specs/`."""

FRAMEWORKS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("tensorflow", "tf", "tf2"), ("tensorflow", "tflite", "keras")),
    **dict.fromkeys(("tensorflow-lite", "tensorflowlite", "litert"), ("tflite",)),
    **dict.fromkeys(("onnx", "onnxruntime"), ("onnx",)),
    "pytorch": ("torch",),
    "paddlepaddle": ("paddle",),
    "mindspore": ("mindspore",),
}
"""What people write when they mean a tool that counts models of a framework -> the frameworks."""
MOST_TOOLS = 6
"""So many tools of a framework are suggested at most."""


def specs_folder() -> Path:
    """Return the folder of the built-in specs: inside the package if it is installed, beside it in a checkout.

    Raises:
        MbcostError: there is none, for example because the package is inside a zip archive.
    """
    package = Path(__file__).parents[2]
    for folder in (package / "specs", package.parent / "specs"):
        if folder.is_dir():
            return folder
    raise MbcostError(
        f"the built-in specs are not in {package}: mbcost cannot run from a zip archive, so unpack it or install it "
        "with pip"
    )


def find_network(name: str) -> str | None:
    """Return the built-in network that `name` or an alias means, or None; a title is an alias, too.

    Capitals, `-`, `_`, `.` and blanks make no difference.

    Raises:
        MbcostError: the alias belongs to more than one network.

    >>> find_network("mobilenetv3_large_100"), find_network("ResNet50"), find_network("v9")
    ('v3-large', 'resnet-50', None)
    """
    networks = _list_meant(name)
    if len(networks) > 1:
        raise MbcostError(f"'{name}' means more than one network: write {' or '.join(networks)}")
    return networks[0] if networks else None


def _list_meant(name: str) -> tuple[str, ...]:
    """Return the built-in networks that a name or an alias can mean."""
    return (name,) if name in NETWORKS else load_aliases().get(_simplify(name), ())


@cache
def load_aliases() -> Mapping[str, tuple[str, ...]]:
    """Return the networks that each simplified name, title or alias means."""
    aliases: dict[str, tuple[str, ...]] = {}
    for name in NETWORKS:
        for alias in dict.fromkeys(map(_simplify, (name, *read_names(name)))):
            aliases[alias] = (*aliases.get(alias, ()), name)
    return aliases


def read_names(name: str) -> tuple[str, ...]:
    """Return the title and the aliases of a built-in network without parsing its table."""
    path = specs_folder() / f"{name}.yaml"
    header = re.split(r"^input:", read_file(path), maxsplit=1, flags=re.MULTILINE)[0]
    reader = Reader(header, str(path))
    values = reader.mapping(reader.root)
    aliases = map(reader.name, reader.sequence(values["aliases"])) if "aliases" in values else ()
    return (reader.name(values["title"]), *aliases)


def _simplify(name: str) -> str:
    return re.sub("[-_. ]", "", name).lower()


def is_file(name: str) -> bool:
    """Return whether `name` is something that can be read, such as a file, a pipe or a device, but not a folder."""
    return os.path.exists(name) and not is_folder(name)  # noqa: PTH110  # a Path raises an error for a name that is too long


def is_folder(name: str) -> bool:
    """Return whether `name` is a folder."""
    return os.path.isdir(name)  # noqa: PTH112  # as above


def has_folder(name: str) -> bool:
    """Return whether a folder is part of `name`, with any separator of this system."""
    return any(separator in name for separator in {"/", os.sep})


def is_path(name: str) -> bool:
    """Return whether `name` means a file, existing or not, and not a network.

    The name of a built-in network means the network, even if there is a file with this name; `./v2` means the file.
    """
    if name in NETWORKS:
        return False
    is_written_as_path = (
        name.endswith((".yaml", ".yml")) or find_form(name) is not None or name.startswith(("/", os.sep, "."))
    )
    return is_written_as_path or is_file(name) or (has_folder(name) and is_folder(name))


def load_spec(name: str | os.PathLike[str]) -> Spec:
    """Return the spec called `name`: a built-in network, the path of a file, or `-` for standard input.

    Raises:
        MbcostError: no network has this name, or the file cannot be read.
        SpecError: the file is not a valid spec.

    >>> load_spec("v2").title
    'MobileNetV2'
    """
    name = os.fspath(name)
    if (reader := _read_document(name)) is not None:
        from mbcost.spec.reading.flat import is_flat

        if is_flat(reader.root):
            raise MbcostError(f"{name} is a flat list of layers: name a spec with rows and implementations instead")
        return read_spec(reader, load_family)
    network = find_network(name)
    if network is None:
        raise unknown_network(name)
    return _load_built_in(network)


def unknown_network(name: str) -> MbcostError:
    """Return the error for a name that no built-in network has; it suggests networks by their aliases, too."""
    if is_file(f"{name}.yaml"):
        return MbcostError(f"unknown network '{name}': did you mean the file '{name}.yaml'?")
    if is_folder(name):
        return MbcostError(f"{name} is a folder: {_describe_folder(Path(name))}")
    if remedy := describe_meaning(name, find_network):
        return MbcostError(f"unknown network '{name}': {remedy}")
    meanings = {alias.lower(): network for network in reversed(NETWORKS) for alias in read_names(network)}
    return unknown("network", name, NETWORKS, meanings)


def families() -> tuple[str, ...]:
    """Return the names of the families of implementations that come with mbcost."""
    return tuple(sorted(file.stem for file in (specs_folder() / "implementations").glob("*.yaml")))


def load_flat(name: str) -> FlatNetwork | None:
    """Return the network in a file, or on standard input, that is a flat list of layers; None for anything else.

    Raises:
        MbcostError: the file cannot be read.
        SpecError: the file is a list of layers, but not a valid one.
    """
    reader = _read_document(name)
    if reader is None:
        return None
    from mbcost.spec.reading.flat import is_flat, read_flat

    return read_flat(reader) if is_flat(reader.root) else None


def load_graph(name: str) -> Graph | None:
    """Return the graph in a file of YAML, or on standard input; None for anything else.

    Raises:
        MbcostError: the file cannot be read.
        SpecError: the file is a graph, but not a valid one.
    """
    if find_form(name) is not None or not (name == "-" or is_file(name)) or (reader := _read_document(name)) is None:
        return None
    from mbcost.spec.reading.graph import is_graph, read_graph

    return read_graph(reader) if is_graph(reader.root) else None


@cache
def load_family(name: str) -> Mapping[str, Implementation]:
    """Return the implementations of the family called `name`.

    Raises:
        MbcostError: no family has this name.
    """
    if name not in (known := families()):
        raise unknown("family of implementations", name, known)
    path = specs_folder() / "implementations" / f"{name}.yaml"
    return parse_family(read_file(path), str(path))


@cache
def load_conventions() -> Mapping[str, Convention]:
    """Return the counting conventions by name, the default first."""
    from mbcost.spec.reading.conventions import parse_conventions

    path = specs_folder() / "conventions.yaml"
    return parse_conventions(read_file(path), str(path))


@cache
def _load_default_convention() -> Convention:
    """Return the first convention, without parsing the others: a table needs no other one."""
    from mbcost.spec.reading.conventions import parse_conventions

    path = specs_folder() / "conventions.yaml"
    comment, first, *_ = re.split(r"^(?=[a-z])", read_file(path), maxsplit=2, flags=re.MULTILINE)
    (convention,) = parse_conventions(comment + first, str(path)).values()
    return convention


def load_convention(name: str | None = None) -> Convention:
    """Return the convention called `name`, by default `macs`.

    Raises:
        MbcostError: no convention has this name.
    """
    default = _load_default_convention()
    if name is None or name == default.name:
        return default
    conventions = load_conventions()
    return conventions[choose("convention", name, conventions, _list_tools(conventions))]


def _list_tools(conventions: Mapping[str, Convention]) -> Mapping[str, tuple[str, ...]]:
    """Return the first conventions that people mean by the name of a framework: those of its current tools."""
    current = [convention for convention in conventions.values() if not convention.earlier]
    return {
        word: tuple(item.name for item in current if item.framework in frameworks)[:MOST_TOOLS]
        for word, frameworks in FRAMEWORKS.items()
    }


def as_convention(convention: Convention | str | None) -> Convention:
    """Return a convention that is given itself or by its name; by default `macs`.

    Raises:
        MbcostError: no convention has this name, or it is something else.
    """
    if isinstance(convention, Convention):
        return convention
    if convention is not None and not isinstance(convention, str):
        raise MbcostError(f"convention is {convention!r:.100}: it must be a name or a Convention")
    return load_convention(convention)


def _read_document(name: str) -> Reader | None:
    """Return the document in a file or on standard input; None if the name means neither."""
    if name == "-":
        return Reader(read_standard_input(), STANDARD_INPUT)
    if not is_path(name):
        return None
    if find_form(name) is not None:
        raise MbcostError(f"{name} is a file of a model, and a table is needed here: name a network such as v2")
    if refusal := describe_refused(name):
        raise MbcostError(f"{name}: {refusal}")
    if is_folder(name):
        raise MbcostError(f"{name} is a folder: {_describe_folder(Path(name))}")
    if name.endswith(".py"):
        raise MbcostError(f"{name} is code: add what builds the model after a colon, such as {name}:make")
    if not has_folder(name) and not is_file(name) and (networks := _list_meant(Path(name).stem)):
        meant = " or ".join(f"'{network}'" for network in networks)
        raise MbcostError(f"{name}: No such file or directory: did you mean the built-in network {meant}?")
    return Reader(read_file(Path(name)), name)


def _describe_folder(folder: Path) -> str:
    """Return what to do about a folder in the place of a network."""
    if (folder / "saved_model.pb").is_file():
        return (
            "a SavedModel of TensorFlow is not read: convert it with tf.lite.TFLiteConverter.from_saved_model or "
            "tf2onnx, and name that file"
        )
    files = sorted(file.name for file in folder.iterdir() if find_form(file.name) or file.suffix in (".yaml", ".yml"))
    return f"name a file in it, such as {folder / files[0]}" if files else "name a file of a network or of a model"


@cache
def _load_built_in(name: str) -> Spec:
    path = specs_folder() / f"{name}.yaml"
    return replace(parse_spec(read_file(path), str(path), load_family), origin="")
