"""Relative links in the pages of the repository, and what becomes of them elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

_LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")


def relink(text: str, target: Callable[[str], str]) -> str:
    """Replace the target of every relative link and picture in a Markdown text; anchors stay.

    >>> relink("[a](docs/a.md#b), [c](https://c.d/), ![e](e.svg)", str.upper)
    '[a](DOCS/A.MD#b), [c](https://c.d/), ![e](E.SVG)'
    """
    return _LINK.sub(lambda match: f"{match[1]}{target(match[2])}{match[3] or ''}{match[4]}", text)


def relative_links(text: str) -> list[str]:
    """Return the targets of the relative links and pictures in a Markdown text, without anchors.

    >>> relative_links("[a](docs/a.md#b), [c](https://c.d/), ![e](e.svg), [f](#f)")
    ['docs/a.md', 'e.svg']
    """
    return [match[2] for match in _LINK.finditer(text)]
