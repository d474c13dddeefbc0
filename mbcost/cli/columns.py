"""The columns of a command's table, for completion."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout

import typer

from mbcost.cli.group import UsageError
from mbcost.errors import MbcostError, UnknownWord
from mbcost.present.table import Table

UNKNOWN = "?"
"""The name of no column: an error about it lists the columns."""
LEFT_OUT = ("--columns", "--sort", "--output", "-o", "--format", "-f")
"""Options with a value that a trial does without."""
_LEFT_OUT_WITH_VALUE = (*(f"{option}=" for option in LEFT_OUT), "--force")
EXAMPLES: Mapping[str, str] = {
    "table": "v2", "nets": "", "conventions": "", "show": "v2", "formula": "v2 2.1.expand", "ledger": "v2",
    "memory": "v2", "roofline": "v2 --peak-macs 1 --bandwidth 1", "compare nets": "v2",
    "compare standard-vs-dws": "", "compare residual-vs-inverted": "", "diff": "v1 v2",
}  # fmt: skip
"""Commands that answer at once -> words whose answer has the usual columns, if the words so far do not suffice."""


def list_columns(ctx: typer.Context) -> tuple[str, ...]:
    """Return the columns of the table that the command line in `ctx` gives, as far as it is typed.

    `ctx.args` has its words, without the command.
    """
    name = str(ctx.info_name)
    if name in _TABLES:
        return tuple(dict.fromkeys(column.replace("_", "-") for column in _TABLES[name](ctx)))
    typed = _leave_out(ctx.args)
    for words in (typed, EXAMPLES[name].split()):
        if not _reads_standard_input(words) and (columns := _try(ctx, words)):
            return columns
    return ()


def _leave_out(words: Sequence[str]) -> list[str]:
    """Return the words without the options of `LEFT_OUT` and without --force."""
    kept = []
    for word, before in zip(words, ["", *words], strict=False):
        if before not in LEFT_OUT and word not in LEFT_OUT and not word.startswith(_LEFT_OUT_WITH_VALUE):
            kept.append(word)
    return kept


def _reads_standard_input(words: Iterable[str]) -> bool:
    return any(word == "-" or (word[:1] == "-" and word[1:2] in tuple("@/:")) for word in words)


def _try(ctx: typer.Context, words: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of the answer to a command line; none if it is not complete."""
    try:
        with redirect_stdout(io.StringIO()):
            ctx.command.main([*words, "--sort", UNKNOWN], prog_name="mbcost", standalone_mode=False)
    except UnknownWord as error:
        return error.choices if error.kind == "column" else ()
    except (MbcostError, UsageError):
        return ()
    return ()


def _columns_of(*tables: Table) -> list[str]:
    return [column.key for table in tables for column in table.columns]


def _sweep(_: typer.Context) -> list[str]:
    from mbcost.present.search.sweep import COLUMNS

    return [column.key for column in COLUMNS]


def _fit(_: typer.Context) -> list[str]:
    from mbcost.present.search.fit import COLUMNS

    return [column.key for column in COLUMNS]


def _published(ctx: typer.Context) -> list[str]:
    from mbcost.present.published import as_table, errata_table, summary_table

    if "errata" in ctx.params:
        return _columns_of(errata_table((), ()))
    return _columns_of(summary_table(()) if "summary" in ctx.params else as_table(()))


def _explain(_: typer.Context) -> list[str]:
    from mbcost.present.explain.explain import COLUMNS

    return [column.key for column in COLUMNS]


def _validate(_: typer.Context) -> list[str]:
    from mbcost.present.validate import as_table
    from mbcost.questions.validate.campaign import Campaign

    return _columns_of(as_table(Campaign((), ())))


def _check(_: typer.Context) -> list[str]:
    from mbcost.present.check.check import as_table

    return _columns_of(as_table(()))


_TABLES: Mapping[str, Callable[[typer.Context], Iterable[str]]] = {
    "sweep": _sweep,
    "fit": _fit,
    "published": _published,
    "validate": _validate,
    "check": _check,
    "explain": _explain,
    "verify": lambda _: ("layer", "model", "changes", "params", "mult_adds"),
}
"""Commands that do not answer at once -> their columns."""
