"""A network as one model with weights, and an image for it: what is timed and what is written to files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mbcost.errors import MbcostError, one_line
from mbcost.measured.build import build
from mbcost.measured.modules import SamePad
from mbcost.measured.shortage import is_shortage
from mbcost.spec.catalogue.runnable import RunnableNetwork

SEED = 20170417
"""Of the weights and of the image."""
COPIES = 3
"""How many copies of the weights there are at the same time while a model is written and a runtime rearranges it."""


@dataclass(frozen=True)
class Instance:
    """A model in eval mode and one image."""

    model: nn.Module
    image: Tensor
    """(1, in_channels, height, width), float32."""


def instantiate(network: RunnableNetwork) -> Instance:
    """Return the model of a network in eval mode, with random weights, and a random image.

    The values of the maps stay in the range of ordinary numbers: arithmetic with very small ones would be slow. All
    sizes are fixed: padding that depends on the size of the map is written as numbers.

    Raises:
        MbcostError: no network can be built with the settings, the resolution is too small, or memory is short.
    """
    with naming_failures(network, "torch"):
        _check_memory(network)
        model, image = _build(network).eval(), draw_image(network)
        with torch.no_grad():
            _fix_padding(model, image)
            _fill(model, torch.Generator().manual_seed(SEED))
    return Instance(model, image)


def draw_image(network: RunnableNetwork) -> Tensor:
    """Return a random image, (1, in_channels, height, width), float32 from 0 to 1."""
    return torch.rand(1, network.channels, *network.resolution, generator=torch.Generator().manual_seed(SEED))


@contextmanager
def naming_failures(network: RunnableNetwork, runtime: str) -> Iterator[None]:
    """Turn an error of a runtime into one line about the network.

    Raises:
        MbcostError: the network does not run, or memory is short.
    """
    try:
        yield
    except (MbcostError, OSError):
        raise
    except Exception as error:  # each runtime has classes of its own, without a common one
        text = " ".join(str(error).split()) or type(error).__name__
        if is_shortage(error) or is_shortage(RuntimeError(text)):
            raise _report_shortage(network) from None
        height, width = network.resolution
        message = f"{network.label} does not run with {runtime} at {height}x{width}: {text}"
        raise MbcostError(one_line(message)) from None


@contextmanager
def threads_of_torch(threads: int) -> Iterator[None]:
    """Let torch compute with a number of threads, and afterwards with as many as before: it has one number for all."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _report_shortage(network: RunnableNetwork) -> MbcostError:
    return MbcostError(
        f"{network.label} needs more memory than there is: use a smaller resolution or network, or fewer at once"
    )


def _build(network: RunnableNetwork) -> nn.Module:
    return build(
        network.spec, alpha=network.alpha, implementation=network.implementation,
        classes=network.entry.classes, in_channels=network.channels,
    )  # fmt: skip


def _check_memory(network: RunnableNetwork) -> None:
    """Refuse a network whose weights alone do not fit: the system would end the process without a message.

    Raises:
        MbcostError: the weights need more memory than the system says is free.
    """
    with torch.device("meta"):
        model = _build(network)
    known = (weight for weight in model.parameters() if not isinstance(weight, nn.UninitializedParameter))
    free = _count_free_bytes()
    if free is not None and COPIES * sum(weight.nbytes for weight in known) > free:
        raise _report_shortage(network)


def _count_free_bytes() -> int | None:
    """Return the memory that programs can still get, or None if the system does not say it."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123  # a file that only Linux has
            amounts = dict(line.split(":", 1) for line in file)
        return 1024 * int(amounts["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return None


class FixedPad(nn.Module):
    """Padding by a fixed number of values on each side; in an ONNX file one operator with numbers.

    Of torch's own padding, its exporter makes some twenty operators that compute these numbers whenever they run.
    """

    def __init__(self, sides: Sequence[int], value: float) -> None:
        super().__init__()
        self.sides = list(sides)
        self.value = float(value)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same with more rows and columns."""
        if torch.onnx.is_in_onnx_export():
            out: Tensor = _OnnxPad.apply(x, self.sides, self.value)
            return out
        return functional.pad(x, self.sides, value=self.value)


class _OnnxPad(torch.autograd.Function):
    """The padding of `FixedPad`, with the operator that torch's exporter writes for it."""

    @staticmethod
    def forward(_: Any, x: Tensor, sides: list[int], value: float) -> Tensor:
        return functional.pad(x, sides, value=value)

    @staticmethod
    def symbolic(graph: Any, x: Any, sides: list[int], value: float) -> Any:
        left, right, top, bottom = sides
        pads = graph.op("Constant", value_t=torch.tensor([0, 0, top, left, 0, 0, bottom, right]))
        return graph.op("Pad", x, pads, graph.op("Constant", value_t=torch.tensor(value)), mode_s="constant")


def _fix_padding(model: nn.Module, image: Tensor) -> None:
    """Run the model once, which makes its lazy layers, and replace padding that depends on the map by fixed padding."""
    sides: dict[nn.Module, Sequence[int]] = {}

    def remember(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(module, SamePad):
            sides[module] = module.sides(*inputs[0].shape[2:])
        elif isinstance(module, nn.ConstantPad2d):
            sides[module] = module.padding

    kinds = SamePad | nn.ConstantPad2d
    hooks = [module.register_forward_pre_hook(remember) for module in model.modules() if isinstance(module, kinds)]
    try:
        model(image)
    finally:
        for hook in hooks:
            hook.remove()
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, kinds):
                setattr(parent, name, FixedPad(sides[child], child.value) if any(sides[child]) else nn.Identity())


def _fill(model: nn.Module, random: torch.Generator) -> None:
    """Draw weights under which maps keep their scale through ReLU (He and others, arXiv:1502.01852, equation 10)."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.normal_(0, (2 / module.weight[0].numel()) ** 0.5, generator=random)
            if module.bias is not None:
                module.bias.normal_(0, 0.1, generator=random)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor, middle in ((module.weight, 1.0), (module.running_var, 1.0), (module.bias, 0.0)):
                if tensor is not None:
                    tensor.uniform_(middle - 0.5, middle + 0.5, generator=random)
