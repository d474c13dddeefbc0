"""The best setting of the budget panel is that of `mbcost fit`, and so is the limit that binds."""

from __future__ import annotations

from functools import cache
from typing import Any

from mbcost.analytic.reference import Settings
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.questions.search.estimates import Estimator
from mbcost.questions.search.fit import Wish, fit
from mbcost.questions.search.fit_answer import Fit
from mbcost.questions.search.limits import QUANTITIES, Limit
from mbcost.questions.search.requests import Grid, choose_steps, list_sheets, load_rules, make_requests
from tests.page.node import run_module

DEVICE = "pixel1-tflite"
BUDGETS: tuple[tuple[dict[str, float], dict[str, Any]], ...] = (
    ({"ram": 320 * 1024, "flash": 2**20}, {"allocator": "fused-block", "dtype": "float16", "classes": 10}),
    ({"mult_adds": 60_000_000, "min_top1": 60, "ram": 2**19}, {"convention": "fvcore"}),
    ({"max_latency": 12.5, "ram": 2**20, "min_top1": 50}, {}),
    ({"max_latency": 900, "min_top1": 70}, {"implementation": "torchvision"}),
    ({"ram": 10, "flash": 0}, {}),
)
"""Limits as `mbcost fit` calls them, and what else is chosen."""
NAMES = {"min_top1": "top1", "max_latency": "milliseconds"}
"""The limits that the page calls otherwise."""
SEARCH = """(() => {
  const engine = createEngine(asked.data);
  const isImpossible = ({verdict}) => verdict !== "keeps" && verdict !== "may keep";
  return asked.states.map((state) => {
    const work = module.findBest(engine, state, engine.search);
    let step = work.next();
    while (!step.done) step = work.next();
    const {best, fitting, tried, nearest} = step.value;
    const binding = best && findBinding(judgeAll(engine, best.state));
    return {best: best && {...best.state, sure: best.isSure, top1: best.top1.value, mult_adds: best.mult_adds},
      binding: binding && binding.limit.name, fitting, tried, lit: best && fits(engine, best.state),
      impossible: nearest.filter(isImpossible).map(({limit}) => limit.name)
    };
  });
})()"""
PRELUDE = (
    'import {createEngine} from "{sources}/engine/engine.js";'
    'import {findBinding, fits, judgeAll} from "{sources}/budget/limits.js";'
)


def make_state(limits: dict[str, float], chosen: dict[str, Any]) -> dict[str, Any]:
    budget = {NAMES.get(name, name): limits.get(name) for name in QUANTITIES if name != "params"}
    return {
        "network": "v2", "alpha": 1, "resolution": [224, 224], "implementation": "official", "classes": 1000,
        "convention": "macs", "allocator": "naive", "dtype": "int8", "device": DEVICE, "budget": budget, **chosen,
    }  # fmt: skip


@cache
def calibrate() -> Calibration:
    return calibrate_device(DEVICE)


def find_fit(state: dict[str, Any]) -> Fit:
    limits = [
        Limit(quantity, value, name.startswith("min_"), DEVICE if quantity == "latency" else "")
        for name, quantity in QUANTITIES.items()
        if (value := state["budget"].get(NAMES.get(name, name))) is not None
    ]
    settings = Settings(implementation=state["implementation"], classes=state["classes"])
    requests = make_requests([state["network"]], settings, Grid(), choose_steps)
    rules = load_rules(state["convention"], state["allocator"], state["dtype"])
    calibration = calibrate() if state["budget"]["milliseconds"] is not None else None
    return fit(*list_sheets(requests, rules), limits, Wish(), Estimator(calibration))


def test_the_best_setting_is_that_of_fit(page_data: dict[str, Any]) -> None:
    states = [make_state(*budget) for budget in BUDGETS]
    answers = run_module("budget/search.js", SEARCH, {"data": page_data, "states": states}, prelude=PRELUDE)
    kinds = set()
    for state, found in zip(states, answers, strict=True):
        expected = find_fit(state)
        assert (found["tried"], found["fitting"]) == (expected.tried, expected.fitting), state
        kinds.add((bool(expected.best), expected.sure == expected.fitting))
        if not expected.best:
            assert found["best"] is None
            impossible = {NAMES.get(name, name) for limit, _ in expected.impossible for name in QUANTITIES
                          if QUANTITIES[name] == limit.quantity}  # fmt: skip
            assert set(found["impossible"]) == impossible
            continue
        best, found_best = expected.best[0], found["best"]
        configuration = best.configuration
        assert (found_best["alpha"], tuple(found_best["resolution"]), found_best["mult_adds"]) == (
            configuration.plateau.alpha, configuration.resolution, configuration.mult_adds
        ), state  # fmt: skip
        assert found_best["sure"] == found["lit"] == best.is_sure
        top1 = configuration.estimated.top1
        assert found_best["top1"] is None if top1 is None else abs(found_best["top1"] - top1) < 1e-6
        assert best.binding is not None
        assert QUANTITIES[
            {"top1": "min_top1", "milliseconds": "max_latency"}.get(found["binding"], found["binding"])
        ] == (best.binding.quantity)
    assert kinds == {(True, True), (True, False), (False, True)}
