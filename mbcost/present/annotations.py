"""Annotations of a GitHub workflow, which GitHub shows next to the code."""

from __future__ import annotations


def annotation(level: str, title: str, message: str, *, file: str = "", line: int = 0, col: int = 0) -> str:
    """Return a workflow command; without a file it belongs to the whole run.

    >>> annotation("error", "mbcost check", "100% wrong", file="a.yaml", line=2, col=3)
    '::error file=a.yaml,line=2,col=3,title=mbcost check::100%25 wrong'
    """
    location = f"file={_escaped(file).replace(':', '%3A').replace(',', '%2C')},line={line},col={col}," if file else ""
    return f"::{level} {location}title={title}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
