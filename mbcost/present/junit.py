"""Reports in JUnit's XML, which GitLab, Jenkins and actions of GitHub show as test results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mbcost.errors import escape


@dataclass(frozen=True)
class Case:
    """One test case: passed, or with a message why it failed or was left out."""

    owner: str
    """What the cases of a report are grouped by, in JUnit the name of a class."""
    name: str
    failure: str | None = None
    """The failure in one line."""
    details: tuple[str, ...] = ()
    """The failure in full."""
    skipped: str | None = None


def render_suite(name: str, cases: Iterable[Case]) -> str:
    """Return one test suite; a character that XML or a terminal does not show is escaped."""
    from xml.etree import ElementTree

    every = tuple(cases)
    suite = ElementTree.Element(
        "testsuite",
        name=escape(name),
        tests=str(len(every)),
        failures=str(sum(case.failure is not None for case in every)),
        errors="0",
        skipped=str(sum(case.skipped is not None for case in every)),
    )
    for case in every:
        element = ElementTree.SubElement(suite, "testcase", classname=escape(case.owner), name=escape(case.name))
        if case.failure is not None:
            failure = ElementTree.SubElement(element, "failure", message=escape(case.failure))
            failure.text = "\n".join(map(escape, case.details))
        if case.skipped is not None:
            ElementTree.SubElement(element, "skipped", message=escape(case.skipped))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
