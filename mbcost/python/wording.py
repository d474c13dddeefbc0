"""Words the errors of the commands for a Python program: parameters instead of options."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from mbcost.errors import MbcostError, SpecError, UnknownWord, escape

DEPTH = 3
"""How deep texts are looked for in what a caller gives: a list of dicts has them at the third level."""


def word_for_python(error: MbcostError, given: Iterable[object]) -> None:
    """Change the text of an error to parameters instead of options.

    A choice, a text that the caller gave, and the name of a file with a position stay as they are.

    Args:
        error: what is raised.
        given: the caller's arguments.
    """
    if isinstance(error, UnknownWord):  # it has only the caller's word and the choices
        return
    texts = tuple(text for value in given for text in _list_texts(value, DEPTH))
    if isinstance(error, SpecError):
        error.located = tuple(replace(item, message=speak_python(item.message, texts)) for item in error.located)
        error.problems = tuple(map(str, error.located))
        error.args = ("\n".join(error.problems),)
    else:
        error.args = (speak_python(str(error), texts),)


def speak_python(message: str, texts: Collection[str] = ()) -> str:
    """Return a message with parameters instead of the options of the command line.

    What is in quotes stays, and so do a command line that a message shows, the texts that the caller gave, and words
    that are a part of a longer name, such as that of a file.

    >>> speak_python("'--res' needs --impl: use a smaller in-channels, or add --force to exceed the limit")
    "'--res' needs implementation: use a smaller in_channels, or add force=True to exceed the limit"
    >>> speak_python("make needs width and mult: add --kwargs width=VALUE --kwargs mult=VALUE")
    "make needs width and mult: add arguments={'width': VALUE, 'mult': VALUE}"
    >>> speak_python("my--force.yaml: No such file: add --force"), speak_python("a --res b: add --force", ["a --res b"])
    ('my--force.yaml: No such file: add force=True', 'a --res b: add force=True')
    """
    kept = sorted({text for text in texts if text in message and _OPTION.search(text)}, key=len, reverse=True)
    pattern = "|".join((*map(re.escape, kept), _QUOTED, _OPTION.pattern))
    return re.sub(pattern, lambda match: _name_parameter(match["option"]) if match["option"] else match[0], message)


def _name_parameter(words: str) -> str:
    if names := re.findall(r"--kwargs (\w+)=VALUE", words):
        return f"arguments={{{', '.join(f'{name!r}: VALUE' for name in names)}}}"
    name = words.removeprefix("--")
    return PARAMETERS.get(name, name.replace("-", "_"))


def _list_texts(value: object, depth: int) -> Iterator[str]:
    """Yield the texts and paths in a value, as messages quote them: whole, or without what follows a file's name."""
    if isinstance(value, os.PathLike) and isinstance(os.fspath(value), str):
        value = os.path.join(os.curdir, os.fspath(value))  # noqa: PTH118  # a Path drops the dot
    if isinstance(value, str) and not _OPTION.fullmatch(value):
        for text in (value, value.partition("@")[0], value.rpartition("/")[0], value.rpartition(":")[0]):
            yield from (text, escape(text), os.path.normpath(text)) if text else ()
    elif isinstance(value, dict) and depth:
        yield from (text for pair in value.items() for item in pair for text in _list_texts(item, depth - 1))
    elif isinstance(value, list | tuple) and depth:
        yield from (text for item in value for text in _list_texts(item, depth - 1))


PARAMETERS: Mapping[str, str] = {
    "res": "resolution", "impl": "implementation", "kwargs": "arguments", "input": "inputs", "force": "force=True",
    "find": "find=True", "no-top": "top=False", "as an option": "as an argument",
    "the options": "the other arguments", "an option": "an argument",
    "or --alpha 0.5,0.75": "and resolutions as v2/160",
}  # fmt: skip
"""An option, or words of a message about options -> its parameter, where the two differ in more than hyphens."""
_QUOTED = r"(?<!\w)'[^']*'|(?<!\w)\"[^\"]*\"|`[^`]*`|\bmbcost [a-z-]+(?: --[a-z-]+)+"
_OPTION = re.compile(
    r"(?<![\w.:/\\-])"
    r"(?P<option>--kwargs \w+=VALUE(?: --kwargs \w+=VALUE)*|--[a-z][a-z0-9-]*"
    r"|or --alpha 0\.5,0\.75|no-top|in-channels|peak-macs|as an option|an option|the options)"
    r"(?![\w/\\-]|[.:]\w)"
)
"""An option, or words about options, that are not a part of a longer name."""
