"""The layers of a row of the table, their order and their names."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Any

import pytest

from mbcost.analytic.layers import Add, Conv2d, GlobalPool, GridPool, Linear, Shape, VectorNorm, WindowPool
from mbcost.analytic.network import Network, resolve
from mbcost.analytic.operators import OPERATORS
from mbcost.errors import MbcostError
from mbcost.spec import operators
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.implementation import Padding
from mbcost.spec.observed import Map
from mbcost.spec.table import Row

PARTS = (
    "conv|start|expand|depthwise|pointwise|project|se\\.pool|se\\.reduce|se\\.expand|se\\.multiply|conv1|conv2|reduce|"
    "restore|shortcut|add|pool|head|classifier"
)


def list_parts(network: Network, prefix: str) -> list[str]:
    """The parts of one block, each with the layers that follow it in its row of the cost table."""
    return [
        " ".join([step.name.removeprefix(prefix + "."), *(type(layer).__name__ for layer in step.layers[1:])])
        for step in network.steps
        if step.name.startswith(prefix + ".")
    ]


NORMED, PLAIN = "BatchNorm Activation", "BatchNorm"


@pytest.mark.parametrize(
    ("network", "implementation", "prefix", "parts"),
    [
        ("v1", "official", "0.1", [f"conv {NORMED}"]),
        ("v1", "official", "7.5", [f"depthwise {NORMED}", f"pointwise {NORMED}"]),
        ("v1", "official", "10.1", ["pool"]),
        ("v1", "official", "11.1", ["classifier"]),
        ("v2", "official", "1.1", [f"depthwise {NORMED}", f"project {PLAIN}"]),  # t = 1: no expansion
        ("v2", "official", "3.1", [f"expand {NORMED}", f"depthwise {NORMED}", f"project {PLAIN}"]),  # stride 2: no add
        ("v2", "official", "3.2", [f"expand {NORMED}", f"depthwise {NORMED}", f"project {PLAIN}", "add"]),
        ("v2", "official", "7.1", [f"expand {NORMED}", f"depthwise {NORMED}", f"project {PLAIN}"]),  # 160 to 320
        ("v3-large", "official", "1.1", [f"depthwise {NORMED}", f"project {PLAIN}", "add"]),  # 16 expanded to 16
        (
            "v3-large", "official", "5.1",
            [f"expand {NORMED}", f"depthwise {NORMED}", "se.pool", "se.reduce Activation", "se.expand Activation",
             "se.multiply", f"project {PLAIN}", "add"],
        ),
        ("v3-large", "official", "18.1", ["head Activation"]),
        ("v3-large", "official", "19.1", ["classifier"]),
        ("resnet-50", "torchvision", "1.1", ["pool"]),
        (
            "resnet-50", "torchvision", "2.1",
            [f"reduce {NORMED}", f"conv {NORMED}", f"restore {PLAIN}", f"shortcut {PLAIN}", "add Activation"],
        ),
        (
            "resnet-50", "torchvision", "2.2",
            [f"reduce {NORMED}", f"conv {NORMED}", f"restore {PLAIN}", "add Activation"],
        ),
        ("vgg-16", "torchvision", "10.1", ["pool"]),
        ("vgg-16", "torchvision", "11.1", ["head Activation"]),
        ("mnasnet-1.0", "torchvision", "1.1", [f"depthwise {NORMED}", f"project {PLAIN}"]),
        (
            "efficientnet-b0", "torchvision", "1.1",
            [f"depthwise {NORMED}", "se.pool", "se.reduce Activation", "se.expand Activation", "se.multiply",
             f"project {PLAIN}"],
        ),
        (
            "mobilenet-v4-conv-small", "timm", "5.1",
            [f"start {PLAIN}", f"expand {NORMED}", f"depthwise {NORMED}", f"project {PLAIN}"],
        ),
        ("mobilenet-v4-conv-small", "timm", "7.1", [f"start {PLAIN}", f"expand {NORMED}", f"project {PLAIN}", "add"]),
        ("mobilenet-v4-conv-small", "timm", "15.1", [f"head {NORMED}"]),
        ("mobilenet-v4-conv-medium", "timm", "1.1", [f"expand {NORMED}", f"project {PLAIN}"]),
        ("mobilenet-v4-conv-medium", "timm", "9.1", [f"expand {NORMED}", f"project {PLAIN}", "add"]),
    ],
)  # fmt: skip
def test_a_block_has_these_parts_in_this_order(
    network: str, implementation: str, prefix: str, parts: list[str]
) -> None:
    assert list_parts(resolve(load_spec(network), implementation=implementation), prefix) == parts


def test_a_shortcut_has_a_convolution_also_where_only_the_map_changes() -> None:
    """In ResNet-50 every strided block changes the channels, too; here row 3 keeps them."""
    spec = load_spec("resnet-50")
    rows = tuple(replace(row, c=256) if row.stage == 3 else row for row in spec.rows)
    network = resolve(replace(spec, rows=rows))
    assert [list_parts(network, block)[3:] for block in ("3.1", "3.2")] == [
        [f"shortcut {PLAIN}", "add Activation"],
        ["add Activation"],
    ]


def test_a_basic_residual_block_is_strided_in_its_first_convolution_and_in_the_shortcut() -> None:
    """No built-in network has such a block, which ResNet-18 consists of; here row 3 of ResNet-50 is one."""
    spec = load_spec("resnet-50")
    rows = tuple(replace(row, exp=None) if row.stage == 3 else row for row in spec.rows)
    network = resolve(replace(spec, rows=rows))
    assert list_parts(network, "3.1") == [f"conv1 {NORMED}", f"conv2 {PLAIN}", f"shortcut {PLAIN}", "add Activation"]
    convolutions = [step.lead for step in network.steps if step.block == "3.1" and isinstance(step.lead, Conv2d)]
    assert [(layer.kernel, layer.stride, layer.input.map, layer.output.map) for layer in convolutions] == [
        ((3, 3), 2, (56, 56, 256), (28, 28, 512)),
        ((3, 3), 1, (28, 28, 512), (28, 28, 512)),
        ((1, 1), 2, (56, 56, 256), (28, 28, 512)),
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_names_are_unique_and_count_stages_from_0_and_repeats_from_1(name: str) -> None:
    network = resolve(load_spec(name))
    names = [step.name for step in network.steps]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(rf"\d+\.\d+\.({PARTS})", name) for name in names)
    blocks = [key for key, _ in groupby(names, lambda name: name.split(".")[:2])]
    assert blocks == [
        [str(row.stage), str(repeat)] for row in network.spec.rows for repeat in range(1, row.repeats + 1)
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_only_the_first_repeat_of_a_row_is_strided(name: str) -> None:
    network = resolve(load_spec(name))
    strided = [
        step.block for step in network.steps if isinstance(step.lead, Conv2d | WindowPool) and step.lead.stride == 2
    ]
    rows = [row.stage for row in network.spec.rows if row.stride == 2]
    # In a residual block two layers have the stride: one inside it and one in the shortcut.
    assert list(dict.fromkeys(strided)) == [f"{stage}.1" for stage in rows]


@pytest.mark.parametrize(("name", "adds"), [("v1", 0), ("v2", 10), ("v3-large", 10), ("v3-small", 6), ("resnet-50", 16),
    ("mnasnet-1.0", 10), ("efficientnet-b0", 9), ("mobilenet-v4-conv-small", 10),
])  # fmt: skip
def test_a_network_has_this_number_of_residual_connections(name: str, adds: int) -> None:
    assert sum(isinstance(layer, Add) for layer in resolve(load_spec(name)).layers) == adds


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_reads_the_output_of_the_layer_before_it(name: str) -> None:
    """There are two exceptions: a gate of squeeze-and-excite has the channels of the map that it multiplies but not its
    size, and a shortcut reads the input of its block."""
    layers = resolve(load_spec(name)).layers
    inputs = {layer.name.rsplit(".", 1)[0]: layer.input for layer in reversed(layers)}
    for before, layer in pairwise(layers):
        if isinstance(layer, Conv2d) and layer.name.endswith("shortcut"):
            assert layer.input == inputs[layer.name.rsplit(".", 1)[0]], layer.name
            continue
        if not layer.name.endswith(("se.multiply", "project")):
            assert layer.input == before.output, layer.name
        assert layer.input.channels == before.output.channels, layer.name


def test_every_operator_of_the_tables_has_a_generator() -> None:
    assert set(OPERATORS) == set(operators.OPERATORS)


def list_convolutions(row: Row, **rules: Any) -> list[tuple[str, tuple[int, int], int, int, Map, str]]:
    """Part, kernel, stride, groups, output map and padding of a row's convolutions; it reads 8 x 8 x 16.

    Padding is `trailing` for depthwise layers and `same` for all others.
    """
    network = resolve_row(row, **rules)
    return [
        (step.part, step.lead.kernel, step.lead.stride, step.lead.groups, step.lead.output.map, step.lead.padding)
        for step in network.steps
        if isinstance(step.lead, Conv2d) and step.stage == "1"
    ]


def resolve_row(row: Row, **rules: Any) -> Network:
    v2 = load_spec("v2")
    record = v2.implementation("official")
    layer_rules = replace(record.layer_rules, padding=Padding("same", "trailing", "symmetric"), **rules)
    spec = replace(v2, rows=(Row(0, "conv", k=(1, 1), c=16), row))
    spec = replace(spec, implementations={"official": replace(record, layer_rules=layer_rules)})
    return resolve(spec, resolution=8, classes=10)


ONE = (1, 1)


@pytest.mark.parametrize(
    ("row", "convolutions"),
    [
        (Row(1, "conv", k=(3, 5), c=24, s=2, g=4), [("conv", (3, 5), 2, 4, (4, 4, 24), "same")]),
        (
            Row(1, "separable", k=(5, 3), c=24, s=2),
            [("depthwise", (5, 3), 2, 16, (3, 4, 16), "trailing"), ("pointwise", ONE, 1, 1, (3, 4, 24), "same")],
        ),
        (
            Row(1, "bottleneck", k=(3, 3), t=4, c=16, s=2),
            [
                ("expand", ONE, 1, 1, (8, 8, 64), "same"),
                ("depthwise", (3, 3), 2, 64, (4, 4, 64), "trailing"),
                ("project", ONE, 1, 1, (4, 4, 16), "same"),
            ],
        ),
        (
            Row(1, "fused_bottleneck", k=(3, 3), t=4, c=16, s=2),
            [("expand", (3, 3), 2, 1, (4, 4, 64), "same"), ("project", ONE, 1, 1, (4, 4, 16), "same")],
        ),
        (Row(1, "fused_bottleneck", k=(3, 3), t=1, c=24, s=2), [("conv", (3, 3), 2, 1, (4, 4, 24), "same")]),
        (
            Row(1, "universal_bottleneck", k=(5, 5), a=(3, 3), t=2, c=24, s=2),
            [
                ("start", (3, 3), 1, 16, (8, 8, 16), "trailing"),  # the second depthwise layer has the stride
                ("expand", ONE, 1, 1, (8, 8, 32), "same"),
                ("depthwise", (5, 5), 2, 32, (3, 3, 32), "trailing"),
                ("project", ONE, 1, 1, (3, 3, 24), "same"),
            ],
        ),
        (
            Row(1, "universal_bottleneck", k=(0, 0), a=(3, 3), t=2, c=24, s=2),
            [
                ("start", (3, 3), 2, 16, (4, 4, 16), "trailing"),
                ("expand", ONE, 1, 1, (4, 4, 32), "same"),
                ("project", ONE, 1, 1, (4, 4, 24), "same"),
            ],
        ),
        (
            Row(1, "residual", k=(3, 3), exp=8, c=32, s=2, g=2),
            [
                ("reduce", ONE, 1, 1, (8, 8, 8), "same"),
                ("conv", (3, 3), 2, 2, (4, 4, 8), "same"),
                ("restore", ONE, 1, 1, (4, 4, 32), "same"),
                ("shortcut", ONE, 2, 1, (4, 4, 32), "same"),
            ],
        ),
        (
            Row(1, "residual", k=(3, 3), c=24),  # only the channels change
            [
                ("conv1", (3, 3), 1, 1, (8, 8, 24), "same"),
                ("conv2", (3, 3), 1, 1, (8, 8, 24), "same"),
                ("shortcut", ONE, 1, 1, (8, 8, 24), "same"),
            ],
        ),
        (
            Row(1, "residual", k=(3, 3), c=16, s=2),  # only the map changes
            [
                ("conv1", (3, 3), 2, 1, (4, 4, 16), "same"),
                ("conv2", (3, 3), 1, 1, (4, 4, 16), "same"),
                ("shortcut", ONE, 2, 1, (4, 4, 16), "same"),
            ],
        ),
    ],
)
def test_the_convolutions_of_every_operator_are_those_of_its_paper(
    row: Row, convolutions: list[tuple[str, tuple[int, int], int, int, Map, str]]
) -> None:
    assert list_convolutions(row) == convolutions


def test_the_first_convolution_of_a_residual_block_has_the_stride_in_keras() -> None:
    row = Row(1, "residual", k=(3, 3), exp=8, c=32, s=2, g=2)
    assert list_convolutions(row, strided="reduce")[:2] == [
        ("reduce", ONE, 2, 1, (4, 4, 8), "same"), ("conv", (3, 3), 1, 2, (4, 4, 8), "same"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        (
            Row(1, "fused_bottleneck", t=1, c=16, se=True, nl="RE"),
            ["se.pool", "se.reduce Activation", "se.expand Activation", "se.multiply", f"conv {NORMED}", "add"],
        ),
        (
            Row(1, "fused_bottleneck", t=2, c=16, se=True, nl="RE"),
            [f"expand {NORMED}", "se.pool", "se.reduce Activation", "se.expand Activation", "se.multiply",
             f"project {PLAIN}", "add"],
        ),
        (Row(1, "fused_bottleneck", t=1, c=24, nl="RE"), [f"conv {NORMED}"]),
        (Row(1, "fused_bottleneck", t=1, c=16, s=2, nl="RE"), [f"conv {NORMED}"]),
        (Row(1, "fused_bottleneck", t=1, c=16, res=False, nl="RE"), [f"conv {NORMED}"]),
        (Row(1, "flatten", k=(2, 2)), ["pool"]),
        (Row(1, "flatten"), []),
        (Row(1, "global_pool"), ["pool"]),
        (Row(1, "batch_norm"), ["norm"]),
        (Row(1, "dense", c=24), ["head Activation"]),
        (Row(1, "dense", c="k"), ["classifier"]),
    ],
)  # fmt: skip
def test_a_row_of_any_operator_has_these_parts(row: Row, parts: list[str]) -> None:
    network = resolve_row(row, bias=frozenset({"se.reduce", "se.expand", "classifier", "head"}))
    assert list_parts(network, "1.1") == parts


@pytest.mark.parametrize("is_linear", [False, True])
@pytest.mark.parametrize("has_bias", [False, True])
def test_a_classifier_is_a_linear_layer_or_a_convolution_on_one_position(is_linear: bool, has_bias: bool) -> None:
    parts = frozenset({"classifier"})
    network = resolve_row(
        Row(1, "linear", c="k"), linear=parts if is_linear else frozenset(), bias=parts if has_bias else frozenset(),
        bare=frozenset() if has_bias else parts,
    )  # fmt: skip
    (layer,) = [layer for layer in network.layers if layer.name == "1.1.classifier"]
    image = Shape(16, 8, 8)
    expected = Linear(layer.name, image, 10, has_bias) if is_linear else Conv2d(layer.name, image, 10, bias=has_bias)
    assert layer == expected


def test_pools_move_a_window_and_a_grid_is_a_vector() -> None:
    for operator, kind in (("max_pool", "max"), ("average_pool", "average")):
        assert resolve_row(Row(1, operator, k=(3, 2), s=2)).layers[-1] == WindowPool(
            "1.1.pool", Shape(16, 8, 8), kind, (3, 2), 2, "symmetric"
        )
    assert resolve_row(Row(1, "flatten", k=(3, 2))).layers[-1] == GridPool("1.1.pool", Shape(16, 8, 8), (3, 2))
    assert resolve_row(Row(1, "global_pool"), pool="mean").layers[-1] == GlobalPool("1.1.pool", Shape(16, 8, 8), "mean")
    assert resolve_row(Row(1, "batch_norm")).layers[-1] == VectorNorm("1.1.norm", Shape(16 * 64, 1, 1))


def test_squeeze_and_excite_pools_the_map_and_multiplies_it_by_its_gate() -> None:
    row = Row(1, "bottleneck", t=4, c=16, se=True, nl="RE")
    layers = {layer.name: layer for layer in reversed(resolve_row(row, squeeze_pool="mean").layers)}
    inside = Shape(64, 8, 8)
    assert layers["1.1.se.pool"] == GlobalPool("1.1.se.pool", inside, "mean")
    assert layers["1.1.se.reduce"].input == Shape(64, 1, 1)
    assert layers["1.1.se.reduce"].output == layers["1.1.se.expand"].input == Shape(16, 1, 1)
    assert layers["1.1.se.expand"].output == Shape(64, 1, 1)
    assert layers["1.1.se.multiply"].input == layers["1.1.project"].input == inside


def test_maps_of_different_size_cannot_be_added() -> None:
    """A universal bottleneck of an even kernel with symmetric zeros makes the map smaller by one."""
    v2 = load_spec("v2")
    record = v2.implementation("official")
    rules = replace(record.layer_rules, padding=Padding("symmetric", "symmetric", "symmetric"))
    rows = (Row(0, "conv", k=(1, 1), c=16), Row(1, "bottleneck", k=(4, 3), t=4, c=16))
    spec = replace(v2, rows=rows, implementations={"official": replace(record, layer_rules=rules)})
    with pytest.raises(MbcostError) as caught:
        resolve(spec, resolution=8)
    assert str(caught.value) == "row 1 of v2: 1.1.add cannot add maps of 7x8x16 and 8x8x16"
