"""Settings with their structures: the networks that are tried, as arrays of counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.questions.explain.costs import load_weights
from mbcost.questions.explain.facts import Fact, Query, Setting, is_built_in, settings
from mbcost.questions.explain.packed import packed_stack
from mbcost.questions.explain.structures import USUAL_CLASSES, Choices, Stack, Structure, build_stack
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.table import Spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]
    Costs = NDArray[np.int64]
else:
    Array = Costs = Any


@dataclass(frozen=True, eq=False)
class Trial:
    """One setting with its structures, the counts of them for every fact, and what they cost."""

    setting: Setting
    structures: tuple[Structure, ...]
    counts: tuple[Array, ...]
    """For each fact, structure x count."""
    cost: Costs
    """Of each structure, the setting's included, in hundredths of a bit."""
    plain: int
    """How many of the structures, at the front, have neither mistakes nor left-out parts."""


Stacks = dict[tuple[int, float, Choices], tuple[Stack, Costs]]
"""Stacks with what their structures cost, by the identity of their spec: one that lives as long as its query."""


def trials(query: Query, cost: int = 0, stacks: Stacks | None = None) -> Iterator[Trial]:
    """Every setting of the query that can be built, each at `cost` more; `stacks` keeps what was built.

    Raises:
        MbcostError: none can.
    """
    known: Stacks = {} if stacks is None else stacks
    mistakes = 0 if query.plain else 2 if query.deep else 1
    every = Choices(query.implementation, query.classes, query.in_channels, mistakes)
    failure: MbcostError | None = None
    found = False
    for setting in settings(query):
        choices = replace(every, mistakes=0) if setting.departures else every
        try:
            some = [_known(known, setting.spec, setting.alpha_of(fact), choices) for fact in query.facts]
        except MbcostError as error:
            failure = error
            continue
        common = _common([stack for stack, _ in some])
        counts = tuple(
            stack.counts(quantity_of(fact), setting.resolution_of(fact))[_places(stack, common)]
            for fact, (stack, _) in zip(query.facts, some, strict=True)
        )
        first, costs = some[0]
        found = True
        plain = sum(not structure.departures for structure in common)
        yield Trial(setting, common, counts, costs[_places(first, common)] + setting.cost + cost, plain)
    if not found:
        raise failure or MbcostError("no network fits what is fixed: leave something open")


def _known(stacks: Stacks, spec: Spec, alpha: float, choices: Choices) -> tuple[Stack, Costs]:
    import numpy as np

    key = id(spec), alpha, choices
    if key not in stacks:
        weights = load_weights()
        built = stack(spec, alpha, choices)
        stacks[key] = (
            built,
            np.array([structure.cost(spec, weights, choices) for structure in built.structures], dtype=np.int64),
        )
    return stacks[key]


def quantity_of(fact: Fact) -> str:
    """Its quantity, which the alternatives of a query have filled in."""
    assert fact.quantity is not None, "alternatives fill it in"
    return fact.quantity


def quantities_of(query: Query) -> tuple[str, ...]:
    """The quantities of its facts, each once."""
    return tuple(dict.fromkeys(map(quantity_of, query.facts)))


def stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """The structures of `spec` at `alpha`, those without departures in front.

    Raises:
        MbcostError: alpha is so small that no network can be built.
    """
    if is_built_in(spec):
        return _built_in_stack(spec.name, alpha, choices)
    return build_stack(spec, alpha, choices)


@cache
def _built_in_stack(name: str, alpha: float, choices: Choices) -> Stack:
    """From what is built ahead, as far as that goes."""
    every = _packed(name, alpha) if choices.mistakes < 2 and choices.in_channels is None else None
    if every is None or choices.classes not in (None, *USUAL_CLASSES):
        return build_stack(load_spec(name), alpha, choices)
    found = [(kept, place) for place, each in enumerate(every.structures) if (kept := choices.keep(each)) is not None]
    found.sort(key=lambda pair: bool(pair[0].departures))
    places = [place for _, place in found]
    return Stack(tuple(kept for kept, _ in found), every.scales, every.mult_adds[places], every.params[places])


@cache
def _packed(name: str, alpha: float) -> Stack | None:
    return packed_stack(name, alpha)


def _common(stacks: list[Stack]) -> tuple[Structure, ...]:
    first = stacks[0].structures
    if all(each.structures is first or each.structures == first for each in stacks):
        return first
    shared = set.intersection(*(set(each.structures) for each in stacks))
    return tuple(structure for structure in first if structure in shared)


def _places(each: Stack, structures: tuple[Structure, ...]) -> Any:
    if structures is each.structures:
        return slice(None)
    if structures == each.structures[: len(structures)]:
        return slice(len(structures))
    places = {structure: place for place, structure in enumerate(each.structures)}
    return [places[structure] for structure in structures]
