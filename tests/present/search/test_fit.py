"""The text of `mbcost fit`: the answer in words, exact limits, and misses that say what is not known."""

from __future__ import annotations

import pytest

from mbcost.analytic.network import resolve
from mbcost.present.search.fit import COLUMNS, DATA, as_table
from mbcost.questions.accuracy.estimate import estimate_accuracy
from mbcost.questions.search.configurations import CountingRules, compute_sheet
from mbcost.questions.search.estimates import make_estimator
from mbcost.questions.search.fit import fit
from mbcost.questions.search.fit_answer import Fit
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.series import Series
from mbcost.spec.catalogue.library import load_convention, load_spec

DEVICE = "pixel1-tflite"


def find_fit(*limits: Limit, implementation: str = "official", net: str = "v2") -> Fit:
    spec = load_spec(net)
    series = Series(spec, spec.implementation(implementation), 1000, 3)
    sheet = compute_sheet(
        series, series.plan_alphas([0.5, 0.6, 1.0]), CountingRules(load_convention(), "naive", "int8")
    )
    has_latency = any(limit.quantity == "latency" for limit in limits)
    estimator = make_estimator(DEVICE if has_latency else None, limits_latency=has_latency)
    return fit([sheet], [[(96, 96), (160, 160), (224, 160)]], limits, estimator=estimator)


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
        (Limit("latency", 200.0, device=DEVICE), "--max-latency 200 ms on pixel1-tflite"),
    ],
)
def test_a_limit_is_spelled_exactly(limit: Limit, text: str) -> None:
    (counts,) = [line for line in as_table(find_fit(limit)).lead if " of 9 configurations " in line]
    assert counts.partition("; ")[0].endswith(f"fit {text}")


def test_the_answer_comes_first_in_words() -> None:
    table = as_table(find_fit(Limit("memory", 768_000)))
    assert table.title == "The best that fits is v2@1/160: 68.8% top-1 (released checkpoint)"
    assert table.lead[0] == "--ram is the limit that binds: 0 B left."
    assert "other released checkpoints that fit: v2@0.5/160 61%, v2@1/96 60.3%, v2@0.5/96 51.2%" in table.notes
    assert "nearest miss" not in " ".join(table.notes)
    estimated = as_table(find_fit(Limit("mult_adds", 80_000_000), Limit("latency", 30, device=DEVICE)))
    known = estimate_accuracy(resolve(load_spec("v2"), alpha=0.6, resolution=160))
    text = f"about {known.top1:.1f}% top-1 ({known.low:.1f} to {known.high:.1f}), "
    assert estimated.title.startswith(f"The best that fits is v2@0.6/160: {text}")
    assert estimated.lead[0].startswith("--mult-adds is the limit that binds: ")
    assert as_table(find_fit(Limit("memory", 1))).title == "Nothing fits"


def test_estimates_are_printed_with_the_errors_that_they_made_when_left_out() -> None:
    notes = " ".join(as_table(find_fit(Limit("mult_adds", 80_000_000), Limit("latency", 30, device=DEVICE))).notes)
    assert "each predicted by the others, the mean error is" in notes
    assert "by mult-adds alone" in notes
    assert "each estimated without itself, the mean error is 0.44 points and the worst 1.46; low, high: a 90%" in notes


def test_a_family_that_was_not_measured_only_may_fit_and_says_why() -> None:
    table = as_table(find_fit(Limit("latency", 40, device=DEVICE), net="v1"))
    assert table.title.startswith("The best that may fit is v1@0.6/160: ")
    assert table.lead[-1].startswith("0 of 9 configurations fit --max-latency 40 ms on pixel1-tflite; ")
    assert any("the latency has no interval: no network of its family was measured" in note for note in table.notes)
    assert {row[list(table.columns).index(column)] for row in table.rows for column in table.columns
            if column.key == "fits"} == {"may fit"}  # fmt: skip


def test_misses_and_reliefs_are_named_as_users_type_them_with_points_of_accuracy() -> None:
    notes = as_table(find_fit(Limit("memory", 500_000))).notes
    assert (
        "nearest miss: v2@1/160, 68.8% top-1 (released checkpoint), misses --ram by 261.7 KiB (layer 2.1.depthwise)"
        in notes
    )
    assert "without --ram: the best is v2@1/160: 68.8% top-1 (released checkpoint), +7.8 points, 750 KiB" in notes


def test_a_miss_says_that_no_value_is_known() -> None:
    notes = as_table(find_fit(Limit("top1", 60.0, at_least=True), implementation="keras")).notes
    assert "--min-top1 is impossible: no value is known for any of these configurations" in notes
    notes = as_table(find_fit(Limit("top1", 75.0, at_least=True))).notes
    assert any(
        "--min-top1 is impossible: the largest value is 68.8%, of v2@1/160, 6.2 points below" in note for note in notes
    )


@pytest.mark.parametrize("columns", [COLUMNS, DATA])
def test_the_columns_have_different_keys_and_headers(columns: tuple[object, ...]) -> None:
    names = [(column.key, column.header) for column in columns]  # type: ignore[attr-defined]
    assert len({key for key, _ in names}) == len({header for _, header in names}) == len(columns)
