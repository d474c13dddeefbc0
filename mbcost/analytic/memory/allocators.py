"""Which feature maps are live during each step, and how many elements that is under each allocation model.

A step reads some maps and makes one; other maps are live because a later step reads them. Batch norm and activation are
folded into their convolution, so a step of the cost table is one operator. Everything is counted in elements here; the
size of a dtype turns them into bytes.

These models do not assign offsets:

- `naive`: one operator at a time, with its inputs, its output, and every map that a later operator still needs: a
  block's input until the residual connection adds it, the expanded map while squeeze-and-excite computes its gate.
- `inplace-depthwise`: like `naive`, but a depthwise layer writes its output over its input, channel by channel, with
  any stride (the output is never larger than the input), unless a later operator still needs its input. MCUNet paper
  (arXiv:2007.10319), section 3.2; the one channel that its authors keep as a scratch is not counted.
- `fused-block`: like `inplace-depthwise`, but a block that expands is computed in slices of the expanded channels, and
  its output is the sum over the slices: the expanded map never exists, only the block's input and output are live (V2
  paper, arXiv:1801.04381v4, section 5.1). Slices are not counted, and the residual is added in place. Some blocks are
  still computed layer by layer: a block without an expansion, a block with squeeze-and-excite, whose gate needs the
  whole expanded map, and a block whose expanded map has fewer channels than its input or output, for which slices save
  nothing.

`mbcost/analytic/memory/arena.py` has the model with offsets, `arena`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, advance_scale, choose_probe, count_positions, is_flattened, join_scales
from mbcost.analytic.layers import Conv2d, Layer, Shape
from mbcost.analytic.network import Network, Step
from mbcost.analytic.operators import build_layers
from mbcost.errors import MbcostError

WITHOUT_OFFSETS = ("naive", "inplace-depthwise", "fused-block")
"""The models that do not assign offsets; none needs more than the one before it."""
ALLOCATORS = (*WITHOUT_OFFSETS, "arena")
"""All allocation models."""


@dataclass(frozen=True)
class Use:
    """Which maps of its block are live during a step, by index: 0 is the block's input, k + 1 the output of step k."""

    reads: tuple[int, ...]
    makes: int
    waiting: tuple[int, ...]
    """Maps that the step neither reads nor makes, but that a later step reads."""


@dataclass(frozen=True)
class StepMemory:
    """The elements that are live during one step, whatever the model."""

    step: Step
    reads: int
    """Elements of the maps that it reads."""
    makes: int
    """Elements of the map that it makes."""
    waiting: int
    """Elements of other maps that a later step reads."""


@dataclass(frozen=True)
class Lifetime:
    """A map, from the step that makes it to the last step that reads it."""

    name: str
    """The name of the step that makes it, or `input`."""
    elements: int
    first: int
    """The index of the step that makes it; the input is live from the first step on."""
    last: int
    """The index of the last step that reads it."""


@dataclass(frozen=True)
class Need:
    """The elements that are live during a step, as a function of the resolution."""

    name: str
    """The name of the step, such as `2.1.expand`."""
    fixed: int
    """Elements of vectors, which do not depend on the resolution."""
    growing: tuple[tuple[Scale, int], ...]
    """Channels of maps, by the scale of the map."""

    def elements(self, resolution: tuple[int, int]) -> int:
        """Return the elements at `resolution`, height and width."""
        return self.fixed + sum(channels * count_positions(scale, resolution) for scale, channels in self.growing)


@dataclass(frozen=True)
class _BlockMaps:
    """The steps of a block in a network, and the maps that they use."""

    start: int
    """The index of its first step in the network."""
    steps: tuple[Step, ...]
    shapes: tuple[Shape, ...]
    """Of the block's input and of the output of each step."""
    uses: tuple[Use, ...]

    def count_elements(self, maps: Iterable[int]) -> int:
        """Return the elements of these maps."""
        return sum(self.shapes[index].elements for index in maps)


def list_step_memory(network: Network) -> tuple[StepMemory, ...]:
    """Return the elements that each step reads and makes, and those of the maps that wait for a later step.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps a later layer reads.
    """
    return tuple(
        StepMemory(step, *(block.count_elements(maps) for maps in (use.reads, (use.makes,), use.waiting)))
        for block in _split_blocks(network)
        for step, use in zip(block.steps, block.uses, strict=True)
    )


def count_live_elements(network: Network, allocator: str) -> tuple[int, ...]:
    """Return the elements that are live during each step under a model without offsets; the peak is the largest.

    In a block that is computed in slices, each step has the same number.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps a later layer reads.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = resolve(load_spec("v2"))
    >>> [max(count_live_elements(v2, allocator)) for allocator in WITHOUT_OFFSETS]
    [1505280, 1404928, 602112]
    """
    return tuple(
        block.count_elements(maps)
        for block in _split_blocks(network)
        for maps in _find_live_maps([step.layers for step in block.steps], block.uses, allocator)
    )


def find_lifetimes(network: Network) -> tuple[Lifetime, ...]:
    """Return every map of the network, in the order in which they are made.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps a later layer reads.
    """
    names, elements, last = ["input"], [Shape(network.in_channels, *network.resolution).elements], [0]
    for block in _split_blocks(network):
        for index, (step, use) in enumerate(zip(block.steps, block.uses, strict=True), start=block.start):
            names.append(step.name)
            elements.append(step.output.elements)
            last.append(index)
            for read in use.reads:
                last[block.start + read] = index
    return tuple(
        Lifetime(name, size, max(index - 1, 0), end)
        for index, (name, size, end) in enumerate(zip(names, elements, last, strict=True))
    )


def find_needs(blocks: Iterable[Block], allocator: str) -> tuple[Need, ...]:
    """Return the live elements of each step of a network that is planned as `blocks`, for every resolution at once.

    The numbers are those of `count_live_elements`, derived from the layers that the same operators make on a very large
    map. They are computed once per form. A step that needs the same as the one before it is left out.

    >>> from mbcost.analytic.blocks import plan
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> from mbcost.spec.scaling import Scaling
    >>> v2 = load_spec("v2")
    >>> blocks = plan(Scaling(v2, v2.implementation("official"), alpha=1.0, classes=1000), 3)
    >>> peak = max(find_needs(blocks, "naive"), key=lambda need: need.elements((224, 224)))
    >>> peak.name, peak.elements((224, 224))
    ('2.1.depthwise', 1505280)
    """
    needs, scale = [], FULL
    for block in blocks:
        form_needs, output = _find_form_needs(block.form, allocator)
        for need in form_needs:
            joined = [(join_scales(scale, inner), channels) for inner, channels in need.growing]
            vectors = sum(channels for outer, channels in joined if outer is None)
            maps = tuple((outer, channels) for outer, channels in joined if outer is not None)
            needs.append(Need(f"{block.name}.{need.name}", need.fixed + vectors, maps))
        scale = join_scales(scale, output)
    return tuple(needs)


@cache
def _find_form_needs(form: Form, allocator: str) -> tuple[tuple[Need, ...], Scale]:
    """Return the needs of a block's steps, without repeats, and the scale of the block's output."""
    needs, output = list_form_needs(form, allocator)
    different: list[Need] = []
    for need in needs:
        if not different or (different[-1].fixed, different[-1].growing) != (need.fixed, need.growing):
            different.append(need)
    return tuple(different), output


def list_form_needs(form: Form, allocator: str) -> tuple[tuple[Need, ...], Scale]:
    """Return the needs of every step of a block, named by its part, and the scale of the block's output."""
    probe = choose_probe(form)
    layers = build_layers(form, "0.1", Shape(form.inputs, probe, probe))
    steps = [tuple(group) for _, group in groupby(layers, key=attrgetter("name"))]
    parts = [_name_part(step[0].name) for step in steps]
    uses = trace_flow(parts)
    maps: list[tuple[Scale, int]] = [(FULL, form.inputs)]
    for step, use in zip(steps, uses, strict=True):
        shape = step[-1].output
        if is_flattened(shape, probe):
            maps.append((FULL, shape.channels // probe**2))
            continue
        is_vector = (shape.height, shape.width) == (1, 1)
        maps.append((None if is_vector else advance_scale(maps[use.reads[0]][0], step[0]), shape.channels))
    needs: list[Need] = []
    for part, live in zip(parts, _find_live_maps(steps, uses, allocator), strict=True):
        sums: dict[Scale, int] = {None: 0}
        for scale, channels in (maps[index] for index in live):
            sums[scale] = sums.get(scale, 0) + channels
        needs.append(Need(part, sums.pop(None), tuple(sums.items())))
    return tuple(needs), maps[-1][0]


def trace_flow(parts: Sequence[str]) -> tuple[Use, ...]:
    """Return which maps the steps of a block read and make, and which wait, given the names of their parts.

    >>> trace_flow(["expand", "depthwise", "project", "add"])[1]
    Use(reads=(1,), makes=2, waiting=(0,))
    >>> [use.reads for use in trace_flow(["expand", "depthwise", "se.pool", "se.reduce", "se.expand", "se.multiply"])]
    [(0,), (1,), (2,), (3,), (4,), (2, 5)]
    """
    reads: list[tuple[int, ...]] = []
    gated = 0
    for step, part in enumerate(parts):
        if part == "shortcut":
            reads.append((0,))
        elif part == "se.multiply":
            reads.append((gated, step))
        elif part == "add":
            reads.append((step - 1, step) if parts[step - 1] == "shortcut" else (0, step))
        else:
            gated = step if part == "se.pool" else gated
            reads.append((step,))
    last = {index: step for step, maps in enumerate(reads) for index in maps}
    return tuple(
        Use(maps, step + 1, tuple(index for index in range(step + 1) if index not in maps and last[index] > step))
        for step, maps in enumerate(reads)
    )


def _find_live_maps(
    steps: Sequence[tuple[Layer, ...]], uses: Sequence[Use], allocator: str
) -> Iterator[tuple[int, ...]]:
    """Yield the indices of the maps that are live during each step of a block."""
    last = {index: step for step, use in enumerate(uses) for index in use.reads}
    first_sliced = _find_first_sliced(steps) if allocator == "fused-block" else None
    for index, (step, use) in enumerate(zip(steps, uses, strict=True)):
        if first_sliced is not None and index >= first_sliced:
            first = uses[first_sliced]
            yield (*first.reads, len(steps), *first.waiting)
        elif allocator != "naive" and _is_depthwise(step[0]) and last[use.reads[0]] == index:
            yield (*use.reads, *use.waiting)
        else:
            yield (*use.reads, use.makes, *use.waiting)


def _find_first_sliced(steps: Sequence[tuple[Layer, ...]]) -> int | None:
    """Return the index of the first step that is computed in slices, as are all after it; None if there is none."""
    parts = [_name_part(step[0].name) for step in steps]
    if "expand" not in parts or "project" not in parts or "se.pool" in parts:
        return None
    first = parts.index("expand")
    expand, project = steps[first][-1], steps[parts.index("project")][-1]
    widest = max(steps[first][0].input.channels, project.output.channels)
    return first if expand.output.channels >= widest else None


def _is_depthwise(layer: Layer) -> bool:
    """Return whether the layer is a convolution that computes each output channel from the same input channel alone."""
    return isinstance(layer, Conv2d) and layer.operator == "depthwise" and layer.channels == layer.input.channels


def _name_part(name: str) -> str:
    """Return the part in the name of a step, `expand` in `2.1.expand`."""
    return name.split(".", 2)[2]


def _split_blocks(network: Network) -> Iterator[_BlockMaps]:
    if network.spec.is_flat:
        raise MbcostError(
            f"{network.spec.name} is a list of layers and does not say which maps a later layer reads: "
            "give a table of rows"
        )
    shape, start = Shape(network.in_channels, *network.resolution), 0
    for _, group in groupby(network.steps, key=attrgetter("block")):
        steps = tuple(group)
        shapes = (shape, *(step.output for step in steps))
        yield _BlockMaps(start, steps, shapes, trace_flow([step.part for step in steps]))
        shape, start = shapes[-1], start + len(steps)
