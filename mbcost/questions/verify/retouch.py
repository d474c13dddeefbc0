"""Changes of single layers that do not change the maps after them: bias, norm, groups, kernel; missing or extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any

from mbcost.analytic.blocks import Edit, Form
from mbcost.analytic.layers import BatchNorm, Conv2d, Layer, Linear, Shape
from mbcost.analytic.written import WrittenConv2d
from mbcost.questions.aligned.align import Pair
from mbcost.questions.aligned.weighted import WeightedLayer
from mbcost.questions.aligned.words import enumerate_names
from mbcost.questions.mistakes.draft import Mistake, add_edit

Pairs = Sequence[Pair[WeightedLayer, WeightedLayer]]
Change = Callable[[Conv2d | Linear], Conv2d | Linear]
OF_ITS_OWN = -1
"""Groups: every channel has its own filter."""


@dataclass(frozen=True)
class Scope:
    """Layers that have a change in common."""

    subject: str
    """In words, for example `every project layer`."""
    singular: bool
    covers: Callable[[str], bool]
    """Whether the layer of this name is one of them."""


def list_scopes(changed: Sequence[str], others: Sequence[str]) -> Iterator[Scope]:
    """Yield sets of layers of which at least one is `changed` and none is among `others`, the largest first.

    After the sets that have a name come all other changed layers together, and then each changed layer alone.

    Args:
        changed: the names of the layers with a change.
        others: the names of the layers without it.
    """
    parts = list(dict.fromkeys(name.split(".", 2)[2] for name in changed))
    stages = list(dict.fromkeys(name.split(".", 1)[0] for name in changed))
    candidates = [Scope("every layer", singular=True, covers=lambda _: True)]
    candidates += [
        Scope(f"every {part} layer", singular=True, covers=lambda name, part=part: name.split(".", 2)[2] == part)  # type: ignore[misc]
        for part in parts
    ]
    candidates += [
        Scope(
            f"every {part} layer of row {stage}",
            singular=True,
            covers=lambda name, part=part, stage=stage: (name.split(".", 1)[0], name.split(".", 2)[2]) == (stage, part),  # type: ignore[misc]
        )
        for stage in stages
        for part in parts
    ]
    rest = list(changed)
    for scope in candidates:
        if sum(map(scope.covers, changed)) > 1 and not any(map(scope.covers, others)):
            yield scope
            rest = [name for name in rest if not scope.covers(name)]
    for names in (rest, *([name] for name in changed)) if len(rest) > 1 else ([name] for name in changed):
        yield Scope(enumerate_names(names), singular=len(names) == 1, covers=frozenset(names).__contains__)


def propose_single_layers(pairs: Pairs) -> Iterator[tuple[str, Mistake]]:
    """Yield the changes of biases, norms, groups and kernels, and the layers that the model does not have."""
    changed: dict[tuple[str, object], list[str]] = {}
    values: dict[str, dict[str, object]] = {}
    for expected, actual in pairs:
        if expected is None:
            continue
        values[expected.name] = {"missing": True} if actual is None else dict(_list_values(expected, actual))
        before = {"missing": False} if actual is None else dict(_list_values(expected, expected))
        for feature, value in values[expected.name].items():
            if before.get(feature) != value:
                changed.setdefault((feature, value), []).append(expected.name)
    for (feature, value), names in changed.items():
        others = [name for name, own in values.items() if name not in names and own.get(feature, value) != value]
        for scope in list_scopes(names, others):
            words, edit = FEATURES[feature](value)
            singular, plural = words
            text = f"{scope.subject} {singular if scope.singular else plural}"
            yield text, Mistake(text, add_edit(_edit(scope, edit)))


def _list_values(layer: WeightedLayer, actual: WeightedLayer) -> Iterator[tuple[str, object]]:
    """Yield what the layer of the model has in place of `layer`."""
    if actual.operator not in ("conv", "linear"):
        return
    yield "bias", actual.bias
    if actual.norm_channels % actual.out_channels == 0:
        yield "norm", actual.norm_channels // actual.out_channels
    if layer.operator == "conv":
        yield "groups", OF_ITS_OWN if actual.depthwise else actual.groups
        if (layer.input, layer.output) == (actual.input, actual.output):
            yield "kernel", (actual.kernel, actual.dilation[0])


Words = tuple[str, str]
Layers = tuple[Layer, ...]


def _set_bias(value: Any) -> tuple[Words, Callable[[Layers], Layers]]:
    words = ("has a bias", "have a bias") if value else ("has no bias", "have no bias")
    return words, lambda layers: (replace(layers[0], bias=bool(value)), *layers[1:])


def _set_norm(value: Any) -> tuple[Words, Callable[[Layers], Layers]]:
    count = int(value)
    what = {0: "no norm", 1: "a norm"}.get(count, f"{count} norms")

    def change(layers: Layers) -> Layers:
        norms = [BatchNorm(layers[0].name, layers[0].output)] * count
        return (layers[0], *norms, *(layer for layer in layers[1:] if not isinstance(layer, BatchNorm)))

    return (f"has {what}", f"have {what}"), change


def _set_groups(value: Any) -> tuple[Words, Callable[[Layers], Layers]]:
    if value == OF_ITS_OWN:
        words = ("is depthwise", "are depthwise")
    else:
        words = ("is dense", "are dense") if value == 1 else (f"has {value} groups", f"have {value} groups")

    def change(layers: Layers) -> Layers:
        lead = layers[0]
        groups = lead.input.channels if value == OF_ITS_OWN else value
        return (replace(lead, groups=groups), *layers[1:]) if isinstance(lead, Conv2d) else layers

    return words, change


def _set_kernel(value: Any) -> tuple[Words, Callable[[Layers], Layers]]:
    kernel, dilation = value
    what = f"kernel {'x'.join(map(str, kernel))}" + (f" and dilation {dilation}" if dilation > 1 else "")

    def change(layers: Layers) -> Layers:
        lead = layers[0]
        if not isinstance(lead, Conv2d):
            return layers
        conv = WrittenConv2d(
            lead.name, lead.input, lead.channels, kernel, lead.stride, lead.groups, lead.bias, dilation=dilation,
            written=lead.output,
        )  # fmt: skip
        return (conv, *layers[1:])

    return (f"has {what}", f"have {what}"), change


def _drop(_: Any) -> tuple[Words, Callable[[Layers], Layers]]:
    return ("is missing", "are missing"), lambda _: ()


FEATURES: dict[str, Callable[[Any], tuple[Words, Callable[[Layers], Layers]]]] = {
    "bias": _set_bias,
    "norm": _set_norm,
    "groups": _set_groups,
    "kernel": _set_kernel,
    "missing": _drop,
}
"""How a feature of a single layer is written and changed."""


def _edit(scope: Scope, change: Callable[[Layers], Layers]) -> Edit:
    """Return the edit that changes the layers of a scope, each together with its norm and activation."""

    def edit(_: Form, layers: Layers) -> Layers:
        edited: list[Layer] = []
        for name, group in groupby(layers, key=attrgetter("name")):
            unit = tuple(group)
            is_weighted = isinstance(unit[0], Conv2d | Linear)
            edited += change(unit) if is_weighted and scope.covers(name) else unit
        return tuple(edited)

    return edit


def propose_extra_layers(pairs: Pairs) -> Iterator[tuple[str, Mistake]]:
    """Yield the convolutions that only the model has, each inserted after the layer that it follows."""
    preceding: str | None = None
    number = 0
    for expected, actual in pairs:
        if expected is not None:
            preceding, number = expected.name, 0
        elif actual is not None and preceding is not None and _is_plain(actual):
            number += 1
            kind = "depthwise " if actual.depthwise else ""
            kernel = actual.features["kernel"]
            text = (
                f"an extra {kind}{kernel} convolution from {actual.in_channels} to {actual.out_channels} channels "
                f"follows {preceding}"
            )
            yield text, Mistake(text, add_edit(_insert(preceding, number, actual)))


def _is_plain(layer: WeightedLayer) -> bool:
    square = layer.stride is not None and layer.stride[0] == layer.stride[1] and layer.dilation[0] == layer.dilation[1]
    has_norms = layer.norm_channels % layer.out_channels == 0
    return layer.operator == "conv" and square and has_norms and layer.shares is None and bool(layer.groups)


def _insert(preceding: str, number: int, layer: WeightedLayer) -> Edit:
    kernel, stride, groups = layer.kernel or (1, 1), (layer.stride or (1, 1))[0], layer.groups or 1
    output = Shape(layer.out_channels, *layer.output)
    name = f"{preceding}.extra{number}"
    conv = WrittenConv2d(
        name, Shape(layer.in_channels, *layer.input), layer.out_channels, kernel, stride, groups, layer.bias,
        dilation=layer.dilation[0], written=output,
    )  # fmt: skip
    norms = [BatchNorm(name, output)] * (layer.norm_channels // layer.out_channels)

    def edit(_: Form, layers: Layers) -> Layers:
        names = (preceding, *(f"{preceding}.extra{index}" for index in range(1, number)))
        last = max((index for index, own in enumerate(layers) if own.name in names), default=None)
        if last is None:
            return layers
        return (*layers[: last + 1], conv, *norms, *layers[last + 1 :])

    return edit
