from __future__ import annotations

import pytest

from mbcost.present.cost.conventions import PROOF_WORDS, PROVED_ON, sum_text
from mbcost.present.cost.counts import coefficients_text
from mbcost.questions.cost.conventions import WORK, find_left_out, show_convention
from mbcost.spec.catalogue.library import load_convention, load_conventions
from mbcost.spec.convention import PROOFS
from mbcost.spec.tally import COUNTS


def test_a_subtracted_count_has_a_minus() -> None:
    assert coefficients_text({"outputs": -1}) == "-outputs"
    assert (
        coefficients_text({"conv_macs": 2, "linear_macs": 2, "outputs": -1, "adds": 1}) == "2 x macs - outputs + adds"
    )


def test_the_sum_of_a_convention_that_counts_nothing_is_0() -> None:
    blind = load_convention("thop").blind_spot("keras", "v2")
    assert blind is not None
    assert sum_text(show_convention(load_convention("thop").seen_through(blind)).mult_adds) == "nothing = 0"


def test_every_proof_has_words() -> None:
    assert set(PROOF_WORDS) == {*PROOFS, None}
    live = [convention for convention in load_conventions().values() if convention.proof == "live"]
    assert live
    assert all(convention.framework in PROVED_ON for convention in live)


def test_every_raw_count_of_work_has_words() -> None:
    """Only weights and biases are not work: the same values are counted by the work that uses them."""
    in_words = {count for kinds in WORK.values() for counts in kinds.values() for count in counts}
    assert in_words == set(COUNTS) - {"weights", "biases"}


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("torch", "biases"),
        ("paddle", "the biases of linear layers"),
        ("torchstat-madd", "the biases of linear layers"),
        ("vela", "norms"),
        ("tf-profiler", "norms"),
    ],
)
def test_what_is_left_out_is_named_together_if_nothing_of_it_is_counted(name: str, left_out: str) -> None:
    assert left_out in find_left_out(load_convention(name))


def test_a_count_that_is_subtracted_is_not_counted_work() -> None:
    assert "the biases of linear layers" not in find_left_out(load_convention("torch-flops"))
    assert "the biases of linear layers" in find_left_out(load_convention("torchstat-madd"))
