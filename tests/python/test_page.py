"""`docs/python.md` has every public name once, with its true signature, and its examples run."""

from __future__ import annotations

import doctest
import re

import pytest

import mbcost
from tools.signatures import PAGE, SECTION, spell

TEXT = PAGE.read_text(encoding="utf-8")


def test_every_public_name_is_documented_once_with_its_signature() -> None:
    sections = {match[1]: match[2] or "" for match in SECTION.finditer(TEXT)}
    assert sorted(re.findall(r"^### `(\w+)`$", TEXT, re.MULTILINE)) == sorted(mbcost.__all__)
    assert sections == {name: spell(name) for name in sections}, "after a deliberate change: python -m tools.signatures"


@pytest.mark.parametrize("name", ["Convention", "Measurement", "Network", "Spec", "Validation"])
def test_a_class_has_the_fields_that_the_page_names(name: str) -> None:
    (section,) = re.findall(rf"^### `{name}`\n(.*?)^##", TEXT, re.MULTILINE | re.DOTALL)
    value = getattr(mbcost, name)
    named = re.findall(r"`\.(\w+)`", section)
    assert named
    assert [field for field in named if field not in {*value.__dataclass_fields__, *dir(value)}] == []


@pytest.mark.long
def test_the_examples_print_what_they_show() -> None:
    blocks = re.findall(r"^```pycon\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 20
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    printed: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(test, out=printed.append).failed == 0, "".join(printed)
