"""The outcome of a validation: table, JSON, JUnit XML and GitHub annotations."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from mbcost.present.annotations import annotation
from mbcost.present.names import reference_text
from mbcost.present.table import Cell, Column, Table, text_of
from mbcost.questions.validate.campaign import Campaign, Case, Outcome
from mbcost.questions.validate.comparison import Difference, Value
from mbcost.spec.scaling import alpha_text

MOST_LISTED = 20
"""Differences that the table for people lists; JSON and CSV have all of them."""


def as_table(campaign: Campaign) -> Table:
    """One row a network, implementation and witness; every difference below, up to `MOST_LISTED`, and as details."""
    columns = (
        Column[Any]("network", "network"),
        Column[Any]("implementation", "implementation"),
        Column[Any]("against", "against"),
        Column[Any]("comparisons", "comparisons", numeric=True, spare=2),
        Column[Any]("checks", "checks", numeric=True, spare=1),
        Column[Any]("differences", "differences", numeric=True),
    )
    rows = []
    for key, group in groupby(campaign.outcomes, key=_subject):
        outcomes = list(group)
        checks = sum(outcome.validation.checks for outcome in outcomes)
        differences = sum(len(outcome.validation.differences) for outcome in outcomes)
        rows.append((*key, len(outcomes), checks, differences))
    footer: tuple[Cell, ...] = (
        "total",
        "",
        "",
        len(campaign.outcomes),
        campaign.checks,
        len(campaign.differences),
    )
    notes = [difference_text(difference) for difference in campaign.differences[:MOST_LISTED]]
    if len(campaign.differences) > MOST_LISTED:
        notes.append(f"… and {len(campaign.differences) - MOST_LISTED:,} more: --format json lists all")
    notes += campaign.notes
    notes.append("passed" if campaign.passed else "FAILED")
    details = None if campaign.passed else _details(campaign)
    return Table("Formulas against real models", columns, tuple(rows), footer, tuple(notes), details)


def _details(campaign: Campaign) -> Table:
    """One row a difference."""
    headers = (
        "network",
        "alpha",
        "resolution",
        "implementation",
        "against",
        "layer",
        "quantity",
        "expected",
        "measured",
    )
    rows = tuple(
        (
            each.network,
            alpha_text(each.alpha),
            _raw(each.resolution),
            each.implementation,
            each.against,
            each.layer,
            each.quantity,
            _raw(each.expected),
            _raw(each.measured),
        )
        for each in campaign.differences
    )
    return Table("Differences", tuple(Column(header, header) for header in headers), rows)


def as_json(campaign: Campaign) -> dict[str, Any]:
    """The object of `mbcost validate --format json`."""
    return {
        "schema": "mbcost/validate/1",
        "passed": campaign.passed,
        "checks": campaign.checks,
        "differences": [
            {**asdict(difference), "resolution": list(difference.resolution)} for difference in campaign.differences
        ],
        "comparisons": [
            {
                **_case_json(outcome.case),
                "checks": outcome.validation.checks,
                "differences": len(outcome.validation.differences),
            }
            for outcome in campaign.outcomes
        ],
        "notes": list(campaign.notes),
    }


def junit(campaign: Campaign) -> str:
    """JUnit XML: one test case a comparison, and a skipped one for whatever was left out."""
    from xml.etree import ElementTree

    failed = sum(not outcome.validation.passed for outcome in campaign.outcomes)
    suite = ElementTree.Element(
        "testsuite",
        name="mbcost validate",
        tests=str(len(campaign.outcomes) + len(campaign.notes)),
        failures=str(failed),
        skipped=str(len(campaign.notes)),
    )
    for outcome in campaign.outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"mbcost.{outcome.case.against}", name=_title(outcome)
        )
        if not outcome.validation.passed:
            differences = outcome.validation.differences
            failure = ElementTree.SubElement(case, "failure", message=f"{len(differences)} differences")
            failure.text = "\n".join(map(difference_text, differences))
    for note in campaign.notes:
        case = ElementTree.SubElement(suite, "testcase", classname="mbcost.validate", name=note)
        ElementTree.SubElement(case, "skipped", message=note)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def github(campaign: Campaign) -> str:
    """Annotations of a GitHub workflow: an error a difference, a notice for what was left out and for the total."""
    title = "mbcost validate"
    lines = [annotation("error", title, difference_text(each)) for each in campaign.differences]
    lines += [annotation("notice", title, note) for note in campaign.notes]
    count = f"{campaign.checks:,} checks, {len(campaign.differences):,} differences"
    lines.append(annotation("notice", title, count))
    return "\n".join(lines) + "\n"


def difference_text(difference: Difference) -> str:
    """One difference in one line."""
    network = reference_text(difference.network, difference.alpha, difference.resolution, difference.implementation)
    return (
        f"{network} against {difference.against}: {difference.layer} {difference.quantity}: "
        f"expected {_value(difference.expected)}, measured {_value(difference.measured)}{_size(difference)}"
    )


def _size(difference: Difference) -> str:
    expected, measured = difference.expected, difference.measured
    return f" ({measured - expected:+,})" if isinstance(expected, int) and isinstance(measured, int) else ""


def _value(value: Value) -> str:
    return "none" if value is None else text_of(_raw(value))


def _raw(value: Value) -> Cell:
    return "x".join(map(str, value)) if isinstance(value, tuple) else value


def _subject(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.case.spec.name, outcome.case.implementation, outcome.case.against


def _title(outcome: Outcome) -> str:
    case = outcome.case
    model = f" ({case.model})" if case.model else ""
    return reference_text(case.spec.name, case.alpha, case.resolution, case.implementation) + model


def _case_json(case: Case) -> dict[str, Any]:
    return {
        "network": case.spec.name,
        "alpha": case.alpha,
        "resolution": list(case.resolution),
        "implementation": case.implementation,
        "against": case.against,
        "model": case.model,
    }
