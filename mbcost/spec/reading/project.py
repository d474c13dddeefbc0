"""The table `[tool.mbcost]` of pyproject.toml, with the positions of its keys, which the TOML parser does not know."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mbcost.errors import Problem, SpecError, one_line
from mbcost.spec.reading.budgets import Setting
from mbcost.spec.reading.text import read_file

NAME = "pyproject.toml"
DEEPEST = 4
"""Tables inside the table that are read; a budget has 2."""
_LONG_KEY = re.compile(r"(?<![^\s.=#,{])(?:[^\s.=#,{]+[ \t]*\.[ \t]*){50}")
"""A key of so many parts that parsers of TOML need minutes for it; no project has one."""
_TABLE = re.compile(r"^\s*\[\s*tool\s*\.\s*(?:mbcost|\"mbcost\"|'mbcost')\s*[\].]")


def find_project(folder: Path) -> tuple[str, tuple[Setting, ...]] | None:
    """Return the nearest pyproject.toml with a table `[tool.mbcost]`, upwards from a folder, and its settings.

    Raises:
        MbcostError: a file on the way cannot be read.
        SpecError: it is not TOML.
    """
    for parent in (folder, *folder.parents):
        path = parent / NAME
        if path.is_file():
            origin = str(path.relative_to(folder) if parent == folder else path)
            settings = _read(read_file(path), origin)
            if settings is not None:
                return origin, settings
    return None


def _read(text: str, origin: str) -> tuple[Setting, ...] | None:
    if "mbcost" not in text:
        return None
    table = _parse(text, origin).get("tool", {})
    table = table.get("mbcost") if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    lines = text.splitlines()
    return _list_settings(table, lines, next((index for index, line in enumerate(lines) if _TABLE.match(line)), 0))


def _parse(text: str, origin: str) -> Mapping[str, Any]:
    """Return the tables of a TOML text.

    Raises:
        SpecError: it is not TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    if match := _LONG_KEY.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise SpecError([Problem(origin, line, 1, "a key has more than 50 parts: shorten it")])
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        match = re.search(r" \(at line ([0-9]+), column ([0-9]+)\)$", str(error))
        line, column = (int(match[1]), int(match[2])) if match else (1, 1)
        message = str(error)[: match.start()] if match else str(error)
        raise SpecError([Problem(origin, line, column, one_line(f"not TOML: {message}: correct it"))]) from None


def _list_settings(table: Mapping[str, Any], lines: list[str], start: int, depth: int = 1) -> tuple[Setting, ...]:
    """Return the settings of a table, of whose keys none is before the line with the index `start`."""
    settings = []
    for key, value in table.items():
        line, column = _find(key, lines, start)
        settings.append(Setting(key, _convert(value, lines, line - 1, depth), line, column))
    return tuple(settings)


def _find(key: str, lines: list[str], start: int) -> tuple[int, int]:
    """Return the first line and column, from a line on, where a key can be; else those of the start."""
    spelled = "|".join(re.escape(form) for form in (key, f'"{key}"', f"'{key}'"))
    pattern = re.compile(rf"(?:^|[{{,.\[])\s*({spelled})\s*[=.\]]")
    for index, line in enumerate(lines[start:], start + 1):
        if match := pattern.search(line):
            return index, match.start(1) + 1
    return min(start + 1, max(1, len(lines))), 1


def _convert(value: Any, lines: list[str], start: int, depth: int) -> Any:
    if isinstance(value, dict):
        return _list_settings(value, lines, start, depth + 1) if depth < DEEPEST else None
    if isinstance(value, list):
        return tuple(item if isinstance(item, str) else None for item in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)
