"""`mbcost page`: which file is written, what is refused, and that the page lets nothing in."""

from __future__ import annotations

import json
import webbrowser
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from urllib.request import url2pathname

import pytest

from mbcost.errors import MbcostError
from mbcost.present.page.page import LARGEST_INTEGER, render_page
from tests.cli.conftest import Mbcost

NET = """\
name: tiny
input: {channels: 3, resolution: 32}
columns: [operator, c, s]
rows:
  - [conv, 16, 2]
  - [global_pool, ~, ~]
  - [linear, k, ~]
implementations: {family: v2}
"""
TINY = ("tiny.yaml", "--device", "stm32n6")
"""One device is enough, and takes less time than all."""
HOSTILE = "</script><img src=x onerror=alert(1)><!--@DATA@&\u2028.yaml"
"""A name that would end an element, if it were not text."""


class Elements(HTMLParser):
    """The elements of a page, as an HTML parser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.current = "", ""
        self.tags: list[str] = []
        self.texts: dict[tuple[str, str], str] = {}
        self.policy: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.current = tag, values.get("id") or ""
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(rule.split(None, 1) for rule in str(values["content"]).split("; "))

    def handle_endtag(self, _: str) -> None:
        self.current = "", ""

    def handle_data(self, data: str) -> None:
        self.texts[self.current] = self.texts.get(self.current, "") + data


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(NET, encoding="utf-8")
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the browser is asked to open."""
    addresses: list[str] = []

    def open_address(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", open_address)
    return addresses


def test_the_page_is_written_to_explorer_html_and_only_a_page_is_replaced(mbcost: Mbcost, here: Path) -> None:
    first = mbcost("page", *TINY)
    page = (here / "explorer.html").read_bytes()
    assert (first.code, first.err) == (0, "")
    assert page.isascii(), "the hash of the script holds in every encoding of standard output"
    assert first.out == f"wrote explorer.html ({len(page) / 1000:,.0f} kB): next, open it in a browser\n"
    assert mbcost("page", *TINY).code == 0
    assert (here / "explorer.html").read_bytes() == page, "the same networks give the same bytes"
    assert mbcost("page", *TINY, "--output", "-").out.encode() == page
    (here / "explorer.html").write_text("<!doctype html> mine")
    refused = mbcost("page", *TINY)
    assert refused.code == 2
    assert "add --output explorer.html to replace it" in refused.err
    assert (here / "explorer.html").read_text() == "<!doctype html> mine"
    assert mbcost("page", *TINY, "--output", "explorer.html").code == 0
    assert (here / "explorer.html").read_bytes() == page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--output a.pdf", "a.pdf would be HTML, which .pdf is not: use .html"),
        ("--output a.json", "a.json would be HTML, which .json is not: use .html"),
        ("--output nowhere/a.html", "create its folder first"),
        ("--output tiny.yaml", "tiny.yaml would be HTML"),
        ("--open --output -", "--open needs a file, and --output - is standard output: remove one of them"),
        ("nowhere.yaml", "nowhere.yaml: No such file or directory"),
        ("--device nowhere", "unknown device 'nowhere'"),
        ("--alpha nan", "alpha"),
        ("--alpha 99", "tiny@99/32:official: a page has alphas from 0.05 to 4"),
        ("--res 8192", "tiny@1/8192:official: a page has resolutions up to 4096"),
        ("--classes 9999999", "a page has up to 1,000,000 classes"),
    ],
)
def test_what_cannot_be_written_or_computed_is_one_line_and_leaves_no_file(
    mbcost: Mbcost, here: Path, words: str, message: str
) -> None:
    result = mbcost("page", *TINY, *words.split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err
    assert [path.name for path in here.iterdir()] == ["tiny.yaml"]


def test_a_network_is_not_replaced_by_its_page(mbcost: Mbcost, here: Path) -> None:
    (here / "tiny").write_text(NET, encoding="utf-8")
    assert "tiny is the file that is read" in mbcost("page", "./tiny", "-o", "./tiny").err
    assert (here / "tiny").read_text(encoding="utf-8") == NET


def test_open_opens_the_page_from_a_temporary_file_or_the_named_one(
    mbcost: Mbcost, here: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(here))
    assert mbcost("page", *TINY, "--open").code == 0
    assert mbcost("page", *TINY, "--open", "-o", "a b%é.html").code == 0
    temporary, named = (Path(url2pathname(address.removeprefix("file://"))) for address in opened)
    assert named == here / "a b%é.html"
    assert temporary.name == "explorer.html"
    assert temporary.parent.parent == here
    assert temporary.read_bytes() == named.read_bytes()
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    result = mbcost("page", *TINY, "--open", "-o", "c.html")
    assert (result.code, result.out) == (2, "")
    assert "no browser could be started: open c.html yourself, it is complete" in result.err
    assert (here / "c.html").read_bytes() == named.read_bytes()


def test_names_from_files_are_text_and_the_policy_knows_the_script_and_the_style_alone(
    mbcost: Mbcost, here: Path
) -> None:
    (here / "spec.yaml").write_text(NET.replace("tiny", json.dumps(HOSTILE.replace("\u2028", ""))), encoding="utf-8")
    result = mbcost("page", "spec.yaml", *TINY[1:], "--title", HOSTILE, "--output", "a.html")
    assert result.code == 0, result.err
    page = Elements((here / "a.html").read_text(encoding="utf-8"))
    plain = Elements(mbcost("page", *TINY, "--output", "-").out)
    assert page.tags == plain.tags
    assert page.texts["title", ""] == f"{HOSTILE} – mbcost"
    assert HOSTILE.replace("\u2028", "") in str(json.loads(page.texts["script", "mbcost-data"]))
    hashes = {
        tag: f"'sha256-{b64encode(sha256(page.texts[tag, ''].encode()).digest()).decode()}'"
        for tag in ("script", "style")
    }
    assert page.policy["default-src"] == "'none'"
    assert {tag: page.policy[f"{tag}-src"] for tag in hashes} == hashes


def test_a_number_that_a_browser_rounds_is_refused() -> None:
    for value in (LARGEST_INTEGER, -LARGEST_INTEGER, 2**64):
        with pytest.raises(MbcostError, match="exact only below 9,007,199,254,740,992"):
            render_page({"networks": [], "version": "1", "rows": [{"counts": (1, value)}]})
    assert "9007199254740991" in render_page({"networks": [], "rows": [LARGEST_INTEGER - 1], "version": "1"})


def test_a_table_that_differs_at_too_many_alphas_is_shown_as_it_is(mbcost: Mbcost, here: Path) -> None:
    rows = "  - [conv, 60000, 2]\n" + "  - [max_pool 3x3, ~, 1]\n" * 200
    (here / "wide.yaml").write_text(NET.replace("  - [conv, 16, 2]\n", rows), encoding="utf-8")
    result = mbcost("page", "wide.yaml", *TINY[1:], "--output", "-")
    assert result.code == 0, result.err
    (network,) = json.loads(Elements(result.out).texts["script", "mbcost-data"])["networks"]
    assert "too many alphas" in network["fixed"]["reason"]
