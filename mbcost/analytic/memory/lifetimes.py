"""What must be in memory at once: the maps that each step reads and makes and those that wait, under allocation models.

Batch norm and activation are folded into their convolution, so a step of the cost table is one operator. Everything is
counted in elements here; a dtype's size makes bytes of them.

The models that need no addresses:

- `naive`: one operator at a time, with its inputs, its output, and whatever a later operator still needs: a block's
  input until the residual connection adds it, the expanded map while squeeze-and-excite computes its gate.
- `inplace-depthwise`: as `naive`, but a depthwise layer writes its output over its input, channel by channel, with any
  stride (the output is never the larger one); not where its input is still needed. MCUNet paper (arXiv:2007.10319),
  section 3.2; the one channel that its authors keep as a scratch is not counted.
- `fused-block`: as `inplace-depthwise`, but a block that expands is computed in slices of the expanded channels, whose
  sum is its output: the expanded map never exists, and what is held is the block's input and output (V2 paper,
  arXiv:1801.04381v4, section 5.1). Slices are not counted, and the residual is added in place. Computed layer by layer
  stays a block without an expansion, one with squeeze-and-excite, whose gate is known only after the whole expanded
  map, and one whose expanded map has fewer channels than its input or output: slices would save nothing there.

`mbcost/analytic/memory/arena.py` has the model with addresses, `arena`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, PROBE, Scale, advance_scale, count_positions, join_scales
from mbcost.analytic.layers import Conv2d, Layer, Shape
from mbcost.analytic.network import Network, Step
from mbcost.analytic.operators import build_layers
from mbcost.errors import MbcostError

WITHOUT_OFFSETS = ("naive", "inplace-depthwise", "fused-block")
"""The models that need no addresses, each at most the one before it."""
ALLOCATORS = (*WITHOUT_OFFSETS, "arena")


@dataclass(frozen=True)
class Use:
    """Which maps of its block a step holds, by their place: 0 is the block's input, k + 1 what its step k makes."""

    reads: tuple[int, ...]
    makes: int
    waiting: tuple[int, ...]
    """Neither read nor made here, and read by a later step."""


@dataclass(frozen=True)
class StepMemory:
    """The elements that one step needs, whatever the model."""

    step: Step
    reads: int
    """Elements of the maps that it reads."""
    makes: int
    """Elements of the map that it makes."""
    waiting: int
    """Elements of other maps that a later step reads."""


@dataclass(frozen=True)
class Lifetime:
    """A map from the step that makes it to the last one that reads it."""

    name: str
    """The step that makes it, or `input`."""
    elements: int
    first: int
    """The place of that step; the input is there from the first one on."""
    last: int


@dataclass(frozen=True)
class Need:
    """What a step holds at once, as a function of the resolution."""

    name: str
    """The step's name, `2.1.expand`."""
    fixed: int
    """Elements of vectors, which do not grow with the resolution."""
    growing: tuple[tuple[Scale, int], ...]
    """Channels of maps, by the scale of the map."""

    def elements(self, resolution: tuple[int, int]) -> int:
        """Elements at `resolution`, height and width."""
        return self.fixed + sum(channels * count_positions(scale, resolution) for scale, channels in self.growing)


def list_step_memory(network: Network) -> tuple[StepMemory, ...]:
    """The elements that each step reads, makes and leaves waiting.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps wait for a later layer.
    """
    found = []
    for _, steps, shapes, uses in _blocks(network):
        for step, use in zip(steps, uses, strict=True):
            sums = (
                sum(shapes[place].elements for place in places) for places in (use.reads, (use.makes,), use.waiting)
            )
            found.append(StepMemory(step, *sums))
    return tuple(found)


def count_live_elements(network: Network, allocator: str) -> tuple[int, ...]:
    """The elements that each step holds under one of the models without addresses; the peak is the largest.

    A block that is computed in slices needs the same at each of its steps.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps wait for a later layer.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = resolve(load_spec("v2"))
    >>> [max(count_live_elements(v2, allocator)) for allocator in WITHOUT_OFFSETS]
    [1505280, 1404928, 602112]
    """
    return tuple(
        sum(shapes[place].elements for place in places)
        for _, steps, shapes, uses in _blocks(network)
        for places in _held([step.layers for step in steps], uses, allocator)
    )


def find_lifetimes(network: Network) -> tuple[Lifetime, ...]:
    """Every map of the network, in the order in which they are made.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps wait for a later layer.
    """
    names, elements, last = ["input"], [Shape(network.in_channels, *network.resolution).elements], [0]
    for start, steps, shapes, uses in _blocks(network):
        for place, use in enumerate(uses):
            names.append(steps[place].name)
            elements.append(shapes[place + 1].elements)
            last.append(start + place)
            for read in use.reads:
                last[start + read] = start + place
    return tuple(
        Lifetime(name, size, max(place - 1, 0), end)
        for place, (name, size, end) in enumerate(zip(names, elements, last, strict=True))
    )


def find_needs(blocks: Iterable[Block], allocator: str) -> tuple[Need, ...]:
    """What each step of a network that is planned as `blocks` holds, for every resolution at once.

    The same numbers as `step_needs` gives, read off the layers that the same operators make on a very large map. A
    block's part is worked out once a form. Steps that need the same as the one before them are left out.

    >>> from mbcost.analytic.blocks import plan
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> from mbcost.spec.scaling import Scaling
    >>> v2 = load_spec("v2")
    >>> blocks = plan(Scaling(v2, v2.implementation("official"), alpha=1.0, classes=1000), 3)
    >>> peak = max(find_needs(blocks, "naive"), key=lambda need: need.elements((224, 224)))
    >>> peak.name, peak.elements((224, 224))
    ('2.1.depthwise', 1505280)
    """
    found, scale = [], FULL
    for block in blocks:
        parts, output = _needs_of_form(block.form, allocator)
        for part, fixed, growing in parts:
            placed = [(join_scales(scale, inner), channels) for inner, channels in growing]
            vectors = sum(channels for outer, channels in placed if outer is None)
            maps = tuple((outer, channels) for outer, channels in placed if outer is not None)
            found.append(Need(f"{block.name}.{part}", fixed + vectors, maps))
        scale = join_scales(scale, output)
    return tuple(found)


@cache
def _needs_of_form(
    form: Form, allocator: str
) -> tuple[tuple[tuple[str, int, tuple[tuple[Scale, int], ...]], ...], Scale]:
    """Part, fixed elements and channels a scale of each step of a block, and the scale of what it gives."""
    layers = build_layers(form, "0.1", Shape(form.inputs, PROBE, PROBE))
    steps = [tuple(group) for _, group in groupby(layers, key=attrgetter("name"))]
    parts = [_part(step[0].name) for step in steps]
    uses = trace_flow(parts)
    maps: list[tuple[Scale, int]] = [(FULL, form.inputs)]
    for step, use in zip(steps, uses, strict=True):
        shape = step[-1].output
        vector = (shape.height, shape.width) == (1, 1)
        maps.append((None if vector else advance_scale(maps[use.reads[0]][0], step[0]), shape.channels))
    found: list[tuple[str, int, tuple[tuple[Scale, int], ...]]] = []
    for part, places in zip(parts, _held(steps, uses, allocator), strict=True):
        sums: dict[Scale, int] = {}
        for place in places:
            scale, channels = maps[place]
            sums[scale] = sums.get(scale, 0) + channels
        fixed = sums.pop(None, 0)
        growing = tuple(sums.items())
        if not found or found[-1][1:] != (fixed, growing):
            found.append((part, fixed, growing))
    return tuple(found), maps[-1][0]


def trace_flow(parts: Sequence[str]) -> tuple[Use, ...]:
    """Which maps the steps of a block read and make, and which wait meanwhile, from what the steps are called.

    >>> trace_flow(["expand", "depthwise", "project", "add"])[1]
    Use(reads=(1,), makes=2, waiting=(0,))
    >>> [use.reads for use in trace_flow(["expand", "depthwise", "se.pool", "se.reduce", "se.expand", "se.multiply"])]
    [(0,), (1,), (2,), (3,), (4,), (2, 5)]
    """
    reads: list[tuple[int, ...]] = []
    squeezed = 0
    for place, part in enumerate(parts):
        if part == "shortcut":
            reads.append((0,))
        elif part == "se.multiply":
            reads.append((squeezed, place))
        elif part == "add":
            reads.append((place - 1, place) if parts[place - 1] == "shortcut" else (0, place))
        else:
            squeezed = place if part == "se.pool" else squeezed
            reads.append((place,))
    last = {read: place for place, each in enumerate(reads) for read in each}
    return tuple(
        Use(each, place + 1, tuple(other for other in range(place + 1) if other not in each and last[other] > place))
        for place, each in enumerate(reads)
    )


def _held(steps: Sequence[tuple[Layer, ...]], uses: Sequence[Use], allocator: str) -> Iterator[tuple[int, ...]]:
    """The places of the maps that each step of a block holds."""
    last = {read: place for place, use in enumerate(uses) for read in use.reads}
    slices = _sliced(steps) if allocator == "fused-block" else None
    for place, (step, use) in enumerate(zip(steps, uses, strict=True)):
        if slices is not None and place >= slices:
            first = uses[slices]
            yield (*first.reads, len(steps), *first.waiting)
        elif allocator != "naive" and _is_depthwise(step[0]) and last[use.reads[0]] == place:
            yield (*use.reads, *use.waiting)
        else:
            yield (*use.reads, use.makes, *use.waiting)


def _sliced(steps: Sequence[tuple[Layer, ...]]) -> int | None:
    """The first of a block's steps that are computed in slices, up to its last one; None if there is none."""
    parts = [_part(step[0].name) for step in steps]
    if "expand" not in parts or "project" not in parts or "se.pool" in parts:
        return None
    first = parts.index("expand")
    expand, project = steps[first][-1], steps[parts.index("project")][-1]
    widest = max(steps[first][0].input.channels, project.output.channels)
    return first if expand.output.channels >= widest else None


def _is_depthwise(layer: Layer) -> bool:
    """Whether every channel of the output is made of that channel of the input alone, by a convolution."""
    return isinstance(layer, Conv2d) and layer.operator == "depthwise" and layer.channels == layer.input.channels


def _part(name: str) -> str:
    """`expand` of `2.1.expand`."""
    return name.split(".", 2)[2]


def _blocks(network: Network) -> Iterator[tuple[int, list[Step], list[Shape], tuple[Use, ...]]]:
    """For each block the place of its first step, its steps, its maps and who uses them."""
    if network.spec.is_flat:
        raise MbcostError(
            f"{network.spec.name} is a list of layers and does not say which maps wait for a later one: "
            "memory needs a table of rows"
        )
    shape, start = Shape(network.in_channels, *network.resolution), 0
    for _, group in groupby(network.steps, key=attrgetter("block")):
        steps = list(group)
        shapes = [shape, *(step.output for step in steps)]
        yield start, steps, shapes, trace_flow([step.part for step in steps])
        shape, start = shapes[-1], start + len(steps)
