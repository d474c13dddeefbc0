"""A flat list of layers is written, read, and told apart from a table."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml

from mbcost.errors import SpecError
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.reading.flat import is_flat, read_flat, to_yaml
from mbcost.spec.reading.nodes import Reader

LIST = FlatNetwork(
    'a "name"', "", 3, (8, 16),
    (
        FlatLayer("first: x", "conv", (8, 16, 3), (3, 7, 4), (3, 5), 2, 2, 1, bias=True, norm=4),
        FlatLayer("no", "linear", (1, 1, 4), (1, 1, 2)),
    ),
)  # fmt: skip


def parse(text: str) -> FlatNetwork:
    return read_flat(Reader(text, "x"))


def test_a_list_is_read_as_it_was_written() -> None:
    assert parse(to_yaml(LIST)) == LIST
    assert parse(to_yaml(replace(LIST, source="# y"))).source == "# y"


@pytest.mark.parametrize(("written", "read"), [("8", (8, 8)), ("8x16", (8, 16)), ("[8, 16]", (8, 16))])
def test_a_resolution_is_written_as_in_a_table(written: str, read: tuple[int, int]) -> None:
    assert parse(to_yaml(LIST).replace("[8, 16]", written)).resolution == read


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("resolution: [8, 16]", "resolution: wide", "x:3:34: expected a number, found text 'wide'"),
        ("columns: [name,", "columns: [nam,", "x:4:10: the columns of a list of layers must be name, operator"),
        ("3x5", "0x5", "x:6:44: expected HxW, whole numbers from 1 to 999999999, found '0x5'"),
        ("8x16x3", "8x16  ", "x:6:28: expected HxWxC, whole numbers from 1 to 999999999, found '8x16'"),
        ("linear", "lineer", "x:7:18: unknown operator 'lineer': did you mean 'linear'?"),
        ("true", "yes ", "x:6:58: expected true or false"),
        ("2, 2, 1,", "2, 2, 3,", "x:6:55: 3 groups do not divide the 3 and 4 channels of its maps"),
        ("name: ", "nam: ", "x:1:1: the key 'name' is missing: add it"),
    ],
)
def test_a_mistake_in_a_list_is_reported_at_its_position(old: str, new: str, problem: str) -> None:
    text = to_yaml(LIST)
    assert old in text
    with pytest.raises(SpecError) as caught:
        parse(text.replace(old, new, 1))
    assert caught.value.problems[0].startswith(problem)


def as_json(text: str) -> str:
    """In flow style, with every key in quotes."""
    return json.dumps(yaml.safe_load(text))


def test_a_list_is_recognized_by_its_keys_in_every_notation() -> None:
    text = to_yaml(LIST)
    for written in (text, text.replace("layers:", "'layers':"), text.replace("layers:", "? layers\n:"), as_json(text)):
        reader = Reader(written, "x")
        assert is_flat(reader.root)
        assert read_flat(reader) == LIST


ALL = "[name, operator, input, output, k, s, d, g, bias, norm]"


@pytest.mark.parametrize(
    ("columns", "is_list"),
    [
        (ALL, True),
        ("[nmae, operator, input, output, k, s, d, g, bias, norm]", True),
        ("[operator, k, s]", True),
        ("{}", True),
        ("[operator, t, c, n, s]", False),
        ("[name, operator, k, t, c, s]", False),
    ],
)
def test_a_table_with_the_key_layers_instead_of_rows_is_a_table(columns: str, is_list: bool) -> None:
    assert is_flat(Reader(f"columns: {columns}\nlayers: []", "x").root) == is_list
    assert not is_flat(Reader(f"columns: {columns}\nrows: []\ntitle: 'layers:'", "x").root) or columns == ALL


def test_with_all_columns_of_a_list_the_key_rows_is_a_mistake_for_layers() -> None:
    text = f"name: x\ninput: {{channels: 3, resolution: 8}}\ncolumns: {ALL}\nrows: []\n"
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert is_flat(Reader(text, "x").root)
    assert caught.value.problems == (
        "x:1:1: the key 'layers' is missing: add it",
        "x:4:1: unknown key 'rows': choose from name, source, input, columns, layers",
    )
