"""Other people's counting tools, each called as its users call it: what they say of a model is what we predict."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import copy
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError, MissingLibrary, unknown

Reading = tuple[int | None, int]
"""Params, None where the tool does not count them, and operations in the tool's own unit."""


def count(convention: str, model: nn.Module, image: Tensor) -> Reading:
    """What the tool behind `convention` says of `model` on `image`, which needs real weights: no meta device.

    The model is as before afterwards, its training flags and buffers included.

    Raises:
        MissingLibrary: the tool is not installed.
        MbcostError: no tool belongs to the convention, the tool fails on the model, or its answer is no whole number.
    """
    if convention not in COUNTERS:
        raise unknown("counting tool", convention, COUNTERS)
    with _undisturbed(model):
        return COUNTERS[convention](model, image)


@contextmanager
def _undisturbed(model: nn.Module) -> Iterator[None]:
    """The model in eval mode and nothing printed; what tools leave behind is taken out again.

    thop leaves buffers; all of them, where the model fails, leave hooks in its modules; and calflops and ptflops then
    leave their own functions in the place of torch's, which every later call in the process would run through.
    """
    modules = {module: _state(module) for module in model.modules()}
    functions = [(owner, dict(vars(owner))) for owner in _PATCHED]
    model.eval()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings(), torch.no_grad():
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
    """A module's attributes; its dictionaries, which hold buffers and hooks, as copies."""
    return {name: copy(value) if isinstance(value, dict) else value for name, value in vars(module).items()}


_PATCHED: tuple[Any, ...] = (torch, torch.nn.functional, Tensor)
"""Where tools put functions of their own."""


def _torch(model: nn.Module, image: Tensor) -> Reading:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(image)
    return None, counter.get_total_flops()


def _fvcore(model: nn.Module, image: Tensor) -> Reading:
    analysis = _imported("fvcore.nn").FlopCountAnalysis(model, image)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    params = _imported("fvcore.nn").parameter_count(model)[""]
    return params, _whole("fvcore", analysis.total())


def _fvcore_train(model: nn.Module, image: Tensor) -> Reading:
    model.train()
    return _fvcore(model, image)


def _ptflops(backend: str) -> Callable[[nn.Module, Tensor], Reading]:
    def run(model: nn.Module, image: Tensor) -> Reading:
        macs, params = _imported("ptflops").get_model_complexity_info(
            model, tuple(image.shape[1:]), as_strings=False, print_per_layer_stat=False, verbose=False, backend=backend
        )
        if macs is None:  # it prints the exception and goes on
            raise MbcostError("ptflops fails on the model and returns nothing")
        return params, _whole("ptflops", macs)

    return run


def _thop(model: nn.Module, image: Tensor) -> Reading:
    """It leaves `total_ops` and `total_params` in modules that it has no rule for."""
    macs, params = _imported("thop").profile(model, (image,), verbose=False)
    return _whole("thop", params), _whole("thop", macs)


def _torchinfo(model: nn.Module, image: Tensor) -> Reading:
    found = _imported("torchinfo").summary(model, input_data=image, verbose=0)
    return found.total_params, _whole("torchinfo", found.total_mult_adds)


def _calflops(model: nn.Module, image: Tensor) -> tuple[int, int, int]:
    """FLOPs, MACs and params."""
    flops, macs, params = _imported("calflops").calculate_flops(
        model, args=[image], print_results=False, output_as_string=False
    )
    return _whole("calflops", flops), _whole("calflops", macs), _whole("calflops", params)


def _calflops_macs(model: nn.Module, image: Tensor) -> Reading:
    _, macs, params = _calflops(model, image)
    return params, macs


def _calflops_flops(model: nn.Module, image: Tensor) -> Reading:
    flops, _, params = _calflops(model, image)
    return params, flops


def _torchprofile(model: nn.Module, image: Tensor) -> Reading:
    return None, _whole("torchprofile", _imported("torchprofile").profile_macs(model, image))


def _whole(tool: str, number: Any) -> int:
    """`number` as an int: some tools add in float64.

    Raises:
        MbcostError: it is no whole number.
    """
    if number != int(number):
        raise MbcostError(f"{tool} counts {number}, which is no whole number")
    return int(number)


def _imported(tool: str) -> Any:
    name = tool.partition(".")[0]
    try:
        return import_module(tool)
    except ImportError as error:
        raise MissingLibrary(name, "dev") from error


COUNTERS: Mapping[str, Callable[[nn.Module, Tensor], Reading]] = {
    "fvcore": _fvcore,
    "fvcore-train": _fvcore_train,
    "torch": _torch,
    "ptflops": _ptflops("pytorch"),
    "ptflops-aten": _ptflops("aten"),
    "thop": _thop,
    "torchinfo": _torchinfo,
    "calflops": _calflops_macs,
    "calflops-flops": _calflops_flops,
    "torchprofile": _torchprofile,
}
