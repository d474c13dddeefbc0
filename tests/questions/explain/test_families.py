"""Numbers of classes, heads and trained tails are solved from a number; what is solved is what the layers have."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.network import Network, resolve
from mbcost.questions.explain.columns import COLUMNS, columns_of
from mbcost.questions.explain.explain import explain
from mbcost.questions.explain.facts import Fact, Query
from mbcost.questions.explain.head_tables import count_heads, load_heads
from mbcost.questions.explain.readings import named_readings
from mbcost.questions.explain.structures import COMMON_WIDTHS
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.head import Head, Part, parse_head, replace_head
from mbcost.spec.printed import parse_printed
from mbcost.spec.tally import COUNTS, counts_of, total
from tests.sampling import keep_one_of

NETS = ("v1", "v2", "v3-large", "v3-small", "mobilenet-v4-conv-small", "efficientnet-b0", "resnet-50")


def params_fact(number: int, alpha: float | None = 1.0) -> Fact:
    return Fact(parse_printed(str(number)), "params", alpha)


def first_causes(query: Query) -> list[tuple[tuple[Part, ...] | None, int, str]]:
    """Return the head, the classes and the reading of the explanations that may be claimed, else of the first one."""
    answer = explain(query)
    ranks = answer.claimed_by or (1,)
    explanations = [answer.explanations[rank - 1] for rank in ranks if rank <= len(answer.explanations)]
    return [(entry.structure.head, entry.structure.classes, entry.values[0].reading.name) for entry in explanations]


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("convention", ["macs", "keras"])
@given(classes=st.integers(2, 999))
@settings(max_examples=2, deadline=None)
def test_any_number_of_classes_follows_from_the_params(net: str, convention: str, classes: int) -> None:
    spec = load_spec(net)
    number = resolve(spec, classes=classes).params(load_convention(convention))
    assert (None, classes, convention) in first_causes(Query((params_fact(number),), spec))


def test_the_classes_follow_from_the_params_and_hold_for_the_multiply_adds() -> None:
    built = resolve(load_spec("v2"), classes=321)
    facts = (Fact(parse_printed(str(built.mult_adds())), "mult_adds", 1.0, (224, 224)), params_fact(built.params()))
    (first, *_) = explain(Query(facts, load_spec("v2"))).explanations
    assert first.structure.classes == 321
    assert [value.explained for value in first.values] == [True, True]


def test_a_different_number_of_classes_than_claimed_is_a_departure() -> None:
    number = resolve(load_spec("v2"), classes=43).params()
    (first, *_) = explain(Query((params_fact(number),), load_spec("v2"), classes=10)).explanations
    assert (first.structure.classes, first.departures) == (43, ("other classes",))


def test_classes_and_a_common_mistake_are_found_together() -> None:
    """10 classes, and grey images: 2,223,872 + 1281 x 10 - 9 x 32 x 2."""
    (first, *_) = explain(Query((params_fact(2_223_872 + 1281 * 10 - 9 * 32 * 2),), load_spec("v2"))).explanations
    assert (first.structure.classes, first.departures) == (10, ("one input channel",))


def head_network(net: str, head: str, resolution: int = 224) -> Network:
    return resolve(replace_head(load_spec(net), parse_head(head)), resolution=resolution)


@pytest.mark.parametrize(
    ("net", "head"),
    [
        ("v2", "256,10"), ("v2", "bn,10"), ("v1", "128,2"), ("v3-large", "5"), ("v3-small", "512,100"),
        ("resnet-50", "256,2"), ("efficientnet-b0", "bn,120"), ("v2", "flatten,5"),
    ],
)  # fmt: skip
def test_a_common_head_is_found(net: str, head: str) -> None:
    built, parts = head_network(net, head), parse_head(head).parts
    causes = first_causes(Query((params_fact(built.params()),), load_spec(net)))
    assert (parts[:-1], parts[-1], "macs") in causes or (None, parts[-1], "macs") in causes


def test_a_head_of_any_width_is_listed_but_never_claimed_from_params_and_multiply_adds() -> None:
    """Params and multiply-adds of a head are nearly the same number, so that other widths fit both of them as well."""
    built = head_network("v2", "777,12")
    torchinfo = load_convention("torchinfo")
    facts = (
        Fact(parse_printed(str(built.mult_adds(torchinfo))), "mult_adds", 1.0, (224, 224)),
        params_fact(built.params()),
    )
    explanations = explain(Query(facts, load_spec("v2")), limit=30).explanations
    found = [entry for entry in explanations if (entry.structure.head, entry.structure.classes) == ((777,), 12)]
    assert found
    assert found[0].exact
    assert not any(entry.claimed for entry in explanations)


@pytest.mark.parametrize("net", ["v2", "v3-large"])
@pytest.mark.parametrize(
    "head", ["10", "bn,7", "64,10", "64,bn,10", "bn,64,bn,9", "flatten,3", "flatten,32,bn,3", "16,32,4"]
)
def test_the_counts_of_a_head_are_those_of_its_layers(net: str, head: str) -> None:
    """The arrays have the counts of a head as polynomials of its width; the layers count one by one."""
    parts = parse_head(head).parts
    body, whole = head_network(net, "none", 160), head_network(net, head, 160)
    pool = body.layers[-1]
    table = load_heads(COMMON_WIDTHS, flatten=True)
    index = table.parts.index(parts[:-1])
    counts, per_class = count_heads(table, pool.output.channels, pool.input.elements)
    classes = parts[-1]
    assert isinstance(classes, int)
    added = counts[index] + classes * per_class[index]
    start = len(body.layers) if parts[0] != "flatten" else len(body.layers) - 1
    expected = counts_of(total(layer.tally() for layer in whole.layers[start:]))
    assert dict(zip(COUNTS, added.tolist(), strict=False)) == dict(zip(COUNTS, expected, strict=True))


def test_every_head_costs_more_than_none_and_each_occurs_once() -> None:
    table = load_heads(COMMON_WIDTHS, flatten=True)
    assert len(set(table.parts)) == len(table.parts) == len(table.cost)
    assert np.all(table.cost > 0)
    assert all(str(Head((*parts, 10))).endswith("10") for parts in table.parts)


@pytest.mark.parametrize(
    ("net", "reading"),
    keep_one_of(2, product(["v1", "v2", "v3-small"], ["trainable", "stored + Adam", "not trainable"])),
)
def test_the_first_trained_layer_is_found(net: str, reading: str) -> None:
    """The last block is fine-tuned, with a classifier of 2 classes."""
    built = resolve(load_spec(net), classes=2)
    names = [layer.name for layer in built.layers]
    stage = max(int(name.split(".")[0]) for name in names if not name.endswith(("classifier", "pool", "head")))
    first = next(name for name in names if name.startswith(f"{stage}."))
    trained, columns = False, [0] * len(COLUMNS)
    for layer in built.layers:
        trained = trained or layer.name == first
        columns = [a + b for a, b in zip(columns, columns_of(layer.tally(), trained=trained), strict=True)]
    columns[COLUMNS.index("networks")] = 1
    counted = next(entry for entry in named_readings("params") if entry.name == reading)
    answer = explain(Query((params_fact(counted.weigh(columns)),), load_spec(net)), limit=5)
    found = [
        (entry.structure.trained_from, entry.structure.classes, entry.values[0].reading.name)
        for entry in answer.explanations
    ]
    # What is frozen does not tell the classes.
    assert (first, 1000 if reading == "not trainable" else 2, reading) in found
    assert all(type(value.value) is int for entry in answer.explanations for value in entry.values)


@pytest.mark.parametrize(
    ("net", "resolution", "number", "head", "trained_from"),
    [
        ("vgg-16", 224, 14_780_481, "pool,128,1", None),
        ("vgg-16", 32, 14_777_098, "pool,100,100,10", None),
        ("vgg-16", 224, 27_823_938, "flatten,512,512,2", None),
        ("v2", 224, 164_742, "128,6", "10.1.head"),
        ("v2", 224, 658_948, "512,bn,4", "10.1.head"),
        ("v1", 224, 3_237_073, "8,1", None),
    ],
)
def test_a_head_that_somebody_printed_is_the_first_explanation(
    net: str, resolution: int, number: int, head: str, trained_from: str | None
) -> None:
    fact = Fact(parse_printed(str(number)), "params", 1.0, (resolution, resolution))
    (first, *_) = explain(Query((fact,), load_spec(net))).explanations
    assert (first.head, first.structure.trained_from) == (head, trained_from)


@pytest.mark.parametrize("classes", [10, 101, 1000])
def test_keras_counts_seven_values_more_for_the_normalization_of_images(classes: int) -> None:
    built = resolve(load_spec("efficientnet-b0"), implementation="keras", classes=classes)
    number = built.params(load_convention("keras")) + 7
    (first, *_) = explain(Query((params_fact(number),), load_spec("efficientnet-b0"))).explanations
    assert (first.structure.classes, first.values[0].reading.name) == (classes, "stored + input normalization")


def test_a_given_head_is_counted_at_its_resolution() -> None:
    """After flattening, the parameters depend on the map, here of 7 x 7."""
    spec = replace_head(load_spec("v1"), parse_head("flatten,64,2"))
    number = resolve(spec).params()
    fact = Fact(parse_printed(str(number)), "params", 1.0, (224, 224))
    (first, *_) = explain(Query((fact,), spec, classes=2)).explanations
    assert (first.head, first.departures, first.claimed) == ("flatten,64,2", (), True)
