"""Heads that somebody puts on a network's features: how they are written, and the rows that they become."""

from __future__ import annotations

import pytest

from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.head import Head, Part, parse_head, replace_head


@pytest.mark.parametrize(
    ("text", "parts", "classes"),
    [
        ("512,bn,26", (512, "bn", 26), 26),
        ("bn,10", ("bn", 10), 10),
        ("10", (10,), 10),
        ("flatten,128,5", ("flatten", 128, 5), 5),
        ("none", (), None),
    ],
)
def test_a_head_is_read_and_written_in_one_form(text: str, parts: tuple[Part, ...], classes: int | None) -> None:
    assert parse_head(text) == parse_head(text.replace(",", ", ")) == Head(parts)
    assert (str(Head(parts)), Head(parts).classes) == (text, classes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("512,bn", "head '512,bn' does not end with a width: add the number of classes, as in 512,bn,26"),
        ("flatten", "head 'flatten' does not end with a width: add the number of classes, as in 512,bn,26"),
        ("512,flatten,10", "head '512,flatten,10': flatten can only be the first part"),
        ("512,,10", "head '512,,10': '' is not a width, bn, pool or flatten: write for example 512,bn,26"),
        ("0", "head '0': '0' is not a width, bn, pool or flatten: write for example 512,bn,26"),
        ("none,10", "head 'none,10': 'none' is not a width, bn, pool or flatten: write for example 512,bn,26"),
        ("9" * 17, f"head '{'9' * 17}': '{'9' * 17}' is not a width, bn, pool or flatten: write for example 512,bn,26"),
        (",".join(["1"] * 101), f"head '{','.join(['1'] * 101)}' has 101 parts: it must have at most 100"),
    ],
)
def test_a_text_that_is_not_a_head_is_refused(text: str, message: str) -> None:
    with pytest.raises(MbcostError) as caught:
        parse_head(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("head", "operators"),
    [
        ("512,bn,26", ["global_pool", "dense", "batch_norm", "dense"]),
        ("flatten,5", ["flatten", "dense"]),
        ("none", ["global_pool"]),
    ],
)
def test_every_row_after_the_pool_is_replaced(head: str, operators: list[str]) -> None:
    spec = load_spec("v3-large")
    replaced = replace_head(spec, parse_head(head))
    assert replaced.rows[:17] == spec.rows[:17]
    assert [row.operator for row in replaced.rows[17:]] == operators
    assert [row.stage for row in replaced.rows] == list(range(len(replaced.rows)))
    assert replaced.has_classifier == (head != "none")


def test_a_grid_is_kept_as_the_pool_of_a_head() -> None:
    spec = load_spec("vgg-16")
    assert replace_head(spec, parse_head("10")).rows[:11] == spec.rows[:11]


def test_a_table_without_a_top_has_no_head_to_replace() -> None:
    with pytest.raises(MbcostError, match="v2 has no global_pool row"):
        replace_head(load_spec("v2").without_top(), parse_head("10"))


@pytest.mark.parametrize("implementation", load_spec("v2").implementations)
@pytest.mark.parametrize("alpha", [0.35, 1.0, 1.4])
def test_alpha_scales_the_features_and_not_the_head(implementation: str, alpha: float) -> None:
    """By hand: features x 512, 512 biases, a norm's 2 x 512, 512 x 26 and 26 biases."""
    spec = load_spec("v2")
    features = resolve(spec.without_top(), alpha=alpha, implementation=implementation)
    network = resolve(replace_head(spec, parse_head("512,bn,26")), alpha=alpha, implementation=implementation)
    width = features.layers[-1].output.channels
    assert network.params() - features.params() == (width + 1) * 512 + 2 * 512 + (512 + 1) * 26
    assert network.mult_adds() - features.mult_adds() == width * 512 + 512 * 26


def test_a_flattened_map_feeds_every_value_to_the_first_layer() -> None:
    spec = load_spec("v2")
    features = resolve(spec.without_top(), resolution=(96, 128))
    network = resolve(replace_head(spec, parse_head("flatten,bn,5")), resolution=(96, 128))
    values = 3 * 4 * 1280
    assert network.params() - features.params() == 2 * values + 5 * values + 5


def test_the_classes_are_those_of_the_head() -> None:
    spec = replace_head(load_spec("v2"), parse_head("512,26"))
    assert resolve(spec).classes == resolve(spec, classes=26).classes == 26
    with pytest.raises(MbcostError, match="head '512,26' has 26 classes, not 10: remove one of the two"):
        resolve(spec, classes=10)
