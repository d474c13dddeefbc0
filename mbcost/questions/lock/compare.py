"""Where do networks differ from a lock, layer by layer, and which budgets do they exceed?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mbcost.errors import MbcostError, Problem, SpecError, suggestion
from mbcost.questions.lock.budgets import BudgetResult, check_budget
from mbcost.questions.lock.entries import Measured, Resolve, list_unknown
from mbcost.spec.catalogue.library import has_folder, is_file, is_path
from mbcost.spec.catalogue.reference import parse_reference
from mbcost.spec.forms import find_form
from mbcost.spec.graph import NotCounted
from mbcost.spec.lock import COLUMNS, TEXTS, Budgets, Lock, LockedLayer, LockedNetwork

CHANGED, TOTALS, ORDER = "layer changed", "totals", "order"
ADDED, REMOVED = "layer added", "layer removed"
NOT_LOCKED, GONE, UNKNOWN, FAILED = "network not locked", "network gone", "not counted", "failed"
KINDS = (CHANGED, ADDED, REMOVED, TOTALS, ORDER, NOT_LOCKED, GONE, UNKNOWN, FAILED)
"""Kinds of differences. After `FAILED`, the question has no answer; every other one is an answer."""


@dataclass(frozen=True)
class Change:
    """A quantity or a feature that is not what is locked."""

    feature: str
    """Such as `stride`, `params`, `mult-adds`, `peak`."""
    locked: int | str | None
    now: int | str | None


@dataclass(frozen=True)
class Difference:
    """Something in which a network differs from its lock."""

    network: str
    kind: str
    """One of `KINDS`."""
    layer: str | None = None
    changes: tuple[Change, ...] = ()
    params: int = 0
    """The count now less the locked one, of a layer; likewise below."""
    mult_adds: int = 0
    message: str = ""
    """What is wrong and what to do, if it is not a change of numbers."""
    line: int = 1
    """The line of the lock file."""


@dataclass(frozen=True)
class LockCheck:
    """The answer: what differs from a lock, and how the networks stand against their budgets."""

    file: str
    lock: Lock
    networks: tuple[str, ...]
    """Those that were checked."""
    differences: tuple[Difference, ...]
    budgets: tuple[BudgetResult, ...]
    version: str
    """The version of mbcost that checked."""

    @property
    def failed(self) -> bool:
        """Whether a network could not be computed."""
        return any(difference.kind == FAILED for difference in self.differences)

    @property
    def passed(self) -> bool:
        """Whether everything is as locked and within its budget."""
        return not self.differences and all(budget.passed for budget in self.budgets)


@dataclass(frozen=True)
class Rules:
    """What a check needs besides the lock."""

    project: Budgets
    """The budgets of the project, in addition to those of the lock."""
    allow_unknown: bool
    """Whether operators that are not counted are allowed."""
    version: str


def check_lock(
    file: str,
    lock: Lock,
    names: Sequence[str],
    resolve: Resolve,
    rules: Rules,
    watch: Callable[[Iterable[str]], Iterable[str]] = iter,
) -> LockCheck:
    """Compute the networks of a lock again, and compare.

    Args:
        file: the lock file, for messages.
        lock: its content.
        names: the networks to check; by default all of the lock.
        resolve: returns the network that a reference means.
        rules: what else is required.
        watch: yields the names that it is given, to show progress.

    Raises:
        SpecError: the lock has a budget of a network that it does not have.
    """
    chosen = tuple(dict.fromkeys(names or lock.networks))
    _check_owners(file, lock, chosen)
    differences: list[Difference] = []
    budgets: list[BudgetResult] = []
    for name in watch(chosen):
        line = lock.networks[name].line if name in lock.networks else 1
        try:
            measured = Measured(name, resolve(name), lock.terms)
            differences += _compare(file, name, lock, measured, rules)
            for source in (lock.budgets, rules.project):
                budgets += check_budget(name, measured, source.choose(name))
        except MbcostError as error:
            differences.append(_explain_failure(name, error, line))
    return LockCheck(file, lock, chosen, tuple(differences), tuple(budgets), rules.version)


def _check_owners(file: str, lock: Lock, chosen: Sequence[str]) -> None:
    known = [*lock.networks, *chosen]
    problems = [
        Problem(limit.file, limit.line, limit.column, f"{file} has no network '{name}': {suggestion(name, known)}")
        for name, budget in lock.budgets.own.items()
        if name not in known
        for limit in budget.limits[:1]
    ]
    if problems:
        raise SpecError(problems)


def _compare(file: str, name: str, lock: Lock, measured: Measured, rules: Rules) -> Iterator[Difference]:
    """Yield what differs of one network."""
    now = measured.locked
    if name in lock.networks:
        yield from compare_networks(lock.networks[name], now)
    else:
        yield Difference(name, NOT_LOCKED, message=f"{file} does not have it: write the lock again with this network")
    allowed = {*lock.budgets.choose(name).allow_unknown, *rules.project.choose(name).allow_unknown}
    unknown = [item for item in list_unknown(measured.network) if item.operator not in allowed]
    if unknown and not rules.allow_unknown:
        line = lock.networks[name].line if name in lock.networks else 1
        yield Difference(name, UNKNOWN, message=_describe_unknown(unknown), line=line)


def _describe_unknown(unknown: Sequence[NotCounted]) -> str:
    listed = ", ".join(f"{item.count} {item.operator} ({item.reason})" for item in unknown)
    names = ", ".join(item.operator for item in unknown)
    return f"not counted: {listed}: allow them with --allow-unknown, or in a budget with allow-unknown: [{names}]"


def compare_networks(locked: LockedNetwork, now: LockedNetwork) -> Iterator[Difference]:
    """Yield the totals that differ, and every layer that differs; layers are compared by name."""
    before, after = ({layer.name: layer for layer in network.layers} for network in (locked, now))
    totals = tuple(_list_changes(_list_totals(locked), _list_totals(now)))
    if totals:
        yield Difference(locked.name, TOTALS, changes=totals, line=locked.line)
    for layer in locked.layers:
        if layer.name not in after:
            yield _list_one_side(locked.name, REMOVED, layer, -1, layer.line)
        elif layer != after[layer.name]:
            yield _compare_layers(locked.name, layer, after[layer.name])
    for layer in now.layers:
        if layer.name not in before:
            yield _list_one_side(locked.name, ADDED, layer, 1, locked.line)
    common = [name for name in after if name in before]
    if moved := next((name for name, old in zip(common, filter(after.get, before), strict=True) if name != old), None):
        yield Difference(locked.name, ORDER, moved, message="the layers run in a different order", line=locked.line)


def _list_totals(network: LockedNetwork) -> Mapping[str, int | None]:
    not_counted = {f"not counted {name}": count for name, count in network.not_counted.items()}
    return {
        "params": network.params,
        "mult-adds": network.mult_adds,
        "peak": network.peak,
        "flash": network.flash,
        **not_counted,
    }


def _list_changes(locked: Mapping[str, int | str | None], now: Mapping[str, int | str | None]) -> Iterator[Change]:
    for feature in dict.fromkeys((*locked, *now)):
        if locked.get(feature) != now.get(feature):
            yield Change(feature, locked.get(feature), now.get(feature))


def _compare_layers(network: str, locked: LockedLayer, now: LockedLayer) -> Difference:
    changes = tuple(_list_changes(_list_features(locked), _list_features(now)))
    params, mult_adds = now.params - locked.params, now.mult_adds - locked.mult_adds
    return Difference(network, CHANGED, locked.name, changes, params, mult_adds, line=locked.line)


def _list_one_side(network: str, kind: str, layer: LockedLayer, sign: int, line: int) -> Difference:
    shown = ((feature, value) for feature, value in _list_features(layer).items() if value)
    changes = tuple(
        Change(feature, value if sign < 0 else None, value if sign > 0 else None) for feature, value in shown
    )
    return Difference(network, kind, layer.name, changes, sign * layer.params, sign * layer.mult_adds, line=line)


def _list_features(layer: LockedLayer) -> Mapping[str, int | str]:
    texts = dict(zip(TEXTS[1:], layer.texts[1:], strict=True))
    return {**texts, COLUMNS[-2]: layer.params, COLUMNS[-1]: layer.mult_adds}


def _explain_failure(name: str, error: MbcostError, line: int) -> Difference:
    """Return the difference of a network that cannot be computed; a file that does not exist is named as such."""
    path = _find_path(name)
    if path is not None and (is_path(path) or has_folder(path) or find_form(path)) and not is_file(path):
        remedy = "was it moved? Run this in the folder where the lock was written, or write the lock again"
        return Difference(name, GONE, message=f"the file {path} does not exist: {remedy}", line=line)
    return Difference(name, FAILED, message=" ".join(str(error).splitlines()), line=line)


def _find_path(name: str) -> str | None:
    """Return the file that a reference names, existing or not; None if it names none."""
    if find_form(name) is not None:
        return name
    source, colon, _ = name.rpartition(":")
    if colon and source.endswith(".py"):
        return source
    try:
        return parse_reference(name).name
    except MbcostError:
        return None
