"""Other people's counting tools, each called as its users call it. The conventions predict what they return."""

from __future__ import annotations

import io
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import copy
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError, MissingLibrary, unknown
from mbcost.measured.eval_mode import evaluating

ToolCounts = tuple[int | None, int]
"""Params, None if the tool does not count them, and operations in the tool's own unit."""


def count(convention: str, model: nn.Module, image: Tensor) -> ToolCounts:
    """Count `model` on `image` with the tool of `convention`. The model needs real weights: no meta device.

    The model is unchanged afterwards, its training flags and buffers included.

    Raises:
        MissingLibrary: the tool is not installed.
        MbcostError: the convention has no tool, the tool fails on the model, or it returns a number that is not whole.
    """
    if convention not in COUNTERS:
        raise unknown("counting tool", convention, COUNTERS)
    with _cleaning_up(model):
        return COUNTERS[convention](model, image)


@contextmanager
def _cleaning_up(model: nn.Module) -> Iterator[None]:
    """Put the model in eval mode, print nothing, and remove what the tools leave in the model and in torch.

    thop leaves buffers. If the model fails, all tools leave hooks in its modules, and calflops and ptflops leave their
    own functions instead of torch's, which every later call in the process would run through.
    """
    modules = {module: _state(module) for module in model.modules()}
    functions = [(owner, dict(vars(owner))) for owner in _PATCHED]
    try:
        with (
            evaluating(model), torch.no_grad(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):  # fmt: skip
            warnings.simplefilter("ignore")  # about torch.jit and distutils, for the tools' authors
            yield
    finally:
        for module, state in modules.items():
            vars(module).clear()
            vars(module).update(state)
        for owner, before in functions:
            for name, value in before.items():
                if vars(owner).get(name) is not value:
                    setattr(owner, name, value)


def _state(module: nn.Module) -> dict[str, Any]:
    """Return a module's attributes, with copies of its dictionaries, which contain buffers and hooks."""
    return {name: _copy(value) if isinstance(value, dict) else value for name, value in vars(module).items()}


def _copy(value: dict[Any, Any]) -> dict[Any, Any]:
    """Return a copy of the same class; `copy.copy` takes seven times as long for the two classes that torch has."""
    return value.copy() if type(value) in (dict, OrderedDict) else copy(value)


_PATCHED: tuple[Any, ...] = (torch, torch.nn.functional, Tensor)
"""The objects in which tools replace functions."""


def _torch(model: nn.Module, image: Tensor) -> ToolCounts:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(image)
    return None, counter.get_total_flops()


def _torch_profiler(model: nn.Module, image: Tensor) -> ToolCounts:
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], with_flops=True) as profiler:
        model(image)
    return None, sum(event.flops for event in profiler.key_averages())


def _fvcore(model: nn.Module, image: Tensor) -> ToolCounts:
    analysis = _import("fvcore.nn").FlopCountAnalysis(model, image)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    params = _import("fvcore.nn").parameter_count(model)[""]
    return params, _to_whole("fvcore", analysis.total())


def _fvcore_train(model: nn.Module, image: Tensor) -> ToolCounts:
    model.train()
    return _fvcore(model, image)


def _ptflops(backend: str) -> Callable[[nn.Module, Tensor], ToolCounts]:
    def run(model: nn.Module, image: Tensor) -> ToolCounts:
        macs, params = _import("ptflops").get_model_complexity_info(
            model, tuple(image.shape[1:]), as_strings=False, print_per_layer_stat=False, verbose=False, backend=backend
        )
        if macs is None:  # ptflops prints the exception and continues
            raise MbcostError("ptflops fails on the model and returns no count")
        return params, _to_whole("ptflops", macs)

    return run


def _thop(model: nn.Module, image: Tensor) -> ToolCounts:
    """Thop leaves `total_ops` and `total_params` in modules that it has no rule for."""
    macs, params = _import("thop").profile(model, (image,), verbose=False)
    return _to_whole("thop", params), _to_whole("thop", macs)


def _torchinfo(model: nn.Module, image: Tensor) -> ToolCounts:
    summary = _import("torchinfo").summary(model, input_data=image, verbose=0)
    return summary.total_params, _to_whole("torchinfo", summary.total_mult_adds)


def _calflops(model: nn.Module, image: Tensor) -> tuple[int, int, int]:
    """Return FLOPs, MACs and params."""
    flops, macs, params = _import("calflops").calculate_flops(
        model, args=[image], print_results=False, output_as_string=False
    )
    return _to_whole("calflops", flops), _to_whole("calflops", macs), _to_whole("calflops", params)


def _calflops_macs(model: nn.Module, image: Tensor) -> ToolCounts:
    _, macs, params = _calflops(model, image)
    return params, macs


def _calflops_flops(model: nn.Module, image: Tensor) -> ToolCounts:
    flops, _, params = _calflops(model, image)
    return params, flops


def _torchprofile(model: nn.Module, image: Tensor) -> ToolCounts:
    return None, _to_whole("torchprofile", _import("torchprofile").profile_macs(model, image))


def _to_whole(tool: str, number: Any) -> int:
    """Return `number` as an int: some tools add in float64.

    Raises:
        MbcostError: the number is not whole.
    """
    if number != int(number):
        raise MbcostError(f"{tool} counts {number}, which is not a whole number")
    return int(number)


def _import(tool: str) -> Any:
    name = tool.partition(".")[0]
    try:
        return import_module(tool)
    except ImportError as error:
        raise MissingLibrary(name, "dev") from error


COUNTERS: Mapping[str, Callable[[nn.Module, Tensor], ToolCounts]] = {
    "fvcore": _fvcore,
    "fvcore-train": _fvcore_train,
    "torch": _torch,
    "torch-profiler": _torch_profiler,
    "ptflops": _ptflops("pytorch"),
    "ptflops-aten": _ptflops("aten"),
    "thop": _thop,
    "torchinfo": _torchinfo,
    "calflops": _calflops_macs,
    "calflops-flops": _calflops_flops,
    "torchprofile": _torchprofile,
}
