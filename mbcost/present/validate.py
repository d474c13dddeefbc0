"""The result of a validation as a table, as JSON, as JUnit XML and as GitHub annotations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from mbcost.present import junit
from mbcost.present.annotations import annotation
from mbcost.present.names import alpha_cell, reference_text, resolution_cell, size_cell
from mbcost.present.table import Cell, Column, Table, build_table, text_of
from mbcost.questions.validate.campaign import Campaign, Case, Outcome
from mbcost.questions.validate.comparison import Discrepancy, Value

MOST_LISTED = 20
"""How many differences the notes list; JSON and CSV have all of them."""


@dataclass(frozen=True)
class _Group:
    """All comparisons of one network, implementation and witness."""

    network: str
    implementation: str
    against: str
    outcomes: tuple[Outcome, ...]

    @property
    def checks(self) -> int:
        return sum(outcome.validation.checks for outcome in self.outcomes)

    @property
    def differences(self) -> int:
        return sum(len(outcome.validation.differences) for outcome in self.outcomes)


def as_table(campaign: Campaign) -> Table:
    """Return one row per network, implementation and witness; notes list differences, and details have all of them."""
    columns = (
        Column[_Group]("network", "network", lambda group: group.network),
        Column[_Group]("implementation", "implementation", lambda group: group.implementation),
        Column[_Group]("against", "against", lambda group: group.against),
        Column[_Group]("comparisons", "comparisons", lambda group: len(group.outcomes), numeric=True, spare=2),
        Column[_Group]("checks", "checks", lambda group: group.checks, numeric=True, spare=1),
        Column[_Group]("differences", "differences", lambda group: group.differences, numeric=True),
    )
    groups = [_Group(*key, tuple(outcomes)) for key, outcomes in groupby(campaign.outcomes, key=_group_key)]
    footer: dict[str, Cell] = {
        "network": "total",
        "implementation": "",
        "against": "",
        "comparisons": len(campaign.outcomes),
        "checks": campaign.checks,
        "differences": len(campaign.differences),
    }
    notes = [difference_text(difference) for difference in campaign.differences[:MOST_LISTED]]
    if len(campaign.differences) > MOST_LISTED:
        notes.append(f"… and {len(campaign.differences) - MOST_LISTED:,} more: --format json lists all")
    notes += [*campaign.notes, "passed" if campaign.passed else "FAILED"]
    table = build_table("Formulas against real models", columns, groups, footer, notes)
    return table if campaign.passed else replace(table, details=tabulate_differences(campaign))


def list_groups(campaign: Campaign) -> list[int]:
    """Return the row of the table in which each comparison is counted."""
    groups = groupby(campaign.outcomes, key=_group_key)
    return [row for row, (_, outcomes) in enumerate(groups) for _ in outcomes]


def tabulate_differences(campaign: Campaign) -> Table:
    """Return one row per difference of a campaign."""
    return list_differences(campaign.differences)


def list_differences(differences: Iterable[Discrepancy]) -> Table:
    """Return one row per difference."""
    columns = (
        Column[Discrepancy]("network", "network", lambda difference: difference.network),
        Column[Discrepancy]("alpha", "alpha", lambda difference: alpha_cell(difference.alpha)),
        Column[Discrepancy]("resolution", "resolution", lambda difference: resolution_cell(difference.resolution)),
        Column[Discrepancy]("implementation", "implementation", lambda difference: difference.implementation),
        Column[Discrepancy]("against", "against", lambda difference: difference.against),
        Column[Discrepancy]("layer", "layer", lambda difference: difference.layer),
        Column[Discrepancy]("quantity", "quantity", lambda difference: difference.quantity),
        Column[Discrepancy]("expected", "expected", lambda difference: _cell(difference.expected)),
        Column[Discrepancy]("measured", "measured", lambda difference: _cell(difference.measured)),
    )
    return build_table("Differences", columns, differences)


def as_json(campaign: Campaign) -> dict[str, Any]:
    """Return the object of `mbcost validate --format json`."""
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


def render_junit(campaign: Campaign) -> str:
    """Return JUnit XML with one test case per comparison, and a skipped one for each that was left out."""
    cases = [_make_case(outcome) for outcome in campaign.outcomes]
    cases += [junit.Case("mbcost.validate", note, skipped=note) for note in campaign.notes]
    return junit.render_suite("mbcost validate", cases)


def _make_case(outcome: Outcome) -> junit.Case:
    differences = outcome.validation.differences
    failure = None if outcome.validation.passed else f"{len(differences)} differences"
    details = tuple(map(difference_text, differences))
    return junit.Case(f"mbcost.{outcome.case.against}", _title(outcome), failure, details)


def render_github(campaign: Campaign) -> str:
    """Return the annotations of a GitHub workflow: errors for differences, notices for the notes and the total."""
    title = "mbcost validate"
    lines = [annotation("error", title, difference_text(difference)) for difference in campaign.differences]
    lines += [annotation("notice", title, note) for note in campaign.notes]
    count = f"{campaign.checks:,} checks, {len(campaign.differences):,} differences"
    lines.append(annotation("notice", title, count))
    return "\n".join(lines) + "\n"


def difference_text(difference: Discrepancy) -> str:
    """Return a difference in one line."""
    network = reference_text(difference.network, difference.alpha, difference.resolution, difference.implementation)
    return (
        f"{network} against {difference.against}: {difference.layer} {difference.quantity}: "
        f"expected {_value(difference.expected)}, measured {_value(difference.measured)}{_signed_gap(difference)}"
    )


def _signed_gap(difference: Discrepancy) -> str:
    expected, measured = difference.expected, difference.measured
    return f" ({measured - expected:+,})" if isinstance(expected, int) and isinstance(measured, int) else ""


def _value(value: Value) -> str:
    return "none" if value is None else text_of(_cell(value))


def _cell(value: Value) -> Cell:
    return size_cell(value) if isinstance(value, tuple) else value


def _group_key(outcome: Outcome) -> tuple[str, str, str]:
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
