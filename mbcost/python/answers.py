"""Every answer as rows, and the check of a spec."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mbcost.errors import MbcostError
from mbcost.present.records import list_records
from mbcost.python.arguments import checked, quote
from mbcost.python.presenters import tabulate_answers

if TYPE_CHECKING:
    from mbcost.present.records import Value
    from mbcost.questions.check import Finding


@checked
def check(path: str | os.PathLike[str]) -> tuple[Finding, ...]:
    """Return every problem of a spec, as `mbcost check` does.

    Args:
        path: the path of a YAML file, a table or a flat list of layers.

    Returns:
        Findings with `.problem` (`.file`, `.line`, `.column`, `.message`) and `.kind`: `unreadable`, `invalid` or
        `contradiction`. There are none if the spec is right.

    >>> check("nowhere.yaml")[0].kind
    'unreadable'
    """
    from mbcost.questions.check import check_files
    from mbcost.spec.reading.text import read_file

    (checked,) = check_files([os.fspath(path)], lambda origin: read_file(Path(origin)))
    return checked.findings


@checked
def rows(answer: object) -> list[dict[str, Value]]:
    """Return an answer as plain dicts, one per row, with the columns of the command's CSV and numbers as numbers.

    Counts and sizes in bytes are ints; an alpha, a ratio, a time, a share in percent and a chance are floats; a map and
    a kernel are tuples of ints; a resolution is an int if it is square, else (height, width); an empty cell is None.
    `pandas.DataFrame(rows(answer))` is the answer as a data frame; mbcost does not import pandas.

    Args:
        answer: what `accuracy`, `check`, `compare`, `conventions`, `diff`, `explain`, `fit`, `formula`, `ledger`,
            `memory`, `network`, `published`, `residual_vs_inverted`, `roofline`, `standard_vs_dws`, `sweep`, `validate`
            or `verify` returned, or several answers of one of them.

    Raises:
        MbcostError: it is something else.

    >>> from mbcost import compare
    >>> [row["mult_adds"] for row in rows(compare("v1", "v2"))]
    [568740352, 300774272]
    """
    items = answer if isinstance(answer, tuple | list) else (answer,)
    tables = tabulate_answers(items)
    if tables is None:
        raise MbcostError(f"{quote(answer)} is not an answer of mbcost: give what one of its functions returned")
    return [record for table in tables for record in list_records(table)]
