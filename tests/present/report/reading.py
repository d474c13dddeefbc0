"""HTML read back, strictly: what a browser would make of a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link"}
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "link",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "p",
        "span",
        "div",
        "footer",
        "pre",
        "code",
    ),
    *("table", "caption", "strong", "thead", "tbody", "tfoot", "tr", "th", "td", "script"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "rel", "href"),
    *("class", "role", "aria-label", "tabindex", "scope", "data-order", "data-value"),
}


@dataclass
class Cell:
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def exact(self) -> str:
        """What a program reads: the exact number, or the text if that is the number."""
        return self.attributes.get("data-value", self.text)


@dataclass
class Grid:
    """One table: its caption and its rows by section."""

    caption: str = ""
    head: list[list[Cell]] = field(default_factory=list)
    body: list[list[Cell]] = field(default_factory=list)
    foot: list[list[Cell]] = field(default_factory=list)


class Report(HTMLParser):
    """A report; what it may not contain, or what is not nested, fails."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path: list[tuple[str, dict[str, str]]] = []
        self.grids: list[Grid] = []
        self.texts: dict[str, list[str]] = {}
        """The texts by the element, and by the class of a paragraph."""
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.rows: list[list[Cell]] = []
        self.feed(text)
        self.close()
        assert self.path == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert {name for name, _ in attrs} <= ATTRIBUTES
        attributes = {name: str(value) for name, value in attrs}
        assert len(attributes) == len(attrs)
        self.elements.append((tag, attributes))
        if tag in VOID:
            return
        self.path.append((tag, attributes))
        if tag == "table":
            self.grids.append(Grid())
        elif tag in ("thead", "tbody", "tfoot"):
            self.rows = getattr(self.grids[-1], tag[1:])
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append(Cell("", attributes))
        else:
            self.texts.setdefault(attributes.get("class", tag), []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.path.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if not self.path:
            assert data.strip() == ""
            return
        tag, attributes = self.path[-1]
        if tag in ("th", "td"):
            self.rows[-1][-1].text += data
        elif tag in ("table", "thead", "tbody", "tfoot", "tr", "html", "head", "body"):
            assert data.strip() == ""
        else:
            self.texts[attributes.get("class", tag)][-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")
