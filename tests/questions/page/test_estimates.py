"""The page's engine gives the milliseconds and the top-1 of `mbcost latency` and `mbcost accuracy`, and their reasons.

The engine is executed by node, as it is, with the document that Python writes into a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import nextafter, prod
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.network import Network, resolve
from mbcost.analytic.symbolic.step_functions import trace_steps
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.estimate import estimate_accuracy
from mbcost.questions.device.roofline import count_positions_read
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.estimate import estimate_latency
from mbcost.questions.latency.family import name_family
from mbcost.questions.latency.latency import estimate_known
from mbcost.questions.latency.measured import resolve_measured
from mbcost.questions.latency.summaries import calibrate_resolved
from mbcost.questions.latency.work import KINDS, describe_network, measure_work
from mbcost.questions.networks import resolve_network
from mbcost.questions.page.devices import load_calibrations
from mbcost.questions.page.document import MOBILENETS, describe_page
from mbcost.questions.page.families import trace_family
from mbcost.questions.page.work_terms import SIZES, describe_row_work
from mbcost.spec.catalogue.library import load_family, load_spec
from mbcost.spec.device import LANES
from mbcost.spec.reading.device import parse_device
from mbcost.spec.reading.table import parse_spec
from tests.questions.page.asking import ask_page, describe_mobilenets, needs_node
from tests.tables import tables, where_possible

SCRIPT = "estimates.mjs"
ODD = """\
name: odd
input: {channels: 3, resolution: 97}
columns: [operator, c, s, g]
rows:
  - [conv 3x3, 16, 2, ~]
  - [conv 1x1, 32, 2, ~]
  - [conv 3x3, 64, 1, 4]
  - [max_pool 1x1, ~, 2, ~]
  - [global_pool, ~, ~, ~]
  - [linear, k, ~, ~]
implementations: {family: v2}
"""
"""A stride larger than the window, of which positions are skipped, and groups."""
ROOT = Path(__file__).parents[3]


def assert_alike(page: Mapping[str, Any], ours: object, names: Sequence[str]) -> None:
    """Assert that texts and flags are equal, and numbers to nine digits."""
    for name in names:
        expected = getattr(ours, name)
        if isinstance(expected, float):
            assert page[name] == pytest.approx(expected, rel=1e-9, abs=0), (name, ours)
        else:
            assert page[name] == expected, (name, ours)


def assert_latency(
    page: Mapping[str, Any], calibration: Calibration, network: Network, *, with_error: bool = True
) -> str:
    """Assert that the page's latency is that of the command, and return what kind of answer it is.

    Args:
        page: the answer of the page.
        calibration: the device.
        network: the network.
        with_error: whether the error of such estimates is compared as well, which takes longer.
    """
    ours = (estimate_known if with_error else estimate_latency)(calibration, network)
    names = ("milliseconds", "low", "high", "reason", "measured", "error")
    assert_alike(page, ours, names if with_error else names[:-1])
    return "interval" if ours.reason is None else " ".join(ours.reason.split()[-4:])


def assert_top1(page: Mapping[str, Any], network: Network) -> str:
    """Assert that the page's accuracy is that of the command, and return what kind of answer it is."""
    ours = estimate_accuracy(network)
    assert_alike(page, ours, ("top1", "low", "high", "exact", "recipe", "reason"))
    return "released" if ours.exact else ours.reason or "interval"


def draw_question(random: Random, calibrations: Sequence[Calibration]) -> dict[str, Any]:
    """Draw a setting: any, one inside of what was released, or one that was measured."""
    spec = load_spec(random.choice(MOBILENETS))
    sides = spec.published_resolutions or (224,)
    side = random.choice([random.choice(sides), random.randint(min(sides), max(sides)), random.randint(1, 512)])
    question = {
        "network": spec.name,
        "alpha": random.choice(
            [random.choice(spec.published_alphas), random.uniform(0.3, 1.4), random.uniform(0.05, 4)]
        ),
        "resolution": random.choice([[side, side], [side, side], [side, random.randint(1, 512)]]),
        "implementation": random.choice([spec.default_implementation, *spec.implementations]),
        "classes": random.choice([1000, 1000, 1001, random.randint(1, 30_000)]),
    }
    measured = [
        network for _, network in random.choice(calibrations).resolved.measured if network.spec.name in MOBILENETS
    ]
    if measured and random.random() < 0.2:
        network = random.choice(measured)
        question = {"network": network.spec.name, "alpha": network.alpha, "resolution": list(network.resolution),
                    "implementation": network.implementation, "classes": network.classes}  # fmt: skip
    return question


def resolve_question(question: Mapping[str, Any]) -> Network | str:
    """Return the network of a setting, or why there is none."""
    values = {**question, "resolution": tuple(question["resolution"])}
    spec = load_spec(values.pop("network"))
    try:
        return resolve(spec, **values)
    except MbcostError as error:
        return str(error)


@needs_node
def test_random_settings_are_estimated_alike() -> None:
    random, calibrations = Random("mbcost estimates"), load_calibrations()
    questions = [draw_question(random, calibrations) for _ in range(320)]
    kinds: Counter[str] = Counter()
    for question, answer in zip(questions, ask_page(SCRIPT, describe_mobilenets(), questions), strict=True):
        index = random.randrange(len(calibrations))
        network = resolve_question(question)
        if isinstance(network, str):
            assert answer["latencies"][index] == {"error": network}, question
            continue
        latency = answer["latencies"][index]
        kinds[assert_latency(latency, calibrations[index], network, with_error=index % 4 == 0)] += 1
        kinds["measured"] += latency["measured"] is not None
        kinds[assert_top1(answer["top1"], network)] += 1
    expected = {"interval", "released", "measured", "of the measured networks", "no interval is claimed"}
    assert not [kind for kind in expected if kinds[kind] < 3], kinds


@needs_node
def test_checkpoints_are_those_that_were_released() -> None:
    document = describe_mobilenets()
    question = {"network": "v2", "alpha": 1, "resolution": [224, 224], "implementation": "official"}
    (answer,) = ask_page(SCRIPT, document, [question])
    assert len(answer["checkpoints"]) == 22
    for checkpoint in answer["checkpoints"]:
        network = resolve(load_spec("v2"), alpha=checkpoint["alpha"], resolution=checkpoint["resolution"])
        released = estimate_accuracy(network)
        assert (checkpoint["top1"], checkpoint["recipe"], True) == (released.top1, released.recipe, released.exact)
    assert ask_page(SCRIPT, document, [{**question, "implementation": "timm"}])[0]["checkpoints"] == []


@needs_node
def test_a_checkpoint_speaks_for_every_alpha_with_its_layers_and_no_other() -> None:
    document = describe_mobilenets()
    questions: list[dict[str, Any]] = []
    for name in ("v1", "v2"):
        index = next(one for one in document["networks"] if one["name"] == name)
        surface = document["estimates"]["surfaces"][index["implementations"]["official"]["estimates"]["surface"]]
        for _, least, most in surface["equal"]:
            alphas = (least, nextafter(least, 0), most, nextafter(most, 9))
            questions += [
                {"network": name, "alpha": alpha, "resolution": [224, 224], "implementation": "official"}
                for alpha in alphas
            ]
    answers = ask_page(SCRIPT, document, questions)
    kinds = [
        assert_top1(answer["top1"], resolve(load_spec(question["network"]), alpha=question["alpha"]))
        for question, answer in zip(questions, answers, strict=True)
    ]
    assert [kind == "released" for kind in kinds] == [True, False] * (len(kinds) // 2)


def calibrate_text(measured: str) -> Calibration:
    return calibrate_resolved(resolve_measured(parse_device(f"device: x\nmeasured:\n{measured}", "d.yaml", "d")))


@needs_node
def test_own_devices_own_tables_and_files_get_the_reasons_of_the_commands() -> None:
    tiny = str(ROOT / "docs" / "tiny.yaml")
    grid = [(alpha, side) for alpha in (0.35, 0.5, 1) for side in (96, 160, 192)]
    many = "".join(f"  v2@{alpha}/{side}: {alpha * side / 9:.4f}\n" for alpha, side in grid)
    own = f"  {tiny}@0.5/64x32: 2.5\n  {tiny}, classes 7: 4\n  v3-small, in_channels 1: 18\n  v2, head 5: 17\n"
    calibrations = [calibrate_text(many + own), calibrate_text("  v2: 30\n  v2@0.5: 9\n  v1: 50\n")]
    networks = {
        "tiny": resolve_network(tiny),
        "v3-small": resolve(load_spec("v3-small"), in_channels=1),
        "odd": resolve(parse_spec(ODD, "odd.yaml", load_family)),
        "model": resolve_network(str(ROOT / "docs" / "model.tflite")),
    }
    document = describe_page(list(networks.values()), "1.0", calibrations)
    assert [one["name"] for one in document["networks"]] == list(networks)
    asked = list(networks.items())
    for name, network in list(networks.items())[:-1]:
        for alpha, size, classes in ((0.5, (64, 32), 1000), (0.5, (64, 64), 1000), (1.0, (96, 96), 7)):
            channels = network.in_channels
            other = resolve(network.spec, alpha=alpha, resolution=size, classes=classes, in_channels=channels)
            asked.append((name, other))
    keys = ("alpha", "resolution", "implementation", "classes")
    questions = [{"network": name, **{key: getattr(network, key) for key in keys}} for name, network in asked]
    answers = ask_page(SCRIPT, document, questions)
    for (_, network), answer in zip(asked, answers, strict=True):
        for calibration, latency in zip(calibrations, answer["latencies"], strict=True):
            assert_latency(latency, calibration, network)
        assert_top1(answer["top1"], network)
        assert answer["checkpoints"] == []
    assert [answer["latencies"][0]["measured"] for answer in answers] == [
        None,
        18,
        *[None] * 2,
        2.5,
        None,
        4,
        *[None] * 6,
    ]


@needs_node
def test_what_the_page_does_not_have_is_refused() -> None:
    document = describe_page(
        [resolve(load_spec("v1-shallow"))], "1.0", [calibrate_text("  v2: 30\n  v2@0.5: 9\n  v1: 50\n")]
    )
    question = {"network": "v1-shallow", "alpha": 1, "resolution": [224, 224], "implementation": "official"}
    wrong: list[dict[str, Any]] = [
        {"alpha": 99},
        {"alpha": 0},
        {"resolution": [0, 5]},
        {"resolution": [1.5, 5]},
        {"classes": 0},
    ]
    for answer in ask_page(SCRIPT, document, [{**question, **part} for part in wrong]):
        assert list(answer["latencies"][0]) == list(answer["top1"]) == ["error"]


@needs_node
@settings(max_examples=5)
@given(st.lists(tables(), min_size=4, max_size=4), st.randoms(use_true_random=False))
def test_random_tables_are_estimated_alike(texts: list[str], random: Random) -> None:
    networks = []
    for index, text in enumerate(dict.fromkeys(texts)):
        with suppress(MbcostError):  # no network can be built at alpha 1
            networks.append(resolve(parse_spec(text, f"any{index}.yaml", load_family)))
    if not networks:
        return
    calibrations = [one for one in load_calibrations() if one.device.name in ("pixel3-nnapi-uint8", "epyc-onnxruntime")]
    document = describe_page(networks, "1.0", calibrations)
    questions, asked = [], []
    for network, shown in zip(networks, document["networks"], strict=True):
        for alpha in (0.05, 0.3, 1.0, round(random.uniform(0.05, 4), 2)):
            size = random.choice([(33, 33), (random.randint(1, 90), random.randint(1, 90))])
            if "fixed" in shown:
                alpha, size = network.alpha, network.resolution
            question: dict[str, Any] = {"alpha": alpha, "resolution": size, "classes": network.classes}
            questions.append({**question, "network": shown["name"], "implementation": "any"})
            asked.append((network.spec, question))
    for (spec, question), answer in zip(asked, ask_page(SCRIPT, document, questions), strict=True):
        try:
            network = resolve(spec, **question)
        except MbcostError:
            assert all(list(latency) == ["error"] for latency in answer["latencies"]), question
            continue
        for calibration, latency in zip(calibrations, answer["latencies"], strict=True):
            assert_latency(latency, calibration, network)
        assert_top1(answer["top1"], network)


@settings(max_examples=20)
@given(tables(), st.floats(0.05, 4))
def test_the_family_of_a_table_is_known_at_every_alpha(text: str, alpha: float) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    families = trace_family(spec, "any", 3, trace_steps(spec, spec.implementation("any"), 3, 0.05, 4.0))
    try:
        network = resolve(spec, alpha=alpha, in_channels=3)
    except MbcostError:
        return
    assert [family for start, family in families if start <= alpha][-1] == name_family(network)


@settings(max_examples=20)
@given(tables(), st.sampled_from(LANES))
def test_the_work_of_a_row_is_the_sum_of_its_products(text: str, lanes: int) -> None:
    with where_possible():
        network = resolve(parse_spec(text, "any.yaml", load_family))
    work = dict.fromkeys(range(len(KINDS)), 0.0)
    for step in network.steps:
        row, before, after = describe_row_work(step), step.lead.input, step.output
        read = count_positions_read(row.reading, (before.height, before.width), (after.height, after.width))
        written = after.height * after.width
        positions = dict(zip(SIZES, (read, written, 1, written == 1), strict=True))
        channels = [
            count if count <= 4 else -(-count // lanes) * lanes
            for count in (before.channels, before.channels // getattr(step.lead, "groups", 1), after.channels)
        ]
        for term in row.terms:
            used = [count for bit, count in enumerate(channels) if term.channels >> bit & 1]
            work[term.kind] += prod(used, start=term.coefficient) * positions[SIZES[term.size]]
    expected = measure_work([describe_network(network)], lanes)[0].tolist()
    assert list(work.values()) == pytest.approx(expected, rel=1e-12)
