"""A head that somebody puts on a network's features, instead of the table's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mbcost.errors import MbcostError
from mbcost.spec.implementation import EXACT
from mbcost.spec.table import Row, Spec

NO_LAYERS = "none"
FLATTEN = "flatten"
POOL = "pool"
NORM = "bn"
MOST_PARTS = 100
"""More than any head has."""

Part = int | str
"""A width, or the word `flatten`, `pool` or `bn`."""


@dataclass(frozen=True)
class Head:
    """What follows the last feature map, in order; without parts, the network ends with the pooled features.

    A width is a fully connected layer with a bias, followed by ReLU unless it is the last one, whose outputs are the
    classes. `bn` is a batch norm of the vector. Two words can only be the first part: `flatten` stands for the map as
    one vector, without a pool, and `pool` for a global pool, also if the table pools to a grid, as VGG does.
    """

    parts: tuple[Part, ...] = ()

    @property
    def classes(self) -> int | None:
        """The outputs of the last layer; None without layers."""
        last = self.parts[-1] if self.parts else None
        return last if isinstance(last, int) else None

    def __str__(self) -> str:
        return ",".join(map(str, self.parts)) or NO_LAYERS


def parse_head(text: str) -> Head:
    """Read a head such as `512,bn,26`, `flatten,128,5` or `none`.

    Raises:
        MbcostError: the text does not have this form.

    >>> parse_head("512,bn,26")
    Head(parts=(512, 'bn', 26))
    >>> parse_head("none")
    Head(parts=())
    """
    words = [word.strip() for word in text.split(",")]
    if words == [NO_LAYERS]:
        return Head()
    if len(words) > MOST_PARTS:
        raise MbcostError(f"head '{text}' has {len(words)} parts: it must have at most {MOST_PARTS}")
    parts = tuple(_parse_part(word, text) for word in words)
    for word in (FLATTEN, POOL):
        if word in parts[1:]:
            raise MbcostError(f"head '{text}': {word} can only be the first part")
    if not isinstance(parts[-1], int):
        raise MbcostError(f"head '{text}' does not end with a width: add the number of classes, as in 512,bn,26")
    return Head(parts)


def _parse_part(word: str, text: str) -> Part:
    if word in (FLATTEN, POOL, NORM):
        return word
    if re.fullmatch(r"[0-9]{1,16}", word) is None or not 1 <= int(word) <= EXACT:
        raise MbcostError(f"head '{text}': '{word}' is not a width, bn, pool or flatten: write for example 512,bn,26")
    return int(word)


def replace_head(spec: Spec, head: Head) -> Spec:
    """Return the spec with `head` instead of the rows after its global pool, or after its flattening.

    The widths of the head do not change with alpha, and every implementation builds it alike. Its last layer has one
    output per class, so the number of classes is that of the head.

    Raises:
        MbcostError: the table has neither a global pool nor a flattening.
    """
    top = spec.find_top()
    first = head.parts[0] if head.parts else None
    kept = () if first in (FLATTEN, POOL) else (spec.rows[top],)
    made = [replace(row, position=spec.rows[top].position) for row in _make_rows(head, top + len(kept))]
    return replace(spec, rows=(*spec.rows[:top], *kept, *made), head=str(head), classes=head.classes)


def _make_rows(head: Head, first: int) -> Iterator[Row]:
    """Yield the rows of a head; the first is row `first` of its table."""
    last = len(head.parts) - 1
    for index, part in enumerate(head.parts):
        stage = first + index
        if part == FLATTEN:
            yield Row(stage, "flatten")
        elif part == POOL:
            yield Row(stage, "global_pool")
        elif part == NORM:
            yield Row(stage, "batch_norm")
        else:
            yield Row(stage, "dense", c="k" if index == last else part)
