from fractions import Fraction

import pytest

from mbcost.errors import SpecError
from mbcost.spec.catalogue.published import Published, load_published, parse_published

HEADER = """\
title: A page
where: somewhere
seen: the page
counts: a multiply-add is one
confidence: primary
task: classification
net: v2
columns: [id, alpha, resolution, quantity, value, unit]
tables:
  - table: Table 1
    note: an early version
    figures:
"""
ROW = '      - [page-1, 1.0, 224, mult_adds, "300", M]\n'


def figure(value: str, unit: str, significant: str = "~") -> Published:
    text = HEADER.replace("unit]", "unit, significant]")
    cells = f'      - [page-1, 1.0, 224, mult_adds, "{value}", "{unit}", {significant}]\n'
    return parse_published(text + cells, "page.yaml", "page")[0]


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_published(text, "page.yaml", "page")
    return [problem.removeprefix("page.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("value", "unit", "number", "step"),
    [
        ("569", "M", 569_000_000, 1_000_000),
        ("4.0", "M", 4_000_000, 100_000),
        ("3.60", "M", 3_600_000, 10_000),
        ("0.301", "G", 301_000_000, 1_000_000),
        ("4.2M", "M", 4_200_000, 100_000),
        ("~215", "M", 215_000_000, 1_000_000),
        ("4,253,864", "1", 4_253_864, 1),
        ("1600K", "kB", 1_600_000, 1_000),
        ("0.5 Mb", "MB", 500_000, 100_000),
        ("94.86", "%", Fraction(9486, 10000), Fraction(1, 10000)),
    ],
)
def test_a_printed_value_has_a_number_and_the_value_of_its_last_digit(
    value: str, unit: str, number: int | Fraction, step: int | Fraction
) -> None:
    assert (figure(value, unit).number, figure(value, unit).step) == (number, step)


def test_zeros_that_are_not_significant_make_the_last_digit_larger() -> None:
    assert figure("319000000", "1", significant="3").step == 1_000_000
    assert figure("24895000", "1", significant="5").step == 1_000


@pytest.mark.parametrize(
    ("exact", "rounds", "floors"),
    [
        (299_499_999, False, False),
        (299_500_000, True, False),
        (300_000_000, True, True),
        (300_500_000, True, True),  # halfway: 300 and 301 are both roundings
        (300_500_001, False, True),
        (300_999_999, False, True),
        (301_000_000, False, False),
    ],
)
def test_which_integers_are_printed_300_million(exact: int, rounds: bool, floors: bool) -> None:
    printed = figure("300", "M")
    assert (printed.prints(exact, "rounds"), printed.prints(exact, "floors")) == (rounds, floors)


def test_a_number_that_is_printed_in_full_is_one_integer_only() -> None:
    printed = figure("3504872", "1")
    for rounding in ("rounds", "floors"):
        assert [exact for exact in range(3504870, 3504875) if printed.prints(exact, rounding)] == [3504872]


def test_a_field_is_stated_for_the_file_the_table_or_the_figure() -> None:
    text = HEADER + '      - [page-1, ~, 1024x2048, params, "3.4", M]\nnotes:\n  page-1: the text says 3.5\n'
    (read,) = parse_published(text, "page.yaml", "page")
    assert (read.net, read.table, read.alpha, read.resolution, read.classes) == (
        "v2",
        "Table 1",
        None,
        (1024, 2048),
        None,
    )
    assert read.note == "an early version; the text says 3.5"
    table = HEADER.replace("    note:", "    net: v1\n    note:")
    assert parse_published(table + ROW, "page.yaml", "page")[0].net == "v1"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("quantity, value", "quantitty, value", "8:34: unknown column 'quantitty': did you mean 'quantity'"),
        ("net: v2", "nett: v2", "7:1: unknown key 'nett': did you mean 'net'?"),
        ("    note:", "    nota:", "11:5: unknown key 'nota': did you mean 'note'?"),
        ("mult_adds", "flops", "13:28: unknown quantity 'flops': choose from "),
        ('"300"', "about", "13:39: expected a number as it is printed, found 'about'"),
        (
            ", M]",
            "]",
            "13:9: expected 6 cells (id, alpha, resolution, quantity, value, unit), found 5",
        ),
        ("net: v2\n", "", "12:9: net: stated neither in the row nor above it"),
        ("page-1", "pape-1", "13:9: an id must start with 'page-' and belong to one figure only"),
        (ROW, ROW + ROW, "14:9: an id must start with 'page-' and belong to one figure only"),
        (ROW, ROW + "notes: {page-2: off}\n", "14:17: the note is about 'page-2', which is not a figure of this file"),
    ],
)
def test_a_mistake_in_a_figure_is_reported_at_its_position(before: str, after: str, problem: str) -> None:
    text = HEADER + ROW
    assert before in text
    assert problems(text.replace(before, after))[0].startswith(problem)


def test_every_problem_is_reported_at_once() -> None:
    text = (HEADER + ROW).replace("seen:", "sean:").replace("mult_adds", "flops").replace('"300"', "about")
    assert [problem.partition(": ")[0] for problem in problems(text)] == ["1:1", "3:1", "13:28", "13:35"]


def test_the_papers_headline_figures_are_as_printed() -> None:
    printed = {figure.id: (figure.net, figure.value, figure.unit) for figure in load_published()}
    assert printed["paper_v1-019"] == ("v1", "569", "M")
    assert printed["paper_v2-016"] == ("v2", "300M", "M")
    assert printed["paper_v3_final-003"] == ("v3-large", "217", "M")
    assert printed["torchvision_meta-001"] == ("v2", "3504872", "1")
