"""A user's model and our own one with the same weights, run on the same images and compared layer by layer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError
from mbcost.measured.blame import blaming
from mbcost.measured.build import build
from mbcost.measured.capture import Capture, CapturedLayer
from mbcost.measured.draw import draw_values
from mbcost.measured.eval_mode import evaluating
from mbcost.measured.flow import list_tensors
from mbcost.measured.instance import threads_of_torch
from mbcost.measured.own import find_image_size, unchanged
from mbcost.measured.recorder import list_other_tensors
from mbcost.measured.rescaling import Rescaling, find_rescaling, list_parts
from mbcost.measured.resemblance import list_resemblances
from mbcost.measured.shortage import naming_shortage
from mbcost.measured.stand_ins import StandIns
from mbcost.measured.twin import Results, Twin
from mbcost.spec.function import TOLERANCE, FunctionFacts, Variant

SEEDS = (20170417, 20180113)
"""Of the random images: one for each pair of them."""


@dataclass(frozen=True)
class Run:
    """What a model computes for one image."""

    capture: Capture
    layers: tuple[CapturedLayer, ...]
    """In the order of the network."""
    output: Any


class Subject:
    """A user's model, which runs on stand-ins and is left unchanged.

    Args:
        model: the model.
        name: its name in messages.
        size: (N, C, H, W) or (N, H, W, C) of the image that it reads.
        order: the position of the call that is each layer of the network.
    """

    def __init__(self, model: nn.Module, name: str, size: tuple[int, ...], order: Sequence[int]) -> None:
        self.model, self.name, self.size, self.order = model, name, size, order
        self.parameters = dict(model.named_parameters())
        if any(parameter.is_meta for parameter in self.parameters.values()):
            raise MbcostError(f"{name} has parameters without values, on the meta device: make it on the CPU")
        self.device = next((parameter.device for parameter in self.parameters.values()), torch.device("cpu"))

    def make_stand_ins(self) -> StandIns:
        """Return stand-ins with the model's own values."""
        return StandIns((*self.parameters.values(), *(tensor for _, tensor in list_other_tensors(self.model))))

    def run(self, image: Tensor, stand_ins: StandIns, **settings: Any) -> Run:
        """Run the model on an image, (N, C, H, W).

        Raises:
            MbcostError: it does not run, or executes other layers than before.
        """
        read = image if self.size[1] == image.shape[1] else image.permute(0, 2, 3, 1).contiguous()
        capture = Capture(self.model, stand_ins, **settings)
        capture.start(read)
        subject = f"{self.name} does not run on random images in float64"
        with ExitStack() as stack:
            for context in (
                unchanged(self.model), evaluating(self.model), torch.no_grad(), redirect_stdout(sys.stderr),
                blaming(subject), naming_shortage(subject), capture, stand_ins, capture.functions,
                stand_ins.functions,
            ):  # fmt: skip
                stack.enter_context(context)
            output = self.model(read)
        if capture.fault is not None:
            raise capture.fault
        results = capture.results
        if len(results) != len(self.order):
            raise MbcostError(
                f"{self.name} executes {len(results)} layers on a random image and {len(self.order)} on zeros: its "
                "layers depend on the values of the image, so they cannot be compared with those of a network"
            )
        return Run(capture, tuple(results[index] for index in self.order), output)


def compare_functions(
    model: nn.Module, name: str, order: Sequence[int], variants: Sequence[Variant], resolution: tuple[int, int]
) -> tuple[int, FunctionFacts]:
    """Copy a model's weights into our model of each variant, and compare the results of the layers in float64.

    The models run on two random images with the model's own weights, and on two with random ones. They run in eval
    mode, and the user's model is left unchanged.

    Args:
        model: the user's model.
        name: its name in messages.
        order: for each layer of the network, the position of the model's call that is this layer.
        variants: networks that all have these layers.
        resolution: height and width of the images in pixels.

    Returns:
        The position of the first variant that is the same function, or else of the one that differs last, and the
        comparison with it.

    Raises:
        MbcostError: the model does not run on random images, or memory is short.
    """
    channels = variants[0].in_channels
    subject = Subject(model, name, find_image_size(model, resolution, channels), order)
    with threads_of_torch(1):  # torch's depthwise convolution in float64 is a hundred times slower with several
        return _compare(subject, variants, (1, channels, *resolution))


def _compare(subject: Subject, variants: Sequence[Variant], size: tuple[int, ...]) -> tuple[int, FunctionFacts]:
    probe, rescaling = _probe(subject, size)
    drawn, own = subject.make_stand_ins(), subject.make_stand_ins()
    for parameter, value in draw_values(probe.capture, subject.parameters, SEEDS[0]).items():
        drawn.view(subject.parameters[parameter]).copy_(value)
    images = [_draw_image(size, seed, subject.device) for seed in SEEDS]
    variances = probe.capture.variances
    run = subject.run(rescaling.invert(images[0]), drawn, variances=variances, calibrates=True)
    best, twin, facts = _choose(variants, run, images[0])
    facts = facts.merge(_compare_run(twin, subject.run(rescaling.invert(images[1]), drawn), images[1]))
    of_own = [_compare_run(twin, subject.run(rescaling.invert(image), own), image) for image in images]
    merged = replace(facts.merge(of_own[0]).merge(of_own[1]), notes=tuple(_list_odd_weights(run.layers)))
    if merged.first is not None:
        values = own if facts.first != merged.first else drawn
        keep = frozenset(subject.order[merged.first : merged.first + 1])
        run = subject.run(rescaling.invert(images[0]), values, inputs=keep)
        merged = _explain(merged, twin, run, images[0])
    return best, _add_notes(merged, rescaling)


def _choose(variants: Sequence[Variant], run: Run, image: Tensor) -> tuple[int, Twin, FunctionFacts]:
    """Return the first variant with the results of a run, or else the one that differs last."""
    best: tuple[int, Twin, FunctionFacts] | None = None
    for index, variant in enumerate(variants):
        twin = Twin(_build(variant), torch.zeros(image.shape, dtype=torch.float64))
        facts = _compare_run(twin, run, image)
        if best is None or facts.length > best[2].length:
            best = index, twin, facts
        if best[2].first is None:
            break
    assert best is not None, "there is at least one variant"
    return best


def _explain(facts: FunctionFacts, twin: Twin, run: Run, image: Tensor) -> FunctionFacts:
    """Return the facts with what is known of the first difference."""
    first = facts.first
    assert first is not None, "something differs"
    twin.copy(run.layers)
    causes = [f"random numbers are drawn ({operator})" for _, operator in run.capture.drawn[:1]]
    if first == len(run.layers):
        ours = twin.run(image.cpu()).final
        theirs = _choose_output(ours, run.output)
        causes += [] if theirs is None else list_resemblances(ours, theirs)
        return replace(facts, causes=tuple(causes))
    read = run.layers[first].input
    assert read is not None, "it was asked for"
    ours = twin.run(image.cpu(), frozenset([first])).inputs[first]
    padded = ours.ndim == 4 and read.ndim == 4 and read.shape[2:] != ours.shape[2:]
    parts = list(list_parts(read, ours.shape[2], ours.shape[3])) if padded else [read]
    difference, theirs = min(((measure_difference(ours, part), part) for part in parts), key=lambda pair: pair[0])
    if difference > TOLERANCE:
        causes += list_resemblances(ours, theirs)
    elif not run.capture.drawn:
        causes.append("it is padded on other sides")
    return replace(facts, reads=difference, causes=tuple(causes))


def _probe(subject: Subject, size: tuple[int, ...]) -> tuple[Run, Rescaling]:
    """Run the model once with its own weights, and return what it computes from the image before its first layer."""
    image = _draw_image(size, SEEDS[0], subject.device)
    probe = subject.run(image, subject.make_stand_ins(), inputs=frozenset(subject.order[:1]))
    read = probe.layers[0].input
    rescaling = None if read is None else find_rescaling(image, read)
    return probe, rescaling or Rescaling((1.0,) * size[1], (0.0,) * size[1])


def _add_notes(facts: FunctionFacts, rescaling: Rescaling) -> FunctionFacts:
    if rescaling.identical:
        return facts
    if rescaling.unit is not None:
        return replace(facts, remarks=(f"the model rescales the image first, from {rescaling.unit}",))
    text = f"the model rescales the image before its first layer: {rescaling}"
    return replace(facts, notes=((-1, text), *facts.notes))


def _build(variant: Variant) -> nn.Module:
    return build(
        variant.spec, alpha=variant.alpha, implementation=variant.implementation, classes=variant.classes,
        in_channels=variant.in_channels,
    )  # fmt: skip


def _draw_image(size: tuple[int, ...], seed: int, device: torch.device) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(device)


def _compare_run(twin: Twin, run: Run, image: Tensor) -> FunctionFacts:
    twin.copy(run.layers)
    results = twin.run(image.cpu())
    layers = [measure_difference(ours, theirs.output) for ours, theirs in zip(results.outputs, run.layers, strict=True)]
    return FunctionFacts(tuple(layers), _compare_outputs(results, run.output), 1)


def _compare_outputs(results: Results, output: Any) -> float:
    """Return the difference of the first output that has as many values as ours; infinite without one."""
    theirs = _choose_output(results.final, output)
    return float("inf") if theirs is None else measure_difference(results.final, theirs)


def _choose_output(ours: Tensor, output: Any) -> Tensor | None:
    """Return the first tensor of a model's output that has as many values as ours, or None."""
    return next((tensor for tensor in list_tensors(_open(output)) if tensor.numel() == ours.numel()), None)


def _list_odd_weights(layers: Sequence[CapturedLayer]) -> Iterator[tuple[int, str]]:
    """Yield what is odd about the weights that layers compute with although the model's own are drawn at random."""
    for position, layer in enumerate(layers):
        strides = layer.weight.stride()
        if layer.weight.ndim == 4 and min(layer.weight.shape[2:]) > 1 and strides[2] < strides[3]:
            yield position, "reads its weights with height and width swapped"
        operands = [("bias", layer.bias), *(("shift", norm.shift) for norm in layer.norms)]
        operands += [("scale", norm.scale) for norm in layer.norms]
        for name, operand in (("weights", layer.weight), *operands):
            if operand is not None and not bool(operand.any()):
                yield position, f"computes with zeros instead of its {name}"


def _open(output: Any) -> Any:
    """Return what a model returns as nested lists, tuples and dicts; transformers' outputs are dicts already."""
    return vars(output) if hasattr(output, "__dataclass_fields__") and not isinstance(output, dict) else output


def measure_difference(ours: Tensor, theirs: Tensor) -> float:
    """Return the largest difference, relative to the largest absolute value of ours; infinite for other sizes."""
    if ours.numel() != theirs.numel():
        return float("inf")
    if ours.ndim == theirs.ndim == 4 and ours.shape != theirs.shape:
        theirs = theirs.permute(0, 3, 1, 2)
    difference = float((ours - theirs.to(ours.device, ours.dtype).reshape(ours.shape)).abs().max())
    scale = float(ours.abs().max())
    return difference / scale if scale else (difference and float("inf"))
