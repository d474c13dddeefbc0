"""The engine and the tools agree to the last integer, and the comparison reports every single number that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.network import Network, resolve
from mbcost.measured.build import build
from mbcost.measured.measure import TOOLS, measure
from mbcost.questions.validate.comparison import validate, validate_in_order
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.observed import QUANTITIES, LayerFacts, Measurement
from tests.models import weights_filled
from tests.sampling import keep_one_of

pytestmark = pytest.mark.traced

ALPHAS = (0.25, 0.35, 0.5, 0.75, 1.0, 1.25, 1.3, 1.4)
SIZES = ((97, 160), (160, 97))
"""Every map has an odd side and an even one, until the even one is 5."""
HEAVY = ("resnet-50", "vgg-16", "mobilenet-v4-conv-medium", "mobilenet-v4-conv-large")
"""Large networks, which are measured at a few sizes only."""
PAIRS = [
    (name, implementation)
    for name in NETWORKS
    if name not in HEAVY
    for implementation in load_spec(name).implementations
]


@pytest.fixture(scope="module", autouse=True)
def _no_random_weights() -> Iterator[None]:
    with weights_filled():
        yield


@pytest.mark.parametrize(
    ("network", "implementation", "alpha", "resolution"),
    [(*pair, ALPHAS[index % len(ALPHAS)], SIZES[index % len(SIZES)]) for index, pair in enumerate(PAIRS)],
)
def test_engine_and_tools_agree(network: str, implementation: str, alpha: float, resolution: tuple[int, int]) -> None:
    """Every network is compared under every implementation; the alphas and the sizes take turns.

    `make validate` tries every published alpha and resolution.
    """
    spec = load_spec(network)
    model = build(spec, alpha=alpha, implementation=implementation)
    resolved = resolve(spec, alpha=alpha, resolution=resolution, implementation=implementation)
    for tool in TOOLS:
        validation = validate(resolved, measure(model, resolution=resolution, against=tool))
        assert validation.differences == ()
        assert validation.checks > 10 * len(resolved.steps)


@pytest.mark.parametrize(
    ("network", "alpha", "resolution"),
    keep_one_of(2, [(name, *size) for name in HEAVY for size in ((0.25, (97, 64)), (0.35, 65), (0.5, (40, 33)))]),
)
def test_engine_and_tools_agree_on_large_networks(
    network: str, alpha: float, resolution: int | tuple[int, int]
) -> None:
    spec = load_spec(network)
    model, resolved = build(spec, alpha=alpha), resolve(spec, alpha=alpha, resolution=resolution)
    for tool in TOOLS:
        assert validate(resolved, measure(model, resolution=resolution, against=tool)).differences == ()


@pytest.fixture(scope="module")
def agreed() -> tuple[Network, Measurement]:
    """Return a network and a measurement without a difference."""
    spec = load_spec("v3-small")
    return resolve(spec, resolution=64), measure(build(spec), resolution=64)


def altered(measurement: Measurement, index: int, **values: Any) -> Measurement:
    layers = list(measurement.layers)
    layers[index] = replace(layers[index], **values)
    return replace(measurement, layers=tuple(layers))


@given(st.data())
def test_a_single_different_value_is_one_difference(agreed: tuple[Network, Measurement], data: st.DataObject) -> None:
    network, measurement = agreed
    index = data.draw(st.integers(0, len(measurement.layers) - 1))
    quantity = data.draw(st.sampled_from(QUANTITIES))
    value = getattr(measurement.layers[index], quantity)
    other = data.draw(
        st.sampled_from(["conv", "relu", "none", 0, 1, 4, (1, 1), (3, 3), (7, 7, 3)]).filter(
            lambda other: other != value
        )
    )
    (difference,) = validate(network, altered(measurement, index, **{quantity: other})).differences
    assert difference.layer == measurement.layers[index].name
    assert (difference.quantity, difference.expected, difference.measured) == (quantity, value, other)


@pytest.mark.parametrize("total", ["params", "macs"])
def test_a_wrong_total_is_one_difference(agreed: tuple[Network, Measurement], total: str) -> None:
    """A tool's total is not by definition the sum of its layers, so it is compared, too."""
    network, measurement = agreed
    value = getattr(measurement, total)
    (difference,) = validate(network, replace(measurement, **{total: value + 1})).differences
    assert (difference.layer, difference.quantity) == ("total", total)
    assert (difference.expected, difference.measured) == (value, value + 1)


@pytest.mark.parametrize(
    ("quantity", "differs"), [("norm_elements", False), ("activation", False), ("stride", True), ("groups", True)]
)
def test_only_a_count_that_a_witness_cannot_see_is_left_out(
    agreed: tuple[Network, Measurement], quantity: str, differs: bool
) -> None:
    """A convolution has a stride, so None is wrong there. A count that is left out does not count as a check."""
    network, measurement = agreed
    everything = validate(network, measurement)
    validation = validate(network, altered(measurement, 0, **{quantity: None}))
    reported = [(difference.layer, difference.quantity) for difference in validation.differences]
    assert reported == [("0.1.conv", quantity)] * differs
    assert validation.checks == everything.checks - (not differs)


@pytest.fixture(scope="module")
def in_a_librarys_words(agreed: tuple[Network, Measurement]) -> Measurement:
    """Return the measurement of a library's model: convolutions and linear layers, under the library's names."""
    layers = [layer for layer in agreed[1].layers if layer.operator in ("conv", "linear")]
    named = [replace(layer, name=f"features.{index}") for index, layer in enumerate(layers)]
    return replace(agreed[1], against="library", layers=tuple(named))


def test_the_layers_of_a_library_are_paired_by_position(
    agreed: tuple[Network, Measurement], in_a_librarys_words: Measurement
) -> None:
    network, layers = agreed[0], in_a_librarys_words.layers
    assert validate_in_order(network, in_a_librarys_words).differences == ()

    def differences(*measured: LayerFacts) -> list[tuple[object, ...]]:
        validation = validate_in_order(network, replace(in_a_librarys_words, layers=measured))
        return [
            (difference.layer, difference.quantity, difference.expected, difference.measured)
            for difference in validation.differences
        ]

    assert differences(*layers[:-1]) == [("15.1.classifier", "layer", "present", None)]
    assert differences(*layers, replace(layers[0], name="extra")) == [("extra", "layer", None, "present")]
    swapped = differences(layers[1], layers[0], *layers[2:])
    assert ("0.1.conv", "groups", 1, 16) in swapped
    assert ("1.1.depthwise", "groups", 16, 1) in swapped
