"""A user's own model: made by the user's factory, read while it runs once, and left as it was."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from importlib import import_module, util
from inspect import signature
from logging import getLogger
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.parameter import is_lazy

from mbcost.errors import MbcostError, unknown
from mbcost.measured.trace import Recorder, evaluating
from mbcost.spec.observed import TracedModel


def load_model(target: str, arguments: Mapping[str, object] | None = None) -> nn.Module:
    """The model that `target` names: a factory's result, or the model itself.

    What the user's code prints goes to standard error.

    Args:
        target: `package.module:factory` or `./file.py:factory`; behind the colon a function, a class or a model. The
            current folder, or the file's, is on the import path until the model is there.
        arguments: what to call the factory with.

    Raises:
        MbcostError: there is no such thing, the user's code raises something, or what it gives is no `nn.Module`.
    """
    place, colon, path = target.rpartition(":")
    if not (colon and place and path):
        raise MbcostError(f"'{target}' names no model: write MODULE:FACTORY or ./FILE.py:FACTORY")
    is_file = place.endswith(".py") or "/" in place
    file = Path(place)
    if is_file and not file.is_file():
        raise MbcostError(f"{place}: No such file")
    with _on_path(str(file.resolve().parent) if is_file else str(Path.cwd())), redirect_stdout(sys.stderr):
        with _blamed(f"{place} cannot be imported"):
            found: Any = _executed(file) if is_file else import_module(place)
        for name in path.split("."):
            if not hasattr(found, name):
                raise unknown(f"name in {place}", name, _factories(found))
            found = getattr(found, name)
        if isinstance(found, nn.Module):
            if arguments:
                raise MbcostError(f"{target} is a model already and takes no arguments: leave --kwargs out")
            return found
        if not callable(found):
            raise MbcostError(f"{target} is {_a(found)}, neither a factory nor a model")
        model = _made(found, target, arguments or {})
    if not isinstance(model, nn.Module):
        raise MbcostError(f"{target} gives {_a(model)}, no torch.nn.Module")
    return model


def _factories(place: object) -> list[str]:
    """Which names in `place` can be a model or a factory: what is made there, not what it imports, if there is any."""
    things = {name: getattr(place, name, None) for name in dir(place) if not name.startswith("_")}
    module = getattr(place, "__name__", None)
    made = [
        name
        for name, thing in things.items()
        if isinstance(thing, nn.Module) or (callable(thing) and getattr(thing, "__module__", None) == module)
    ]
    return made or list(things)


def _made(factory: Callable[..., object], target: str, arguments: Mapping[str, object]) -> object:
    with _blamed(f"{target} failed"):
        try:
            return factory(**arguments)
        except TypeError:
            if (misfit := _misfit(factory, target, arguments)) is None:
                raise
    raise misfit


def _misfit(factory: Callable[..., object], target: str, arguments: Mapping[str, object]) -> MbcostError | None:
    """What is wrong with the arguments that `factory` fails on, if it says so."""
    try:
        parameters = signature(factory).parameters
    except (TypeError, ValueError):  # as of much that is written in C
        return None
    named = [each for each in parameters.values() if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    missing = [each.name for each in named if each.default is each.empty and each.name not in arguments]
    if missing:
        given = " ".join(f"--kwargs {name}=VALUE" for name in missing)
        return MbcostError(f"{target} needs {' and '.join(missing)}: add {given}")
    known = [each.name for each in named]
    foreign = [name for name in arguments if name not in known]
    if foreign and not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return unknown(f"argument of {target}", foreign[0], known)
    return None


def read_model(model: nn.Module, name: str, resolution: tuple[int, int], in_channels: int) -> TracedModel:
    """The layers that `model` executes on one image of zeros, in eval mode, without gradients.

    The model's parameters stay where they are; torch works out the shapes of the activations without computing them.
    A model whose forward asks for values runs once more, with real activations on its own device. Either way the
    model is afterwards as before: parameters, buffers, modes, hooks and attributes of every module; so are the states
    of the random number generators. The model's own hooks run as ever.

    Args:
        model: any model that reads one (1, C, H, W) image.
        name: what to call it in messages.
        resolution: height and width of the image in pixels.
        in_channels: channels of the image.

    Raises:
        MbcostError: it does not run, or executes no layer that torch shows.
    """
    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise MbcostError(f"{name} has lazy modules, whose shapes are open: run it once in its factory")
    size = (1, in_channels, *resolution)
    recorder, computed = None, False
    if not any(parameter.is_meta for parameter in model.parameters()):
        recorder = _recorded(model, size, FakeTensorMode(allow_non_fake_inputs=True))
    if recorder is None:
        computed = True
        with _blamed(f"{name} does not run on a {'x'.join(map(str, size))} image"):
            recorder = _run(model, size, None)
    if not recorder.layers:
        raise MbcostError(f"{name} executes no convolution and no linear layer that torch shows")
    calls = recorder.calls()
    computed = computed and not any(parameter.is_meta for parameter in model.parameters())
    return TracedModel(name, resolution, in_channels, calls, tuple(recorder.unused.items()), computed)


def _recorded(model: nn.Module, size: tuple[int, ...], fake: FakeTensorMode) -> Recorder | None:
    """The run without values; None where the model needs some, or fails of its own."""
    # Torch logs a failure with its traceback; the run with values says what failed.
    logger = getLogger("torch._subclasses.fake_tensor")
    silent, logger.disabled = logger.disabled, True
    try:
        return _run(model, size, fake)
    except (Exception, SystemExit):
        return None
    finally:
        logger.disabled = silent


def _run(model: nn.Module, size: tuple[int, ...], fake: FakeTensorMode | None) -> Recorder:
    first = next(model.parameters(), None)
    device = None if first is None else first.device
    dtype = first.dtype if first is not None and first.is_floating_point() else None
    with _untouched(model), ExitStack() as stack:
        # Views of a parameter are views of what torch puts in its place.
        named = model.named_parameters()
        stand_ins = {} if fake is None else {name: fake.from_tensor(parameter) for name, parameter in named}
        recorder = Recorder(model, strict=False, stand_ins=stand_ins)
        for context in (evaluating(model), torch.no_grad(), redirect_stdout(sys.stderr), recorder.naming_modules()):
            stack.enter_context(context)
        stack.enter_context(nullcontext() if fake is None else fake)
        stack.enter_context(recorder)
        model(torch.zeros(size, device=device, dtype=dtype))
    return recorder


@contextmanager
def _untouched(model: nn.Module) -> Iterator[None]:
    """Whatever happens inside, the model and the random number generators are as before.

    Every module keeps its attributes, every list, dict and set among them its members, and every parameter, buffer and
    other tensor among them its values: what has no other operand is computed in place also where torch works out
    shapes alone.
    """
    attributes = [(module.__dict__, dict(module.__dict__)) for module in model.modules()]
    members = [
        (value, value.copy())
        for _, each in attributes
        for value in each.values()
        if isinstance(value, dict | list | set)
    ]
    kept = [value for _, each in attributes for value in each.values() if isinstance(value, Tensor)]
    tensors = [
        (tensor, tensor.data, None if tensor.is_meta else tensor.detach().clone())
        for tensor in (*model.parameters(), *model.buffers(), *kept)
    ]
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy else None
    try:
        yield
    finally:
        for now, before in attributes:
            _restore(now, before)
        for container, copy in members:
            _restore(container, copy)
        for tensor, data, copy_of in tensors:
            if (tensor.dtype, tensor.device, tensor.data_ptr()) != (data.dtype, data.device, data.data_ptr()):
                tensor.data = data
            if copy_of is not None and not torch.equal(tensor, copy_of) and not _both_nan(tensor, copy_of):
                tensor.data.copy_(copy_of)
        torch.set_rng_state(torch_state)
        random.setstate(python_state)
        if numpy:
            numpy.random.set_state(numpy_state)


def _restore(container: Any, copy: Any) -> None:
    """Give a list, dict or set the members it had; one that has them still is not touched."""
    if isinstance(container, dict):
        if list(container) != list(copy) or any(container[key] is not copy[key] for key in copy):
            container.clear()
            container.update(copy)
    elif isinstance(container, list):
        if [id(each) for each in container] != [id(each) for each in copy]:
            container[:] = copy
    elif {id(each) for each in container} != {id(each) for each in copy}:
        container.clear()
        container |= copy


def _both_nan(one: Tensor, other: Tensor) -> bool:
    """Equal but for values that are no numbers, which equal nothing."""
    return bool(((one == other) | ((one != one) & (other != other))).all())


@contextmanager
def _on_path(folder: str) -> Iterator[None]:
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _executed(file: Path) -> ModuleType:
    """The module in `file`, under the file's own name, unless a module of that name is loaded already."""
    name = file.stem if file.stem not in sys.modules else f"_{file.stem}"
    spec = util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
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


@contextmanager
def _blamed(what: str) -> Iterator[None]:
    """What the user's code raises becomes one line: `what`, the error, and the user's file and line."""
    try:
        yield
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())
        if isinstance(error, SyntaxError):
            said, where = error.msg, f" ({error.filename}:{error.lineno})" if error.filename else ""
        else:
            where = _where(error.__traceback__)
        if isinstance(error, ImportError) and said.startswith("attempted relative import"):
            said += ": name it as a module, PACKAGE.MODULE:FACTORY"
        kind = "" if isinstance(error, ImportError | MbcostError) and said else f"{type(error).__name__}: "
        raise MbcostError(f"{what}: {f'{kind}{said}'.removesuffix(': ')}{where}") from None


def _where(traceback: TracebackType | None) -> str:
    """` (file:line)` of the innermost frame that is neither torch's nor ours nor Python's, if there is one."""
    place = ""
    standard, ours = Path(random.__file__).parent, Path(__file__).parent.parent
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        of_python = standard in file.parents and "site-packages" not in file.parts
        if file.is_file() and not of_python and not {ours, Path(torch.__file__).parent} & set(file.parents):
            place = f" ({file}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    return place


def _a(thing: object) -> str:
    kind = type(thing).__name__
    return "None" if thing is None else f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"
