"""Settings with their structures: the networks that are tried, as arrays of counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import Array
from mbcost.questions.explain.facts import Fact, Query, Setting, is_built_in, list_settings
from mbcost.questions.explain.packed import packed_stack
from mbcost.questions.explain.structures import USUAL_CLASSES, Choices, Stack, Structure, build_stack
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.table import Spec


@dataclass(frozen=True, eq=False)
class Trial:
    """One setting with its structures, their counts for every fact, and their costs."""

    setting: Setting
    structures: tuple[Structure, ...]
    counts: tuple[Array, ...]
    """For each fact, structure x count."""
    cost: Array
    """The cost of each structure with the setting, in hundredths of a bit."""
    plain: int
    """How many structures are unmodified: they come first."""


Stacks = dict[tuple[int, float, Choices], tuple[Stack, Array]]
"""Stacks with the costs of their structures.

The key has the identity of the spec, so that a dictionary is valid only as long as the query that it is made for.
"""


def build_trials(query: Query, cost: int = 0, stacks: Stacks | None = None) -> Iterator[Trial]:
    """Yield a trial for every setting of the query that can be built.

    Args:
        query: every fact has a quantity.
        cost: what to add to the cost of every structure.
        stacks: keeps the stacks that are built, so that they are built once.

    Raises:
        MbcostError: no setting can be built.
    """
    known: Stacks = {} if stacks is None else stacks
    mistakes = 0 if query.plain else 2 if query.deep else 1
    allowed = Choices(query.implementation, query.classes, query.in_channels, mistakes)
    failure = MbcostError("no network fits what is given: leave out an option")
    built_any = False
    for setting in list_settings(query):
        choices = replace(allowed, mistakes=0) if setting.departures else allowed
        try:
            built = [_build_once(known, setting.spec, setting.alpha_of(fact), choices) for fact in query.facts]
        except MbcostError as error:
            failure = error
            continue
        built_any = True
        common = _common([stack for stack, _ in built])
        counts = tuple(
            stack.counts(quantity_of(fact), setting.resolution_of(fact))[_indices(stack, common)]
            for fact, (stack, _) in zip(query.facts, built, strict=True)
        )
        first, costs = built[0]
        plain = sum(not structure.departures for structure in common)
        yield Trial(setting, common, counts, costs[_indices(first, common)] + setting.cost + cost, plain)
    if not built_any:
        raise failure


def _build_once(stacks: Stacks, spec: Spec, alpha: float, choices: Choices) -> tuple[Stack, Array]:
    import numpy as np

    key = id(spec), alpha, choices
    if key not in stacks:
        stack = load_stack(spec, alpha, choices)
        costs = np.array([structure.cost(spec, choices) for structure in stack.structures], dtype=np.int64)
        stacks[key] = stack, costs
    return stacks[key]


def quantity_of(fact: Fact) -> str:
    """Return the quantity of a fact, which `fill_quantities` has filled in."""
    assert fact.quantity is not None, "fill_quantities fills it in"
    return fact.quantity


def quantities_of(query: Query) -> tuple[str, ...]:
    """Return the quantities of the facts, each once."""
    return tuple(dict.fromkeys(map(quantity_of, query.facts)))


def load_stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """Return the structures of `spec` at `alpha`, the unmodified ones first.

    Raises:
        MbcostError: alpha is so small that no network can be built.
    """
    if is_built_in(spec):
        return _built_in_stack(spec.name, alpha, choices)
    return build_stack(spec, alpha, choices)


@cache
def _built_in_stack(name: str, alpha: float, choices: Choices) -> Stack:
    """Return the stack from the structures that are built ahead, as far as these go."""
    ahead = packed_stack(name, alpha) if choices.mistakes < 2 and choices.in_channels is None else None
    if ahead is None or choices.classes not in (None, *USUAL_CLASSES):
        return build_stack(load_spec(name), alpha, choices)
    kept = [
        (structure, index)
        for index, built in enumerate(ahead.structures)
        if (structure := choices.keep(built)) is not None
    ]
    kept.sort(key=lambda pair: bool(pair[0].departures))
    indices = [index for _, index in kept]
    structures = tuple(structure for structure, _ in kept)
    return Stack(structures, ahead.scales, ahead.mult_adds[indices], ahead.params[indices])


def _common(stacks: list[Stack]) -> tuple[Structure, ...]:
    first = stacks[0].structures
    if all(stack.structures is first or stack.structures == first for stack in stacks):
        return first
    shared = set.intersection(*(set(stack.structures) for stack in stacks))
    return tuple(structure for structure in first if structure in shared)


def _indices(stack: Stack, structures: tuple[Structure, ...]) -> Any:
    """Return what selects the rows of `structures` from the arrays of the stack."""
    if structures is stack.structures:
        return slice(None)
    if structures == stack.structures[: len(structures)]:
        return slice(len(structures))
    indices = {structure: index for index, structure in enumerate(stack.structures)}
    return [indices[structure] for structure in structures]
