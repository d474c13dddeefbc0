"""Template, style, script and data -> one HTML text that needs nothing else.

What the page needs is in the file, and its Content-Security-Policy lets it load and execute nothing else: the script
and the style are known by their hashes, and every other source is `none` (https://www.w3.org/TR/CSP3/). The text is
ASCII, so that it is the same in every encoding of a console or a mail.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
_LINK = '<nav id="mbcost-documentation" aria-label="Site"><a href="{}">Documentation</a></nav>\n'


def fill_page(data: str, *, title: str, generator: str, documentation: str | None = None) -> str:
    """Return the page as one HTML text.

    Args:
        data: One JSON text in ASCII, which the page's script reads.
        title: The title of the document, any text.
        generator: What made the page, such as `mbcost 0.9.0`, any text.
        documentation: The address of a documentation to link to; None for no link.
    """
    script, style, template = (_read(name) for name in ("page.js", "page.css", "page.html"))
    parts = {
        "SCRIPT_HASH": f"sha256-{_hash(script)}",
        "STYLE_HASH": f"sha256-{_hash(style)}",
        "GENERATOR": _escape_text(generator),
        "TITLE": _escape_text(title),
        "DOCUMENTATION": "" if documentation is None else _LINK.format(_escape_text(documentation)),
        "STYLE": style,
        "DATA": escape_json(data),
        "SCRIPT": script,
    }
    return re.sub("@([A-Z_]+)@", lambda match: parts[match[1]], template)


def escape_json(text: str) -> str:
    r"""Return a JSON text that can stand in a script element: nothing in it ends the element or starts a comment.

    In JSON a `<` is only in strings, where `\u003c` is the same letter.

    >>> escape_json('{"name": "</script>"}')
    '{"name": "\\u003c/script>"}'
    """
    return text.replace("<", "\\u003c")


def _escape_text(text: str) -> str:
    """Return a text for HTML in ASCII; half of a surrogate pair, as in undecodable names of files, becomes U+FFFD."""
    return (
        escape(text)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
        .encode("ascii", "xmlcharrefreplace")
        .decode()
    )


def _hash(text: str) -> str:
    """The SHA-256 of a script or style in base64, as a browser computes it: of UTF-8, with LF at the end of a line."""
    return b64encode(sha256(text.encode()).digest()).decode()


def _read(name: str) -> str:
    """A file of this folder, with LF at the end of a line."""
    return (FOLDER / name).read_text(encoding="utf-8")
