"""How the results of a model differ from those of our own model with the same weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from mbcost.spec.shown import show
from mbcost.spec.table import Spec

TOLERANCE = 3e-6
"""The largest relative difference of two results that are the same. Rounding in float64 gives some 1e-13."""


@dataclass(frozen=True)
class Variant:
    """A network that our model is built as."""

    spec: Spec
    alpha: float
    implementation: str
    classes: int
    in_channels: int


@dataclass(frozen=True)
class Slot:
    """An operand of a node of a file: what the node reads at this position."""

    node: int
    """The position of the node in the file."""
    index: int


@dataclass(frozen=True)
class FileNorm:
    """The operands of a norm of a file. Without mean and variance it is a product with a scale, then a sum."""

    scale: Slot | None
    shift: Slot | None
    mean: Slot | None = None
    variance: Slot | None = None


@dataclass(frozen=True)
class FileLayer:
    """A convolution or linear layer of a file, with the operands that it and its norms compute with."""

    name: str
    reads: str
    """The tensor that it reads, after explicit padding."""
    makes: str
    """The tensor that it makes."""
    weight: Slot
    transposed: bool = False
    """Whether its weights are (inputs, outputs)."""
    bias: Slot | None = None
    bias_apart: bool = False
    """Whether the bias is added to what it makes by another node."""
    norms: tuple[FileNorm, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All operands."""
        of_norms = (slot for norm in self.norms for slot in (norm.mean, norm.variance, norm.scale, norm.shift))
        return tuple(slot for slot in (self.weight, self.bias, *of_norms) if slot is not None)


@dataclass(frozen=True)
class FileSubject:
    """A file that a runtime can run, and its layers in the order of the network."""

    name: str
    image: str
    """The name of the input that is the image."""
    shape: tuple[int, ...]
    """The shape of the image, with the batch."""
    channels_last: bool
    layers: tuple[FileLayer, ...]
    write: Callable[[Mapping[Slot, Any], Sequence[str], Sequence[Slot]], bytes]
    """Returns the file with other operands (arrays), which makes these tensors and these operands after its own
    outputs."""


@dataclass(frozen=True)
class FunctionFacts:
    """The differences of all layers' results, each relative to the largest absolute value of ours.

    A result of a layer is what its convolution or product gives, before bias, norm and activation.
    """

    layers: tuple[float, ...]
    """Per layer of the network, in order."""
    final: float
    """That of the model's output."""
    images: int
    reads: float | None = None
    """How much differs what the first layer that differs reads; None if that is not known or no layer differs."""
    causes: tuple[str, ...] = ()
    """Changes of our model, in words, that give what the first layer that differs reads, or the output."""
    notes: tuple[tuple[int, str], ...] = ()
    """What the model does besides the network, in words; each is a difference. Of a layer it says what the layer does,
    after the position of the layer; of the model after -1."""
    remarks: tuple[str, ...] = ()
    """What the model does in addition that is not a difference, in words."""
    runtime: str = ""
    """What has run the model in float32; empty if torch has run it in float64."""

    @property
    def first(self) -> int | None:
        """The position of the first layer that differs; the number of layers if only the output does."""
        differences = (*self.layers, self.final)
        return next((index for index, value in enumerate(differences) if not value <= TOLERANCE), None)

    @property
    def reads_other(self) -> bool:
        """Whether already what the first layer that differs reads is not the same."""
        return self.reads is None or not self.reads <= TOLERANCE

    @property
    def length(self) -> int:
        """How many results are equal before the first that differs."""
        return len(self.layers) + 1 if self.first is None else self.first

    @property
    def equal(self) -> bool:
        """Whether no result differs by more than `TOLERANCE`, and nothing else."""
        return self.first is None and not self.notes

    @property
    def largest(self) -> float:
        """The largest difference of a layer or of the output."""
        return max((*self.layers, self.final), key=lambda value: value if isfinite(value) else float("inf"))

    def merge(self, other: FunctionFacts) -> FunctionFacts:
        """Return the larger differences of two runs."""
        layers = tuple(_larger(*pair) for pair in zip(self.layers, other.layers, strict=True))
        return replace(
            self, layers=layers, final=_larger(self.final, other.final), images=self.images + other.images,
            notes=tuple(dict.fromkeys((*self.notes, *other.notes))),
            remarks=tuple(dict.fromkeys((*self.remarks, *other.remarks))),
        )  # fmt: skip

    def __repr__(self) -> str:
        return show(self, f"the same function to {TOLERANCE:g}" if self.equal else f"differs by {self.largest:.2g}")


def _larger(first: float, second: float) -> float:
    """Return the larger number; NaN counts as the largest."""
    return first if first != first or first > second else second
