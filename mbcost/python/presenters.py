"""Every answer as tables: those of its command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from mbcost.spec.catalogue.library import as_convention

if TYPE_CHECKING:
    from mbcost.present.table import Table


def tabulate_answers(answers: Sequence[object]) -> list[Table] | None:
    """Return answers of one kind as tables; None if they are not of one kind, or not answers."""
    for kind, tabulate in _list_presenters().items():
        if all(isinstance(answer, kind) for answer in answers):
            return tabulate(answers)
    return None


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
