"""The rows of a block as sums of products of its widths, so that they can be computed anywhere at any alpha.

A block is built once with widths that are powers of one large number. Every number of its layers then shows its own
formula: its digits are the coefficients of products of at most two widths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations_with_replacement, groupby
from math import gcd

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, choose_probe, count_layers, is_flattened
from mbcost.analytic.layers import Layer, Shape
from mbcost.analytic.many.polynomial import replace_widths, widths_of
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS, list_form_needs
from mbcost.analytic.memory.flash import count_stored_blocks
from mbcost.spec.tally import COUNTS

_POWERS = (1, 4, 9, 11)
"""With 0, the marks of a Golomb ruler: all sums of two of them differ, so a digit belongs to one product of widths."""
_SPARE_BITS = 16


@dataclass(frozen=True)
class Product:
    """`numerator` x the widths / `denominator`, a whole number."""

    numerator: int
    denominator: int
    widths: tuple[int, ...]
    """Indices in `WIDTHS`, at most two."""


Sum = tuple[Product, ...]
"""A sum of products; the empty one is 0."""


@dataclass(frozen=True)
class SymbolicRow:
    """A row of a cost table as a function of the widths of its block and of the map that the block reads."""

    part: str
    layers: tuple[Layer, ...]
    """Its layers with the symbolic widths, on the probed map."""
    input: Scale
    output: Scale
    input_channels: Sum
    output_channels: Sum
    counts: tuple[tuple[str, Scale, Sum], ...]
    """For each raw count of the row, by the map to whose positions it is proportional (None: to none): its sum."""
    live: Mapping[str, tuple[tuple[Scale, Sum], ...]]
    """For each allocation model the channels that are live while the row runs, by the scale of the map."""


@dataclass(frozen=True)
class Kind:
    """All blocks that consist of the same layers with different widths."""

    form: Form
    """The block with the symbolic widths."""

    @cached_property
    def rows(self) -> tuple[SymbolicRow, ...]:
        """The rows of a cost table that the block has."""
        return tuple(_list_rows(self.form))

    @cached_property
    def stored(self) -> tuple[Sum, Sum, Sum]:
        """The stored weights, the output channels with a bias, and the maps, as in `flash.Stored`."""
        stored = count_stored_blocks([Block(0, 1, self.form)])
        weights, channels, maps = (self.split(number) for number in (stored.weights, stored.channels, stored.maps))
        return weights, channels, maps

    @cached_property
    def output(self) -> Scale:
        """The scale of the block's output."""
        return self.rows[-1].output if self.rows else FULL

    @property
    def probe(self) -> int:
        """The side of the map on which the layers of `rows` are."""
        return choose_probe(self.form)

    def split(self, number: int) -> Sum:
        """Return a number of the block as a sum of products of its widths."""
        return _split(self.form, number)


def find_kind(form: Form) -> Kind:
    """Return the kind of a block: what its layers are, whatever its widths are.

    It depends on which widths are equal, on whether a width is the groups (a depthwise convolution of one channel is a
    standard one), and on whether slices of the expanded channels save memory.
    """
    is_wide, *marks = mark_widths(widths_of(form), form.groups)
    return _make_kind(_strip_widths(form, marks), is_wide, tuple(marks))


def mark_widths(widths: tuple[int, int, int, int], groups: int) -> tuple[bool, ...]:
    """Return whether slices of the expanded channels save memory, and for each width whether it is 0 or the groups."""
    inputs, expanded, squeezed, outputs = widths
    few = (0, groups)
    return (
        expanded >= inputs and expanded >= outputs, inputs in few, expanded in few, squeezed in few, outputs in few
    )  # fmt: skip


def _strip_widths(form: Form, marks: Sequence[bool]) -> Form:
    """Return the form with a small number for every width that is not marked, so that equal kinds are equal."""
    inputs, expanded, squeezed, outputs = (
        width if marked else form.groups * factor
        for width, marked, factor in zip(widths_of(form), marks, (2, 3, 4, 5), strict=True)
    )
    return replace_widths(form, (inputs, expanded, squeezed, outputs))


@cache
def _make_kind(stripped: Form, is_wide: bool, marks: tuple[bool, ...]) -> Kind:
    # The order of widths that `is_wide` states; without an expansion, the inputs stand for the expanded channels.
    inputs, expanded, squeezed, outputs = (1, 2, 3, 0) if is_wide else (1, 0, 3, 2)
    bits, groups = _count_digit_bits(stripped), stripped.groups
    symbols = (groups << bits * _POWERS[power] for power in (inputs, expanded, squeezed, outputs))
    widths = [
        width if marked else symbol for width, symbol, marked in zip(widths_of(stripped), symbols, marks, strict=True)
    ]
    return Kind(replace_widths(stripped, widths))


def _count_digit_bits(form: Form) -> int:
    """Return the bits of a digit, in which no sum of coefficients overflows: kernels times groups times a few."""
    numbers = (form.groups, form.groups, form.groups, *form.kernel, *form.start, form.dilation, form.stride)
    return sum(map(int.bit_length, numbers)) + _SPARE_BITS


@cache
def _list_exponents(form: Form) -> Mapping[int, tuple[int, ...]]:
    """Return the widths whose product a power of the large number is, by its exponent."""
    bits = _count_digit_bits(form)
    powers: dict[int, int] = {}
    for index, width in enumerate(widths_of(form)):
        if width > form.groups:
            powers.setdefault((width.bit_length() - form.groups.bit_length()) // bits, index)
    pairs = combinations_with_replacement(powers, 2)
    return {
        0: (),
        **{power: (index,) for power, index in powers.items()},
        **{first + second: (powers[first], powers[second]) for first, second in pairs},
    }


def _split(form: Form, number: int) -> Sum:
    bits, groups, products = _count_digit_bits(form), form.groups, []
    exponents = _list_exponents(form)
    digits, power = number, 0
    while digits:
        digit, digits = digits & ((1 << bits) - 1), digits >> bits
        if digit:
            widths = exponents[power]
            # A width is the groups times its power of the large number.
            denominator = groups ** len(widths)
            common = gcd(digit, denominator)
            products.append(Product(digit // common, denominator // common, widths))
        power += 1
    return tuple(products)


def _list_rows(form: Form) -> Iterator[SymbolicRow]:
    probe = choose_probe(form)

    def split_channels(shape: Shape) -> Sum:
        return _split(form, shape.channels // probe**2 if is_flattened(shape, probe) else shape.channels)

    needs = {allocator: list_form_needs(form, allocator)[0] for allocator in WITHOUT_OFFSETS}
    groups = groupby(count_layers(form), key=lambda part: part.layer.name)
    for index, (name, group) in enumerate(groups):
        parts = tuple(group)
        sums: dict[tuple[str, Scale], int] = {}
        for part in parts:
            for count, scale, per_position, constant in part.counts:
                for key, amount in (((COUNTS[count], scale), per_position), ((COUNTS[count], None), constant)):
                    sums[key] = sums.get(key, 0) + amount
        live = {
            allocator: tuple(
                (scale, _split(form, channels))
                for scale, channels in ((None, listed[index].fixed), *listed[index].growing)
                if channels
            )
            for allocator, listed in needs.items()
        }
        yield SymbolicRow(
            name.removeprefix("."),
            tuple(part.layer for part in parts),
            parts[0].input,
            parts[-1].output,
            split_channels(parts[0].layer.input),
            split_channels(parts[-1].layer.output),
            tuple((count, scale, _split(form, amount)) for (count, scale), amount in sums.items() if amount),
            live,
        )
