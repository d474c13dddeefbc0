"""The network that a user names: a table with settings, a file of a model, or a model in Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.errors import MbcostError, MissingLibrary, ask_for
from mbcost.spec.catalogue.library import find_network, is_file, is_folder, is_path, load_graph
from mbcost.spec.forms import find_form
from mbcost.spec.scaling import check_whole

if TYPE_CHECKING:
    from mbcost.spec.graph import Graph

IMAGENET = (224, 224)
"""Height and width of the image that a model in Python reads, if nobody says otherwise."""
MOST_SUGGESTED = 3
"""So many files are suggested if none has a similar name."""
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_FACTORY = re.compile(r"(?P<source>[^:(]+):(?P<name>[A-Za-z_][\w.]*)")


@dataclass(frozen=True)
class Asked:
    """What a user says about a model besides its name."""

    settings: Settings = field(default_factory=Settings)
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """The shapes of inputs by their names."""
    arguments: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """Keyword arguments of a factory."""
    force: bool = False
    allow_unknown: bool = False
    """Whether `verify` passes a file with operators that are not known."""


def resolve_network(text: str, asked: Asked = Asked()) -> Network:
    """Return the network that a reference, a file of a model or a factory means, with the settings.

    Raises:
        MissingLibrary: what reads the file is not installed.
        MbcostError: the settings do not apply, or there is no such network.
    """
    if not is_model(text):
        if asked.shapes:
            raise MbcostError(
                f"--input states the size of a file of a model, and {text} is a table: write --res instead"
            )
        if asked.arguments:
            raise MbcostError(f"--kwargs states an argument of a factory, and {text} is a table: remove it")
        _refuse_reference(text)
        if (graph := load_graph(text)) is None:
            return resolve_reference(text, asked.settings)
        _refuse_settings(text, asked.settings)
    else:
        graph = read_model(text, asked)
    from mbcost.analytic.graph.network import resolve_graph  # not for a table, whose command starts in a blink

    return resolve_graph(graph)


def is_model(text: str) -> bool:
    """Return whether a text names a file of a model or a model in Python, and not a table.

    >>> is_model("net.onnx"), is_model("torchvision.models:mobilenet_v2"), is_model("v2:torchvision")
    (True, True, False)
    """
    return find_form(text) is not None or is_factory(text)


def is_factory(text: str) -> bool:
    """Return whether a text has the form of a model in Python, `MODULE:FACTORY` or `./FILE.py:FACTORY`."""
    match = _FACTORY.fullmatch(text)
    if match is None:
        return False
    source = match["source"]
    if source.endswith(".py"):
        return True
    if is_file(f"{source}.py"):
        return find_network(source) is None
    if not _MODULE.fullmatch(source) or is_path(source) or find_network(source) is not None:
        return False
    return _has_module(source.partition(".")[0])


def _has_module(name: str) -> bool:
    from importlib.util import find_spec  # a table needs none

    try:
        return find_spec(name) is not None
    except ValueError:  # `__main__`, which runs
        return False


def read_model(text: str, asked: Asked = Asked()) -> Graph:
    """Return the graph of a file of a model, of YAML that `mbcost export` wrote, or of a model in Python.

    Raises:
        MissingLibrary: what reads it is not installed.
        MbcostError: the settings do not apply, or it cannot be read.
    """
    form = find_form(text)
    if form is None:
        if (graph := load_graph(text)) is None:
            return _trace(text, asked)
        _refuse_settings(text, asked.settings)
        return graph
    if not is_file(text):
        raise MbcostError(_describe_missing(text))
    if asked.arguments:
        raise MbcostError(f"--kwargs states an argument of a factory, and {text} is a file: remove it")
    return read_file(Path(text), text, form, asked)


def read_file(path: Path, name: str, form: str, asked: Asked) -> Graph:
    """Return the graph of a file in a known format.

    Raises:
        MissingLibrary: what reads it is not installed.
        MbcostError: the settings do not apply, or it cannot be read.
    """
    from mbcost.files.read import read_graph
    from mbcost.files.sizes import InputSizes

    _refuse_settings(name, replace(asked.settings, resolution=None))
    if not path.is_file():
        raise MbcostError(f"{name} is not a regular file: save the model as one, because it is read in parts")
    if form == "torch":
        return _trace(name, asked, path)
    return read_graph(path, name, form, InputSizes(asked.shapes, asked.settings.resolution))


def _describe_missing(text: str) -> str:
    """Return that a file of a model does not exist, with the files of its folder that have a similar name."""
    from difflib import get_close_matches

    folder = Path(text).parent
    if is_folder(text):
        return f"{text} is a folder: name a file of a model"
    try:
        names = [file.name for file in folder.iterdir() if find_form(file.name) is not None]
    except OSError:
        return f"{text}: No such file or directory"
    similar = get_close_matches(Path(text).name, names) or names[:MOST_SUGGESTED]
    if not similar:
        return f"{text}: No such file or directory"
    return f"{text}: No such file or directory: {ask_for(str(folder / name) for name in similar)}"


def _refuse_reference(text: str) -> None:
    """Refuse a file of a model with settings behind its name, as those of a table, and a module that does not exist."""
    match = _FACTORY.fullmatch(text)
    if match is not None and "." in match["source"] and _MODULE.fullmatch(match["source"]):
        module = match["source"].partition(".")[0]
        named = is_path(match["source"]) or find_form(match["source"]) or find_network(match["source"])
        if not named and not _has_module(module):
            raise MbcostError(f"'{text}': there is no module {module}: install it, or write ./FILE.py:FACTORY")
    for separator in re.finditer("[@/:]", text):
        name, rest = text[: separator.start()], text[separator.start() :]
        if find_form(name) is not None and is_file(name):
            remedy = f"write --res {rest[1:]} instead" if rest[0] == "/" else f"remove '{rest}'"
            raise MbcostError(f"{name} is a model with fixed numbers: {remedy}")


def _trace(text: str, asked: Asked, path: Path | None = None) -> Graph:
    """Return the graph of a model in Python, or of a saved program, of which the path can be stated."""
    if asked.shapes:
        raise MbcostError(f"--input applies to files of models, and {text} is code: write --res instead")
    _refuse_settings(text, replace(asked.settings, resolution=None, in_channels=None))
    if not _has_module("torch"):
        raise MissingLibrary("torch", "validate")
    from mbcost.measured.graph import trace_graph
    from mbcost.measured.load import find_image, load_model
    from mbcost.measured.program import load_program

    model = load_model(text, asked.arguments) if path is None else load_program(path, text)
    channels, resolution = find_image(model) or (3, IMAGENET)
    if asked.settings.in_channels is not None:
        channels = check_whole(asked.settings.in_channels, "in-channels")
    graph: Graph = trace_graph(model, text, asked.settings.resolution or resolution, channels, force=asked.force)
    return graph


def _refuse_settings(name: str, settings: Settings) -> None:
    if settings != Settings():
        raise MbcostError(
            f"{name} is a model with fixed numbers: remove the options of tables, such as --alpha, --impl and --head"
        )
