"""The columns of a command's table, for completion."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout

import click

from mbcost.cli.group import run_command
from mbcost.errors import MbcostError, UnknownWord

UNKNOWN = "?"
"""The name of no column: an error about it lists the columns."""
LEFT_OUT = ("--columns", "--sort", "--output", "-o", "--format", "-f")
"""Options with a value that a trial does without."""
_LEFT_OUT_WITH_VALUE = (*(f"{option}=" for option in LEFT_OUT), "--force")
EXAMPLES: Mapping[str, str] = {
    "table": "v2", "nets": "", "conventions": "", "show": "v2", "formula": "v2 2.1.expand", "ledger": "v2",
    "memory": "v2", "roofline": "v2 --peak-macs 1 --bandwidth 1", "accuracy": "v2",
    "latency": "v2 --device stm32n6", "compare nets": "v2",
    "compare standard-vs-dws": "", "compare residual-vs-inverted": "", "diff": "v1 v2",
}  # fmt: skip
"""Commands that answer at once -> words whose answer has the usual columns, if the words so far do not suffice."""


def list_columns(ctx: click.Context) -> tuple[str, ...]:
    """Return the columns of the table that the command line in `ctx` gives, as far as it is typed.

    `ctx.args` has its words, without the command, and `ctx.obj` lists the columns of a command that does not answer at
    once: see `share_options`.
    """
    name = str(ctx.info_name)
    if ctx.obj is not None:
        return tuple(dict.fromkeys(column.key.replace("_", "-") for column in ctx.obj(ctx.params)))
    typed = _leave_out(ctx.args)
    for words in (typed, EXAMPLES[name].split()):
        if not _reads_pipe(words) and (columns := _try(ctx, words)):
            return columns
    return ()


def _leave_out(words: Sequence[str]) -> list[str]:
    """Return the words without the options of `LEFT_OUT` and without --force."""
    kept = []
    for word, before in zip(words, ["", *words], strict=False):
        if before not in LEFT_OUT and word not in LEFT_OUT and not word.startswith(_LEFT_OUT_WITH_VALUE):
            kept.append(word)
    return kept


def _reads_pipe(words: Iterable[str]) -> bool:
    """Return whether a word names standard input, a pipe or a device: what is read from these is gone afterwards."""
    return any(
        word == "-" or (word[:1] == "-" and word[1:2] in tuple("@/:=")) or any(map(_is_pipe, _list_paths(word)))
        for word in words
    )


def _list_paths(word: str) -> list[str]:
    """Return the paths that a word can begin with, or that follow its `=`."""
    texts = [word, word.partition("=")[2]]
    return [text[:end] for text in texts for end in range(1, len(text) + 1) if text[end : end + 1] in ("", *"@/:")]


def _is_pipe(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  # a Path raises an error for a name that is too long
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _try(ctx: click.Context, words: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of the answer to a command line; none if it is not complete."""
    try:
        with redirect_stdout(io.StringIO()):
            run_command(ctx.command, [*words, "--sort", UNKNOWN])
    except UnknownWord as error:
        return error.choices if error.kind == "column" else ()
    except (MbcostError, click.UsageError):
        return ()
    return ()
