"""Rounding a width: its properties, and the libraries' own functions as a witness."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import INTEGER_STEPS, ChannelRule

# Eighths contain what random floats miss: the points halfway between multiples, and exactly a tenth less.
widths = st.floats(0.01, 20_000) | st.integers(1, 160_000).map(lambda eighths: eighths / 8)
alphas = st.floats(0.05, 4)
divisors = st.integers(1, 64)
rules = st.builds(
    lambda integer, divisor, factor, up: ChannelRule(integer, divisor, factor * divisor, up),
    st.sampled_from(INTEGER_STEPS), divisors, st.integers(0, 3), st.booleans(),
)  # fmt: skip


@given(rules, widths)
def test_a_rounded_width_is_a_multiple_of_the_divisor_and_is_not_rounded_again(rule: ChannelRule, width: float) -> None:
    channels = rule.round(width)
    assert channels % rule.divisor == 0
    assert channels >= rule.minimum
    assert rule.round(channels) == channels


@given(rules, widths, widths)
def test_a_larger_alpha_never_gives_fewer_channels(rule: ChannelRule, first: float, second: float) -> None:
    assert rule.round(min(first, second)) <= rule.round(max(first, second))


@given(divisors, widths)
def test_rounding_removes_at_most_a_tenth_and_adds_less_than_the_divisor(divisor: int, width: float) -> None:
    channels = ChannelRule("none", divisor, divisor).round(width)
    assert channels >= 0.9 * width
    assert channels < width + divisor


@pytest.mark.parametrize(
    ("rule", "width", "channels"),
    [
        (ChannelRule("none", 8, 8), 11.2, 16),  # 32 x 0.35: 8 would remove more than a tenth
        (ChannelRule("none", 8, 8), 8.8, 8),  # just less than a tenth
        (ChannelRule("none", 8, 8), 20, 24),  # halfway is rounded up
        (ChannelRule("none", 8, 8), 0.5, 8),  # the minimum
        (ChannelRule("truncate", 1, 8), 44.8, 44),  # TF-slim's V1: max(int(32 x 1.4), 8)
        (ChannelRule("truncate", 8, 8), 35.99, 32),  # Keras' V2: 35, which is closer to 32 ...
        (ChannelRule("round", 8, 8), 35.99, 40),  # ... and transformers' V2: 36, halfway to 40
        (ChannelRule("none", 8, 0, up=True), 16.001, 24),  # GluonCV's V3
        (ChannelRule("none", 8, 0, up=True), 16, 16),
        (ChannelRule("truncate", 1, 0), 0.99, 0),  # no channel is left; `Scaling` raises an error
    ],
)
def test_rules_round_a_width_differently(rule: ChannelRule, width: float, channels: int) -> None:
    assert rule.round(width) == channels


def imported(module: str, name: str) -> Callable[..., int]:
    function: Callable[..., int] = getattr(import_module(module), name)
    return function


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("torchvision.models._utils", "_make_divisible"),
        ("timm.layers", "make_divisible"),
        ("transformers.models.mobilenet_v2.modeling_mobilenet_v2", "make_divisible"),
        ("keras.src.applications.mobilenet_v3", "_depth"),
    ],
)
def test_rounding_to_a_multiple_equals_make_divisible_of_the_libraries(module: str, name: str) -> None:
    theirs = imported(module, name)

    @given(widths, divisors)
    def agree(width: float, divisor: int) -> None:
        assert ChannelRule("none", divisor, minimum=divisor).round(width) == theirs(width, divisor)

    agree()


def transformers_v2(printed: int, alpha: float) -> int:
    from transformers import MobileNetV2Config

    apply = imported("transformers.models.mobilenet_v2.modeling_mobilenet_v2", "apply_depth_multiplier")
    return apply(MobileNetV2Config(depth_multiplier=alpha), printed)


def timm_v1(printed: int, alpha: float) -> int:
    return imported("timm.models._efficientnet_builder", "round_channels")(printed, alpha)


def keras_v2(printed: int, alpha: float) -> int:
    """Round as `_inverted_res_block` of Keras does."""
    return imported("keras.src.applications.mobilenet_v2", "_make_divisible")(int(printed * alpha), 8)


@pytest.mark.parametrize(
    ("network", "implementation", "theirs"),
    [("v2", "transformers", transformers_v2), ("v1", "timm", timm_v1), ("v2", "keras", keras_v2)],
)
def test_a_rule_of_a_built_in_spec_equals_that_of_the_library(
    network: str, implementation: str, theirs: Callable[[int, float], int]
) -> None:
    rule = load_spec(network).implementation(implementation).channels

    @given(st.integers(1, 2048), alphas)
    def agree(printed: int, alpha: float) -> None:
        assert rule.round(printed * alpha) == theirs(printed, alpha)

    agree()
