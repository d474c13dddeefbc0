"""A page: its policy, and the command line that made it."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from os import fsencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.present.report.document import Origin, quote_word, render_document
from mbcost.present.table import Column, build_table
from tests.present.report.reading import Report

TABLE = build_table("Net  alpha 1  <classes> 2", [Column[str]("name", "name", str)], ["a", "b"])
ORIGIN = Origin(("mbcost", "table", "a b.yaml", "--res", "96"), ("mbcost 1.2", "Python 3.12"))


def test_the_policy_allows_the_pages_own_script_and_styles_and_nothing_else() -> None:
    report = Report(render_document(TABLE, ORIGIN))
    (policy,) = [attributes["content"] for _, attributes in report.elements if "http-equiv" in attributes]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for kind in ("script", "style"):
        (text,) = report.texts[kind]
        assert rules.pop(f"{kind}-src") == f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
    assert rules == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    assert not re.search(
        r"https?:|innerHTML|eval|document\.write", "".join(report.texts["script"] + report.texts["style"])
    )
    named = {attributes["name"]: attributes["content"] for _, attributes in report.elements if "name" in attributes}
    assert named == {"viewport": "width=device-width, initial-scale=1", "color-scheme": "light dark"}


def test_a_page_says_what_it_shows_and_what_made_it() -> None:
    text = render_document(TABLE, ORIGIN)
    report = Report(text)
    assert report.texts["title"] == ["Net, alpha 1, <classes> 2"]
    assert report.texts["h1"] == ["Net"]
    assert report.texts["span"] == ["alpha 1", "<classes> 2"]
    assert report.texts["code"] == ["mbcost table 'a b.yaml' --res 96"]
    assert "mbcost 1.2, Python 3.12" in report.texts["p"]
    assert text == render_document(TABLE, ORIGIN)


@settings(max_examples=4)
@given(st.lists(st.text(st.characters(exclude_characters="\0")), min_size=20, max_size=60))
def test_a_shell_reads_the_command_line_as_it_was_typed(words: list[str]) -> None:
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("bash is not installed")
    words = [
        word
        for word in words
        if word.isprintable()
        or not any(0xD800 <= ord(letter) < 0xDC80 or 0xDCFF < ord(letter) < 0xE000 for letter in word)
    ]
    line = " ".join(map(quote_word, words))
    assert line.isprintable()
    out = subprocess.run([shell, "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True).stdout
    assert out == b"".join(fsencode(word) + b"\0" for word in words or [""])
