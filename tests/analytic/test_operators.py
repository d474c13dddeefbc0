"""The layers of a row of the table, their order and their names."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby, pairwise

import pytest

from mbcost.analytic.layers import Add, Conv2d, WindowPool
from mbcost.analytic.network import Network, resolve
from mbcost.analytic.operators import OPERATORS
from mbcost.spec import operators
from mbcost.spec.catalogue.library import NETWORKS, load_spec

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
