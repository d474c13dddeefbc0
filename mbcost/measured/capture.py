"""What the layers of a model compute with while it runs: their weights, the tensors of their norms, their results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.measured.recorder import Recorder, list_other_tensors, name_operands
from mbcost.measured.stand_ins import StandIns
from mbcost.measured.torch_operators import NORMS, WEIGHTS
from mbcost.measured.written_norms import WrittenNorm

BIASES: Mapping[str, int] = {"convolution": 2, "_convolution": 2, "addmm": 0}
"""The position of the bias among an operator's arguments."""
FEW = 8
"""With fewer values than this per channel, a norm is calibrated by the variance of the whole map."""


@dataclass
class CapturedNorm:
    """The tensors of a norm, one value per channel; those that it does not have are None."""

    mean: Tensor | None
    variance: Tensor | None
    scale: Tensor | None
    shift: Tensor | None = None


@dataclass
class CapturedLayer:
    """One call of a convolution or linear layer."""

    operator: str
    weight: Tensor
    """As the operator reads it."""
    bias: Tensor | None
    input: Tensor | None
    """As the operator reads it, after explicit padding; None if it was not asked for."""
    output: Tensor
    """Without the bias."""
    norms: list[CapturedNorm] = field(default_factory=list)


class Capture(Recorder):  # type: ignore[no-untyped-call]
    """Records the layers of a model that computes with stand-ins, and what they compute with.

    Args:
        model: the model.
        stand_ins: the stand-ins of its tensors.
        variances: the parameter with the variance of a written-out norm by that with its mean.
        calibrates: whether the statistics of every norm are set to those of the map that it reads.
        inputs: the positions of the layers whose input is kept.
    """

    def __init__(
        self,
        model: nn.Module,
        stand_ins: StandIns,
        *,
        variances: Mapping[str, str] | None = None,
        calibrates: bool = False,
        inputs: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__(model, strict=False)
        self.add_stand_ins(stand_ins.view)
        self.flow.add_stored((name, stand_ins.view(tensor)) for name, tensor in list_other_tensors(model))
        self.captured: dict[int, CapturedLayer] = {}
        """The layers, by their position among all that are recorded."""
        self.drawn: list[tuple[int, str]] = []
        """The operators that draw random numbers, each with the number of layers before it."""
        self.variances: dict[str, str] = dict(variances or {})
        self.calibrates = calibrates
        self.inputs = inputs

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        operator = func.overloadpacket.__name__.removesuffix("_")
        if self.calibrates:
            with self.noticing_faults():
                self._calibrate(operator, func, args, kwargs or {})
        return super().__torch_dispatch__(func, types, args, kwargs)

    def dispatch(self, operator: str, func: Any, output: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Record an operator, and what it computes with."""
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.drawn.append((len(self.layers), operator))
        if operator in NORMS:
            operands = name_operands(func, args, kwargs)
            values = (operands.get(key) for key in ("running_mean", "running_var", "weight", "bias"))
            self._add_norm(args[0], CapturedNorm(*values))
        elif operator == "add":
            self._add(*args)
        position = len(self.execution.layers)
        super().dispatch(operator, func, output, args, kwargs)
        if len(self.execution.layers) > position and operator in WEIGHTS:
            self._capture(position, operator, output, args)

    @property
    def results(self) -> list[CapturedLayer]:
        """The captured layers in order of execution, without those that only compute the weights of others."""
        return [self.captured[position] for position in self.kept if position in self.captured]

    def _capture(self, position: int, operator: str, output: Tensor, args: tuple[Any, ...]) -> None:
        bias: Tensor | None = args[BIASES[operator]] if operator in BIASES else None
        shape = (1, -1) + (1,) * (output.ndim - 2)
        result = output.clone() if bias is None else output - bias.reshape(shape)
        inputs = args[1 if operator == "addmm" else 0]
        kept = inputs.clone() if len(self.kept) - 1 in self.inputs else None
        self.captured[position] = CapturedLayer(operator, args[WEIGHTS[operator]], bias, kept, result)

    def _find(self, x: Any) -> CapturedLayer | None:
        """Return the captured layer whose output reaches a map."""
        layer = self.execution.find_layer(x)
        positions = (index for index, other in enumerate(self.execution.layers) if other is layer)
        return self.captured.get(next(positions, -1))

    def _add_norm(self, x: Tensor, norm: CapturedNorm) -> None:
        layer = self._find(x)
        if layer is not None:
            layer.norms.append(norm)

    def add_written_norm(self, norm: WrittenNorm, _x: Tensor) -> None:
        """Record a norm that is written out, and its tensors; its shift is added later."""
        super().add_written_norm(norm, _x)
        self.variances[norm.mean] = norm.variance
        scale = None if norm.scale is None else self.stand_ins[norm.scale]
        self._add_norm(_x, CapturedNorm(self.stand_ins[norm.mean], self.stand_ins[norm.variance], scale))

    def _add(self, x: Any, y: Any = None, *_: Any) -> None:
        """Notice the shift of a written-out norm, or a bias that is added by itself."""
        if self.flow.origin(x) is not None or (name := self.flow.name(y)) is None:
            return
        layer = self._find(x)
        if layer is not None and layer.norms and layer.norms[-1].shift is None:
            layer.norms[-1].shift = self.stand_ins[name]
        elif layer is not None and not layer.norms and layer.bias is None:
            layer.bias = self.stand_ins[name]

    def _calibrate(self, operator: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if operator in NORMS:
            operands = name_operands(func, args, kwargs)
            mean, variance = operands.get("running_mean"), operands.get("running_var")
            if mean is not None and variance is not None:
                set_statistics(args[0].movedim(1, -1), mean, variance)
        elif operator == "sub" and (mean := self.flow.name(args[1])) in self.variances and mean is not None:
            axis = next((index for index, size in enumerate(reversed(args[1].shape)) if size > 1), 0)
            x = args[0].movedim(args[0].ndim - 1 - axis, -1)
            set_statistics(x, self.stand_ins[mean], self.stand_ins[self.variances[mean]])


def set_statistics(x: Tensor, mean: Tensor, variance: Tensor) -> None:
    """Set the mean and the variance of a norm to nearly those of a map that has its channels last."""
    values = x.reshape(-1, x.shape[-1])
    deviation = values.std() if len(values) < FEW else values.std(0).clamp(min=float(values.std()) / 10)
    random = torch.Generator().manual_seed(values.shape[1])
    offset = torch.randn(values.shape[1], generator=random, dtype=x.dtype).to(x.device)
    mean.copy_((values.mean(0) + deviation * offset / 2).reshape(mean.shape))
    variance.copy_((deviation**2 * (1 + offset.abs() / 2)).expand(values.shape[1]).reshape(variance.shape))
