from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.network import resolve
from mbcost.questions.compare.separable import ConvolutionForm, compare_as_printed
from mbcost.questions.page.lesson import ROWS, describe_lesson, make_lesson_spec

LESSON = make_lesson_spec()


def count(form: str, alpha: float, feature: int) -> tuple[int, int]:
    """Return the weights and the multiply-adds of one form of the layer, as the network of the page has them."""
    network = resolve(LESSON, alpha=alpha, resolution=feature)
    steps = [step for step in network.steps if step.name in ROWS[form]]
    assert len(steps) == len(ROWS[form])
    return sum(step.tally.weights for step in steps), sum(step.tally.conv_macs for step in steps)


@given(st.integers(1, 150), st.integers(32, 448))
@settings(max_examples=20)
def test_the_network_of_the_lesson_costs_what_compare_says(hundredths: int, resolution: int) -> None:
    alpha, rho = hundredths / 100, Fraction(resolution, 224)
    forms: dict[str, ConvolutionForm] = {form.title: form for form in compare_as_printed({}, alpha, rho).forms}
    last = forms.popitem()[1]
    assert count("separable", alpha, last.feature) == (last.params, last.mult_adds)
    standard = forms.get("standard convolution", last)
    assert count("standard", 1.0, 14) == (standard.params, standard.mult_adds)


def test_every_figure_of_the_papers_table_agrees_and_the_page_says_how_it_is_shortened() -> None:
    forms = describe_lesson({"name": "lesson"})["forms"]
    printed = [[form["printed"][quantity]["text"] for quantity in ("mult_adds", "params")] for form in forms]
    assert printed == [["462 M", "2.36 M"], ["52.3 M", "0.27 M"], ["29.6 M", "0.15 M"], ["15.1 M", "0.15 M"]]
    assert all(figure["rounding"] == "rounded" for form in forms for figure in form["printed"].values())
