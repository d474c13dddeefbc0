"""Every answer as rows, and the check of a spec."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.present.records import list_records
from mbcost.python.arguments import checked, quote
from mbcost.spec.catalogue.library import as_convention

if TYPE_CHECKING:
    from mbcost.present.records import Value
    from mbcost.present.table import Table
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
    for kind, tabulate in _list_presenters().items():
        if all(isinstance(item, kind) for item in items):
            return [record for table in tabulate(items) for record in list_records(table)]
    raise MbcostError(f"{quote(answer)} is not an answer of mbcost: give what one of its functions returned")


@cache
def _list_presenters() -> Mapping[type, Callable[[Sequence[Any]], list[Table]]]:
    """Return how answers of each kind become tables: one per answer, or one of all items that a function returns."""
    from mbcost.analytic.network import Network
    from mbcost.present import accuracy, published, validate
    from mbcost.present.check import check as findings
    from mbcost.present.compare import compare, diff, residuals, separable
    from mbcost.present.cost import conventions, formula, ledger, table
    from mbcost.present.device import memory, roofline
    from mbcost.present.explain import explain
    from mbcost.present.latency import calibrate, devices, latency
    from mbcost.present.search import fit, sweep
    from mbcost.present.table import build_table
    from mbcost.present.verify import verify
    from mbcost.questions.accuracy.estimate import Accuracy
    from mbcost.questions.check import CheckedFile, Finding
    from mbcost.questions.compare.compare import SideBySide
    from mbcost.questions.compare.diff import NetworkDiff
    from mbcost.questions.compare.residuals import ResidualBlock
    from mbcost.questions.compare.separable import LayerComparison, NetworkComparison
    from mbcost.questions.cost.formula import Formula
    from mbcost.questions.cost.ledger import Ledger
    from mbcost.questions.cost.table import tabulate_costs
    from mbcost.questions.device.memory import Memory
    from mbcost.questions.device.roofline import Roofline
    from mbcost.questions.explain.answer import Answer
    from mbcost.questions.latency.calibrate import Calibration
    from mbcost.questions.latency.latency import Latencies
    from mbcost.questions.latency.page import make_page
    from mbcost.questions.latency.summaries import Summary
    from mbcost.questions.published.verdict import Verdict
    from mbcost.questions.search.configurations import Configuration
    from mbcost.questions.search.fit_answer import Fit
    from mbcost.questions.validate.comparison import Validation
    from mbcost.questions.verify.verification import Verification
    from mbcost.spec.convention import Convention

    def one_by_one(tabulate: Callable[[Any], Table]) -> Callable[[Sequence[Any]], list[Table]]:
        return lambda answers: list(map(tabulate, answers))

    return {
        Network: one_by_one(lambda net: table.as_table(tabulate_costs(net, as_convention(None)))),
        SideBySide: one_by_one(compare.as_table),
        NetworkDiff: one_by_one(diff.as_table),
        Ledger: one_by_one(ledger.as_table),
        Formula: one_by_one(formula.as_table),
        Convention: lambda items: [conventions.as_table(items)],
        Memory: one_by_one(lambda answer: memory.as_table(answer, "layer")),
        Roofline: one_by_one(roofline.as_table),
        Latencies: one_by_one(latency.as_table),
        Calibration: one_by_one(lambda answer: calibrate.as_table(make_page(answer))),
        Summary: lambda items: [devices.as_table(items)],
        Accuracy: one_by_one(accuracy.as_table),
        Configuration: lambda items: [build_table("", sweep.list_columns_of(items), items)],
        Fit: one_by_one(fit.as_table),
        Answer: one_by_one(lambda answer: explain.as_table([answer])),
        Verdict: lambda items: [published.as_table(items)],
        Verification: one_by_one(verify.as_table),
        Validation: one_by_one(lambda answer: validate.list_differences(answer.differences)),
        Finding: lambda items: [findings.as_table([CheckedFile("", None, tuple(items))])],
        LayerComparison: one_by_one(separable.layer_table),
        NetworkComparison: one_by_one(separable.network_table),
        ResidualBlock: lambda blocks: [residuals.as_table(tuple(blocks), blocks[0].layers[0].input.height)],
    }
