"""Tables: what every answer becomes before a format turns it into text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from mbcost.errors import escape

if TYPE_CHECKING:
    from fractions import Fraction

BAR_WIDTH = 10
"""The number of characters in a full bar."""
BAR = "#"
"""What bars are made of."""


@dataclass(frozen=True)
class Share:
    """A part of a whole in hundredths of a percent, and the length of its bar, from 0 to `BAR_WIDTH`."""

    hundredths: int
    bar: int

    def __str__(self) -> str:
        return f"{self.hundredths // 100}.{self.hundredths % 100:02d}"


class SignedCount(int):
    """A whole number that is shown to people with its sign; in CSV it is an ordinary integer."""


class Spelled(str):
    """A text that every format writes as it is, and the value that it spells, which Python programs read."""

    value: Value

    def __new__(cls, text: str, value: Value) -> Spelled:
        """Return the text with its value."""
        spelled = super().__new__(cls, text)
        spelled.value = value
        return spelled


Value = int | float | str | tuple[int, ...] | None
"""What a cell is for a Python program."""
Cell = int | str | Share | None
Item = TypeVar("Item")
"""The type of what one row of a table shows: a cost row, a configuration, a finding …"""


@dataclass(frozen=True)
class Column(Generic[Item]):
    """A column: its name in data, the header, the value that it reads from an item, and its layout."""

    key: str
    """The name in CSV and the other data formats, in lower case, with its unit if the name does not say it. A quantity
    has the same name in every command."""
    header: str
    value: Callable[[Item], Cell]
    numeric: bool = False
    spare: int = 0
    """A column with 0 is always shown. If a terminal is too narrow, the column with the highest number goes first."""
    only: Literal["", "people", "data"] = ""
    """Who sees the column, if not both: people, who read text, or programs, which read data."""
    legend: str = ""
    """What a short header means; it is written below the table on a terminal."""


@dataclass(frozen=True)
class ColumnNote:
    """A note that speaks of columns, and is shown with any of them."""

    text: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns, with a title and sentences above, and a footer and notes below.

    Without rows, people see no columns either.
    """

    title: str
    columns: tuple[Column[Any], ...]
    rows: tuple[tuple[Cell, ...], ...]
    footer: tuple[Cell, ...] | None = None
    notes: tuple[str, ...] = ()
    details: Table | None = None
    """The rows that CSV has instead, such as every single difference; for people the notes summarize them."""
    data: Table | None = None
    """The rows that programs read instead, if they are arranged differently, such as one number per row."""
    lead: tuple[str, ...] = ()
    """Sentences between the title and the columns: the answer in words."""
    legend_title: str = ""
    """What the legend of the columns starts with."""
    asked: frozenset[str] = frozenset()
    """The keys of the columns that the user asked for or sorts by: no terminal is too narrow for them."""
    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A note -> the keys of the columns that it speaks of, if it is a `ColumnNote`."""

    def list_notes(self, keys: Collection[str]) -> tuple[str, ...]:
        """Return the notes, without those that speak only of columns that are not among `keys`."""
        return tuple(
            note for note in self.notes if note not in self.subjects or any(key in keys for key in self.subjects[note])
        )

    def for_people(self) -> Table:
        """Return the table without the columns that only programs read."""
        return self._without("data")

    def for_data(self) -> Table:
        """Return what programs read: its own rows if there are any, without the columns that only people read."""
        return (self.data or self.details or self)._without("people")

    def _without(self, reader: str) -> Table:
        kept = [index for index, column in enumerate(self.columns) if column.only != reader]
        return self if len(kept) == len(self.columns) else self._pick(kept)

    def select(self, keys: Iterable[str]) -> Table:
        """Return the same table with only the columns `keys`, in that order."""
        indices = {column.key: index for index, column in enumerate(self.columns)}
        return self._pick([indices[key] for key in keys])

    def _pick(self, chosen: Sequence[int]) -> Table:
        def pick(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
            return tuple(row[index] for index in chosen)

        footer = None if self.footer is None else pick(self.footer)
        columns = tuple(self.columns[index] for index in chosen)
        notes = self.list_notes([column.key for column in columns])
        return replace(self, columns=columns, rows=tuple(map(pick, self.rows)), footer=footer, notes=notes)


def build_table(
    title: str,
    columns: Sequence[Column[Item]],
    items: Iterable[Item],
    footer: Mapping[str, Cell] | None = None,
    notes: Iterable[str | ColumnNote] = (),
    *,
    lead: Iterable[str] = (),
    asked: Iterable[str] = (),
) -> Table:
    """Return the table with one row per item.

    Args:
        title: the line above the table.
        columns: each column reads its cell from the item.
        items: one item per row, in order.
        footer: the cells of the last line by the key of their column; cells without a key here are empty.
        notes: the lines below the table.
        lead: the sentences above it.
        asked: the keys of the columns that the user asked for or sorts by.

    >>> lengths = Column[str]("length", "length", len, numeric=True)
    >>> build_table("words", [Column("word", "word", str), lengths], ["depthwise"]).rows
    (('depthwise', 9),)
    """
    rows = tuple(tuple(column.value(item) for column in columns) for item in items)
    cells = None if footer is None else tuple(footer.get(column.key) for column in columns)
    whole = tuple(notes)
    subjects = {escape(note.text): note.keys for note in whole if isinstance(note, ColumnNote)}
    lines = tuple(escape(note.text if isinstance(note, ColumnNote) else note) for note in whole)
    sentences, wanted = tuple(map(escape, lead)), frozenset(asked)
    return Table(escape(title), tuple(columns), rows, cells, lines, lead=sentences, asked=wanted, subjects=subjects)


def text_of(cell: Cell) -> str:
    """Spell a cell for people: whole numbers get thousands separators, and what is not printable is escaped.

    A truth value is a star if it is true, and else nothing.

    >>> text_of(568740352)
    '568,740,352'
    >>> text_of(SignedCount(1088))
    '+1,088'
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "*" if cell else ""
    if isinstance(cell, SignedCount):
        return f"{cell:+,}" if cell else "0"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, Share):
        return f"{cell!s:>5}% {BAR * cell.bar}".rstrip()
    return escape(cell)


def percent_text(cell: Cell) -> str:
    """Spell a cell as `text_of` does, but a share without its bar."""
    return f"{cell}%" if isinstance(cell, Share) else text_of(cell)


def shares(counts: Iterable[int]) -> list[Share]:
    """Return the share of each count in their sum, rounded half up on its own.

    Equal counts have equal shares, so the printed shares need not add up to exactly 100.00 %.

    >>> [str(share) for share in shares([1, 1, 1])]
    ['33.33', '33.33', '33.33']
    """
    parts = list(counts)
    whole, longest = sum(parts), max(parts, default=0)
    if whole == 0:
        return [Share(0, 0) for _ in parts]
    return [
        Share((20_000 * part + whole) // (2 * whole), (2 * BAR_WIDTH * part + longest) // (2 * longest))
        for part in parts
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


def decimal_cell(value: Fraction | float, places: int = 4) -> Spelled:
    """Return the cell of a number that is shown with `places` decimal places; Python programs read it unrounded.

    >>> from fractions import Fraction
    >>> cell = decimal_cell(Fraction(2, 3), 2)
    >>> cell, cell.value
    ('0.67', 0.6666666666666666)
    """
    return Spelled(f"{value:.{places}f}" if isinstance(value, float) else decimal(value, places), to_float(value))


def to_float(value: Fraction | float) -> float:
    """Return the nearest float, or infinity for a value that is too large for one: counts have up to 1,000 digits."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf
