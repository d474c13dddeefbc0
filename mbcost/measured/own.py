"""A user's own model, traced while it runs once, and left unchanged."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from logging import getLogger
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.parameter import is_lazy

from mbcost.errors import MbcostError
from mbcost.measured.blame import blaming
from mbcost.measured.eval_mode import evaluating
from mbcost.measured.recorder import Recorder
from mbcost.measured.shortage import naming_shortage
from mbcost.measured.watching import Watching
from mbcost.spec.observed import TracedModel

AnyWatching = TypeVar("AnyWatching", bound=Watching)

MOST_BYTES = 2**32
"""The largest map in bytes that is computed without force."""


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
    size = find_image_size(model, resolution, in_channels)
    recorder, computed = watch(model, name, size, lambda: Recorder(model, strict=False), force=force)
    return list_calls(recorder, name, resolution, in_channels, computed=computed)


def list_calls(
    recorder: Recorder, name: str, resolution: tuple[int, int], in_channels: int, *, computed: bool
) -> TracedModel:
    """Return what has been recorded of a model; `computed` says that real activations were computed.

    Raises:
        MbcostError: it executes no layer that torch shows.
    """
    if not recorder.layers:
        raise MbcostError(f"{name} executes no convolution and no linear layer that torch shows")
    return TracedModel(name, resolution, in_channels, recorder.calls(), tuple(recorder.unused.items()), computed)


def find_image_size(model: nn.Module, resolution: tuple[int, int], in_channels: int) -> tuple[int, int, int, int]:
    """Return the size of the image that a model reads: (1, C, H, W), or (1, H, W, C) if Keras built it for that."""
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, tuple) and len(shape) == 4 and shape[3] == in_channels != shape[1]:
        return 1, *resolution, in_channels
    return 1, in_channels, *resolution


def watch(
    model: nn.Module, name: str, size: tuple[int, ...], make: Callable[[], AnyWatching], *, force: bool = False
) -> tuple[AnyWatching, bool]:
    """Run a model on one image of zeros and return what watched it, and whether activations were computed.

    The model is run and left as `trace_model` says.

    Args:
        model: any model that reads one image.
        name: the model's name in messages.
        size: the shape of the image.
        make: makes what watches the model, for each run anew.
        force: as in `trace_model`.

    Raises:
        MbcostError: the model does not run.
    """
    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise MbcostError(f"{name} has lazy modules without shapes: run it once in its factory")
    watching, on_meta = make(), any(parameter.is_meta for parameter in model.parameters())
    if not on_meta and _run_on_shapes(model, size, watching):
        return watching, False
    image = _describe_image(size)
    if not (force or on_meta):
        _check_memory(model, name, image, max(math.prod(size), watching.count_elements()))
    watching = make()
    with naming_shortage(f"{name} on {image}"):
        _run(model, size, watching, None, name)
    return watching, not on_meta


def _run_on_shapes(model: nn.Module, size: tuple[int, ...], recorder: Watching) -> bool:
    """Run the model without values; return whether that is possible. It fails if the model needs values, for example.

    A recorder of a run that failed has recorded the layers before the failure.
    """
    # torch logs a failure with its traceback; the run with values says what failed.
    logger = getLogger("torch._subclasses.fake_tensor")
    silent, logger.disabled = logger.disabled, True
    try:
        _run(model, size, recorder, FakeTensorMode(allow_non_fake_inputs=True))
    except (Exception, SystemExit):
        if recorder.fault is not None:
            raise
        return False
    finally:
        logger.disabled = silent
    return True


def _run(
    model: nn.Module, size: tuple[int, ...], recorder: Watching, fake: FakeTensorMode | None, name: str = "the model"
) -> None:
    """Run the model on one image of zeros.

    Raises:
        MbcostError: the model does not run.
        Exception: the recorder has failed, whether or not the model has caught its error.
    """
    try:
        _run_unchanged(model, size, recorder, fake, name)
    finally:
        if recorder.fault is not None:
            raise recorder.fault


def _run_unchanged(
    model: nn.Module, size: tuple[int, ...], recorder: Watching, fake: FakeTensorMode | None, name: str
) -> None:
    first = next(model.parameters(), None)
    device = None if first is None else first.device
    with unchanged(model), ExitStack() as stack:
        # Views of a parameter are views of its stand-in.
        if fake is not None:
            recorder.add_stand_ins(fake.from_tensor)
        for context in (evaluating(model), torch.no_grad(), redirect_stdout(sys.stderr), recorder.naming_modules()):
            stack.enter_context(context)
        stack.enter_context(nullcontext() if fake is None else fake)
        image = torch.zeros(size, device=device, dtype=_find_dtype(model))
        recorder.start(image)
        stack.enter_context(recorder)
        stack.enter_context(recorder.functions)
        subject = f"{name} does not run on {_describe_image(size)}"
        with blaming(subject), naming_shortage(f"{name} on {_describe_image(size)}"):
            output = model(image)
        recorder.finish(output)


def _describe_image(size: tuple[int, ...]) -> str:
    return f"a {'x'.join(map(str, size))} image"


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
def unchanged(model: nn.Module) -> Iterator[None]:
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
            if tensor.layout != torch.strided:  # without an address that could be compared
                tensor.data = data if copy_of is None else copy_of
                continue
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
