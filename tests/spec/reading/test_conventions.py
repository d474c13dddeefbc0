"""Raw counts, and the params and mult-adds that conventions make of them."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.network import resolve
from mbcost.errors import SpecError
from mbcost.spec.catalogue.library import NETWORKS, load_convention, load_conventions, load_spec
from mbcost.spec.convention import Convention
from mbcost.spec.reading.conventions import parse_conventions
from mbcost.spec.tally import COUNTS, Tally, total

LIBRARIES = {"torchvision", "timm", "keras", "transformers"}
conventions = st.sampled_from(list(load_conventions().values()))
tallies = st.builds(Tally, *[st.integers(0, 10**12)] * len(COUNTS))


@given(st.lists(tallies, max_size=5))
def test_a_total_adds_up_every_count(parts: list[Tally]) -> None:
    assert astuple(total(parts)) == tuple(sum(getattr(tally, count) for tally in parts) for count in COUNTS)


@given(conventions, tallies, tallies)
def test_the_parts_of_a_table_add_up_by_every_convention(convention: Convention, one: Tally, two: Tally) -> None:
    assert convention.mult_adds(one) + convention.mult_adds(two) == convention.mult_adds(one + two)
    assert convention.params(one) + convention.params(two) == convention.params(one + two)


def test_the_default_convention_counts_as_the_papers_do() -> None:
    convention = load_convention()
    assert convention == load_convention("macs")
    tally = Tally(*range(1, len(COUNTS) + 1))
    assert convention.mult_adds(tally) == tally.conv_macs + tally.linear_macs
    assert convention.params(tally) == tally.weights + tally.biases + 2 * tally.norm_channels


@given(tallies)
def test_flops_are_twice_the_multiply_adds_and_take_params_from_the_default(tally: Tally) -> None:
    assert load_convention("flops2").mult_adds(tally) == 2 * load_convention().mult_adds(tally)
    assert load_convention("flops2").params(tally) == load_convention().params(tally)


@pytest.mark.parametrize("name", load_conventions())
def test_every_convention_has_a_title_and_a_source(name: str) -> None:
    convention = load_convention(name)
    assert convention.name == name
    assert convention.title
    assert convention.source


@pytest.mark.parametrize("name", load_conventions())
def test_a_blind_spot_states_what_the_tool_counts_differently(name: str) -> None:
    for spot in load_convention(name).blind:
        assert spot.models in LIBRARIES
        assert spot.networks <= set(NETWORKS)
        assert spot.says
        numbers = spot.params_coefficients, spot.mult_adds_coefficients
        assert spot.fails != (spot.without or spot.partial or numbers != (None, None))


NETS = ("v1:transformers", "v2:torchvision", "v3-large:torchvision", "v3-small:torchvision")
AT_224 = {
    ("params", "macs"): (4_231_976, 3_504_872, 5_483_032, 2_542_856),
    ("mult_adds", "macs"): (568_740_352, 300_774_272, 216_589_760, 56_510_400),
    ("mult_adds", "torch"): (1_137_480_704, 601_548_544, 433_179_520, 113_020_800),
    ("mult_adds", "fvcore"): (578_875_904, 314_193_216, 226_033_824, 59_649_536),
    ("mult_adds", "ptflops"): (583_969_768, 320_300_008, 231_316_416, 60_910_032),
    ("mult_adds", "ptflops-aten"): (568_741_352, 300_775_272, 216_597_120, 56_515_312),
    ("mult_adds", "thop"): (588_962_304, 327_486_720, 234_838_456, 62_477_944),
    ("mult_adds", "torchinfo"): (568_763_240, 300_809_384, 216_621_520, 56_527_424),
    ("mult_adds", "calflops"): (568_740_352, 300_774_272, 216_589_760, 56_510_400),
    ("mult_adds", "calflops-flops"): (1_147_616_256, 614_967_488, 444_944_056, 116_633_816),
    ("mult_adds", "torchprofile"): (573_784_064, 307_453_664, 221_591_992, 58_211_416),
}
"""What the tools counted on the libraries' own models at alpha 1 and 224 x 224, before mbcost had conventions."""


@pytest.mark.parametrize(("quantity", "convention"), AT_224)
def test_a_convention_gives_the_number_of_its_tool_at_224(quantity: str, convention: str) -> None:
    numbers = []
    for net in NETS:
        name, _, implementation = net.partition(":")
        tally = resolve(load_spec(name), implementation=implementation).tally()
        counted = load_convention(convention)
        numbers.append(counted.params(tally) if quantity == "params" else counted.mult_adds(tally))
    assert tuple(numbers) == AT_224[quantity, convention]


FIRST = """\
mine:
  title: mine
  source: me
  params: {weights: 1}
  mult_adds: {conv_macs: 1}
  proved: [mine 1.0]
  blind:
    - {models: timm, says: half, without: [head], partial: [params]}
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("conv_macs", "conv_mac", "5:15: unknown key 'conv_mac': did you mean 'conv_macs'"),
        ("conv_macs: 1", "conv_macs: -1", "5:26: -1 is too small: it must be at least 1"),
        ("conv_macs: 1", "conv_macs: 1.5", "5:26: expected a whole number, found 1.5"),
        ("  title: mine\n", "", "2:3: the key 'title' is missing: add it"),
        ("params", "parms", "4:3: unknown key 'parms': did you mean 'params'?"),
        ("[mine 1.0]", "mine 1.0", "6:11: expected a list, found text 'mine 1.0'"),
        ("models: timm, ", "", "8:7: the key 'models' is missing: add it"),
        ("[params]", "[parms]", "8:61: unknown quantity 'parms': did you mean 'params'?"),
        ("proved: [mine 1.0]", "proof: sorce", "6:10: unknown proof 'sorce': did you mean 'source'?"),
        ("proved: [mine 1.0]", "proof: live", "6:10: unknown proof 'live': choose from recorded, published, source"),
        ("title: mine", "proof: source", "2:10: 'proved' and 'proof' are both given: remove 'proof'"),
        ("proved: [mine 1.0]", "framework: torhc", "6:14: unknown framework 'torhc': did you mean 'torch'?"),
        ("conv_macs: 1", "outputs: -2", "5:24: -2 is too small: it must be at least -1"),
        ("[head]", "head", "8:43: expected a list, found text 'head'"),
    ],
)
def test_a_mistake_in_a_convention_is_reported_at_its_position(old: str, new: str, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_conventions(FIRST.replace(old, new, 1), "mine.yaml")
    assert any(line.startswith(f"mine.yaml:{problem}") for line in caught.value.problems)


def test_a_convention_is_read_with_its_blind_spots() -> None:
    (convention,) = parse_conventions(FIRST, "mine.yaml").values()
    assert convention.proved == ("mine 1.0",)
    spot = convention.blind_spot("timm", "v1")
    assert spot is not None
    assert (spot.says, spot.fails) == ("half", False)
    assert spot.without == {"head"}
    assert spot.partial == {"params"}
    assert convention.seen_through(spot).mult_adds_coefficients == convention.mult_adds_coefficients
    assert convention.blind_spot("keras", "v1") is None


def test_a_test_that_runs_the_tool_is_the_strongest_proof() -> None:
    (convention,) = parse_conventions(FIRST, "mine.yaml").values()
    assert (convention.proof, convention.holds_in) == ("live", ("mine 1.0",))
    recorded = FIRST.replace("proved: [mine 1.0]", "proof: recorded\n  versions: [mine 0.9]\n  run_on: [v2]")
    (convention,) = parse_conventions(recorded, "mine.yaml").values()
    assert (convention.proof, convention.holds_in, convention.run_on) == ("recorded", ("mine 0.9",), ("v2",))
    (convention,) = parse_conventions(FIRST.replace("proved: [mine 1.0]\n  ", ""), "mine.yaml").values()
    assert (convention.proof, convention.framework) == (None, None)


def test_only_outputs_can_be_subtracted() -> None:
    """A sum of K products needs K - 1 additions, so that two operations per multiply-add count one too many."""
    (convention,) = parse_conventions(FIRST.replace("conv_macs: 1", "conv_macs: 2, outputs: -1"), "mine.yaml").values()
    assert convention.mult_adds(Tally(conv_macs=27, outputs=3)) == 3 * (2 * 9 - 1)


@pytest.mark.parametrize("name", load_conventions())
def test_a_convention_states_what_confirms_it(name: str) -> None:
    convention = load_convention(name)
    assert (convention.proof == "live") == bool(convention.proved)
    assert (convention.proof == "recorded") == bool(convention.run_on)
    assert not (convention.proved and convention.versions)
    if convention.proof in ("live", "recorded"):
        assert convention.framework is not None
        assert convention.holds_in
    if convention.framework is not None:
        assert convention.proof is not None
