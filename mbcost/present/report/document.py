"""Tables as a page of their own: one file that asks for nothing else, and whose tables can be sorted."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from shlex import quote

from mbcost.present.report.fragment import compose_style, list_parts, read_file, render_part, spell, split_title
from mbcost.present.table import Table


@dataclass(frozen=True)
class Origin:
    """What made a report."""

    words: tuple[str, ...]
    """The words of the command line, the program first; none if no command line made it."""
    versions: tuple[str, ...]
    """Programs with their versions, in words."""


def render_document(table: Table, origin: Origin) -> str:
    """Return a page with the table, its details, its notes, and at the end what made it.

    The page has no date, so that the same command gives the same bytes. Its Content-Security-Policy allows its own
    script and styles, by their hashes, and nothing else.
    """
    parts = list_parts([table])
    style, script = compose_style(parts, "document.css"), read_file("sort.js")
    name, *settings = split_title(parts[0].table) or ["mbcost"]
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',  # otherwise a browser asks for one
        f"<title>{spell(', '.join([name, *settings]))}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        '<main class="mbcost-report">',
        f"<h1>{spell(name)}</h1>",
        *(f'<p class="settings">{_join(settings)}</p>' for _ in settings[:1]),
        *(f'<p class="mbcost-lead">{spell(sentence)}</p>' for sentence in parts[0].table.lead),
        *(line for index, part in enumerate(parts) for line in render_part(part, heading=index > 0)),
        "</main>",
        *_list_origin(origin),
        f"<script>{script}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def quote_word(word: str) -> str:
    r"""Return a word as shells read it; bytes that are not printable are spelled as in bash, zsh and ksh.

    >>> quote_word("a b"), quote_word("a\n\u202e'")
    ("'a b'", "$'a\\x0a\\xe2\\x80\\xae\\x27'")
    """
    if word.isprintable():
        return quote(word)
    plain = {ord(letter) for letter in "-./:=@_"}
    spelled = (
        chr(byte) if byte in plain or (byte < 128 and chr(byte).isalnum()) else f"\\x{byte:02x}"
        for byte in os.fsencode(word)
    )
    return f"$'{''.join(spelled)}'"


def _list_origin(origin: Origin) -> list[str]:
    """Return the last lines of the page: the command line, if there is one, and the versions."""
    command = " ".join(map(quote_word, origin.words))
    made = [f'<p>Made by</p>\n<pre class="command"><code>{spell(command)}</code></pre>'] if command else []
    return ["<footer>", *made, f"<p>{spell(', '.join(origin.versions))}</p>", "</footer>"]


def _join(settings: Sequence[str]) -> str:
    return "".join(f"<span>{spell(setting)}</span>" for setting in settings)


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy allows a text."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
