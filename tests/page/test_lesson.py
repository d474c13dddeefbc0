"""The lesson shows what `mbcost compare standard-vs-dws` prints."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from mbcost.analytic.network import resolve
from mbcost.questions.compare.separable import compare_as_printed, compare_network
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import alpha_text
from tests.page.conftest import read_mixed
from tests.page.node import run_module

SHOW = """(() => {
  const engine = createEngine(asked.data);
  const multiply = (bank, withMap) => module.listFactors(bank, withMap).flat().reduce((all, factor) => all * factor);
  const form = ({mult_adds, params, banks, printed}) => ({
    counts: [params, mult_adds], printed,
    products: [false, true].map((withMap) => banks.map((bank) => multiply(bank, withMap)))
  });
  return asked.states.map((state) => {
    const {forms, ratio, formula, problem, isPapers} = module.describeLayer(engine, state);
    const text = ({top, bottom}) => `${top}/${bottom}`;
    const rho = rhoOf(engine, state);
    return {forms: forms.map(form), ratio: text(ratio), formula: text(formula.value), problem, isPapers, rho};
  });
})()"""
PRELUDE = (
    'import {createEngine} from "{sources}/engine/engine.js";'
    'import {writeRho} from "{sources}/views/lesson/command.js";'
    "const rhoOf = (engine, {network, resolution}) =>"
    " writeRho(engine.lesson.feature, resolution[0], engine.find(network).resolution[0]);"
)


def show(page_data: dict[str, Any], states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = run_module(
        "views/lesson/forms.js", SHOW, {"data": page_data, "states": states}, prelude=PRELUDE
    )
    for layer in shown:
        for form in layer["forms"]:
            assert [sum(products) for products in form["products"]] == form["counts"]
    return shown


def make_state(network: str, alpha: float, resolution: list[int], block: str | None, **other: object) -> dict[str, Any]:
    settings = {"implementation": "official", "classes": 1000, "convention": "fvcore", **other}
    return {"network": network, "alpha": alpha, "resolution": resolution, "block": block, **settings}


def test_every_block_has_the_standard_form_of_the_command(page_data: dict[str, Any]) -> None:
    random_ = random.Random(3)
    for spec, implementation in ((load_spec("v2"), "torchvision"), (read_mixed(), "official")):
        alpha, size = round(random_.uniform(0.2, 1.9), 3), (random_.randrange(33, 300), random_.randrange(33, 300))
        full = resolve(spec, implementation=implementation)
        scaled = resolve(spec, alpha=alpha, resolution=size, implementation=implementation)
        blocks = [compare_network(network, network).blocks for network in (full, scaled)]
        states = [
            make_state(spec.name, alpha, list(size), block.name, implementation=implementation) for block in blocks[0]
        ]
        for before, after, layer in zip(*blocks, show(page_data, states), strict=True):
            counts = [form["counts"] for form in layer["forms"]]
            for tally, shown in ((before.standard, 0), (before.separable, 1), (after.separable, 3)):
                assert counts[shown] == [tally.weights, tally.conv_macs], before.name
            assert Fraction(layer["ratio"]) == Fraction(layer["formula"]) == before.ratio
            assert not layer["isPapers"]


def test_the_papers_layer_follows_alpha_and_rho_as_the_command_does(page_data: dict[str, Any]) -> None:
    random_ = random.Random(4)
    settings = [(0.75, 160), (1.0, 224), (0.05, 17), (2.0, 448)]
    alphas = [round(random_.uniform(0.05, 2), random_.randrange(1, 6)) for _ in range(60)]
    settings += [(max(alpha, 0.05), random_.randrange(9, 500)) for alpha in alphas]
    states = [make_state("v2", alpha, [side, side], None) for alpha, side in settings]
    for (alpha, side), layer in zip(settings, show(page_data, states), strict=True):
        for rho in (Fraction(side, 224), Fraction(layer["rho"])):
            thin = compare_as_printed({}, float(alpha_text(alpha)), Fraction(1)).forms[-1]
            small = compare_as_printed({}, alpha, rho).forms[-1]
            standard, separable = compare_as_printed({}, 1.0, Fraction(1)).forms
            if alpha == 1:
                thin = separable
            expected = [standard, separable, thin, thin if rho == 1 else small]
            assert [form["counts"] for form in layer["forms"]] == [[form.params, form.mult_adds] for form in expected]
        assert layer["ratio"] == layer["formula"] == "521/4608"


def test_the_papers_prints_are_beside_its_own_counts_only(page_data: dict[str, Any]) -> None:
    states = [make_state("v2", alpha, [side, side], None) for alpha, side in ((0.75, 160), (0.5, 160), (1, 6))]
    paper, other, empty = show(page_data, states)
    prints = [[form["printed"][quantity]["text"] for quantity in ("mult_adds", "params")] for form in paper["forms"]]
    assert prints == [["462 M", "2.36 M"], ["52.3 M", "0.27 M"], ["29.6 M", "0.15 M"], ["15.1 M", "0.15 M"]]
    assert [form["printed"] is None for form in other["forms"]] == [False, False, True, True]
    assert len(empty["forms"]) == 3
    assert "leaves nothing" in empty["problem"]
    (stem,) = show(page_data, [make_state("v2", 1, [224, 224], "0.1")])
    assert stem["isPapers"]
