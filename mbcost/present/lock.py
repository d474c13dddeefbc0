"""How networks stand against a lock and their budgets: as a table, JSON, annotations of GitHub and JUnit's XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mbcost.errors import STANDARD_INPUT, enumerate_words
from mbcost.present import junit
from mbcost.present.annotations import annotation
from mbcost.present.estimates import round_json
from mbcost.present.names import UNITS, bytes_text, feature_text
from mbcost.present.table import Column, SignedCount, Table, build_table
from mbcost.questions.lock.budgets import BudgetResult
from mbcost.questions.lock.compare import ADDED, REMOVED, TOTALS, Change, Difference, LockCheck
from mbcost.spec.lock import COLUMNS, Lock
from mbcost.spec.shown import significant_text

TITLE = "mbcost lock --check"
BYTES = ("peak", "flash", "max-peak", "max-flash")
"""Quantities and limits in bytes."""
SHOWN = 10
"""The layers that one annotation lists at most."""


_WORDS = (
    Column[Difference]("network", "network", lambda item: item.network),
    Column[Difference]("layer", "layer", lambda item: item.layer),
    Column[Difference]("changes", "what differs", lambda item: describe(item)),
)
_PARAMS = Column[Difference]("params_difference", "params", lambda item: SignedCount(item.params), numeric=True)
_MULT_ADDS = Column[Difference](
    "mult_adds_difference", "mult-adds", lambda item: SignedCount(item.mult_adds), numeric=True
)
DATA = (*_WORDS, _PARAMS, _MULT_ADDS)
"""The columns of a check for programs."""
COLUMNS_OF_CHECK = (
    *_WORDS,
    replace(_PARAMS, value=lambda item: SignedCount(item.params) if item.layer else None),
    replace(_MULT_ADDS, value=lambda item: SignedCount(item.mult_adds) if item.layer else None),
)
"""The same for people: only layers have counts."""


def as_table(answer: LockCheck) -> Table:
    """Return a table with one row per difference: those of a whole network, then those of its layers."""
    results = answer.budgets
    exceeded = (_describe_budget(result) for result in results if not result.passed)
    met = [_describe_budget(result) for result in results if result.passed]
    notes = (*met, *_list_notes(answer))
    table = build_table(summarize(answer), COLUMNS_OF_CHECK, answer.differences, notes=notes, lead=exceeded)
    return replace(table, data=build_table("", DATA, answer.differences))


def as_json(answer: LockCheck) -> dict[str, Any]:
    """Return the object of `mbcost lock --check --format json`."""
    terms = answer.lock.terms
    return {
        "schema": "mbcost/lock/1",
        "passed": answer.passed,
        "lock": answer.file,
        "convention": terms.convention,
        "allocator": terms.allocator,
        "dtype": terms.dtype,
        "units": {key: UNITS[key] for key in ("params", "mult_adds")} | {"peak": "bytes", "flash": "bytes"},
        "networks": list(answer.networks),
        "differences": [_difference_json(item) for item in answer.differences],
        "budgets": [_budget_json(result) for result in answer.budgets],
    }


def render_github(answer: LockCheck) -> str:
    """Return annotations of a GitHub workflow: an error per network and per exceeded budget, and the summary."""
    shown = []
    for network in answer.networks:
        items = [item for item in answer.differences if item.network == network]
        if items:
            described = [f"{_locate(item)}{describe(item)}" for item in items[:SHOWN]]
            more = [f"and {len(items) - SHOWN} more"] if len(items) > SHOWN else []
            message = "\n".join([f"{network} differs from the lock", *described, *more])
            shown.append(annotation("error", TITLE, message, file=answer.file, line=items[0].line, col=1))
    for result in answer.budgets:
        if not result.passed:
            limit = result.limit
            message = _describe_budget(result)
            shown.append(annotation("error", TITLE, message, file=limit.file, line=limit.line, col=limit.column))
    shown.append(annotation("notice", TITLE, summarize(answer)))
    return "\n".join(shown) + "\n"


def render_junit(answer: LockCheck) -> str:
    """Return JUnit XML with a test case per network and per limit of a budget."""
    return junit.render_suite(TITLE, [*_list_network_cases(answer), *_list_budget_cases(answer)])


def summarize(answer: LockCheck) -> str:
    """Return one line: how many networks are as locked, and how many limits are exceeded."""
    different = {item.network for item in answer.differences}
    count = len(answer.networks)
    verb = "differs" if len(different) == 1 else "differ"
    parts = [f"{len(different)} of {_plural(count, 'network')} {verb}"]
    if not different:
        parts = [f"{_plural(count, 'network')} as locked"]
    exceeded = sum(not result.passed for result in answer.budgets)
    if answer.budgets:
        parts.append(
            f"{exceeded} of {_plural(len(answer.budgets), 'limit')} exceeded"
            if exceeded
            else f"{_plural(len(answer.budgets), 'limit')} kept"
        )
    return f"{answer.file}: {', '.join(parts)}"


def describe(item: Difference) -> str:
    """Return what differs, in words."""
    if item.message:
        return item.message
    changes = list(item.changes)
    if item.kind == TOTALS:
        return "; ".join(_total_text(change) for change in changes)
    if item.kind in (ADDED, REMOVED):
        texts = [_value_text(change, change.now if item.kind == ADDED else change.locked) for change in changes]
        return f"{'added' if item.kind == ADDED else 'removed'}: {', '.join(texts)}"
    shown = [change for change in changes if change.feature not in COLUMNS[-2:]] or changes
    return "; ".join(f"{_value_text(change, change.locked)} -> {_bare_text(change, change.now)}" for change in shown)


def describe_lock(lock: Lock, file: str, dropped: tuple[str, ...]) -> str:
    """Return what was written, in lines."""
    layers = sum(len(network.layers) for network in lock.networks.values())
    lines = [f"wrote {file}: {_plural(len(lock.networks), 'network')}, {_plural(layers, 'layer')}"]
    if dropped:
        lines.append(f"no longer in it: {enumerate_words(dropped)}")
    lines += [
        f"{name}: not counted: {', '.join(network.not_counted)}"
        for name, network in lock.networks.items()
        if network.not_counted
    ]
    return "".join(f"{line}\n" for line in lines)


def _list_notes(answer: LockCheck) -> Iterator[str]:
    if answer.differences and answer.lock.written_by not in ("", answer.version):
        yield f"the lock was written by mbcost {answer.lock.written_by}, and this is mbcost {answer.version}"
    if any(item.kind in (TOTALS, ADDED, REMOVED) for item in answer.differences):
        named = "" if answer.file in ("costs.lock", STANDARD_INPUT) else f" --output {answer.file}"
        yield f"if the change is meant, write the lock again: mbcost lock{named}"


def _list_network_cases(answer: LockCheck) -> Iterator[junit.Case]:
    for network in answer.networks:
        lines = [f"{_locate(item)}{describe(item)}" for item in answer.differences if item.network == network]
        failure = _plural(len(lines), "difference") if lines else None
        yield junit.Case("mbcost.lock", f"{network} is as locked", failure, tuple(lines))


def _list_budget_cases(answer: LockCheck) -> Iterator[junit.Case]:
    for result in answer.budgets:
        failure = None if result.passed else _describe_budget(result)
        name = f"{result.network} keeps {result.limit.key} {result.limit.text}"
        yield junit.Case("mbcost.budget", name, failure, () if failure is None else (failure,))


def _locate(item: Difference) -> str:
    return "" if item.layer is None else f"{item.layer}: "


def _total_text(change: Change) -> str:
    before, after = _bare_text(change, change.locked), _bare_text(change, change.now)
    delta = ""
    if isinstance(change.locked, int) and isinstance(change.now, int):
        delta = f" ({change.now - change.locked:+,})"
    return f"{change.feature} {before} -> {after}{delta}"


def _value_text(change: Change, value: int | str | None) -> str:
    text = _bare_text(change, value)
    return f"{text} {change.feature}" if isinstance(value, int) else feature_text(change.feature, text)


def _bare_text(change: Change, value: int | str | None) -> str:
    if value is None or value == "":
        return "none"
    unit = " B" if change.feature in BYTES else ""
    return f"{value:,}{unit}" if isinstance(value, int) else value


def _describe_budget(result: BudgetResult) -> str:
    limit, value = result.limit, result.value
    start = f"{result.network}: {limit.key} {limit.text} is {'kept' if result.passed else 'exceeded'}"
    if value.number is None:
        return f"{result.network}: {limit.key} {limit.text} cannot be checked: {value.reason}"
    if limit.key == "max-latency":
        interval = (
            "no interval"
            if value.low is None or value.high is None
            else f"80% interval {significant_text(value.low, 3)} to {significant_text(value.high, 3)} ms"
        )
        error = "unknown error" if value.error is None else f"mean error {value.error:.0%}"
        return f"{start}: an estimated {significant_text(value.number, 3)} ms on {value.under} ({interval}, {error})"
    number = int(value.number)
    shown = f"{number:,} B, {bytes_text(number)}" if limit.key in BYTES else f"{number:,}"
    over = number - int(limit.value)
    excess = "" if result.passed else f", {over:,}{' B' if limit.key in BYTES else ''} too many"
    return f"{start}: {shown}{excess} ({value.under})"


def _difference_json(item: Difference) -> dict[str, Any]:
    return {
        "network": item.network,
        "layer": item.layer,
        "kind": item.kind,
        "changes": [
            {"feature": change.feature.replace("-", "_"), "locked": change.locked, "now": change.now}
            for change in item.changes
        ],
        "params": item.params,
        "mult_adds": item.mult_adds,
        "message": item.message or None,
        "line": item.line,
    }


def _budget_json(result: BudgetResult) -> dict[str, Any]:
    limit, value = result.limit, result.value
    is_estimate = limit.key == "max-latency"
    return {
        "network": result.network,
        "budget": limit.key,
        "limit": limit.value if is_estimate else int(limit.value),
        "value": round_json(value.number) if is_estimate else value.number,
        "passed": result.passed,
        "under": value.under,
        "low": round_json(value.low),
        "high": round_json(value.high),
        "error": None if value.error is None else round_json(100 * value.error, 4),
        "reason": value.reason or None,
        "file": limit.file,
        "line": limit.line,
        "column": limit.column,
    }


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
