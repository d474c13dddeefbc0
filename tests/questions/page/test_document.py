"""The page's engine gives the numbers of `mbcost table`, `memory`, `formula` and `compare`, to the last integer.

The engine is executed by node, as it is, with the document that Python writes into a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS
from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.present.cost.table import as_json
from mbcost.questions.compare.separable import compare_with_standard
from mbcost.questions.cost.formula import derive_formula
from mbcost.questions.cost.table import tabulate_costs
from mbcost.questions.device.memory import compute_memory
from mbcost.questions.networks import resolve_network
from mbcost.questions.page.document import MOBILENETS, describe_page
from mbcost.spec.catalogue.library import load_conventions, load_family, load_spec
from mbcost.spec.dtype import DTYPES
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.tally import COUNTS
from tests.questions.page.asking import ask_page, describe_mobilenets, needs_node
from tests.tables import tables

ROOT = Path(__file__).parents[3]
SCRIPT = "costs.mjs"

pytestmark = needs_node


def answer_ourselves(network: Network, question: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same from the commands' own questions."""
    costs = as_json(tabulate_costs(network, load_conventions()[question["convention"]]))
    memory = compute_memory(network, WITHOUT_OFFSETS, question["dtype"], "int8")
    flash = compute_memory(network, (), question["dtype"], question["dtype"]).flash.total
    answer = {
        **costs["totals"],
        "rows": costs["rows"],
        "tally": {count: getattr(network.tally(), count) for count in COUNTS},
        "live": list(zip(*(row.live for row in memory.rows), strict=True)),
        "flash": flash,
    }
    parsed: dict[str, Any] = json.loads(json.dumps(answer))
    return parsed


def keep_costs(answer: dict[str, Any]) -> None:
    """Remove what another test compares."""
    for key in ("standard", "numbers"):
        answer.pop(key, None)


def test_random_settings_of_built_in_networks_are_equal() -> None:
    random = Random("mbcost page")
    questions = [draw_question(random, random.choice(MOBILENETS)) for _ in range(24)]
    document = describe_mobilenets()
    for question, answer in zip(questions, ask_page(SCRIPT, document, questions), strict=True):
        keep_costs(answer)
        refused = False
        try:
            network = resolve(
                load_spec(question["network"]),
                alpha=question["alpha"],
                resolution=tuple(question["resolution"]),
                implementation=question["implementation"],
                classes=question["classes"],
            )
        except MbcostError as error:
            refused = answer == {"error": f"{error}"}
        assert refused or answer == answer_ourselves(network, question), question


def draw_question(random: Random, name: str) -> dict[str, Any]:
    spec = load_spec(name)
    side = random.choice([*spec.published_resolutions, random.randint(1, 512)])
    return {
        "network": name,
        "alpha": random.choice(
            [random.choice(spec.published_alphas), round(random.uniform(0.05, 4), 3), random.random() + 0.05]
        ),
        "resolution": random.choice([[side, side], [side, random.randint(1, 512)]]),
        "implementation": random.choice(list(spec.implementations)),
        "classes": random.choice([1, 2, 1000, 1001, random.randint(3, 30_000)]),
        "convention": random.choice(list(load_conventions())),
        "dtype": random.choice(list(DTYPES)),
    }


@settings(max_examples=5, phases=[Phase.generate])
@given(st.lists(tables(), min_size=8, max_size=8), st.randoms(use_true_random=False))
def test_random_tables_are_equal(texts: list[str], random: Random) -> None:
    networks = [
        network for index, text in enumerate(texts) if (network := read_table(text, f"any-{index}")) is not None
    ]
    if not networks:
        return
    document = describe_page(networks, "1.0")
    questions = [
        {"network": described["name"], "alpha": alpha, "resolution": size, "implementation": "any",
         "classes": random.choice([1, 7, 1000]), "convention": "fvcore", "dtype": "int8"}
        for described in document["networks"]
        if "fixed" not in described
        for alpha in (0.05, 0.3, 1.0, 1.7, round(random.uniform(0.05, 4), 2))
        for size in ([33, 33], [random.randint(1, 90), random.randint(1, 90)])
    ]  # fmt: skip
    specs = {network.spec.name: network.spec for network in networks}
    for question, answer in zip(questions, ask_page(SCRIPT, document, questions), strict=True):
        keep_costs(answer)
        try:
            network = resolve(
                specs[question["network"]],
                alpha=question["alpha"],
                resolution=tuple(question["resolution"]),
                classes=question["classes"],
            )
        except MbcostError:
            assert list(answer) == ["error"], question
            continue
        assert answer == answer_ourselves(network, question), question


def read_table(text: str, name: str) -> Network | None:
    """Return the network of a table at alpha 1; None if none can be built."""
    try:
        return resolve(replace(parse_spec(text, "any.yaml", load_family), name=name))
    except MbcostError:
        return None


def test_equations_and_dense_forms_are_those_of_the_commands() -> None:
    names = [name for name in MOBILENETS if name != "v1-standard"]
    questions = [
        {"network": name, "alpha": 0.75, "resolution": [160, 160], "convention": "macs", "dtype": "int8",
         "implementation": load_spec(name).default_implementation}
        for name in names
    ]  # fmt: skip
    document = describe_mobilenets()
    for name, answer in zip(names, ask_page(SCRIPT, document, questions), strict=True):
        network = resolve(load_spec(name), alpha=0.75, resolution=160)
        numbers = [derive_formula(network, row["name"]).mult_adds for row in answer["rows"][:9]]
        assert answer["numbers"][:9] == [term and term.numbers for term in numbers]
        compared = compare_with_standard(network).blocks
        shown = [block for block in answer["standard"] if block is not None]
        assert [(block["mult_adds"], block["weights"], block["separable_mult_adds"], block["separable_weights"])
                for block in shown] == [
            (block.standard.conv_macs, block.standard.weights, block.separable.conv_macs, block.separable.weights)
            for block in compared
        ]  # fmt: skip


def test_a_file_has_the_rows_of_its_table() -> None:
    network = resolve_network(str(ROOT / "docs" / "model.tflite"))
    document = describe_page([network], "1.0")
    (described,) = document["networks"]
    question = {**document["shown"], "convention": "macs", "dtype": "int8"}
    (answer,) = ask_page(SCRIPT, document, [question])
    ours = json.loads(json.dumps(as_json(tabulate_costs(network, load_conventions()["macs"]))))
    assert (answer["rows"], answer["params"]) == (ours["rows"], ours["totals"]["params"])
    assert described["fixed"]["reason"].startswith("it is a model")
    (refused,) = ask_page(SCRIPT, document, [{**question, "resolution": [160, 160]}])
    assert (
        refused["error"] == "model is here at resolution 96x96 only: it is a model, which has its own widths and size"
    )
