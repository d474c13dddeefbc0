"""The structures of a network: those that are built ahead, as far as these go, or built now."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from mbcost.questions.explain.facts import is_built_in
from mbcost.questions.explain.packed import packed_stack
from mbcost.questions.explain.structures import Choices, Stack, build_stack
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.table import Spec


def load_stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """Return the structures of `spec` at `alpha`, the unmodified ones first.

    Raises:
        MbcostError: alpha is so small that no network can be built.
    """
    if is_built_in(spec):
        return _built_in_stack(spec.name, alpha, replace(choices, classes=None))
    return build_stack(spec, alpha, choices)


@cache
def _built_in_stack(name: str, alpha: float, choices: Choices) -> Stack:
    """Return the stack from the structures that are built ahead, as far as these go."""
    ahead = packed_stack(name, alpha) if choices.mistakes < 2 and choices.in_channels is None else None
    if ahead is None:
        return build_stack(load_spec(name), alpha, choices)
    return ahead.select([index for index, built in enumerate(ahead.structures) if choices.keep(built) is not None])
