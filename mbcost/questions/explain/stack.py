"""The counts of every structure of a network at one alpha, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, compact_form, count_positions, join_scales
from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import Array, check_count, check_memory, magnitude
from mbcost.questions.explain.columns import TRAINED
from mbcost.questions.explain.structures import COMMON, LEFT_OUT, Choices, Miscount, Structure, role_of
from mbcost.questions.mistakes.draft import Draft
from mbcost.questions.mistakes.known import MISTAKES
from mbcost.questions.mistakes.row_changes import list_row_changes
from mbcost.spec.table import CLASSES, Spec
from mbcost.spec.tally import COUNTS, counts_of

_BYTES = 8 * len(COUNTS)
"""The size of the counts of one structure at one scale."""
Sums = Mapping[Scale, Array]
"""Counts per position of the feature map, by scale; the counts of a single position are fixed."""


@dataclass(frozen=True, eq=False)
class Stack:
    """The structures of one network at one alpha, and their counts as arrays.

    The counts are those with `CLASSES` classes, and what one class adds: a count with other classes follows from them.
    """

    structures: tuple[Structure, ...]
    scales: tuple[Scale, ...]
    mult_adds: Array
    """Structure x scale x count: counts per position that make mult-adds and activations."""
    params: Array
    """Structure x count: counts that make parameters."""
    class_mult_adds: Array
    """Structure x scale x count: what one more class adds to `mult_adds`."""
    class_params: Array
    """Structure x count: what one more class adds to `params`."""
    growing: tuple[Array, Array] | None = None
    """Structure x scale x count for params that depend on the map, as after flattening, and for one more class."""

    @property
    def size(self) -> int:
        """The bytes of its arrays."""
        arrays = (self.mult_adds, self.params, self.class_mult_adds, self.class_params, *(self.growing or ()))
        return sum(array.nbytes for array in arrays)

    def select(self, indices: list[int]) -> Stack:
        """Return the stack with only the structures at `indices`."""
        structures = tuple(self.structures[index] for index in indices)
        mult_adds, params = self.mult_adds[indices], self.params[indices]
        class_mult_adds, class_params = self.class_mult_adds[indices], self.class_params[indices]
        growing = None if self.growing is None else (self.growing[0][indices], self.growing[1][indices])
        return Stack(structures, self.scales, mult_adds, params, class_mult_adds, class_params, growing)

    def counts(self, quantity: str, resolution: tuple[int, int] | None) -> tuple[Array, Array]:
        """Return structure x count at `resolution`, which parameters do not need, and the same for one more class.

        Raises:
            TooLarge: a count can be above the arrays' bound.
        """
        if quantity in ("params", "bytes"):
            if self.growing is None:
                return self.params, self.class_params
            assert resolution is not None, "these parameters depend on the resolution"
            return self._sum(self.growing[0], resolution), self._sum(self.growing[1], resolution)
        assert resolution is not None, "mult-adds depend on the resolution"
        return self._sum(self.mult_adds, resolution), self._sum(self.class_mult_adds, resolution)

    def counts_at(self, quantity: str, sides: Sequence[int]) -> tuple[Array, Array]:
        """Return side x structure x count for square inputs, and the same for one more class.

        Raises:
            TooLarge: a count can be above the arrays' bound.
        """
        import numpy as np

        if quantity in ("params", "bytes") and self.growing is None:
            shape = (len(sides), *self.params.shape)
            return np.broadcast_to(self.params, shape), np.broadcast_to(self.class_params, shape)
        is_params = quantity in ("params", "bytes") and self.growing is not None
        both = self.growing if is_params and self.growing is not None else (self.mult_adds, self.class_mult_adds)
        sizes = [[count_positions(scale, (side, side)) for scale in self.scales] for side in sides]
        for counts in both:
            _check_sums(counts, [max(column) for column in zip(*sizes, strict=True)], (max(sides), max(sides)))
        areas = np.array(sizes, dtype=np.int64)
        total, one = (np.tensordot(areas, counts, axes=(1, 1)) for counts in both)
        return total, one

    def _sum(self, counts: Array, resolution: tuple[int, int]) -> Array:
        """Return structure x count: the sum over the maps at `resolution`."""
        import numpy as np

        sizes = [count_positions(scale, resolution) for scale in self.scales]
        _check_sums(counts, sizes, resolution)
        totals: Array = np.einsum("ksc,s->kc", counts, np.array(sizes, dtype=np.int64))
        return totals


def _check_sums(counts: Array, sizes: Sequence[int], resolution: tuple[int, int]) -> None:
    """Check the sums over scales before they are computed: each is at most the sum of the largest terms.

    Raises:
        TooLarge: a sum can be above the arrays' bound.
    """
    bound = sum(size * magnitude(counts[:, scale]) for scale, size in enumerate(sizes))
    check_count(bound, f"a count at resolution {resolution[0]}x{resolution[1]}")


Counted = tuple[Structure, Sums, Sums]
"""A structure with its counts for mult-adds and for params."""


def build_stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """Return every structure of `spec` at `alpha`, the unmodified ones first.

    Raises:
        MbcostError: alpha is so small that no network can be built.
        TooLarge: a count can be above the arrays' bound.
    """
    counted = sorted(_metered(spec, alpha, choices), key=lambda pair: bool(pair[0][0].departures))
    scales = tuple(dict.fromkeys(scale for pair in counted for _, sums, _ in pair for scale in sums))
    check_memory(2 * len(counted) * len(scales) * _BYTES, force=choices.force)
    mult_adds = _fill([tuple(sums for _, sums, _ in pair) for pair in counted], scales)
    params = [tuple(sums for *_, sums in pair) for pair in counted]
    values = [COUNTS.index(name) for name in TRAINED]
    grows = any(counts[values].any() for pair in params for sums in pair for scale, counts in sums.items() if scale)
    fixed = _fill(params, (None,))[:, :, 0]
    structures = tuple(structure for (structure, *_), _ in counted)
    growing = _fill(params, scales) if grows else None
    both = None if growing is None else (growing[0], growing[1])
    return Stack(structures, scales, mult_adds[0], fixed[0], mult_adds[1], fixed[1], both)


def _metered(spec: Spec, alpha: float, choices: Choices) -> Iterator[tuple[Counted, Counted]]:
    """Yield the structures, as long as their counts do not need too much memory."""
    size = 0
    for pair in _structures(spec, alpha, choices):
        size += 2 * _BYTES * sum(len(sums) for _, sums, _ in pair)
        check_memory(size, force=choices.force)
        yield pair


def _fill(counted: Sequence[Sequence[Sums]], scales: Sequence[Scale]) -> Array:
    """Return two arrays of structure x scale x count: the first counts, and what the second ones have more."""
    import numpy as np

    indices = {scale: index for index, scale in enumerate(scales)}
    filled = np.zeros((2, len(counted), len(scales), len(COUNTS)), dtype=np.int64)
    for row, pair in enumerate(counted):
        for more, sums in enumerate(pair):
            for scale, counts in sums.items():
                if scale in indices:
                    filled[more, row, indices[scale]] = counts
    filled[1] -= filled[0]
    return filled


def _structures(spec: Spec, alpha: float, choices: Choices) -> Iterator[tuple[Counted, Counted]]:
    """Yield each structure with `CLASSES` classes and with one class more.

    Raises:
        MbcostError: the counts are not proportional to the classes, or alpha is so small that no channel is left.
    """
    if sum(row.c == "k" for row in spec.rows) > 1:
        raise MbcostError(f"{spec.name} has more than one row with k classes: it cannot be searched")
    channels = choices.in_channels or spec.channels
    for name in (choices.implementation,) if choices.implementation else spec.implementations:
        main = name in (choices.implementation, spec.default_implementation)
        for mistakes in _mistakes(spec, choices, main=main):
            structure = Structure(name, CLASSES, mistakes)
            draft = structure.draft(spec)
            if mistakes and draft == replace(structure, mistakes=mistakes[:-1]).draft(spec):
                continue
            try:
                blocks, more = (draft.blocks(alpha, classes, channels) for classes in (CLASSES, CLASSES + 1))
            except MbcostError:
                if not mistakes:
                    raise
                continue
            with_parts = choices.mistakes > len(mistakes)
            yield from zip(
                _count(structure, draft, blocks, with_parts=with_parts),
                _count(structure, draft, more, with_parts=with_parts),
                strict=True,
            )


def _mistakes(spec: Spec, choices: Choices, *, main: bool) -> Iterator[tuple[str, ...]]:
    """Yield no mistake, each mistake, and in a deep search pairs and changed rows for the `main` implementation."""
    yield ()
    if choices.mistakes:
        yield from ((name,) for name in MISTAKES)
    if choices.mistakes > 1 and main:
        yield from combinations(MISTAKES, 2)
    elif choices.pairs:
        yield from (pair for pair in combinations(MISTAKES, 2) if set(pair) <= set(COMMON))
    if choices.mistakes > 1 and main:
        yield from ((name,) for name in list_row_changes(spec))


def _count(structure: Structure, draft: Draft, blocks: tuple[Block, ...], *, with_parts: bool) -> Iterator[Counted]:
    """Yield the structure as it is and, with `with_parts`, with mistakes of counting in one quantity or both.

    Raises:
        TooLarge: a count can be above the arrays' bound.
    """
    counted = tuple(_scaled_counts(blocks))
    whole = _sum(counted)
    yield structure, whole, whole
    if not with_parts:
        return
    roles = {block.stage: role_of(draft.spec, block.stage) for block in blocks}
    for name, miscount in LEFT_OUT.items():
        if set(roles.values()).issuperset(miscount.roles):
            other = _miscounted(whole, counted, roles, miscount)
            if miscount.times < 0:
                yield replace(structure, left_out=name), other, other
                yield replace(structure, left_out=name, only="params"), whole, other
            # Counting a part twice is a slip in the sum, not in the model.
            yield replace(structure, left_out=name, only="mult_adds"), other, whole


def _miscounted(
    whole: Sums, counted: Iterable[BlockCounts], roles: Mapping[int, str | None], miscount: Miscount
) -> Sums:
    """Return the counts with those of some blocks added `times` more; every block keeps its scale.

    They are at most twice those of all blocks.
    """
    sums = dict(whole)
    for stage, scale, counts, _ in counted:
        if roles[stage] in miscount.roles:
            sums[scale] = sums[scale] + miscount.times * counts
    return sums


def _sum(counted: Iterable[BlockCounts]) -> Sums:
    """Return the counts of all blocks.

    Raises:
        TooLarge: their sum can be above the arrays' bound.
    """
    sums: dict[Scale, Array] = {}
    bound = 0
    for _, scale, counts, largest in counted:
        bound += largest
        check_count(bound)
        if scale in sums:
            sums[scale] += counts
        else:
            sums[scale] = counts.copy()
    return sums


BlockCounts = tuple[int, Scale, "Array", int]
"""The stage of a block, a scale, the counts of the block at this scale, and the largest of them."""


def _scaled_counts(blocks: Iterable[Block]) -> Iterator[BlockCounts]:
    """Yield the counts of each block with the scale that they have in the network."""
    scale = FULL
    for block in blocks:
        parts, output = _arrays(block.form)
        for inner, counts, largest in parts:
            yield block.stage, join_scales(scale, inner), counts, largest
        scale = join_scales(scale, output)


@cache
def _arrays(form: Form) -> tuple[tuple[tuple[Scale, Array, int], ...], Scale]:
    """Return a block's counts by scale, and the scale of its output; cached, so never write to the arrays.

    The largest of the counts stands beside them.
    """
    import numpy as np

    counted = compact_form(form)
    tallies = ((None, counted.fixed), *counted.growing)
    check_count(max(max(counts_of(tally)) for _, tally in tallies))
    parts = (
        (scale, np.array(counts, dtype=np.int64), max(counts))
        for scale, counts in ((scale, counts_of(tally)) for scale, tally in tallies)
    )
    return tuple(parts), counted.output
