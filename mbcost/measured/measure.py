"""Measures a built model by fvcore, by torch's FlopCounterMode, and by hooks for what neither of them counts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError, MissingLibrary, choose
from mbcost.measured.eval_mode import evaluating
from mbcost.measured.modules import (
    ACTIVATIONS,
    FunctionalPool,
    GateMultiply,
    GridPool2d,
    MeanPool,
    ResidualAdd,
    SamePad,
    Sum,
    VectorNorm,
)
from mbcost.measured.recorder import halve
from mbcost.measured.shortage import is_shortage, naming_shortage
from mbcost.spec.observed import LayerFacts, Map, Measurement

_NO_ACTIVATION = "none"
_OPERATORS: Mapping[type[nn.Module], str] = {
    nn.Conv2d: "conv",
    nn.Linear: "linear",
    VectorNorm: "norm",
    nn.AdaptiveAvgPool2d: "pool",
    FunctionalPool: "pool",
    MeanPool: "pool",
    GridPool2d: "pool",
    nn.MaxPool2d: "max_pool",
    nn.AvgPool2d: "average_pool",
    GateMultiply: "multiply",
    Sum: "add",
}
"""What a witness calls the operator of each module that leads a row of a cost table."""
_LEADS = tuple(_OPERATORS)
_WHOLE = (VectorNorm, nn.AdaptiveAvgPool2d, FunctionalPool, MeanPool, GridPool2d, GateMultiply, ResidualAdd)
"""Leads that are a row on their own; the others are in a unit with their padding, norm and activation."""
_UNCOUNTED = (MeanPool, nn.MaxPool2d, nn.AvgPool2d)
"""Pools that fvcore does not count, because it has no rule for their operators."""


def measure(
    model: nn.Module, *, resolution: int | tuple[int, int], in_channels: int = 3, against: str = "fvcore"
) -> Measurement:
    """Measure a model of `build`, layer by layer, on one zero image, in eval mode.

    Args:
        model: a model that `build` made; its training flags are restored afterwards.
        resolution: height and width of the input in pixels, one number for both.
        in_channels: channels of the input.
        against: `fvcore`, which counts by module and operator, or `torch`, which is FlopCounterMode.

    Raises:
        MissingLibrary: fvcore is asked for and is not installed.
        MbcostError: the resolution is too small for the model, memory is short, the model has a module that `build`
            never makes, or `against` is not a measurement.
    """
    against = choose("measurement", against, TOOLS)
    height, width = (resolution, resolution) if isinstance(resolution, int) else resolution
    with evaluating(model), torch.no_grad(), naming_shortage(f"the model at {height}x{width}"):
        image = torch.zeros(1, in_channels, height, width)
        rows = _observe_rows(model, image)
        macs = TOOLS[against](model, image)
    layers = tuple(_facts(name, row, macs.by_module.get(name, _Counts())) for name, row in rows.items())
    params = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Measurement(against, layers, params, macs.total)


@dataclass
class _ObservedRow:
    """One row of a cost table, as the hooks observed it."""

    lead: nn.Module
    input: Map
    output: Map
    norm_channels: int = 0
    activation: str = _NO_ACTIVATION
    activation_elements: int = 0


@dataclass(frozen=True)
class _Counts:
    """A tool's counts for one row of a cost table; None where the tool does not count."""

    macs: int = 0
    norm_elements: int | None = None
    pool_inputs: int | None = None


@dataclass(frozen=True)
class _Total:
    by_module: Mapping[str, _Counts]
    total: int


def _map(tensor: Tensor) -> Map:
    shape = (*tensor.shape[1:], 1, 1)
    return shape[1], shape[2], shape[0]


class _Observer:
    """Forward hooks that observe every layer of a model while it runs, in order of execution."""

    def __init__(self, model: nn.Module) -> None:
        self.rows: dict[str, _ObservedRow] = {}
        self.unpadded: dict[str, Map] = {}
        """The map before explicit padding, by row."""
        modules = dict(model.named_modules())
        inside_units = {
            id(module.pool if isinstance(module, GridPool2d) else module.norm)
            for module in modules.values()
            if isinstance(module, GridPool2d | VectorNorm)
        }
        self.modules = {name: module for name, module in modules.items() if id(module) not in inside_units}

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Observe every layer that runs inside the context."""
        # A fused norm has its activation as a child, which runs inside it and would be observed before it.
        handles = [module.register_forward_hook(self._hook(name)) for name, module in self.modules.items()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda module, inputs, output: self._observe(name, module, inputs, output)

    def _observe(self, name: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        row = _row_name(name, module)
        if isinstance(module, _LEADS):
            self._observe_lead(row, module, inputs, output)
        elif isinstance(module, SamePad | nn.ConstantPad2d):
            self.unpadded[row] = _map(inputs[0])
        elif isinstance(module, nn.BatchNorm2d) or type(module) in _FUNCTIONS:
            if row not in self.rows:
                raise MbcostError(f"{name} runs before the layer that it belongs to, which no model of build() does")
            self._observe_follower(self.rows[row], module, output)
        elif not (isinstance(module, nn.Identity) or any(module.children())):
            raise MbcostError(f"{name} is a {type(module).__name__}, which no model of build() has")

    def _observe_lead(self, row: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(module, Sum) and inputs[0].shape != inputs[1].shape:
            # torch would repeat the smaller map.
            raise RuntimeError(f"{row} adds maps of {inputs[0].shape} and {inputs[1].shape}")
        if row in self.rows:
            raise MbcostError(f"{row} runs twice: a model of build() runs every layer once")
        reads = torch.flatten(inputs[0], 1) if isinstance(module, VectorNorm) else inputs[0]
        self.rows[row] = _ObservedRow(module, self.unpadded.get(row, _map(reads)), _map(output))
        if isinstance(module, VectorNorm):
            self.rows[row].norm_channels = module.norm.weight.numel()

    def _observe_follower(self, row: _ObservedRow, module: nn.Module, output: Tensor) -> None:
        if isinstance(module, nn.BatchNorm2d):
            row.norm_channels += 0 if module.weight is None else module.weight.numel()
            return
        function = _FUNCTIONS[type(module)]
        row.activation = function if row.activation == _NO_ACTIVATION else f"{row.activation} + {function}"
        row.activation_elements += output.numel()


def _observe_rows(model: nn.Module, image: Tensor) -> dict[str, _ObservedRow]:
    """Run the model once and return every layer with its maps, in order of execution."""
    observer = _Observer(model)
    try:
        with observer.observing():
            model(image)
    except RuntimeError as error:
        if is_shortage(error):
            raise
        message = " ".join(str(error).split())
        raise MbcostError(f"the model does not run at {image.shape[2]}x{image.shape[3]}: {message}") from None
    return observer.rows


_FUNCTIONS: Mapping[type, str] = {make: name for name, make in ACTIVATIONS.items() if isinstance(make, type)}


def _row_name(name: str, module: nn.Module) -> str:
    """Return `2.1.expand` for `2.1.expand.conv`; a global pool, a multiply and an add are rows on their own."""
    if isinstance(module, _WHOLE):
        return name
    row = name.rsplit(".", 1)[0]
    return row.removesuffix(".norm")


def _list_leads(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the name of every row of the model's cost table, with the module that leads the row."""
    return [(_row_name(name, module), module) for name, module in model.named_modules() if isinstance(module, _LEADS)]


def _facts(name: str, row: _ObservedRow, counts: _Counts) -> LayerFacts:
    lead = row.lead
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
        name, operator, kernel, stride, groups, row.input, row.output,
        weights=weight, biases=bias, norm_channels=row.norm_channels, macs=counts.macs,
        norm_elements=counts.norm_elements, activation=row.activation, activation_elements=row.activation_elements,
        pool_inputs=counts.pool_inputs, dilation=dilation,
    )  # fmt: skip


def _by_fvcore(model: nn.Module, image: Tensor) -> _Total:
    """Count by module and operator: 1 per multiply-accumulate, 2 per norm element, 1 per pool input."""
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
    for row, module in _list_leads(model):
        counts = operators[row]
        # fvcore lists a mean as unsupported, so it does not count such a pool, nor a pool over a window.
        pool_inputs = int(counts["adaptive_avg_pool2d"]) if "adaptive_avg_pool2d" in counts else 0
        by_module[row] = _Counts(
            macs=int(counts["conv"] + counts["linear"]),
            norm_elements=halve(int(counts["batch_norm"]), row),
            pool_inputs=None if isinstance(module, _UNCOUNTED) else pool_inputs,
        )
    total = operators[""]
    return _Total(by_module, int(total["conv"] + total["linear"]))


def _by_torch(model: nn.Module, image: Tensor) -> _Total:
    """Count by module with FlopCounterMode: 2 per multiply-accumulate, nothing else."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(image)
    counts = {name: sum(by_operator.values()) for name, by_operator in counter.get_flop_counts().items()}
    root = type(model).__name__
    by_module = {row: _Counts(macs=halve(counts.get(f"{root}.{row}", 0), row)) for row, _ in _list_leads(model)}
    return _Total(by_module, halve(counter.get_total_flops(), "the total"))


TOOLS: Mapping[str, Callable[[nn.Module, Tensor], _Total]] = {"fvcore": _by_fvcore, "torch": _by_torch}
