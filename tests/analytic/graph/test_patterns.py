"""Every spelling of an activation is the same operator."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mbcost.analytic.graph.units import clean_graph, list_units
from mbcost.spec.graph import Graph, Operator, Tensor
from tests.analytic.graph.graphs import conv, make_graph, weights

SHAPE = (1, 4, 8, 8)
NUMBERS = {"zero": 0.0, "three": 3.0, "six": 6.0, "sixth": 0.1666666716337204, "half_sixth": 0.1666259765625}


def spell(*operators: tuple[str, str, str, str]) -> Graph:
    """Return a graph of operators `kind`, `function`, what it reads, what it makes."""
    made = [
        Operator(f"{index}", kind, tuple(reads.split()), (makes,), function=function)
        for index, (kind, function, reads, makes) in enumerate(operators)
    ]
    tensors = [Tensor(name, SHAPE) for name in dict.fromkeys(["x", *(makes for *_, makes in operators)])]
    return make_graph(made, [*tensors, *(weights(name, (), (value,)) for name, value in NUMBERS.items())])


SUM = ("add", "", "x three", "a")
CLIP = ("activation", "relu6", "a", "b")
GATE = [SUM, CLIP, ("multiply", "", "b sixth", "c")]


@pytest.mark.parametrize(
    ("function", "operators"),
    [
        ("hard_sigmoid", [SUM, CLIP, ("multiply", "", "b sixth", "y")]),
        ("hard_sigmoid", [SUM, CLIP, ("multiply", "", "b half_sixth", "y")]),
        ("hard_sigmoid", [SUM, CLIP, ("arithmetic", "divide", "b six", "y")]),
        ("hard_sigmoid", [("add", "relu6", "x three", "b"), ("multiply", "", "b sixth", "y")]),
        ("hard_swish", [*GATE, ("multiply", "", "x c", "y")]),
        ("hard_swish", [*GATE, ("multiply", "", "c x", "y")]),
        ("hard_swish", [SUM, CLIP, ("multiply", "", "x b", "c"), ("multiply", "", "c sixth", "y")]),
        ("hard_swish", [SUM, CLIP, ("multiply", "", "b x", "c"), ("arithmetic", "divide", "c six", "y")]),
        ("hard_swish", [("activation", "hard_sigmoid", "x", "a"), ("multiply", "", "x a", "y")]),
        ("swish", [("activation", "sigmoid", "x", "a"), ("multiply", "", "a x", "y")]),
        ("relu6", [("activation", "relu", "x", "a"), ("arithmetic", "minimum", "a six", "y")]),
        ("relu6", [("arithmetic", "maximum", "x zero", "a"), ("arithmetic", "minimum", "a six", "y")]),
    ],
)
def test_a_spelling_is_one_activation(function: str, operators: Sequence[tuple[str, str, str, str]]) -> None:
    (unit,) = list_units(clean_graph(spell(*operators)))
    assert (unit.lead.kind, unit.lead.function, unit.reads, unit.makes) == ("activation", function, ("x",), ("y",))


@pytest.mark.parametrize(
    "operators",
    [
        [("add", "", "x six", "a"), CLIP, ("multiply", "", "b sixth", "y")],  # another shift
        [SUM, CLIP, ("multiply", "", "b three", "y")],  # another scale
        [SUM, CLIP, ("multiply", "", "b sixth", "c"), ("add", "", "c b", "y")],  # a part is read elsewhere
        [("activation", "sigmoid", "x", "a"), ("activation", "relu", "x", "b"), ("multiply", "", "a b", "y")],
    ],
)
def test_what_is_similar_stays_as_it_is(operators: Sequence[tuple[str, str, str, str]]) -> None:
    cleaned = clean_graph(spell(*operators))
    assert len(cleaned.operators) == len(operators)


def test_a_hard_sigmoid_can_have_its_3_in_a_bias() -> None:
    graph = make_graph(
        [conv("c", ("x", "w", "b"), "a", function="relu6"), Operator("m", "multiply", ("a", "sixth"), ("y",))],
        [Tensor("x", SHAPE), Tensor("a", SHAPE), Tensor("y", SHAPE), weights("w", (4, 4, 3, 3)), weights("b", (4,)),
         weights("sixth", (), (1 / 6,))],
    )  # fmt: skip
    (unit,) = list_units(clean_graph(graph))
    assert (unit.lead.function, [follower.function for follower in unit.followers]) == ("", ["hard_sigmoid"])
