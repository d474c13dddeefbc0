"""The widths of a table at every alpha are those that the plan at this alpha has, also where a width changes."""

from __future__ import annotations

from dataclasses import replace
from math import nextafter

import pytest

from mbcost.analytic.blocks import plan
from mbcost.analytic.many.polynomial import widths_of
from mbcost.analytic.symbolic.step_functions import ANY_CLASSES, StepFunction, TableSteps, trace_steps
from mbcost.analytic.symbolic.symbols import find_kind
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec

LOW, HIGH = 0.05, 2.0
TABLES = [("v1", "official"), ("v2", "paddleclas"), ("v3-large", "torchvision"), ("efficientnet-b0", "keras")]


def list_alphas(steps: TableSteps) -> list[float]:
    """Return alphas at which a width changes, the last one before each, and both ends."""
    functions = [function for block in steps.blocks for function in (*block.widths, block.kinds)]
    starts = sorted({start for function in functions for start in function.starts[1:]})[::97]
    return [LOW, HIGH, *starts, *(nextafter(start, 0) for start in starts)]


def assert_equal_plans(spec: Spec, implementation: str, steps: TableSteps, alpha: float) -> None:
    try:
        blocks = plan(Scaling(spec, spec.implementation(implementation), alpha, ANY_CLASSES), spec.channels)
    except MbcostError:  # no channel is left, or groups do not divide the channels
        assert -1 in [step.kinds(alpha) for step in steps.blocks]
        return
    for block, step in zip(blocks, steps.blocks, strict=True):
        assert (block.stage, block.repeat) == (step.row.stage, step.repeat)
        assert widths_of(block.form) == tuple(function(alpha) for function in step.widths), alpha
        assert find_kind(block.form) == steps.kinds[step.kinds(alpha)]


@pytest.mark.parametrize(("net", "implementation"), TABLES)
def test_widths_are_those_of_the_plan_on_both_sides_of_every_change(net: str, implementation: str) -> None:
    spec = load_spec(net)
    steps = trace_steps(spec, spec.implementation(implementation), spec.channels, LOW, HIGH)
    for alpha in list_alphas(steps):
        assert_equal_plans(spec, implementation, steps, alpha)


def test_an_alpha_that_gives_no_network_has_no_kind() -> None:
    v1 = load_spec("v1")
    spec = replace(v1, rows=(v1.rows[0], replace(v1.rows[0], stage=1, c=20, g=4), *v1.rows[-2:]))
    spec = replace(spec, rows=tuple(replace(row, stage=stage) for stage, row in enumerate(spec.rows)))
    steps = trace_steps(spec, spec.implementation("official"), 3, LOW, HIGH)
    for alpha in list_alphas(steps):
        assert_equal_plans(spec, "official", steps, alpha)
    assert -1 in steps.blocks[1].kinds.values


def test_a_step_function_has_its_new_value_at_the_start() -> None:
    function = StepFunction((0.1, 0.5), (8, 16))
    assert [function(alpha) for alpha in (0.1, nextafter(0.5, 0), 0.5, 9.0)] == [8, 8, 16, 16]
