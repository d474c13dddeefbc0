"""The text of `mbcost fit`: limits are spelled exactly, and misses say what is not published."""

from __future__ import annotations

import pytest

from mbcost.present.search.fit import COLUMNS, as_table
from mbcost.questions.search.configurations import CountingRules, compute_sheet
from mbcost.questions.search.series import Series
from mbcost.questions.search.fit import fit
from mbcost.questions.search.limits import Fit, Limit
from mbcost.spec.catalogue.library import load_convention, load_spec


def find_fit(*limits: Limit, implementation: str = "official") -> Fit:
    spec = load_spec("v2")
    series = Series(spec, spec.implementation(implementation), 1000, 3)
    sheet = compute_sheet(series, series.plan_alphas([0.5, 1.0]), CountingRules(load_convention(), "naive", "int8"))
    return fit([sheet], [[(96, 96), (224, 160)]], limits)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit("memory", 320 * 1024), "--ram 320 KiB"),
        (Limit("flash", 3 * 2**19), "--flash 1.5 MiB"),
        (Limit("flash", 1372 * 1024), "--flash 1,404,928 B"),  # 1.3 MiB is only nearly so much
        (Limit("memory", 327681), "--ram 327,681 B"),
        (Limit("memory", 0), "--ram 0 B"),
        (Limit("mult_adds", 60_000_001), "--mult-adds 60,000,001"),
        (Limit("top1", 68.5, at_least=True), "--min-top1 68.5%"),
        (Limit("latency", 30.0, phone="pixel1"), "--max-latency 30 ms on pixel1"),
    ],
)
def test_a_limit_is_spelled_exactly_in_the_title(limit: Limit, text: str) -> None:
    assert as_table(find_fit(limit)).title.endswith(f" of 4 configurations fit {text}")


def test_configurations_are_named_as_users_type_them() -> None:
    notes = as_table(find_fit(Limit("memory", 500_000))).notes
    assert "nearest miss: v2@0.5/224x160:official misses --ram by 36.7 KiB (layer 2.1.depthwise)" in notes
    assert "without --ram: the best is v2@1/224x160:official, with 215,204,480 mult-adds and 1 MiB" in notes


def test_a_miss_says_that_no_value_is_published() -> None:
    notes = as_table(find_fit(Limit("top1", 60.0, at_least=True), implementation="keras")).notes
    assert "--min-top1 is impossible: no value is published for any of these networks" in notes
    notes = as_table(find_fit(Limit("top1", 75.0, at_least=True))).notes
    assert any("--min-top1 is impossible: the largest value is 60.3%, of v2@1/96:official" in note for note in notes)


def test_the_columns_have_different_keys_and_headers() -> None:
    assert len({column.key for column in COLUMNS}) == len({column.header for column in COLUMNS}) == len(COLUMNS)
