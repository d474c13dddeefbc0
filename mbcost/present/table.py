"""Tables: what every answer becomes before a format turns it into text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mbcost.errors import escape

if TYPE_CHECKING:
    from fractions import Fraction

BAR_WIDTH = 10
"""The number of characters in a full bar."""


@dataclass(frozen=True)
class Share:
    """A part of a whole in hundredths of a percent, and the length of its bar, from 0 to `BAR_WIDTH`."""

    hundredths: int
    bar: int

    def __str__(self) -> str:
        return f"{self.hundredths // 100}.{self.hundredths % 100:02d}"


class SignedCount(int):
    """A whole number that is shown to people with its sign; in CSV it is an ordinary integer."""


Cell = int | str | Share | None
Item = TypeVar("Item")
"""The type of what one row of a table shows: a cost row, a configuration, a finding …"""


@dataclass(frozen=True)
class Column(Generic[Item]):
    """A column: the key that users type, the header, the value that it reads from an item, and its layout."""

    key: str
    header: str
    value: Callable[[Item], Cell]
    numeric: bool = False
    spare: int = 0
    """A column with 0 is always shown. If a terminal is too narrow, the column with the highest number goes first."""


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns, with a title above, and a footer and notes below."""

    title: str
    columns: tuple[Column[Any], ...]
    rows: tuple[tuple[Cell, ...], ...]
    footer: tuple[Cell, ...] | None = None
    notes: tuple[str, ...] = ()
    details: Table | None = None
    """The rows that CSV has instead, such as every single difference; for people the notes summarize them."""

    def select(self, keys: Iterable[str]) -> Table:
        """Return the same table with only the columns `keys`, in that order."""
        indices = {column.key: index for index, column in enumerate(self.columns)}
        chosen = [indices[key] for key in keys]

        def pick(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
            return tuple(row[index] for index in chosen)

        footer = None if self.footer is None else pick(self.footer)
        columns = tuple(self.columns[index] for index in chosen)
        return replace(self, columns=columns, rows=tuple(map(pick, self.rows)), footer=footer)


def build_table(
    title: str,
    columns: Sequence[Column[Item]],
    items: Iterable[Item],
    footer: Mapping[str, Cell] | None = None,
    notes: Iterable[str] = (),
) -> Table:
    """Return the table with one row per item.

    Args:
        title: the line above the table.
        columns: each column reads its cell from the item.
        items: one item per row, in order.
        footer: the cells of the last line by the key of their column; cells without a key here are empty.
        notes: the lines below the table.

    >>> lengths = Column[str]("length", "length", len, numeric=True)
    >>> build_table("words", [Column("word", "word", str), lengths], ["depthwise"]).rows
    (('depthwise', 9),)
    """
    rows = tuple(tuple(column.value(item) for column in columns) for item in items)
    cells = None if footer is None else tuple(footer.get(column.key) for column in columns)
    return Table(escape(title), tuple(columns), rows, cells, tuple(map(escape, notes)))


def text_of(cell: Cell) -> str:
    """Spell a cell for people: whole numbers get thousands separators, and what is not printable is escaped.

    >>> text_of(568740352)
    '568,740,352'
    >>> text_of(SignedCount(1088))
    '+1,088'
    """
    if cell is None:
        return ""
    if isinstance(cell, SignedCount):
        return f"{cell:+,}" if cell else "0"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, Share):
        return f"{cell!s:>5}% {'#' * cell.bar}".rstrip()
    return escape(cell)


def shares(counts: Iterable[int]) -> list[Share]:
    """Return the share of each count in their sum.

    The printed shares add up to exactly 100.00 %, because the largest remainders are rounded up.

    >>> [str(share) for share in shares([1, 1, 1])]
    ['33.34', '33.33', '33.33']
    """
    parts = list(counts)
    whole = sum(parts)
    if whole == 0:
        return [Share(0, 0) for _ in parts]
    floors = [10_000 * part // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda index: -(10_000 * parts[index] % whole))
    for index in by_remainder[: 10_000 - sum(floors)]:
        floors[index] += 1
    longest = max(parts)
    return [
        Share(floor, (2 * BAR_WIDTH * part + longest) // (2 * longest))
        for floor, part in zip(floors, parts, strict=True)
    ]


def decimal(value: Fraction, places: int = 4) -> str:
    """Spell `value` rounded half up to `places` decimal places, computed in integers.

    >>> from fractions import Fraction
    >>> decimal(Fraction(1, 512) + Fraction(1, 9))
    '0.1131'
    """
    scale = 10**places
    rounded = (2 * value.numerator * scale + value.denominator) // (2 * value.denominator)
    return f"{rounded // scale}.{rounded % scale:0{places}d}" if places else str(rounded)
