"""A built model, measured: by fvcore, by torch's FlopCounterMode, and by hooks for what neither of them sees."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError, MissingLibrary, unknown
from mbcost.measured.modules import ACTIVATIONS, Add, FunctionalPool, GridPool, MeanPool, Multiply, SamePad, Sum
from mbcost.measured.trace import half
from mbcost.spec.observed import LayerFacts, Map, Measurement

_NO_ACTIVATION = "none"
_LEADS: tuple[type[nn.Module], ...] = (
    nn.Conv2d,
    nn.Linear,
    nn.AdaptiveAvgPool2d,
    FunctionalPool,
    MeanPool,
    GridPool,
    nn.MaxPool2d,
    nn.AvgPool2d,
    Multiply,
    Add,
    Sum,
)
_WHOLE = (nn.AdaptiveAvgPool2d, FunctionalPool, MeanPool, GridPool, Multiply, Add)
"""Leads that are a row by themselves; the others stand in a unit with what belongs to them."""
_UNREAD = (MeanPool, nn.MaxPool2d, nn.AvgPool2d)
"""Pools of which fvcore says nothing, because it has no count for their operators."""


def measure(
    model: nn.Module, *, resolution: int | tuple[int, int], in_channels: int = 3, against: str = "fvcore"
) -> Measurement:
    """Measure a model of `build`, layer by layer, on one zero image, in eval mode.

    Args:
        model: a model that `build` made; its training flags are as before afterwards.
        resolution: height and width of the input in pixels, one number for both.
        in_channels: channels of the input.
        against: `fvcore`, by its module and operator counts, or `torch`, by FlopCounterMode.

    Raises:
        MissingLibrary: fvcore is asked and not installed.
        MbcostError: the resolution is too small for the model, the model has a module that `build` makes none of, or
            `against` names no measurement.
    """
    if against not in TOOLS:
        raise unknown("measurement", against, TOOLS)
    height, width = (resolution, resolution) if isinstance(resolution, int) else resolution
    image = torch.zeros(1, in_channels, height, width)
    with _eval_mode(model), torch.no_grad():
        seen = _watch(model, image)
        macs = TOOLS[against](model, image)
    layers = tuple(_facts(name, layer, macs.by_module.get(name, _Counts())) for name, layer in seen.items())
    params = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Measurement(against, layers, params, macs.total)


@dataclass
class _Seen:
    """One table row as the hooks saw it run."""

    lead: nn.Module
    input: Map
    output: Map
    norm_channels: int = 0
    activation: str = _NO_ACTIVATION
    activation_elements: int = 0


@dataclass(frozen=True)
class _Counts:
    """What a tool says of one table row; None where it does not say."""

    macs: int = 0
    norm_elements: int | None = None
    pool_inputs: int | None = None


@dataclass(frozen=True)
class _Total:
    by_module: Mapping[str, _Counts]
    total: int


@contextmanager
def _eval_mode(model: nn.Module) -> Iterator[None]:
    training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, flag in training.items():
            module.training = flag


def _map(tensor: Tensor) -> Map:
    shape = (*tensor.shape[1:], 1, 1)
    return shape[1], shape[2], shape[0]


def _watch(model: nn.Module, image: Tensor) -> dict[str, _Seen]:
    """Runs the model once and notes every layer with its maps, in order of execution."""
    seen: dict[str, _Seen] = {}
    unpadded: dict[str, Map] = {}
    names = dict(model.named_modules())
    inner = {id(module.pool) for module in names.values() if isinstance(module, GridPool)}

    def note(name: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        row = _row_name(name, module)
        if isinstance(module, Add | Sum) and inputs[0].shape != inputs[1].shape:  # torch repeats the smaller map
            raise RuntimeError(f"{row} adds maps of {inputs[0].shape} and {inputs[1].shape}")
        if isinstance(module, _LEADS):
            if row in seen:
                raise MbcostError(f"{row} runs twice: a model of build() runs every layer once")
            seen[row] = _Seen(module, unpadded.get(row, _map(inputs[0])), _map(output))
        elif isinstance(module, SamePad | nn.ConstantPad2d):
            unpadded[row] = _map(inputs[0])
        elif (isinstance(module, nn.BatchNorm2d) or type(module) in _FUNCTIONS) and row not in seen:
            raise MbcostError(f"{name} runs before the layer that it belongs to, which no model of build() does")
        elif isinstance(module, nn.BatchNorm2d):
            seen[row].norm_channels += 0 if module.weight is None else module.weight.numel()
        elif (function := _FUNCTIONS.get(type(module))) is not None:
            both = seen[row].activation != _NO_ACTIVATION
            seen[row].activation = f"{seen[row].activation} + {function}" if both else function
            seen[row].activation_elements += output.numel()
        elif not (isinstance(module, nn.Identity) or any(module.children())):
            raise MbcostError(f"{name} is a {type(module).__name__}, which no model of build() has")

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda module, inputs, output: note(name, module, inputs, output)

    # A fused norm has its activation as a child, which runs inside it and would be noted before it.
    handles = [module.register_forward_hook(hook(name)) for name, module in names.items() if id(module) not in inner]
    try:
        model(image)
    except RuntimeError as error:
        raise MbcostError(f"the model does not run at {image.shape[2]}x{image.shape[3]}: {error}") from None
    finally:
        for handle in handles:
            handle.remove()
    return seen


_FUNCTIONS: Mapping[type, str] = {make: name for name, make in ACTIVATIONS.items() if isinstance(make, type)}


def _row_name(name: str, module: nn.Module) -> str:
    """`2.1.expand.conv` -> `2.1.expand`; a global pool, multiply or add is a row of its own."""
    if isinstance(module, _WHOLE):
        return name
    row = name.rsplit(".", 1)[0]
    return row.removesuffix(".norm")


def _facts(name: str, seen: _Seen, counts: _Counts) -> LayerFacts:
    lead = seen.lead
    weight = lead.weight.numel() if isinstance(lead, nn.Conv2d | nn.Linear) else 0
    bias = lead.bias.numel() if isinstance(lead, nn.Conv2d | nn.Linear) and lead.bias is not None else 0
    kernel: Any = None
    stride: Any = None
    groups: int | None = None
    dilation: Any = None
    if isinstance(lead, nn.Conv2d):
        kernel, stride, groups, dilation = lead.kernel_size, lead.stride, lead.groups, lead.dilation
    elif isinstance(lead, nn.MaxPool2d | nn.AvgPool2d):
        kernel, stride = lead.kernel_size, (lead.stride, lead.stride)
    elif isinstance(lead, nn.Linear):
        kernel, stride, groups = (1, 1), (1, 1), 1
    operator = next(word for kind, word in _OPERATORS.items() if isinstance(lead, kind))
    return LayerFacts(
        name, operator, kernel, stride, groups, seen.input, seen.output,
        weights=weight, biases=bias, norm_channels=seen.norm_channels, macs=counts.macs,
        norm_elements=counts.norm_elements, activation=seen.activation, activation_elements=seen.activation_elements,
        pool_inputs=counts.pool_inputs, dilation=dilation,
    )  # fmt: skip


_OPERATORS: Mapping[type[nn.Module], str] = {
    nn.Conv2d: "conv",
    nn.Linear: "linear",
    nn.AdaptiveAvgPool2d: "pool",
    FunctionalPool: "pool",
    MeanPool: "pool",
    GridPool: "pool",
    nn.MaxPool2d: "max_pool",
    nn.AvgPool2d: "average_pool",
    Multiply: "multiply",
    Add: "add",
    Sum: "add",
}


def _by_fvcore(model: nn.Module, image: Tensor) -> _Total:
    """The count by module and operator: one a multiply-accumulate, two a norm element, one a pooled input."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # torch's about torch.jit.script, for fvcore's author
            from fvcore.nn import FlopCountAnalysis
    except ImportError:
        raise MissingLibrary("fvcore", "validate") from None
    analysis = FlopCountAnalysis(model, image).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    analysis = analysis.tracer_warnings("none")
    operators = analysis.by_module_and_operator()
    by_module = {}
    for name, module in model.named_modules():
        if isinstance(module, _LEADS):
            row = _row_name(name, module)
            counts = operators[row]
            # A mean is an operator that fvcore lists as unsupported, so it says nothing of such a pool, or of a window.
            pool = int(counts["adaptive_avg_pool2d"]) if "adaptive_avg_pool2d" in counts else None
            by_module[row] = _Counts(
                macs=int(counts["conv"] + counts["linear"]),
                norm_elements=half(int(counts["batch_norm"]), row),
                pool_inputs=None if isinstance(module, _UNREAD) else pool or 0,
            )
    total = operators[""]
    return _Total(by_module, int(total["conv"] + total["linear"]))


def _by_torch(model: nn.Module, image: Tensor) -> _Total:
    """FlopCounterMode's count by module: two a multiply-accumulate, nothing else."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(image)
    counts = {name: sum(by_operator.values()) for name, by_operator in counter.get_flop_counts().items()}
    root = type(model).__name__
    by_module = {}
    for name, module in model.named_modules():
        if isinstance(module, _LEADS):
            row = _row_name(name, module)
            by_module[row] = _Counts(macs=half(counts.get(f"{root}.{row}", 0), row))
    return _Total(by_module, half(counter.get_total_flops(), "the total"))


TOOLS: Mapping[str, Callable[[nn.Module, Tensor], _Total]] = {"fvcore": _by_fvcore, "torch": _by_torch}
