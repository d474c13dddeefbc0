"""A user's own model: made by the user's factory, traced while it runs once, and left unchanged."""

from __future__ import annotations

import math
import os
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
from mbcost.measured.eval_mode import evaluating
from mbcost.measured.shortage import naming_shortage
from mbcost.measured.trace import Recorder
from mbcost.spec.observed import TracedModel

MOST_BYTES = 2**32
"""The largest map in bytes that is computed without force."""


def load_model(target: str, arguments: Mapping[str, object] | None = None) -> nn.Module:
    """Return the model that `target` names: the result of a factory, or the model itself.

    Whatever the user's code prints goes to standard error.

    Args:
        target: `package.module:factory` or `./file.py:factory`; after the colon a function, a class or a model. The
            current folder, or that of the file, is on the import path until the model has been made.
        arguments: keyword arguments of the factory.

    Raises:
        MbcostError: the target does not exist, the user's code raises an error, or its result is not an `nn.Module`.
    """
    source, colon, path = target.rpartition(":")
    if not (colon and source and path):
        module, dot, factory = target.rpartition(".")
        meant = f"did you mean '{module}:{factory}'?" if dot and factory != "py" and target.isprintable() else ""
        form = meant or "expected MODULE:FACTORY or ./FILE.py:FACTORY"
        raise MbcostError(f"'{target}' does not name a model: {form}")
    is_file = source.endswith(".py") or "/" in source or os.sep in source
    file = Path(source)
    if is_file and not file.is_file():
        raise MbcostError(f"{source}: No such file")
    with _on_path(str(file.resolve().parent) if is_file else str(Path.cwd())), redirect_stdout(sys.stderr):
        with _blaming(f"{source} cannot be imported"):
            target_object: Any = _execute(file) if is_file else import_module(source)
        for name in path.split("."):
            if not hasattr(target_object, name):
                raise unknown(f"name in {source}", name, _list_factories(target_object))
            target_object = getattr(target_object, name)
        if isinstance(target_object, nn.Module):
            if arguments:
                raise MbcostError(f"{target} is already a model and takes no arguments: remove --kwargs")
            return target_object
        if not callable(target_object):
            raise MbcostError(f"{target} is {_with_article(target_object)}: expected a factory or a model")
        model = _make(target_object, target, arguments or {})
    if not isinstance(model, nn.Module):
        raise MbcostError(f"{target} returns {_with_article(model)}: expected a torch.nn.Module")
    return model


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
    with _blaming(f"{target} failed"):
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


def trace_model(
    model: nn.Module, name: str, resolution: tuple[int, int], in_channels: int, *, force: bool = False
) -> TracedModel:
    """Trace the layers that `model` executes on one image of zeros, in eval mode, without gradients.

    The model's parameters stay on their device, and torch works out the shapes of the activations without computing
    them. A model whose forward needs values runs a second time, with real activations on its own device. Afterwards
    the model is unchanged: the parameters, buffers, modes, hooks and attributes of every module, and the states of the
    random number generators. The model's own hooks run as usual.

    Args:
        model: any model that reads one (1, C, H, W) image.
        name: the model's name in messages.
        resolution: height and width of the image in pixels.
        in_channels: channels of the image.
        force: whether real activations are computed also if one of them takes more than `MOST_BYTES`.

    Raises:
        MbcostError: the model does not run, or executes no layer that torch shows.
    """
    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise MbcostError(f"{name} has lazy modules without shapes: run it once in its factory")
    size = (1, in_channels, *resolution)
    computed, on_meta = False, any(parameter.is_meta for parameter in model.parameters())
    recorder = Recorder(model, strict=False)
    if on_meta or not _run_on_shapes(model, size, recorder):
        computed = True
        image = f"a {'x'.join(map(str, size))} image"
        if not (force or on_meta):
            _check_memory(model, name, image, max(math.prod(size), recorder.count_elements()))
        recorder = Recorder(model, strict=False)
        with _blaming(f"{name} does not run on {image}"), naming_shortage(f"{name} on {image}"):
            _run(model, size, recorder, None)
    if not recorder.layers:
        raise MbcostError(f"{name} executes no convolution and no linear layer that torch shows")
    calls = recorder.calls()
    computed = computed and not on_meta
    return TracedModel(name, resolution, in_channels, calls, tuple(recorder.unused.items()), computed)


def _run_on_shapes(model: nn.Module, size: tuple[int, ...], recorder: Recorder) -> bool:
    """Run the model without values; return whether that is possible. It fails if the model needs values, for example.

    A recorder of a run that failed has recorded the layers before the failure.
    """
    # torch logs a failure with its traceback; the run with values says what failed.
    logger = getLogger("torch._subclasses.fake_tensor")
    silent, logger.disabled = logger.disabled, True
    try:
        _run(model, size, recorder, FakeTensorMode(allow_non_fake_inputs=True))
    except (Exception, SystemExit):
        return False
    finally:
        logger.disabled = silent
    return True


def _run(model: nn.Module, size: tuple[int, ...], recorder: Recorder, fake: FakeTensorMode | None) -> None:
    first = next(model.parameters(), None)
    device = None if first is None else first.device
    with _unchanged(model), ExitStack() as stack:
        # Views of a parameter are views of its stand-in.
        named = model.named_parameters()
        recorder.add_stand_ins({} if fake is None else {name: fake.from_tensor(parameter) for name, parameter in named})
        for context in (evaluating(model), torch.no_grad(), redirect_stdout(sys.stderr), recorder.naming_modules()):
            stack.enter_context(context)
        stack.enter_context(nullcontext() if fake is None else fake)
        stack.enter_context(recorder)
        image = torch.zeros(size, device=device, dtype=_find_dtype(model))
        recorder.flow.start(image)
        stack.enter_context(recorder.functions)
        model(image)


def _find_dtype(model: nn.Module) -> torch.dtype | None:
    first = next(model.parameters(), None)
    return first.dtype if first is not None and first.is_floating_point() else None


def _check_memory(model: nn.Module, name: str, image: str, elements: int) -> None:
    """Refuse to compute activations of which the largest has so many elements that the machine may not hold it."""
    size = elements * (_find_dtype(model) or torch.get_default_dtype()).itemsize
    if size > MOST_BYTES:
        raise MbcostError(
            f"{name} needs real activations, which take at least {size:,} bytes on {image}: use a smaller resolution, "
            f"or add --force to exceed the limit of {MOST_BYTES:,}"
        )


@contextmanager
def _unchanged(model: nn.Module) -> Iterator[None]:
    """Restore the model and the random number generators after the context, whatever happens inside.

    Every module gets back its attributes, every list, dict and set among them its members, and every parameter, buffer
    and other tensor among them its values: an in-place operator without a map among its operands changes real values
    even while torch works out shapes only.
    """
    attributes = [(module.__dict__, dict(module.__dict__)) for module in model.modules()]
    values = [value for _, original in attributes for value in original.values()]
    members = [(value, value.copy()) for value in values if isinstance(value, dict | list | set)]
    attribute_tensors = [value for value in values if isinstance(value, Tensor)]
    tensors = [
        (tensor, tensor.data, None if tensor.is_meta else tensor.detach().clone())
        for tensor in (*model.parameters(), *model.buffers(), *attribute_tensors)
    ]
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy else None
    try:
        yield
    finally:
        for current, original in attributes:
            _restore(current, original)
        for container, copy in members:
            _restore(container, copy)
        for tensor, data, copy_of in tensors:
            if (tensor.dtype, tensor.device, tensor.data_ptr()) != (data.dtype, data.device, data.data_ptr()):
                tensor.data = data
            if copy_of is not None and not torch.equal(tensor, copy_of) and not _equal_or_nan(tensor, copy_of):
                tensor.data.copy_(copy_of)
        torch.set_rng_state(torch_state)
        random.setstate(python_state)
        if numpy:
            numpy.random.set_state(numpy_state)


def _restore(container: Any, copy: Any) -> None:
    """Give a list, dict or set its original members; one that still has them is not written to."""
    if isinstance(container, dict):
        if list(container) != list(copy) or any(container[key] is not copy[key] for key in copy):
            container.clear()
            container.update(copy)
    elif isinstance(container, list):
        if list(map(id, container)) != list(map(id, copy)):
            container[:] = copy
    elif set(map(id, container)) != set(map(id, copy)):
        container.clear()
        container |= copy


def _equal_or_nan(first: Tensor, second: Tensor) -> bool:
    """Return whether the tensors are equal, where NaN counts as equal to NaN."""
    return bool(((first == second) | ((first != first) & (second != second))).all())


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


@contextmanager
def _blaming(failure: str) -> Iterator[None]:
    """Turn an error of the user's code into one line: `failure`, the error, and the user's file and line."""
    try:
        yield
    except (Exception, SystemExit) as error:
        message = " ".join(str(error).split())
        if isinstance(error, SyntaxError):
            message, location = error.msg, f" ({error.filename}:{error.lineno})" if error.filename else ""
        else:
            location = _locate(error.__traceback__)
        if isinstance(error, ImportError) and message.startswith("attempted relative import"):
            message += ": name it as a module, PACKAGE.MODULE:FACTORY"
        kind = "" if isinstance(error, ImportError | MbcostError) and message else f"{type(error).__name__}: "
        raise MbcostError(f"{failure}: {f'{kind}{message}'.removesuffix(': ')}{location}") from None


def _locate(traceback: TracebackType | None) -> str:
    """Return ` (file:line)` of the innermost frame that is not torch's, ours or Python's; empty if there is none."""
    location = ""
    standard, ours = Path(random.__file__).parent, Path(__file__).parent.parent
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        of_python = standard in file.parents and "site-packages" not in file.parts
        if file.is_file() and not of_python and not {ours, Path(torch.__file__).parent} & set(file.parents):
            location = f" ({file}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    return location


def _with_article(value: object) -> str:
    kind = type(value).__name__
    return "None" if value is None else f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"
