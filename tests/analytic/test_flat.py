"""A flat list of layers: its network, and the sizes that no padding explains."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.flat import contradictions, resolve_flat
from mbcost.analytic.layers import BatchNorm, Linear, Shape
from mbcost.analytic.written import WrittenConv2d
from mbcost.spec.flat import FlatLayer, FlatNetwork

CONV = FlatLayer("a", "conv", (8, 16, 3), (3, 7, 4), (3, 5), 2, 2, 1, bias=True, norm=4, position=(5, 1))
LINEAR = FlatLayer("b", "linear", (1, 1, 4), (1, 1, 2), position=(6, 1))
LIST = FlatNetwork("any", "", 3, (8, 16), (CONV, LINEAR))


def list_messages(flat: FlatNetwork) -> list[str]:
    return [message for _, message in contradictions(flat)]


def test_a_list_of_two_layers_is_a_network_of_two_rows() -> None:
    """Height and width come first in a list and last in a shape; a layer's map is the written one."""
    network = resolve_flat(LIST)
    conv = WrittenConv2d("0.1.a", Shape(3, 8, 16), 4, (3, 5), 2, 1, bias=True, dilation=2, written=Shape(4, 3, 7))
    assert network.layers == (conv, BatchNorm("0.1.a", Shape(4, 3, 7)), Linear("1.1.b", Shape(4, 1, 1), 2, bias=False))
    assert conv.output == Shape(4, 3, 7)
    assert (network.alpha, network.resolution, network.classes, network.in_channels) == (1, (8, 16), 2, 3)
    assert (network.implementation, network.spec.is_flat) == ("as written", True)
    rows = [(row.stage, row.operator, row.kernel, row.c, row.stride) for row in network.spec.rows]
    assert rows == [(0, "conv", (3, 5), 4, 2), (1, "linear", (1, 1), 2, 1)]
    assert [(step.name, step.row.stage) for step in network.steps] == [("0.1.a", 0), ("1.1.b", 1)]
    # 3 x 5 x 3 x 4 weights at 3 x 7 positions, 4 biases; a norm has a scale and a shift per channel; 4 x 2 of the last.
    assert (network.mult_adds(), network.params()) == (180 * 21 + 8, 180 + 4 + 8 + 8)


def test_the_classes_of_a_list_are_the_outputs_of_its_last_layer() -> None:
    last = FlatLayer("c", "linear", (1, 1, 2), (1, 1, 9))
    assert resolve_flat(replace(LIST, layers=(CONV, LINEAR, last))).classes == 9
    assert resolve_flat(replace(LIST, layers=(CONV,))).classes == 4


def test_norms_of_a_list_can_have_a_different_number_of_channels() -> None:
    """The norms after a layer are one number, such as 8 for two norms of 4 channels."""
    network = resolve_flat(replace(LIST, layers=(replace(CONV, norm=8), LINEAR)))
    assert network.layers[1] == BatchNorm("0.1.a", Shape(8, 3, 7))


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.sampled_from([0, 1]))
def test_an_output_is_possible_if_and_only_if_some_padding_gives_it(
    size: int, kernel: int, stride: int, dilation: int, axis: int
) -> None:
    """By trying every number of zeros that leaves no window without a position of the map."""
    window = (kernel - 1) * dilation + 1
    sums = {size + before + after - window for before in range(window) for after in range(window)}
    possible = {total // stride + 1 for total in sums if total >= 0}

    def sides(side: int) -> tuple[int, int, int]:
        return (side, 1, 3) if axis == 0 else (1, side, 3)

    kernels = (kernel, 1) if axis == 0 else (1, kernel)
    for output in range(1, size + 2 * window + 1):
        # The other side is 1, which every stride keeps.
        layer = FlatLayer("x", "conv", sides(size), sides(output), kernels, stride, dilation, position=(9, 2))
        flat = FlatNetwork("any", "", 3, sides(size)[:2], (layer,))
        assert list(dict(contradictions(flat))) == ([] if output in possible else [(9, 2)]), (output, possible)


@pytest.mark.parametrize(
    ("flat", "messages"),
    [
        (LIST, []),
        (replace(LIST, channels=1), ["the first layer reads 8x16x3, but 'input' is 8x16x1: correct one of them"]),
        (
            replace(LIST, resolution=(16, 8)),
            ["the first layer reads 8x16x3, but 'input' is 16x8x3: correct one of them"],
        ),
        (  # with d 2, the window is 5 x 9: from floor(3 / 2) + 1 = 2 to floor((8 + 8 - 5) / 2) + 1 = 6 high
            replace(LIST, layers=(replace(CONV, output=(7, 13, 4)), LINEAR)),
            [
                "no padding gives 7x13 from 8x16 with k 3x5, s 2, d 2, expected 2 to 6 by 4 to 12: correct one of them",
            ],
        ),
        (
            replace(LIST, layers=(CONV, replace(LINEAR, output=(2, 1, 2)))),
            ["no padding gives 2x1 from 1x1 with k 1x1, s 1, d 1, expected 1 by 1: correct one of them"],
        ),
    ],
)
def test_a_contradiction_says_what_is_expected(flat: FlatNetwork, messages: list[str]) -> None:
    assert list_messages(flat) == messages
