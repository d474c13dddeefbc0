"""Graphs as YAML: a round trip, and problems with their line and column."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.errors import SpecError
from mbcost.questions.check import check_spec
from mbcost.spec.graph import KINDS, LAYOUTS, Graph, Operator, Tensor, Window
from mbcost.spec.reading.graph import FORMS, OPERATOR, TENSOR, read_graph, to_yaml
from mbcost.spec.reading.nodes import Reader

words = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters="\x85\ufeff"), max_size=5
).filter(str.isprintable)
numbers = st.integers(0, 2**40)
sides = st.tuples(st.integers(1, 9), st.integers(1, 9))
integers = st.lists(st.integers(-(2**40), 2**40), max_size=3).map(tuple)
floats = st.floats(allow_nan=False)
windows = st.builds(Window, sides, sides, sides, st.tuples(*[st.integers(-3, 3)] * 4))
tensors = st.builds(
    Tensor, st.just(""), st.lists(numbers, max_size=4).map(tuple), st.sampled_from(["float32", "int8"]),
    st.none() | numbers, st.none() | st.lists(floats, max_size=3).map(tuple), numbers, st.none() | numbers, words,
)  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph of a few operators with every field."""
    names = draw(st.lists(words.filter(bool), min_size=3, max_size=6, unique=True))
    drawn = {name: draw(tensors) for name in names}
    given = {
        name: replace(tensor, name=name, stored=tensor.stored if name != names[0] else None)
        for name, tensor in drawn.items()
    }
    known = [name for name, tensor in given.items() if tensor.constant or name == names[0]]
    operators = []
    for name in [name for name in names[1:] if not given[name].constant]:
        reads = tuple(draw(st.lists(st.sampled_from([*known, ""]), max_size=3)))
        operators.append(
            draw(st.builds(
                Operator, st.just(name), st.sampled_from(sorted(KINDS)), st.just(reads), st.just((name,)), words,
                st.none() | windows, numbers, words, numbers, st.none() | floats, integers, integers, words,
            ))
        )  # fmt: skip
        known.append(name)
    return Graph(
        draw(words), draw(words), draw(st.sampled_from(FORMS)), draw(st.sampled_from(LAYOUTS)), (names[0],),
        (known[-1],), tuple(operators), given, draw(st.integers(1, 99)), draw(numbers), tuple(draw(st.lists(words))),
    )  # fmt: skip


@given(graphs())
def test_a_graph_that_is_written_is_read_as_it_was(graph: Graph) -> None:
    again = read_graph(Reader(to_yaml(graph), "net.yaml"))
    assert again == graph
    assert [tensor.values for tensor in again.tensors.values()] == [t.values for t in graph.tensors.values()]
    assert to_yaml(again) == to_yaml(graph)


def test_every_field_is_written() -> None:
    assert {item.name for item in fields(Operator)} == {"name", "kind", *OPERATOR}
    assert {item.name for item in fields(Tensor)} == {"name", "shape", "dtype", *TENSOR}


TEXT = """\
title: net
layout: NHWC
inputs: [x]
outputs: [y]
tensors:
  - [x, 1x8x8x3, float32]
  - [w, 3x3x3x4, float32, {stored: 432}]
  - [y, 1x6x6x4, float32]
operators:
  - {name: a, kind: conv, reads: [x, w], makes: [y], window: {kernel: [3, 3]}}
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind: conv", "kind: cnv", "10:21: unknown kind of operator 'cnv': did you mean 'conv'?"),
        (
            "reads: [x, w]",
            "reads: [z, w]",
            "10:5: 'a' reads 'z', which is not in tensors: correct the order or the name",
        ),
        ("makes: [y]", "makes: [x]", "10:5: 'a' makes 'x', which exists already: correct one of them"),
        ("1x6x6x4", "1x6xsx4", "8:9: expected a shape such as 1x3x224x224, or () for a number, found text '1x6xsx4'"),
        ("outputs: [y]", "outputs: [v]", "4:11: 'v' is not in tensors: add it there"),
        ("[3, 3]", "[3]", "10:62: 'kernel' of a window has 2 numbers, found 1: correct it"),
        ("NHWC", "HWCN", "2:9: unknown layout 'HWCN': did you mean 'NHWC'?"),
        ("[w, 3x3", "[x, 3x3", "7:6: the tensor 'x' is given twice: remove one"),
        ("stored: 432", "stred: 432", "7:28: unknown key 'stred': did you mean 'stored'?"),
    ],
)
def test_a_problem_has_its_line_and_column(old: str, new: str, problem: str) -> None:
    assert check_spec(TEXT, "net.yaml") == ()
    with pytest.raises(SpecError) as caught:
        read_graph(Reader(TEXT.replace(old, new), "net.yaml"))
    assert any(line.startswith(f"net.yaml:{problem}") for line in caught.value.problems)
    assert [str(finding.problem) for finding in check_spec(TEXT.replace(old, new), "net.yaml")] == list(
        caught.value.problems
    )
