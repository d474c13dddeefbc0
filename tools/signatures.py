"""Write the signatures of the public names into docs/python.md: `python -m tools.signatures`.

A test compares every signature on the page with the function's own.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import mbcost
from tools import ROOT

PAGE = ROOT / "docs" / "python.md"
SECTION = re.compile(r"^### `(\w+)`\n\n(?:```python\n(.*?)```\n\n)?", re.MULTILINE | re.DOTALL)
"""A public name and what its first block shows."""
WIDTH = 120


def spell(name: str) -> str:
    """Return the signature of a public function, or those of the public methods of a class of `mbcost.python`."""
    value = getattr(mbcost, name)
    if inspect.isfunction(value):
        return _spell_function(name, value)
    methods = inspect.getmembers(value, inspect.isfunction) if value.__module__.startswith("mbcost.python.") else []
    return "".join(
        _spell_function(f"{name}.{method}", function) for method, function in methods if not method.startswith("_")
    )


def _spell_function(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    parts = list(_spell_parameters(signature))
    end = f") -> {signature.return_annotation}\n"
    if len(line := f"{name}({', '.join(parts)}{end}") <= WIDTH:
        return line
    lines = [""]
    for part in parts:
        if len(lines[-1]) + len(part) + 6 > WIDTH:
            lines.append("")
        lines[-1] += f" {part}," if lines[-1] else f"    {part},"
    return "\n".join([f"{name}(", *lines, end])


def _spell_parameters(signature: inspect.Signature) -> Iterator[str]:
    starred = False
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            yield "*"
        starred = starred or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}".replace("'", '"')
        yield f"{star}{parameter.name}: {parameter.annotation}{default}"


def rewrite() -> None:
    """Replace the first block of every section by the signatures of its name."""

    def write(match: re.Match[str]) -> str:
        block = spell(match[1])
        return f"### `{match[1]}`\n\n" + (f"```python\n{block}```\n\n" if block else "")

    PAGE.write_text(SECTION.sub(write, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
