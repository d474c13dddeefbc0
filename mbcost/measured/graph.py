"""The graph of any PyTorch model: every operator that it executes on one image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from mbcost.errors import MbcostError
from mbcost.measured.graph_calls import Step
from mbcost.measured.graph_recorder import GraphRecorder
from mbcost.measured.own import find_image_size, watch
from mbcost.measured.versions import Value
from mbcost.spec.graph import CHANNELS_FIRST, Graph, Operator, Tensor

IMAGE = "image"
"""The name of the input."""


def trace_graph(
    model: nn.Module, name: str, resolution: tuple[int, int], in_channels: int, *, force: bool = False
) -> Graph:
    """Return the operators that `model` executes on one image of zeros, in eval mode, without gradients.

    The model runs as in `mbcost.measured.own.trace_model`: torch works out the shapes without computing activations if
    that is possible, and the model is left unchanged. Every operator has the name of the module that calls it. An
    operator that writes into a tensor makes a new one here, so that every tensor is made once. Weights that the model
    computes, as with weight norm or a mask, are the results of operators on what it stores.

    Args:
        model: any model that reads one (1, C, H, W) image.
        name: the model's name in messages.
        resolution: height and width of the image in pixels.
        in_channels: channels of the image.
        force: whether real activations are computed also if one of them is very large.

    Raises:
        MbcostError: the model does not run, or executes no operator on its input.
    """
    size = find_image_size(model, resolution, in_channels)
    with _one_by_one():
        recorder, _ = watch(model, name, size, lambda: GraphRecorder(model), force=force)
    return make_graph(recorder, name)


def make_graph(recorder: GraphRecorder, name: str) -> Graph:
    """Return the graph of what has been recorded.

    Raises:
        MbcostError: no operator depends on the image.
    """
    image = recorder.image
    if image is None or all(step.fixed for step in recorder.steps) or not recorder.outputs:
        raise MbcostError(f"{name} makes no tensor from its image: name a model whose result depends on it")
    return _Naming(recorder, image).make(name)


@contextmanager
def _one_by_one() -> Iterator[None]:
    """Let torch dispatch the operators of recurrent layers, which are one operator if oneDNN computes them."""
    (enabled, *_) = torch.backends.mkldnn.set_flags(False)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        torch.backends.mkldnn.set_flags(enabled)  # type: ignore[no-untyped-call]


class _Naming:
    """Gives every operator and every tensor its name."""

    def __init__(self, recorder: GraphRecorder, image: Value) -> None:
        self.recorder, self.image = recorder, image
        self.taken: set[str] = set()
        self.names: dict[Value, str] = {}
        self.tensors: dict[str, Tensor] = {}

    def make(self, name: str) -> Graph:
        self._add(self.image, IMAGE)
        steps = _drop_unread(self.recorder.steps, self.recorder.outputs)
        for value in _list_stored(steps, self.recorder.outputs):
            self._add(value, value.name)
        mains = _choose_mains(steps)
        operators = tuple(self._operator(step, is_main=id(step) in mains) for step in steps)
        unread = tuple(
            f"parameter {parameter} ({values:,} values), which no operator reads"
            for parameter, values in self.recorder.list_unread()
        )
        outputs = tuple(self.names[value] for value in self.recorder.outputs)
        return Graph(name, name, "torch", CHANNELS_FIRST, (IMAGE,), outputs, operators, self.tensors, unread=unread)

    def _operator(self, step: Step, *, is_main: bool) -> Operator:
        called = step.written.strip("_").replace("::", ".").replace(" ", "_")
        name = self._unique(step.module if is_main else f"{step.module}.{called}".removeprefix("."))
        for index, value in enumerate(step.makes):
            self._add(value, f"{name}:{index}" if index else name)
        reads = tuple("" if value is None else self.names[value] for value in step.reads)
        makes = tuple(self.names[value] for value in step.makes)
        return Operator(name, step.kind, reads, makes, step.written, **step.fields)

    def _add(self, value: Value, name: str) -> None:
        # An operator has the name of what it makes, so that name is taken once for both.
        own = name if value.stored is None else self._unique(name)
        self.taken.add(own)
        self.names[value] = own
        self.tensors[own] = Tensor(own, value.shape, value.dtype, value.stored, value.numbers, buffer=value.buffer)

    def _unique(self, name: str) -> str:
        unique, count = name, 1
        while unique in self.taken:
            count += 1
            unique = f"{name}_{count}"
        self.taken.add(unique)
        return unique


def _choose_mains(steps: Iterable[Step]) -> set[int]:
    """Return the operators that are called like their module: the first one with weights, else the only one.

    A module can call several operators, and can be called several times.
    """
    mains, previous = set(), ""
    by_call: list[list[Step]] = []
    for step in steps:
        if step.fixed:
            continue
        if step.module != previous or not by_call:
            by_call.append([])
        previous = step.module
        by_call[-1].append(step)
    for call in by_call:
        weighted = [step for step in call if step.kind in ("conv", "transposed_conv", "linear", "norm")]
        if call[0].module and (len(call) == 1 or len(weighted) == 1):
            mains.add(id((weighted or call)[0]))
    return mains


def _drop_unread(steps: list[Step], outputs: Iterable[Value]) -> list[Step]:
    """Return the operators without what nothing reads: constants, and further results such as indices of a maximum."""
    read, kept = set(outputs), []
    for step in reversed(steps):
        if step.fixed and read.isdisjoint(step.makes):
            continue
        if step.kind != "split":
            step.makes[1:] = [value for value in step.makes[1:] if value in read]
        read.update(value for value in step.reads if value is not None)
        kept.append(step)
    return kept[::-1]


def _list_stored(steps: Iterable[Step], outputs: Iterable[Value]) -> Iterator[Value]:
    """Yield the stored tensors in the order in which operators read them."""
    read = [value for step in steps for value in step.reads if value is not None]
    yield from dict.fromkeys(value for value in (*read, *outputs) if value.stored is not None)
