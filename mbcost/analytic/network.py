"""A spec at one alpha and one resolution: its layers, in order, and their counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.layers import Activation, BatchNorm, Layer, Leading, Shape
from mbcost.analytic.operators import build_layers
from mbcost.errors import MbcostError, escape
from mbcost.spec.catalogue.library import as_convention, load_convention
from mbcost.spec.catalogue.reference import reference_text
from mbcost.spec.convention import Convention
from mbcost.spec.scaling import Scaling, check_whole
from mbcost.spec.table import CLASSES, Row, Spec
from mbcost.spec.tally import Tally, total

if TYPE_CHECKING:
    from mbcost.spec.graph import Graph, NotCounted


@dataclass(frozen=True)
class Step:
    """One row of a cost table: a convolution or linear layer with its norm and activation, or a pool, multiply, add."""

    row: Row
    layers: tuple[Layer, ...]

    @property
    def name(self) -> str:
        """`<stage>.<repeat>.<part>`, for example `2.1.expand`."""
        return self.layers[0].name

    @property
    def stage(self) -> str:
        """The row of the printed table, `2` in `2.1.expand`."""
        return self.name.partition(".")[0]

    @property
    def block(self) -> str:
        """The repeat of the row, `2.1` in `2.1.expand`."""
        return ".".join(self.name.split(".")[:2])

    @property
    def part(self) -> str:
        """The role in the block, `expand` in `2.1.expand` and `se.reduce` in `4.1.se.reduce`."""
        return self.name.split(".", 2)[2]

    @property
    def lead(self) -> Leading:
        """The layer after which the row is named."""
        lead = self.layers[0]
        assert not isinstance(lead, BatchNorm | Activation), "norm and activation follow a layer of the same name"
        return lead

    @property
    def output(self) -> Shape:
        """The shape of the map after its last layer."""
        return self.layers[-1].output

    @property
    def tally(self) -> Tally:
        """The sum of its layers' counts."""
        return _add_tallies(self.layers)


@lru_cache(maxsize=2**13)
def _add_tallies(layers: tuple[Layer, ...]) -> Tally:
    return total(layer.tally() for layer in layers)


@dataclass(frozen=True)
class Network:
    """The layers of a spec under a width multiplier and at a resolution."""

    spec: Spec
    alpha: float
    resolution: tuple[int, int]
    implementation: str
    classes: int
    in_channels: int
    layers: tuple[Layer, ...]
    graph: Graph | None = field(default=None, repr=False, compare=False)
    """What a file or a traced model says of it; None if it is built from a table."""
    not_counted: tuple[NotCounted, ...] = ()
    """The operators of the graph that are not known, so that the totals leave them out."""
    twin: Network | None = field(default=None, repr=False, compare=False)
    """The built-in network that has exactly the layers of the graph, if somebody has looked for it."""

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The layers, grouped into the rows of a cost table."""
        rows = self.spec.rows
        return tuple(
            Step(rows[int(name.partition(".")[0])], tuple(layers))
            for name, layers in groupby(self.layers, key=attrgetter("name"))
        )

    def tally(self) -> Tally:
        """Return the counts of the whole network."""
        return total(layer.tally() for layer in self.layers)

    def params(self, convention: Convention | str | None = None) -> int:
        """Return the number of parameters as a convention counts them.

        Args:
            convention: a convention or its name; by default `macs`, which counts weights, biases and the scale and
                shift of norms.

        Raises:
            MbcostError: no convention has this name.
        """
        return as_convention(convention).params(self.tally())

    def mult_adds(self, convention: Convention | str | None = None) -> int:
        """Return the number of multiply-adds for one input as a convention counts them.

        Args:
            convention: a convention or its name; by default `macs`, which counts those of convolutions and fully
                connected layers.

        Raises:
            MbcostError: no convention has this name.
        """
        return as_convention(convention).mult_adds(self.tally())

    def __repr__(self) -> str:
        """Return one line: the reference, the settings that it does not state, and the totals."""
        convention = load_convention()
        totals = f"{self.params(convention):,} params, {self.mult_adds(convention):,} mult-adds"
        return f"<Network {self.label}: {totals} (convention {convention.name})>"

    @property
    def label(self) -> str:
        """The reference, and every setting that it does not state and that is not the default; a file by its name."""
        return ", ".join(self._describe())

    def _describe(self) -> Iterator[str]:
        """Yield the reference, and every setting that is not the default."""
        spec = self.spec
        if spec.is_flat:
            yield escape(spec.name if self.graph is None else self.graph.source)
            return
        yield escape(reference_text(spec.name, self.alpha, self.resolution, self.implementation))
        if spec.head:
            yield f"head {spec.head}"
        elif self.classes != CLASSES and spec.has_classifier:
            yield f"classes {self.classes}"
        if self.in_channels != spec.channels:
            yield f"in_channels {self.in_channels}"
        if not spec.has_top:
            yield "no top"


def resolve(
    spec: Spec,
    *,
    alpha: float = 1.0,
    resolution: int | tuple[int, int] | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    in_channels: int | None = None,
) -> Network:
    """Return the network of `spec` under width multiplier `alpha` at `resolution`.

    Args:
        spec: the printed table.
        alpha: the width multiplier, a positive number.
        resolution: height and width of the input in pixels, one number for both; by default the spec's own.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: the outputs of the classifier; by default those of the spec's own head, else ImageNet's 1000.
        in_channels: the channels of the input; by default the spec's own.

    Raises:
        MbcostError: no network can be built with an argument, or the spec does not have the implementation.

    >>> from mbcost.spec.catalogue.library import load_spec
    >>> resolve(load_spec("v2"), alpha=0.75, resolution=160).mult_adds()
    107295200
    """
    rules = spec.implementation(spec.default_implementation if implementation is None else implementation)
    scaling = Scaling(spec, rules, alpha, spec.count_classes(classes))
    sides = spec.resolution if resolution is None else resolution
    sides = sides if isinstance(sides, tuple) else (sides, sides)
    if len(sides) != 2:
        raise MbcostError(f"resolution is {sides}: write one number or (height, width)")
    height, width = (check_whole(side, "resolution") for side in sides)
    in_channels = check_whole(spec.channels if in_channels is None else in_channels, "in-channels")
    return build_network(scaling, (height, width), in_channels, plan(scaling, in_channels))


def build_network(
    scaling: Scaling,
    resolution: tuple[int, int],
    in_channels: int,
    blocks: Iterable[Block],
) -> Network:
    """Return the network that consists of `blocks`, one after the other.

    Raises:
        MbcostError: a map is empty, or the two maps of a residual connection differ in size.
    """
    shape = Shape(in_channels, *resolution)
    layers: list[Layer] = []
    for block in blocks:
        try:
            layers += build_block(block, shape, resolution)
        except MbcostError as error:
            raise scaling.spec.error(block.stage, str(error)) from None
        shape = layers[-1].output if layers else shape
    return Network(
        scaling.spec,
        scaling.alpha,
        resolution,
        scaling.implementation.name,
        scaling.classes,
        in_channels,
        tuple(layers),
    )


def build_block(block: Block, shape: Shape, resolution: tuple[int, int]) -> tuple[Layer, ...]:
    """Return the layers of a block on a map of `shape`; error messages name the network's `resolution`.

    Raises:
        MbcostError: a map is empty, or the two maps of a residual connection differ in size.
    """
    layers = build_layers(block.form, block.name, shape)
    for layer in layers:
        if layer.output.height < 1 or layer.output.width < 1:
            size = f"{resolution[0]}x{resolution[1]}"
            raise MbcostError(f"the map is empty after {layer.name} at resolution {size}: use a larger resolution")
    return layers
