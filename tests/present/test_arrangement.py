"""The columns that a user asks for, and the order of the rows."""

from __future__ import annotations

from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.errors import MbcostError
from mbcost.present.arrangement import arrange, find_column
from mbcost.present.table import Cell, Column, Share, Table, build_table

NUMBERS = st.integers(-(10**20), 10**20)
SIZES = st.lists(st.integers(1, 999), min_size=2, max_size=3)


def make_table(cells: list[Cell]) -> Table:
    """Return a table of these cells and of their numbers, from 0."""
    columns = [
        Column[tuple[int, Cell]]("position", "#", itemgetter(0), numeric=True),
        Column[tuple[int, Cell]]("value_bytes", "the value", itemgetter(1), spare=3),
    ]
    return build_table("cells", columns, enumerate(cells), {"value_bytes": "total"})


def sort(cells: list[Cell]) -> list[Cell]:
    """Return the cells in the order of the sorted table, in which equal cells keep their order."""
    table = arrange(make_table(cells), None, "value")
    positions = [int(str(row[0])) for row in table.rows]
    assert sorted(positions) == list(range(len(cells)))
    values = [row[1] for row in table.rows]
    assert values == [cells[position] for position in positions]
    assert all(a < b for a, b, x, y in zip(positions, positions[1:], values, values[1:], strict=False) if x == y)
    return values


@given(st.lists(NUMBERS, max_size=8), st.integers(0, 3))
def test_numbers_come_largest_first_in_every_spelling_and_empty_cells_last(numbers: list[int], empty: int) -> None:
    ordered = sorted(numbers, reverse=True)
    nothing: list[Cell] = [None] * empty
    assert sort([*nothing, *numbers]) == [*ordered, *nothing]
    assert sort([f"{number:,}" for number in numbers if abs(number) < 2**53]) == [
        f"{number:,}" for number in ordered if abs(number) < 2**53
    ]
    shares: list[Cell] = [Share(abs(number) % 10_001, 0) for number in numbers]
    assert sort(shares) == sorted(shares, key=lambda share: -share.hundredths if isinstance(share, Share) else 0)


@given(st.lists(SIZES, max_size=6), st.lists(st.text("abcxyz", min_size=1), max_size=4))
def test_sizes_come_by_their_elements_and_words_by_the_alphabet_after_them(
    sizes: list[list[int]], words: list[str]
) -> None:
    elements = [len(range(size[0])) * size[1] * (size[2] if len(size) == 3 else 1) for size in sizes]
    texts = ["x".join(map(str, size)) for size in sizes]
    expected = [text for _, text in sorted(zip(elements, texts, strict=True), key=lambda pair: -pair[0])]
    assert sort([*words, *texts]) == [*expected, *sorted(words)]


def test_a_column_is_found_by_its_name_its_header_or_the_beginning_of_its_name() -> None:
    columns = make_table([]).columns
    for name in ("value_bytes", "Value-Bytes", "value", "the value", "THE-VALUE"):
        assert find_column(name, columns) == "value_bytes"
    with pytest.raises(MbcostError, match="unknown column 'value_byte': did you mean 'value-bytes'"):
        find_column("value_byte", columns)
    twins = [Column[str]("time_us", "µs", str), Column[str]("time_percent", "%", str)]
    with pytest.raises(MbcostError, match="'time' means more than one column: write time-us or time-percent"):
        find_column("time", twins)


def test_chosen_columns_keep_their_order_and_are_marked_as_asked_for() -> None:
    table = arrange(make_table(["b", "a"]), ["value", "#"], "value")
    assert ([column.key for column in table.columns], table.rows) == (["value_bytes", "position"], (("a", 1), ("b", 0)))
    assert table.asked == {"value_bytes", "position"}
    assert table.footer == ("total", None)
    with pytest.raises(MbcostError, match="column 'position' is given twice: remove one"):
        arrange(table, ["#", "position"], None)
