"""The settings among which the page looks for the best one within a budget."""

from __future__ import annotations

from collections.abc import Mapping

from mbcost.questions.search.requests import ALPHA_STEPS, SIDE_STEPS


def describe_search() -> Mapping[str, list[float] | list[int]]:
    """Return the alphas and the sides that `mbcost fit` searches besides the published ones, as values of JSON."""
    return {"alphas": list(ALPHA_STEPS), "sides": list(SIDE_STEPS)}
