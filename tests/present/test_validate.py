from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

from mbcost.present.formats import FORMATS
from mbcost.present.validate import MOST_LISTED, as_table, render_junit
from mbcost.questions.validate.campaign import Campaign, Case, Outcome
from mbcost.questions.validate.comparison import Discrepancy, Validation
from mbcost.spec.catalogue.library import load_spec

NOTE = "not compared with timm: timm does not have v1"
DIFFERENCE = Discrepancy("v1", 0.5, (96, 96), "official", "torch", "1.1.depthwise", "stride", (1, 1), (2, 2))
COUNT = Discrepancy("v1", 0.5, (96, 96), "official", "torch", "total", "macs", 1_234_567, None)


def campaign(*differences: Discrepancy, notes: tuple[str, ...] = ()) -> Campaign:
    spec = load_spec("v1")
    cases = [Case(spec, 0.5, (96, 96), "official", against) for against in ("fvcore", "torch")]
    return Campaign((Outcome(cases[0], Validation(10, ())), Outcome(cases[1], Validation(10, differences))), notes)


def test_junit_has_a_skipped_case_for_every_note() -> None:
    suite = ElementTree.fromstring(render_junit(campaign(DIFFERENCE, notes=(NOTE,))))
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "3", "failures": "1", "skipped": "1",
    }  # fmt: skip
    assert len(suite.findall("testcase")) == 3
    skipped = suite.find("testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == NOTE
    assert ElementTree.fromstring(render_junit(campaign())).get("skipped") == "0"


def test_csv_has_every_difference_instead_of_the_summary() -> None:
    differences = [DIFFERENCE, *[COUNT] * MOST_LISTED]
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](as_table(campaign(*differences))))))
    assert len(rows) == len(differences)
    assert rows[0] == {
        "network": "v1", "alpha": "0.5", "resolution": "96", "implementation": "official", "against": "torch",
        "layer": "1.1.depthwise", "quantity": "stride", "expected": "1x1", "measured": "2x2",
    }  # fmt: skip
    assert (rows[1]["expected"], rows[1]["measured"]) == ("1234567", "")
    passed = FORMATS["csv"](as_table(campaign()))
    assert passed.splitlines()[0] == "network,implementation,against,comparisons,checks,differences"


def test_every_text_format_shows_the_differences() -> None:
    for style in ("text", "markdown", "latex"):
        assert "1.1.depthwise" in FORMATS[style](as_table(campaign(DIFFERENCE)))
    assert FORMATS["latex"](as_table(campaign(DIFFERENCE))).count(r"\end{tabular}") == 2


def test_the_footer_is_the_sum_of_the_rows() -> None:
    table = as_table(campaign())
    assert [row[3] for row in table.rows] == [1, 1]
    assert table.footer is not None
    assert table.footer[3] == 2
