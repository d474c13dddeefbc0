from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.network import resolve
from mbcost.questions.compare.residuals import compare_residuals
from mbcost.questions.compare.separable import LayerSizes, compare_layer, compare_network
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import ChannelRule

PLAIN = ChannelRule("truncate", divisor=1, minimum=1)


@given(
    sizes=st.builds(
        LayerSizes,
        kernel=st.integers(1, 9),
        inputs=st.integers(1, 512),
        outputs=st.integers(1, 512),
        feature=st.integers(1, 64),
        stride=st.integers(1, 3),
    )
)
def test_the_ratio_is_exactly_the_papers(sizes: LayerSizes) -> None:
    compared = compare_layer(PLAIN, sizes, alpha=0.5, rho=Fraction(1, 2))
    assert compared.ratio == compared.formula == Fraction(1, sizes.outputs) + Fraction(1, sizes.kernel**2)
    _, separable, thin, small = compared.forms
    assert small.mult_adds <= thin.mult_adds <= separable.mult_adds
    assert small.params == thin.params


@pytest.mark.parametrize(("alpha", "resolution"), [(1.0, 224), (0.5, 224), (0.75, 97), (0.25, 160)])
def test_v1s_standard_form_equals_v1_standard_layer_by_layer(alpha: float, resolution: int) -> None:
    network = resolve(load_spec("v1"), alpha=alpha, resolution=resolution)
    compared = compare_network(network, network)
    dense = resolve(load_spec("v1-standard"), alpha=alpha, resolution=resolution)
    by_name = {step.name: step.tally for step in dense.steps}
    for block in compared.blocks:
        assert block.standard.weights == by_name[f"{block.name}.conv"].weights
        assert block.standard.conv_macs == by_name[f"{block.name}.conv"].conv_macs
        assert block.standard.norm_channels == by_name[f"{block.name}.conv"].norm_channels
    assert compared.standard.conv_macs == dense.tally().conv_macs
    assert compared.separable == network.tally()


def test_an_inverted_block_has_a_ratio_of_its_own() -> None:
    """Expand first, then depthwise: 1/M + (D/D')²/K² of the dense convolution, and 1/M without an expansion."""
    network = resolve(load_spec("v2"))
    blocks = {block.name: block for block in compare_network(network, network).blocks}
    assert blocks["1.1"].ratio == Fraction(1, 32)  # t = 1: a depthwise layer against a dense one
    assert blocks["2.1"].ratio == Fraction(1, 16) + Fraction(2**2, 3**2)  # stride 2
    assert blocks["2.2"].ratio == Fraction(1, 24) + Fraction(1, 3**2)


def test_the_residual_blocks_cost_what_they_cost_in_a_network() -> None:
    """V3-Large's block 15.1 (160 channels, exp 960, SE) except for its kernel of 5."""
    _, inverted, excited = compare_residuals(
        load_spec("v3-large").implementation("official").squeeze, channels=160, feature=7, expansion=6, reduction=4
    )
    steps = {step.name: step.tally for step in resolve(load_spec("v3-large")).steps if step.name.startswith("15.1.")}
    squeeze = sum(tally.conv_macs for name, tally in steps.items() if ".se." in name)
    assert excited.tally.conv_macs - inverted.tally.conv_macs == squeeze
    dense = steps["15.1.expand"].conv_macs + steps["15.1.project"].conv_macs
    assert inverted.tally.conv_macs == dense + 9 * 960 * 49
