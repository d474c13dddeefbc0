"""A file and our own model with the same weights, run on the same images and compared layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from mbcost.errors import MbcostError
from mbcost.measured.build import build
from mbcost.measured.capture import CapturedLayer, CapturedNorm
from mbcost.measured.file_run import FileResults, FileSession, name_runtime
from mbcost.measured.file_twin import Comparison, FileTwin, choose_output, measure, with_zeros
from mbcost.measured.instance import threads_of_torch
from mbcost.measured.proof import SEEDS, measure_difference
from mbcost.measured.rescaling import Rescaling, find_rescaling, list_parts
from mbcost.measured.resemblance import list_resemblances
from mbcost.measured.shortage import naming_shortage
from mbcost.measured.twin import TwinLayer
from mbcost.spec.function import TOLERANCE, FileLayer, FileNorm, FileSubject, FunctionFacts, Slot, Variant

Values = dict[Slot, Tensor]


def compare_file(subject: FileSubject, variants: Sequence[Variant]) -> tuple[int, FunctionFacts]:
    """Copy a file's weights into our model of each variant, and compare the results of the layers.

    ONNX Runtime computes the file in float32, without changing its nodes; our model computes in float64. Each of our
    layers reads what the earlier layers of the file gave, so that the rounding of one layer does not reach the next.
    Both run on two random images with the file's own weights, and on two with random ones.

    Args:
        subject: the file.
        variants: networks that all have its layers.

    Returns:
        The position of the first variant that is the same function, or else of the one that differs last, and the
        comparison with it.

    Raises:
        MissingLibrary: ONNX Runtime is not installed.
        MbcostError: the file does not run, its weights are not finite, or memory is short.
    """
    with threads_of_torch(1), naming_shortage(f"the comparison of {subject.name}"):
        return _Files(subject).compare(variants)


class _Files:
    """The file with its own weights and with random ones, and the images."""

    def __init__(self, subject: FileSubject) -> None:
        self.subject = subject
        size = subject.shape
        self.images = [torch.randn(size, generator=torch.Generator().manual_seed(seed)).double() for seed in SEEDS]
        slots = [slot for layer in subject.layers for slot in layer.slots]
        first = FileSession(subject, subject.write({}, self.list_tensors(0), slots), len(slots)).run(self.images[0])
        self.values: Values = dict(zip(slots, first.operands, strict=True))
        if not all(bool(torch.isfinite(value).all()) for value in self.values.values()):
            raise MbcostError(f"{subject.name} has weights that are not finite numbers: --prove cannot compute with it")
        rescaling = find_rescaling(self.images[0], first.input, TOLERANCE)
        self.rescaling = rescaling or Rescaling((1.0,) * size[1], (0.0,) * size[1])

    def compare(self, variants: Sequence[Variant]) -> tuple[int, FunctionFacts]:
        """Compare the file with the variants, see `compare_file`."""
        zeros = torch.zeros((1, *self.subject.shape[1:]), dtype=torch.float64)
        twin = FileTwin(_build(variants[0]), zeros)
        _check_norms(self.subject, twin.layers)
        drawn = self.draw(twin)
        session = self.open(drawn)
        others = (FileTwin(_build(variant), zeros) for variant in variants[1:])
        best, twin = self.choose(chain([twin], others), session, drawn)
        facts = self.run(twin, session, drawn)
        assert facts is not None, "random weights give finite numbers"
        own = self.run(twin, self.open(self.values), self.values)
        remark = "with the file's own weights, results are too large for float32: only random weights are compared"
        merged = replace(facts, remarks=(remark,)) if own is None else facts.merge(own)
        if merged.first is not None:
            merged = self.explain(merged, twin, drawn if facts.first == merged.first else self.values)
        return best, self.add_notes(replace(merged, runtime=name_runtime()))

    def list_tensors(self, position: int) -> list[str]:
        """Return the tensors that are looked at: what the layer at a position reads, then what all layers make."""
        layers = self.subject.layers
        return [layers[min(position, len(layers) - 1)].reads, *(layer.makes for layer in layers)]

    def open(self, values: Values, position: int = 0) -> FileSession:
        """Return the file with these operands, ready to run; its own ones stay as they are."""
        changed = {} if values is self.values else _as_arrays(values)
        return FileSession(self.subject, self.subject.write(changed, self.list_tensors(position), []))

    def draw(self, twin: FileTwin) -> Values:
        """Return random values for the operands, where every operand of the file has one per channel."""
        layers = self.subject.layers
        plain = [position for position, layer in enumerate(layers) if layer.bias is None]
        drawn = twin.draw(self.read(0)[1], SEEDS[0], plain)
        values = dict(self.values)
        for layer, ours, theirs in zip(layers, twin.layers, drawn, strict=True):
            for slot, value in _list_values(layer, ours, theirs):
                own = self.values[slot]
                if own.numel() == value.numel():
                    values[slot] = value.reshape(own.shape)
        return values

    def choose(self, twins: Iterable[FileTwin], session: FileSession, values: Values) -> tuple[int, FileTwin]:
        """Return the first twin without a difference, or else the one that differs last, after its position."""
        best: tuple[int, int, FileTwin] | None = None
        results, image = self.compute(session, 0)
        for index, twin in enumerate(twins):
            facts, _ = self.measure(twin, results, image, values)
            if best is None or facts.length > best[0]:
                best = facts.length, index, twin
            if facts.first is None:
                break
        assert best is not None, "there is at least one variant"
        return best[1:]

    def run(self, twin: FileTwin, session: FileSession, values: Values) -> FunctionFacts | None:
        """Return the comparison on both images; None if a result is too large for float32."""
        facts: FunctionFacts | None = None
        for number in range(len(SEEDS)):
            other, compared = self.measure(twin, *self.compute(session, number), values)
            if not compared.finite:
                return None
            facts = other if facts is None else facts.merge(other)
        return facts

    def read(self, number: int) -> tuple[Tensor, Tensor]:
        """Return an image as the file reads it, and as its first layer does."""
        image = self.rescaling.invert(self.images[number]).to(torch.float32).to(torch.float64)
        return image, self.rescaling.apply(image)

    def compute(self, session: FileSession, number: int) -> tuple[FileResults, Tensor]:
        """Return what the file computes for an image, and the image as its first layer reads it."""
        image, read = self.read(number)
        return session.run(image), read

    def measure(
        self, twin: FileTwin, results: FileResults, image: Tensor, values: Values, keep: frozenset[int] = frozenset()
    ) -> tuple[FunctionFacts, Comparison]:
        """Return the comparison with the results of one run."""
        layers = [_capture(layer, ours, values) for layer, ours in zip(self.subject.layers, twin.layers, strict=True)]
        twin.copy(with_zeros(layers, twin))
        made = [_add_bias(*pair, values) for pair in zip(self.subject.layers, results.outputs, strict=True)]
        compared = twin.compare(image, made, results.final, keep)
        final, remarks = compared.final, tuple[str, ...]()
        output = choose_output(compared.output, results.final)
        if not final <= TOLERANCE and output is not None and compared.output.ndim == 2:
            softmax = torch.softmax(compared.output, 1)
            difference = measure(softmax, output, softmax)
            if difference <= TOLERANCE:
                final, remarks = difference, ("the file ends with a softmax, which the network does not have",)
        return FunctionFacts(compared.layers, final, 1, remarks=remarks), compared

    def explain(self, facts: FunctionFacts, twin: FileTwin, values: Values) -> FunctionFacts:
        """Return the facts with what is known of the first difference."""
        first = facts.first
        assert first is not None, "something differs"
        results, image = self.compute(self.open(values, first), 0)
        _, compared = self.measure(twin, results, image, values, frozenset([first]))
        if first == len(self.subject.layers):
            theirs = choose_output(compared.output, results.final)
            causes = () if theirs is None else tuple(list_resemblances(compared.output, theirs))
            return replace(facts, causes=causes)
        ours, read = compared.inputs[first], results.input
        if self.subject.layers[first].transposed and ours.numel() == read.numel():
            read = read.reshape(ours.shape)
        padded = ours.ndim == 4 and read.ndim == 4 and read.shape[2:] != ours.shape[2:]
        parts = list(list_parts(read, ours.shape[2], ours.shape[3])) if padded else [read]
        difference, part = min(((measure_difference(ours, part), part) for part in parts), key=lambda pair: pair[0])
        causes = tuple(list_resemblances(ours, part)) if difference > TOLERANCE else ("it is padded on other sides",)
        return replace(facts, reads=difference, causes=causes)

    def add_notes(self, facts: FunctionFacts) -> FunctionFacts:
        """Return the facts with what the file does with the image before its first layer."""
        if self.rescaling.identical:
            return facts
        if self.rescaling.unit is not None:
            return replace(
                facts, remarks=(*facts.remarks, f"the file rescales the image first, from {self.rescaling.unit}")
            )
        text = f"the file rescales the image before its first layer: {self.rescaling}"
        return replace(facts, notes=((-1, text), *facts.notes))


def _build(variant: Variant) -> Any:
    return build(
        variant.spec, alpha=variant.alpha, implementation=variant.implementation, classes=variant.classes,
        in_channels=variant.in_channels,
    )  # fmt: skip


def _check_norms(subject: FileSubject, layers: Sequence[TwinLayer]) -> None:
    for theirs, ours in zip(subject.layers, layers, strict=True):
        if len(theirs.norms) != len(ours.norms):
            raise MbcostError(f"{subject.name}: the norms after {theirs.name} are not written as --prove knows them")


def _as_arrays(values: Values) -> dict[Slot, Any]:
    return {slot: value.to(torch.float32).numpy() for slot, value in values.items()}


def _list_values(layer: FileLayer, ours: TwinLayer, drawn: CapturedLayer) -> Iterator[tuple[Slot, Tensor]]:
    """Yield the operands of a layer of the file, with values in the order that it has them in."""
    yield layer.weight, (drawn.weight.flatten(1).t() if layer.transposed else drawn.weight).contiguous()
    if layer.bias is not None and drawn.bias is not None:
        yield layer.bias, drawn.bias
    for norm, module, captured in zip(layer.norms, ours.norms, drawn.norms, strict=True):
        yield from _list_norm_values(norm, module.eps, captured)


def _list_norm_values(norm: FileNorm, epsilon: float, drawn: CapturedNorm) -> Iterator[tuple[Slot, Tensor]]:
    mean, variance, scale, shift = drawn.mean, drawn.variance, drawn.scale, drawn.shift
    if norm.mean is None and mean is not None and variance is not None and scale is not None and shift is not None:
        scale = (scale / (variance + epsilon).sqrt()).to(torch.float32).to(torch.float64)
        shift = (shift - mean * scale).to(torch.float32).to(torch.float64)
    pairs = ((norm.mean, mean), (norm.variance, variance), (norm.scale, scale), (norm.shift, shift))
    yield from ((slot, value) for slot, value in pairs if slot is not None and value is not None)


def _capture(layer: FileLayer, ours: TwinLayer, values: Values) -> CapturedLayer:
    """Return what a layer of the file computes with."""
    norms = []
    for norm, module in zip(layer.norms, ours.norms, strict=True):
        ones = torch.ones(module.num_features, dtype=torch.float64)
        scale, shift, mean, variance = (
            default if slot is None else values[slot].reshape(-1).expand(module.num_features)
            for slot, default in (
                (norm.scale, ones), (norm.shift, 0 * ones), (norm.mean, 0 * ones), (norm.variance, ones - module.eps),
            )
        )  # fmt: skip
        norms.append(CapturedNorm(mean, variance, scale, shift))
    weight = values[layer.weight]
    bias = None if layer.bias is None else values[layer.bias].reshape(-1)
    return CapturedLayer("mm" if layer.transposed else "convolution", weight, bias, None, weight, norms)


def _add_bias(layer: FileLayer, result: Tensor, values: Values) -> Tensor:
    """Return the result of a layer with its bias, which another node can add."""
    return result + values[layer.bias] if layer.bias_apart and layer.bias is not None else result
