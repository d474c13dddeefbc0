"""What it takes to run our own models, which is known before any of them is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mbcost.errors import MbcostError
from mbcost.questions.validate.campaign import TOOLS, Case, Plan, Subject, resolve_case
from mbcost.questions.validate.planning import ComparisonRequest, count_comparisons
from mbcost.questions.work import Work
from mbcost.spec.scaling import alpha_text

RUNS = {"fvcore": 2, "torch": 2}
"""How often a tool runs the model: once to observe the layers and once to count."""
BYTES = 4
"""Of a number in float32."""
MOST_COMPARISONS = 100_000
"""At most so many are planned without the user's consent."""
MOST_MULT_ADDS = 10**14
"""At most so many are computed without the user's consent: about three hours."""
MOST_BYTES = 2**32
"""The largest model, weights and maps together, that runs without the user's consent."""
GIBIBYTE = 2**30


@dataclass(frozen=True)
class Effort:
    """What it takes to run our own models; the libraries' models have shapes and no values."""

    mult_adds: int
    """Of all runs together."""
    bytes: int
    """Of the weights, and of the maps of the largest layer, in float32, for the largest model."""
    largest: Case | None
    """The comparison with the largest model; None if none of our own models runs."""


def measure_planning(subjects: Sequence[Subject], request: ComparisonRequest) -> Work:
    """Return the work of planning the comparisons."""
    count = count_comparisons(subjects, request)
    return Work(count, "comparisons to plan", 300, MOST_COMPARISONS, "compare fewer networks")


def measure_running(plan: Plan, *, force: bool) -> Work:
    """Return the work of running the models of a plan.

    Raises:
        MbcostError: a network cannot be built, or the machine may not hold a model and the user does not lift the
            limit.
    """
    effort = estimate(plan)
    case = effort.largest
    if case is not None and effort.bytes > MOST_BYTES and not force:
        model = f"{case.spec.name} at alpha {alpha_text(case.alpha)} and {case.resolution[0]}x{case.resolution[1]}"
        tenths = 10 * effort.bytes // GIBIBYTE
        raise MbcostError(
            f"{model} takes at least {tenths // 10:,}.{tenths % 10} GiB of memory: use a smaller resolution or alpha, "
            f"or add --force to exceed the limit of {MOST_BYTES // GIBIBYTE} GiB"
        )
    return Work(effort.mult_adds, "multiply-adds", 10**10, MOST_MULT_ADDS, "compare fewer or smaller networks")


def estimate(plan: Plan) -> Effort:
    """Return the effort of a plan.

    Raises:
        MbcostError: a network cannot be built.
    """
    total, largest = 0, Effort(0, 0, None)
    for case in plan.cases:
        if case.against not in TOOLS:
            continue
        network = resolve_case(case)
        total += network.mult_adds() * RUNS[case.against]
        maps = max((layer.input.elements + layer.output.elements for layer in network.layers), default=0)
        size = BYTES * (network.params() + maps)
        if size > largest.bytes:
            largest = Effort(0, size, case)
    return replace(largest, mult_adds=total)
