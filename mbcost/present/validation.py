"""The outcome of a validation: table, JSON, JUnit XML and GitHub annotations."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from mbcost.present.table import Cell, Column, Table
from mbcost.questions.campaign import Campaign, Case, Outcome
from mbcost.questions.validate import Difference

MOST_LISTED = 20
"""Differences that the table for people lists; JSON has all of them."""


def as_table(campaign: Campaign) -> Table:
    """One row a network, implementation and witness; every difference below, up to `MOST_LISTED`."""
    columns = (
        Column("network", "network"),
        Column("implementation", "implementation"),
        Column("against", "against"),
        Column("configurations", "alpha x resolution", numeric=True),
        Column("checks", "checks", numeric=True),
        Column("differences", "differences", numeric=True),
    )
    rows = []
    for key, group in groupby(campaign.outcomes, key=_subject):
        outcomes = list(group)
        checks = sum(outcome.validation.checks for outcome in outcomes)
        differences = sum(len(outcome.validation.differences) for outcome in outcomes)
        configurations = len({(outcome.case.alpha, outcome.case.resolution) for outcome in outcomes})
        rows.append((*key, configurations, checks, differences))
    footer: tuple[Cell, ...] = (
        "total",
        "",
        "",
        sum(row[3] for row in rows),
        campaign.checks,
        len(campaign.differences),
    )
    notes = [difference_text(difference) for difference in campaign.differences[:MOST_LISTED]]
    if len(campaign.differences) > MOST_LISTED:
        notes.append(f"… and {len(campaign.differences) - MOST_LISTED:,} more: --format json lists all")
    notes += campaign.notes
    notes.append("passed" if campaign.passed else "FAILED")
    return Table("Formulas against real models", columns, tuple(rows), footer, tuple(notes))


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
    """JUnit XML: one test case a comparison."""
    from xml.etree import ElementTree

    failed = sum(not outcome.validation.passed for outcome in campaign.outcomes)
    suite = ElementTree.Element(
        "testsuite", name="mbcost validate", tests=str(len(campaign.outcomes)), failures=str(failed)
    )
    for outcome in campaign.outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"mbcost.{outcome.case.against}", name=_title(outcome)
        )
        if not outcome.validation.passed:
            differences = outcome.validation.differences
            failure = ElementTree.SubElement(case, "failure", message=f"{len(differences)} differences")
            failure.text = "\n".join(map(difference_text, differences))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def github(campaign: Campaign) -> str:
    """Annotations of a GitHub workflow: an error a difference, a notice for what was left out and for the total."""
    lines = [f"::error title=mbcost validate::{_escaped(difference_text(each))}" for each in campaign.differences]
    lines += [f"::notice title=mbcost validate::{_escaped(note)}" for note in campaign.notes]
    count = f"{campaign.checks:,} checks, {len(campaign.differences):,} differences"
    lines.append(f"::notice title=mbcost validate::{count}")
    return "\n".join(lines) + "\n"


def difference_text(difference: Difference) -> str:
    """One difference in one line."""
    height, width = difference.resolution
    return (
        f"{difference.network}@{difference.alpha:g}/{height}x{width}:{difference.implementation} against "
        f"{difference.against}: {difference.layer} {difference.quantity}: "
        f"expected {_value(difference.expected)}, measured {_value(difference.measured)}{_size(difference)}"
    )


def _size(difference: Difference) -> str:
    expected, measured = difference.expected, difference.measured
    return f" ({measured - expected:+,})" if isinstance(expected, int) and isinstance(measured, int) else ""


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _subject(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.case.spec.name, outcome.case.implementation, outcome.case.against


def _title(outcome: Outcome) -> str:
    case = outcome.case
    height, width = case.resolution
    model = f" ({case.model})" if case.model else ""
    return f"{case.spec.name}@{case.alpha:g}/{height}x{width}:{case.implementation}{model}"


def _case_json(case: Case) -> dict[str, Any]:
    return {
        "network": case.spec.name,
        "alpha": case.alpha,
        "resolution": list(case.resolution),
        "implementation": case.implementation,
        "against": case.against,
        "model": case.model,
    }


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
