"""Every answer as rows, and the check of a spec."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.present.records import list_records
from mbcost.spec.catalogue.library import as_convention

if TYPE_CHECKING:
    from mbcost.present.records import Value
    from mbcost.present.table import Table
    from mbcost.questions.check import Finding


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


def rows(answer: object) -> list[dict[str, Value]]:
    """Return an answer as plain dicts, one per row, with the columns of the command's CSV.

    `pandas.DataFrame(rows(answer))` is the answer as a data frame; mbcost does not import pandas.

    Args:
        answer: what a function of mbcost returned: a network, `compare`, `diff`, `explain`, `fit`, `formula`, `ledger`,
            `memory`, `published`, `roofline`, `sweep` or `verify`.

    Raises:
        MbcostError: it is something else.

    >>> from mbcost import compare
    >>> [row["mult_adds"] for row in rows(compare("v1", "v2"))]
    [568740352, 300774272]
    """
    items = answer if isinstance(answer, tuple | list) else (answer,)
    for kind, tabulate in _list_presenters().items():
        if all(isinstance(item, kind) for item in items):
            return list_records(tabulate(answer)) if items else []
    raise MbcostError(f"{answer!r:.100} is not an answer of mbcost: give what one of its functions returned")


@cache
def _list_presenters() -> Mapping[type, Callable[[Any], Table]]:
    """Return how each kind of answer, or each item of an answer that is a tuple, becomes a table."""
    from mbcost.analytic.network import Network
    from mbcost.present import published, verify
    from mbcost.present.compare import compare, diff
    from mbcost.present.cost import conventions, formula, ledger, table
    from mbcost.present.device import memory, roofline
    from mbcost.present.explain import explain
    from mbcost.present.search import fit, sweep
    from mbcost.present.table import build_table
    from mbcost.questions.compare.compare import SideBySide
    from mbcost.questions.compare.diff import NetworkDiff
    from mbcost.questions.cost.formula import Formula
    from mbcost.questions.cost.ledger import Ledger
    from mbcost.questions.cost.table import tabulate_costs
    from mbcost.questions.device.memory import Memory
    from mbcost.questions.device.roofline import Roofline
    from mbcost.questions.explain.answer import Answer
    from mbcost.questions.published.verdict import Verdict
    from mbcost.questions.search.configurations import Configuration
    from mbcost.questions.search.limits import Fit
    from mbcost.questions.verify.verify import Verification
    from mbcost.spec.convention import Convention

    return {
        Network: lambda net: table.as_table(tabulate_costs(net, as_convention(None))),
        SideBySide: compare.as_table,
        NetworkDiff: diff.as_table,
        Ledger: ledger.as_table,
        Formula: formula.as_table,
        Convention: conventions.as_table,
        Memory: lambda answer: memory.as_table(answer, "layer"),
        Roofline: roofline.as_table,
        Configuration: lambda points: build_table("", sweep.COLUMNS, points),
        Fit: fit.as_table,
        Answer: lambda answer: explain.as_table([answer]),
        Verdict: published.as_table,
        Verification: verify.as_table,
    }
