"""Random settings of networks, and what `mbcost table --format json` prints of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import mbcost
from mbcost.errors import MbcostError
from mbcost.present.cost.table import as_json
from mbcost.questions.cost.table import tabulate_costs
from mbcost.spec.catalogue.library import load_conventions, load_spec

COUNTS = ("params", "mult_adds", "activations")


@dataclass(frozen=True)
class Setting:
    """What the page is asked: a reference, and what a reference does not say."""

    reference: str
    classes: int
    convention: str


def draw_settings(random: Random, networks: Sequence[str], count: int) -> Iterator[Setting]:
    """Draw settings, each network and each convention about equally often."""
    conventions = tuple(load_conventions())
    for number in range(count):
        network = networks[number % len(networks)]
        implementation = random.choice(list(load_spec(network).implementations) or [""])
        reference = f"{network}@{draw_alpha(random)}/{draw_resolution(random, network)}:{implementation}".rstrip(":")
        yield Setting(reference, draw_classes(random), random.choice(conventions))


def draw_alpha(random: Random) -> str:
    """A published alpha, a round one, or any, as a user writes it: most with three digits, some with all."""
    published = [0.25, 0.35, 0.5, 0.75, 1.0, 1.3, 1.4]
    digits = random.choice((1, 2, 3, 3, 3, 17))
    free = round(random.uniform(0.06, 2.2), digits) or 0.1
    return repr(random.choice([random.choice(published), free, free]))


def draw_resolution(random: Random, network: str) -> str:
    """The table's own resolution, a multiple of 32, any side, or a rectangle."""
    own = load_spec(network).resolution
    square = random.choice([*own, 32 * random.randint(1, 12), random.randint(32, 400)])
    return str(square) if random.random() < 0.7 else f"{square}x{random.randint(32, 400)}"


def draw_classes(random: Random) -> int:
    """The number of outputs of the classifier."""
    return random.choice([1000, 1000, 2, 1001, random.randint(1, 30_000)])


def table_of(setting: Setting) -> dict[str, Any] | None:
    """What `mbcost table --format json` prints, or None if it refuses the setting."""
    try:
        network = mbcost.network(setting.reference, classes=setting.classes)
    except MbcostError:
        return None
    return as_json(tabulate_costs(network, load_conventions()[setting.convention]))


def settings_json(settings: Sequence[Setting]) -> str:
    """The settings as the argument of a script."""
    return json.dumps([asdict(setting) for setting in settings])


def differences(setting: Setting, answer: Mapping[str, Any] | None) -> list[str]:
    """What of the page's answer is not what the command prints; None is a refusal."""
    table = table_of(setting)
    if table is None or answer is None:
        return [] if table is answer else [f"{setting}: {'the command' if table is None else 'the page'} refuses it"]
    totals = [
        f"{setting}: {name} {answer[name]}, expected {table['totals'][name]}"
        for name in COUNTS
        if answer[name] != table["totals"][name]
    ]
    rows = [
        f"{setting}: row {row}, expected {expected}"
        for row, expected in zip(answer["rows"], table["rows"], strict=False)
        if row != expected
    ]
    missing = len(answer["rows"]) != len(table["rows"])
    return totals + rows + [f"{setting}: {len(answer['rows'])} rows, expected {len(table['rows'])}"] * missing
