"""The papers' and TF-slim's totals, reproduced to their printed digits or excused one by one.

A total is the mult-adds or params of a whole classification network. `READINGS` states, for all rows of a table about
one network alike, what was counted and how it was shortened; `data/published_exceptions.yaml` lists what is left.
Other networks, other tasks and other sources are not compared here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mbcost.analytic.layers import Conv2d, Linear, Shape
from mbcost.analytic.network import Network, resolve
from mbcost.spec.library import NETWORKS, load_spec, specs_folder
from mbcost.spec.model import Spec
from mbcost.spec.published import Published, load_published
from mbcost.spec.tally import Tally, total

FIGURES = {
    "d_li14_v2": 16, "d_li14_v3": 8, "keras_applications_docstring": 56, "keras_applications_readme": 24,
    "keras_io_applications": 4, "keras_v3_docstring": 12, "mmpretrain_metafile": 10, "paper_v1": 108, "paper_v2": 72,
    "paper_v3_early": 58, "paper_v3_final": 110, "paper_v3_mid": 18, "slim_mobilenet_readme": 62, "slim_v1_md": 32,
    "slim_v1_py": 112, "slim_v2_py": 2, "tflite_hosted_models": 11, "timm_results": 86, "tonylins_v2": 4,
    "torchvision_meta": 15, "vww_gap9_copy": 1, "vww_inventory_copy": 2,
}  # fmt: skip
"""Source -> how many figures were transcribed from it."""
TOTALS = {
    "paper_v1": 36, "paper_v2": 12, "paper_v3_early": 52, "paper_v3_mid": 12, "paper_v3_final": 50, "slim_v1_md": 32,
    "slim_v2_py": 2, "slim_mobilenet_readme": 58,
}  # fmt: skip
"""Source -> how many of its figures are totals that are compared here."""


@dataclass(frozen=True)
class Reading:
    """What the rows of a table count and how they are shortened, the same for all of them."""

    classes: int
    norm_values: int
    """Parameters counted for a channel of batch norm: 2 are scale and shift, 0 is a count without batch norm."""
    mult_adds: str = "rounds"
    params: str = "rounds"


TWO_ROUNDED = Reading(1000, norm_values=2)
THREE_FLOORED = Reading(1000, norm_values=3, params="floors")
NONE_FLOORED = Reading(1000, norm_values=0, mult_adds="floors", params="floors")
READINGS = {
    ("paper_v1", "v1"): TWO_ROUNDED,
    ("paper_v1", "v1-standard"): TWO_ROUNDED,
    ("paper_v1", "v1-shallow"): TWO_ROUNDED,
    ("paper_v1", "v1", "Table 9"): NONE_FLOORED,
    ("paper_v1", "v1", "Table 10 (Stanford Dogs)"): replace(TWO_ROUNDED, classes=120),
    ("paper_v2", "v1"): TWO_ROUNDED,
    ("paper_v2", "v2"): NONE_FLOORED,
    ("paper_v3_early", "v2"): NONE_FLOORED,
    ("paper_v3_early", "v3-large"): THREE_FLOORED,
    ("paper_v3_early", "v3-small"): TWO_ROUNDED,
    ("paper_v3_mid", "v2"): NONE_FLOORED,
    ("paper_v3_mid", "v3-large"): THREE_FLOORED,
    ("paper_v3_mid", "v3-small"): TWO_ROUNDED,
    ("paper_v3_final", "v2"): NONE_FLOORED,
    ("paper_v3_final", "v3-large"): THREE_FLOORED,
    ("paper_v3_final", "v3-small"): TWO_ROUNDED,
    # TF-slim's networks have one class more, the background.
    ("slim_v1_md", "v1"): Reading(1001, norm_values=3),
    ("slim_v2_py", "v2"): replace(NONE_FLOORED, classes=1001),
    ("slim_mobilenet_readme", "v2"): replace(NONE_FLOORED, classes=1001),
    ("slim_mobilenet_readme", "v3-large"): replace(THREE_FLOORED, classes=1001),
    ("slim_mobilenet_readme", "v3-large-minimalistic"): replace(THREE_FLOORED, classes=1001),
    ("slim_mobilenet_readme", "v3-small"): replace(TWO_ROUNDED, classes=1001),
    ("slim_mobilenet_readme", "v3-small-minimalistic"): replace(TWO_ROUNDED, classes=1001),
}
"""Source and network, and table where one of them is read by itself -> its reading."""


@dataclass(frozen=True)
class Excuse:
    """A figure that is not reproduced."""

    ours: Fraction
    by: str | None
    """The mechanism that does give the printed digits; None where no cause is known."""
    reason: str


@cache
def excuses() -> dict[str, Excuse]:
    text = (Path(__file__).parent / "data" / "published_exceptions.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    assert document["columns"] == ["id", "ours", "by", "reason"]
    rows = document["exceptions"]
    assert len({row[0] for row in rows}) == len(rows), "an exception stands in the list twice"
    return {identity: Excuse(Fraction(ours), by, reason) for identity, ours, by, reason in rows}


def totals() -> list[Published]:
    return [
        figure
        for figure in load_published()
        if figure.source.name in TOTALS
        and figure.net in (*NETWORKS, "v1-shallow")
        and figure.task in ("classification", "finegrain_classification")
        and figure.quantity in ("params", "mult_adds")
    ]


def figures_of(source: str, task: str) -> list[Published]:
    found = [figure for figure in load_published() if figure.source.name == source and figure.task == task]
    assert found
    return found


def key_of(figure: Published) -> tuple[str, ...]:
    alone = (figure.source.name, figure.net, figure.table)
    return alone if alone in READINGS else alone[:2]


def reading_of(figure: Published) -> Reading:
    return READINGS[key_of(figure)]


def spec_of(net: str) -> Spec:
    """The network as printed; V1's "shallow" one has none of the five separable layers at 14x14x512."""
    return edited("v1", {7: {"n": 0}}) if net == "v1-shallow" else load_spec(net)


def edited(net: str, changes: dict[int, dict[str, int]]) -> Spec:
    """The network with the cells of some rows changed."""
    cells: dict[int, dict[str, Any]] = {**changes}
    spec = load_spec(net)
    return replace(spec, rows=tuple(replace(row, **cells.get(row.stage, {})) for row in spec.rows))


def network(figure: Published, spec: Spec | None = None, classes: int | None = None) -> Network:
    assert figure.alpha is not None
    return resolve(
        spec or spec_of(figure.net), alpha=figure.alpha, resolution=figure.resolution, implementation="official",
        classes=classes or reading_of(figure).classes,
    )  # fmt: skip


def count(figure: Published, tally: Tally) -> int:
    """What the figure's reading counts of `tally`."""
    if figure.quantity == "mult_adds":
        return tally.conv_macs + tally.linear_macs
    return tally.weights + tally.biases + reading_of(figure).norm_values * tally.norm_channels


def rounding_of(figure: Published) -> str:
    reading = reading_of(figure)
    return reading.mult_adds if figure.quantity == "mult_adds" else reading.params


def exact(figure: Published) -> int:
    return count(figure, network(figure).tally())


def without(figure: Published, name: str) -> int:
    """The figure's count with one layer left out."""
    steps = network(figure).steps
    assert name in {step.name for step in steps}
    return count(figure, total(step.tally for step in steps if step.name != name))


def classifier(figure: Published) -> str:
    return network(figure).steps[-1].name


def printed_as(figure: Published, number: int | Fraction) -> bool:
    return figure.prints(number, rounding_of(figure))


def rounded_twice(figure: Published) -> bool:
    """Halves round up, first to one digit more than is printed."""
    once = int(Fraction(exact(figure)) / (figure.step / 10) + Fraction(1, 2)) * (figure.step / 10)
    return int(once / figure.step + Fraction(1, 2)) * figure.step == figure.number


def digits_swapped(figure: Published) -> bool:
    """Whether swapping two neighbouring digits of the print gives that of the exact share."""
    text, share = figure.value, exact_share(figure)
    swaps = [
        text[:i] + text[i + 1] + text[i] + text[i + 2 :] for i in range(len(text) - 1) if "." not in text[i : i + 2]
    ]
    return any(replace(figure, value=swap).prints(share) for swap in swaps)


def with_rows(figure: Published, changes: dict[int, dict[str, int]]) -> bool:
    return printed_as(figure, count(figure, network(figure, edited(figure.net, changes)).tally()))


# Rows of V3-Small's Table 2: 4 and 9 have stride 2 (96 -> 40 and 288 -> 96), 14 is the head.
MECHANISMS: dict[str, Callable[[Published], bool]] = {
    "floored": lambda figure: figure.prints(exact(figure), "floors"),
    "rounded": lambda figure: figure.prints(exact(figure), "rounds"),
    "rounded twice": rounded_twice,
    "digits swapped": digits_swapped,
    "stem left out": lambda figure: printed_as(figure, without(figure, "0.1.conv")),
    "classifier left out": lambda figure: printed_as(figure, without(figure, classifier(figure))),
    "1000 classes": lambda figure: printed_as(figure, count(figure, network(figure, classes=1000).tally())),
    "head 1280": lambda figure: with_rows(figure, {14: {"c": 1280}}),
    "head 1280, stride at 240": lambda figure: with_rows(figure, {4: {"s": 1}, 5: {"s": 2}, 14: {"c": 1280}}),
    "stride at 576": lambda figure: with_rows(figure, {9: {"s": 1}, 10: {"s": 2}}),
}
"""What gives the printed digits where the official network doesn't."""


def test_every_file_is_loaded_with_all_its_figures() -> None:
    files = {file.stem for file in (specs_folder() / "published").glob("*.yaml")}
    assert files
    assert Counter(figure.source.name for figure in load_published()) == FIGURES
    assert files == FIGURES.keys()
    assert sum(FIGURES.values()) == len({figure.id for figure in load_published()}) == 823


def test_figures_are_numbered_without_gaps() -> None:
    numbers: dict[str, list[int]] = {}
    for figure in load_published():
        source, _, number = figure.id.rpartition("-")
        assert source == figure.source.name
        numbers.setdefault(source, []).append(int(number))
    for source, found in numbers.items():
        assert sorted(found) == list(range(1, FIGURES[source] + 1)), source


def test_no_total_is_overlooked() -> None:
    assert Counter(figure.source.name for figure in totals()) == TOTALS


def test_every_reading_is_of_some_total() -> None:
    assert {key_of(figure) for figure in totals()} == READINGS.keys()


@pytest.mark.parametrize("figure", [figure for figure in totals() if figure.classes], ids=lambda figure: figure.id)
def test_a_reading_has_the_classes_that_the_source_states(figure: Published) -> None:
    assert figure.classes == reading_of(figure).classes


@pytest.mark.parametrize("figure", totals(), ids=lambda figure: figure.id)
def test_a_total_is_reproduced_or_excused(figure: Published) -> None:
    check(figure, Fraction(exact(figure)), rounding_of(figure))


def check(figure: Published, ours: Fraction, rounding: str) -> None:
    reproduced, excuse = figure.prints(ours, rounding), excuses().get(figure.id)
    if excuse is None:
        assert reproduced, f"{figure.table}, {figure.row}: printed {figure.value} {figure.unit}, ours is {ours}"
        return
    assert not reproduced, "the exception is stale"
    assert excuse.ours == ours
    assert excuse.by is None or MECHANISMS[excuse.by](figure)


def test_exceptions_are_of_figures_that_are_compared() -> None:
    compared = {figure.id for figure in (*totals(), *figures_of("paper_v1", "layer_type_share"))}
    assert excuses().keys() <= compared
    assert {excuse.by for excuse in excuses().values()} - {None} == MECHANISMS.keys()
    assert all(excuse.reason for excuse in excuses().values())


def exact_share(figure: Published) -> Fraction:
    """Share of a kind of layer in V1's Table 2: of all mult-adds, and of all weights (biases and norms left out)."""
    kinds: dict[str, Callable[[Conv2d | Linear], bool]] = {
        "Conv 1x1": lambda layer: layer.kernel == (1, 1) and layer.input.height > 1,
        "Conv DW 3x3": lambda layer: layer.groups > 1,
        "Conv 3x3": lambda layer: layer.kernel == (3, 3) and layer.groups == 1,
        "Fully Connected": lambda layer: layer.input.height == 1,
    }
    layers = [layer for layer in network(figure).layers if isinstance(layer, Conv2d | Linear)]

    def amount(tally: Tally) -> int:
        return tally.conv_macs + tally.linear_macs if figure.quantity == "mult_adds_share" else tally.weights

    assert figure.row is not None
    part = total(layer.tally() for layer in layers if kinds[figure.row](layer))
    return Fraction(amount(part), amount(total(layer.tally() for layer in layers)))


@pytest.mark.parametrize("figure", figures_of("paper_v1", "layer_type_share"), ids=lambda figure: figure.id)
def test_a_share_of_v1_is_reproduced_or_excused(figure: Published) -> None:
    """V1 paper, Table 2."""
    check(figure, exact_share(figure), "rounds")


@pytest.mark.parametrize("figure", figures_of("paper_v1", "layer"), ids=lambda figure: figure.id)
def test_a_layer_of_the_v1_paper_is_reproduced(figure: Published) -> None:
    """V1 paper, Table 3: an internal layer, D_K = 3, M = N = 512, D_F = 14, and what is saved by each step."""
    channels = {1.0: 512, 0.75: 384}[figure.alpha or 0]
    side = 10 if figure.row == "rho=0.714" else 14
    shape = Shape(channels, side, side)
    depthwise = Conv2d("depthwise", shape, channels, kernel=(3, 3), groups=channels)
    pointwise = Conv2d("pointwise", shape, channels)
    standard = Conv2d("conv", shape, channels, kernel=(3, 3))
    layers = [standard] if figure.row == "Convolution" else [depthwise, pointwise]
    tally = total(layer.tally() for layer in layers)
    assert figure.prints(tally.conv_macs if figure.quantity == "mult_adds" else tally.weights)


@pytest.mark.parametrize("figure", figures_of("slim_v1_py", "layer"), ids=lambda figure: figure.id)
def test_a_layer_of_slims_docstring_is_reproduced_to_the_last_integer(figure: Published) -> None:
    """TF-slim numbers the separable layers 1 to 13 in a row and counts weights as params."""
    tallies = {name: step.tally for name, step in zip(slim_names(), backbone(figure).steps, strict=True)}
    tally = tallies[figure.row or ""]
    assert (tally.conv_macs if figure.quantity == "mult_adds" else tally.weights) == int(figure.value)


@pytest.mark.parametrize("figure", figures_of("slim_v1_py", "backbone"), ids=lambda figure: figure.id)
def test_the_totals_of_slims_docstring_are_reproduced_and_add_up(figure: Published) -> None:
    tally = backbone(figure).tally()
    assert (tally.conv_macs if figure.quantity == "mult_adds" else tally.weights) == int(figure.value)
    layers = [
        int(layer.value)
        for layer in figures_of("slim_v1_py", "layer")
        if (layer.alpha, layer.quantity) == (figure.alpha, figure.quantity)
    ]
    assert sum(layers) == int(figure.value)


def backbone(figure: Published) -> Network:
    assert figure.alpha is not None
    return resolve(load_spec("v1").without_top(), alpha=figure.alpha, resolution=figure.resolution)


def slim_names() -> list[str]:
    separable = [f"Conv2d_{number}_{part}" for number in range(1, 14) for part in ("depthwise", "pointwise")]
    return ["Conv2d_0", *separable]


def test_activations_are_what_timm_publishes() -> None:
    """Output elements of convolution and linear layers, under timm's own rules: printed in millions, rounded."""
    figures = [
        figure
        for figure in load_published()
        if figure.quantity == "activations" and figure.net in NETWORKS and figure.source.name == "timm_results"
    ]
    assert len(figures) > 15
    for figure in figures:
        network = resolve(
            load_spec(figure.net), alpha=figure.alpha or 1.0, resolution=figure.resolution, implementation="timm"
        )
        assert figure.prints(network.tally().outputs, "rounds"), figure.id
