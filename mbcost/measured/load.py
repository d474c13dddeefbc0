"""A user's own model, made by the user's factory."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from importlib import import_module, util
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from mbcost.errors import MbcostError, unknown
from mbcost.measured.blame import blaming
from mbcost.measured.program import Program, load_program
from mbcost.spec.catalogue.meant import MODELS

PROGRAM = ".pt2"
"""The ending of the name of a program that `torch.export` has saved."""


def load_model(target: str, arguments: Mapping[str, object] | None = None) -> nn.Module:
    """Return the model that `target` names: the result of a factory, or the model itself.

    Whatever the user's code prints goes to standard error. A file `.pt2` of `torch.export` is a model, too; no other
    file of weights is read, because it would be a pickle, which can execute anything.

    Args:
        target: `package.module:factory` or `./file.py:factory`; after the colon a function, a class or a model. The
            current folder, or that of the file, is on the import path until the model has been made. Or `file.pt2`.
        arguments: keyword arguments of the factory.

    Raises:
        MbcostError: the target does not exist, the user's code raises an error, or its result is not an `nn.Module`.
    """
    if target.lower().endswith(PROGRAM):
        return _check_without(load_program(Path(target), target), target, arguments)
    source, path = _split_target(target)
    is_file = source.endswith(".py") or "/" in source or os.sep in source
    file = Path(source)
    if is_file and not file.is_file():
        raise MbcostError(f"{source}: No such file")
    with _on_path(str(file.resolve().parent) if is_file else str(Path.cwd())), redirect_stdout(sys.stderr):
        with blaming(f"{source} cannot be imported"):
            target_object: Any = _execute(file) if is_file else import_module(source)
        for name in path.split("."):
            if not hasattr(target_object, name):
                models = getattr(target_object, "models", None)
                if isinstance(models, ModuleType) and hasattr(models, name):
                    raise MbcostError(f"unknown name in {source} '{name}': did you mean '{source}.models:{path}'?")
                raise unknown(f"name in {source}", name, _list_factories(target_object))
            target_object = getattr(target_object, name)
        if isinstance(target_object, nn.Module):
            return _check_without(target_object, target, arguments)
        if not callable(target_object):
            raise MbcostError(f"{target} is {_with_article(target_object)}: expected a factory or a model")
        model = _make(target_object, target, arguments or {})
    if not isinstance(model, nn.Module):
        raise MbcostError(f"{target} returns {_with_article(model)}: expected a torch.nn.Module")
    return model


def _check_without(model: nn.Module, target: str, arguments: Mapping[str, object] | None) -> nn.Module:
    """Return a model that is not made by a factory.

    Raises:
        MbcostError: there are arguments for a factory.
    """
    if arguments:
        raise MbcostError(f"{target} is already a model and takes no arguments: remove --kwargs")
    return model


def find_image(model: nn.Module) -> tuple[int, tuple[int, int]] | None:
    """Return the channels, and the height and width, of the image that a model says it reads; None if it does not.

    The number of images can be open.
    """
    shape = model.input_shape if isinstance(model, Program) else ()
    if len(shape) != 4 or None in shape[1:]:
        return None
    return int(shape[1] or 1), (int(shape[2] or 1), int(shape[3] or 1))


def _split_target(target: str) -> tuple[str, str]:
    """Return the module or file that a target names, and the name in it."""
    start, bracket, _ = target.partition("(")
    source, colon, path = start.rpartition(":")
    if not (colon and source and path):
        raise MbcostError(f"'{target}' does not name a model: {_find_target(target)}")
    if bracket:
        raise MbcostError(f"'{target}' calls the factory: write {start}, and add --kwargs NAME=VALUE")
    return source, path


def _find_target(text: str) -> str:
    """Return what to write instead of a text that does not name a model."""
    module, dot, factory = text.rpartition(".")
    if dot and factory.lower() in MODELS:
        return "it has weights, not code: name what builds the model, such as ./FILE.py:FACTORY, or save a .pt2"
    if dot and factory == "py":
        return f"name what builds the model, such as {text}:{(*_list_defined(Path(text)), 'make')[0]}"
    if dot and text.isprintable():
        return f"did you mean '{module}:{factory}'?"
    return "expected MODULE:FACTORY or ./FILE.py:FACTORY, such as torchvision.models:mobilenet_v2"


def _list_defined(file: Path) -> tuple[str, ...]:
    """Return the functions and classes that a file of Python defines, which is not executed; none if it is not one."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return ()
    return tuple(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))


def _list_factories(module: object) -> list[str]:
    """Return the names in `module` that can be a model or a factory: those defined there, or else all public names."""
    values = {name: getattr(module, name, None) for name in dir(module) if not name.startswith("_")}
    module_name = getattr(module, "__name__", None)
    defined = [
        name
        for name, value in values.items()
        if isinstance(value, nn.Module) or (callable(value) and getattr(value, "__module__", None) == module_name)
    ]
    return defined or list(values)


def _make(factory: Callable[..., object], target: str, arguments: Mapping[str, object]) -> object:
    with blaming(f"{target} failed"):
        try:
            return factory(**arguments)
        except TypeError:
            if (problem := _check_arguments(factory, target, arguments)) is None:
                raise
    raise problem


def _check_arguments(
    factory: Callable[..., object], target: str, arguments: Mapping[str, object]
) -> MbcostError | None:
    """Return the error for missing or unknown arguments of `factory`; None if its signature does not tell."""
    try:
        parameters = signature(factory).parameters
    except (TypeError, ValueError):  # as for many functions that are written in C
        return None
    named = [
        parameter
        for parameter in parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    missing = [
        parameter.name
        for parameter in named
        if parameter.default is parameter.empty and parameter.name not in arguments
    ]
    if missing:
        given = " ".join(f"--kwargs {name}=VALUE" for name in missing)
        return MbcostError(f"{target} needs {' and '.join(missing)}: add {given}")
    known = [parameter.name for parameter in named]
    foreign = [name for name in arguments if name not in known]
    if foreign and not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return unknown(f"argument of {target}", foreign[0], known)
    return None


@contextmanager
def _on_path(folder: str) -> Iterator[None]:
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _execute(file: Path) -> ModuleType:
    """Execute `file` and return its module, which has the file's name unless a loaded module has that name already."""
    name = file.stem if file.stem not in sys.modules else f"_{file.stem}"
    spec = util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses and pickle look for it
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
        raise
    return module


def _with_article(value: object) -> str:
    kind = type(value).__name__
    return "None" if value is None else f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"
