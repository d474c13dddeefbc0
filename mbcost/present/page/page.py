"""The document of the interactive page -> one HTML text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mbcost.errors import MbcostError, enumerate_words, escape, shorten
from mbcost.present.page.document import fill_page

LARGEST_INTEGER = 2**53
"""Below this number JavaScript's numbers are exact integers (ECMA-262, Number.MAX_SAFE_INTEGER)."""
LONGEST_TITLE = 80
"""The characters of the names in a heading."""
TITLE = "MobileNets, to scale"
"""The heading of the page of the built-in MobileNets."""


def render_page(document: Mapping[str, Any], *, title: str | None = None, documentation: str | None = None) -> str:
    """Return the page as one HTML text that needs nothing else; the same document gives the same bytes.

    Args:
        document: the answer to `mbcost page`, with integers, text, lists and dicts only.
        title: the heading of the page and its title in the browser, any text; by default the names of the networks.
        documentation: the address of a documentation to link to; by default there is no link.

    Raises:
        MbcostError: a number in the document is not exact in JavaScript.
    """
    check_numbers(document)
    heading = name_page([network["name"] for network in document["networks"]]) if title is None else title
    return fill_page(
        json.dumps({**document, "title": heading}, separators=(",", ":"), allow_nan=False),
        title=f"{heading} – mbcost",
        generator=f"mbcost {document['version']}",
        documentation=documentation,
    )


def is_page(start: str) -> bool:
    """Return whether a text that begins like this is a page that `render_page` has made.

    >>> is_page(render_page({"networks": [], "version": "1.2"})), is_page("<!doctype html>")
    (True, False)
    """
    return '<meta name="generator" content="mbcost ' in start


def name_page(names: Sequence[str]) -> str:
    """Return the heading of a page by the names of its networks.

    >>> name_page(["v1", "v2"])
    'v1, v2, to scale'
    """
    return f"{escape(shorten(enumerate_words(names, LONGEST_TITLE), LONGEST_TITLE))}, to scale"


def check_numbers(value: object) -> None:
    """Check that JavaScript reads every number of a document as the number that it is.

    Raises:
        MbcostError: an integer is too large. A fraction is not a count, so it is not checked.
    """
    if isinstance(value, Mapping):
        for item in value.values():
            check_numbers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_numbers(item)
    elif isinstance(value, int) and abs(value) >= LARGEST_INTEGER:
        raise MbcostError(
            f"a number of the page is {value:,}, and browsers are exact only below {LARGEST_INTEGER:,}: leave out the "
            "network that is so large"
        )
