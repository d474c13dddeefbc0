"""Rounding a width: its properties, and the libraries' own functions as the witness."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import INTEGER_STEPS, ChannelRule

# Eighths hit what random floats miss: the half-way points and the exact tenth.
widths = st.floats(0.01, 20_000) | st.integers(1, 160_000).map(lambda eighths: eighths / 8)
alphas = st.floats(0.05, 4)
divisors = st.integers(1, 64)
rules = st.builds(
    lambda integer, divisor, factor: ChannelRule(integer, divisor, factor * divisor),
    st.sampled_from(INTEGER_STEPS), divisors, st.integers(0, 3),
)  # fmt: skip


@given(rules, widths)
def test_a_rounded_width_is_a_multiple_that_stays_as_it_is(rule: ChannelRule, width: float) -> None:
    channels = rule.round(width)
    assert channels % rule.divisor == 0
    assert channels >= rule.minimum
    assert rule.round(channels) == channels


@given(rules, widths, widths)
def test_a_larger_alpha_never_gives_fewer_channels(rule: ChannelRule, one: float, other: float) -> None:
    assert rule.round(min(one, other)) <= rule.round(max(one, other))


@given(divisors, widths)
def test_rounding_takes_off_a_tenth_at_most_and_adds_less_than_a_multiple(divisor: int, width: float) -> None:
    channels = ChannelRule("none", divisor, divisor).round(width)
    assert channels >= 0.9 * width
    assert channels < width + divisor


@pytest.mark.parametrize(
    ("rule", "width", "channels"),
    [
        (ChannelRule("none", 8, 8), 11.2, 16),  # 32 x 0.35: 8 would take off more than a tenth
        (ChannelRule("none", 8, 8), 8.8, 8),  # just less than a tenth
        (ChannelRule("none", 8, 8), 20, 24),  # half-way goes up
        (ChannelRule("none", 8, 8), 0.5, 8),  # the minimum
        (ChannelRule("truncate", 1, 8), 44.8, 44),  # TF-slim's V1: max(int(32 x 1.4), 8)
        (ChannelRule("truncate", 8, 8), 35.99, 32),  # Keras' V2: 35, which is nearer to 32 ...
        (ChannelRule("round", 8, 8), 35.99, 40),  # ... and transformers' V2: 36, half-way to 40
        (ChannelRule("truncate", 1, 0), 0.99, 0),  # nothing is left; `Scaling` makes an error of it
    ],
)
def test_a_width_that_rules_disagree_on(rule: ChannelRule, width: float, channels: int) -> None:
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
def test_make_divisible_is_the_libraries(module: str, name: str) -> None:
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
    """As its `_inverted_res_block` calls it."""
    return imported("keras.src.applications.mobilenet_v2", "_make_divisible")(int(printed * alpha), 8)


@pytest.mark.parametrize(
    ("network", "implementation", "theirs"),
    [("v2", "transformers", transformers_v2), ("v1", "timm", timm_v1), ("v2", "keras", keras_v2)],
)
def test_a_rule_of_the_specs_is_the_librarys(
    network: str, implementation: str, theirs: Callable[[int, float], int]
) -> None:
    rule = load_spec(network).implementation(implementation).channels

    @given(st.integers(1, 2048), alphas)
    def agree(printed: int, alpha: float) -> None:
        assert rule.round(printed * alpha) == theirs(printed, alpha)

    agree()
