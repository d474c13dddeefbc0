"""JUnit's XML can be read whatever the names are, and counts what it has."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mbcost.errors import escape
from mbcost.present.junit import Case, render_suite

TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["]]>", "<a&b>", "\"'", "\x00\x1b[31m", "\ufffe", "a\r\nb"]
)
CASES = st.lists(
    st.builds(Case, TEXT, TEXT)
    | st.builds(lambda owner, name, text: Case(owner, name, text, (text, name)), TEXT, TEXT, TEXT)
    | st.builds(lambda owner, name, text: Case(owner, name, skipped=text), TEXT, TEXT, TEXT),
    max_size=5,
)


@given(TEXT, CASES)
def test_a_report_can_be_read_whatever_the_names_are(name: str, cases: list[Case]) -> None:
    suite = ElementTree.fromstring(render_suite(name, cases).encode())
    assert (suite.get("name"), suite.get("tests")) == (escape(name), str(len(cases)))
    elements = suite.findall("testcase")
    assert [(item.get("classname"), item.get("name")) for item in elements] == [
        (escape(case.owner), escape(case.name)) for case in cases
    ]
    for kind, message in (("failures", "failure"), ("skipped", "skipped")):
        expected = [getattr(case, message) for case in cases if getattr(case, message) is not None]
        assert suite.get(kind) == str(len(expected))
        assert [item.get("message") for item in suite.iter(message)] == [escape(text) for text in expected]
    texts = [item.text or "" for item in suite.iter("failure")]
    assert texts == ["\n".join(map(escape, case.details)) for case in cases if case.failure is not None]
