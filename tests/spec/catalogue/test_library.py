"""The built-in specs equal transcriptions from a source other than the papers' tables: the libraries' own code."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import (
    NETWORKS,
    families,
    find_network,
    load_convention,
    load_conventions,
    load_family,
    load_spec,
    specs_folder,
)
from mbcost.spec.table import Row, Spec

DATA = {"checkpoints.yaml", "conventions.yaml", "devices.yaml"}
"""Files of the folder that are not networks."""


def bottlenecks(spec: Spec) -> list[Row]:
    return [row for row in spec.rows if row.operator == "bottleneck"]


def test_the_list_of_networks_is_the_list_of_files() -> None:
    files = {path.name for path in specs_folder().glob("*.yaml")}
    assert files > DATA, f"the built-in specs are missing from {specs_folder()}"
    assert {f"{name}.yaml" for name in NETWORKS} == files - DATA
    assert {load_spec(name).name for name in NETWORKS} == set(NETWORKS)


def test_every_family_has_a_network_and_every_mobilenet_up_to_v3_has_the_official_rules() -> None:
    families = [path.stem for path in (specs_folder() / "implementations").glob("*.yaml")]
    used = [load_spec(name).implementations.items() for name in NETWORKS]
    assert families, "the families are missing"
    for family in families:
        assert any(load_family(family).items() >= implementations for implementations in used)
    assert all("official" in load_spec(name).implementations for name in NETWORKS if re.match("v[123]", name))


@pytest.mark.parametrize(
    ("network", "operator", "blocks"),
    [
        ("v1", "separable", 13),  # "MobileNet has 28 layers": 13 pairs, the stem and the classifier
        ("v1-standard", "conv", 14),
        ("v2", "bottleneck", 17),  # the text says 19; the table and all code have 17
        ("v3-large", "bottleneck", 15),
        ("v3-small", "bottleneck", 11),
        ("v3-large-minimalistic", "bottleneck", 15),
        ("v3-small-minimalistic", "bottleneck", 11),
    ],
)
def test_a_network_has_the_published_number_of_blocks(network: str, operator: str, blocks: int) -> None:
    rows = load_spec(network).rows
    assert sum(row.repeats for row in rows if row.operator == operator) == blocks
    assert math.prod(row.stride for row in rows) == 32, "224 pixels become a 7x7 map"
    assert rows[-1].c == "k"


def test_v1_is_the_conv_defs_of_tf_slim() -> None:
    """research/slim/nets/mobilenet_v1.py, _CONV_DEFS: (stride, depth) in order."""
    conv_defs = [
        (2, 32),
        (1, 64),
        (2, 128),
        (1, 128),
        (2, 256),
        (1, 256),
        (2, 512),
        *[(1, 512)] * 5,
        (2, 1024),
        (1, 1024),
    ]
    rows = load_spec("v1").rows[:10]
    assert [(row.stride, row.c) for row in rows for _ in range(row.repeats)] == conv_defs


def test_v2_is_the_setting_of_torchvision() -> None:
    """torchvision.models.mobilenetv2, inverted_residual_setting: t, c, n, s."""
    setting = [
        [1, 16, 1, 1],
        [6, 24, 2, 2],
        [6, 32, 3, 2],
        [6, 64, 4, 2],
        [6, 96, 3, 1],
        [6, 160, 3, 2],
        [6, 320, 1, 1],
    ]
    spec = load_spec("v2")
    assert [[row.t, row.c, row.n, row.s] for row in bottlenecks(spec)] == setting
    assert (spec.rows[0].c, spec.rows[0].s, spec.rows[8].c, spec.rows[8].k) == (32, 2, 1280, (1, 1))


@pytest.mark.parametrize(("network", "last_conv", "head"), [("v3-large", 960, 1280), ("v3-small", 576, 1024)])
def test_v3_is_the_setting_of_torchvision(network: str, last_conv: int, head: int) -> None:
    """The library's own list of blocks, read from the installed package."""
    from torchvision.models.mobilenetv3 import _mobilenet_v3_conf

    setting, last_channel = _mobilenet_v3_conf(f"mobilenet_{network.replace('-', '_')}")
    spec = load_spec(network)
    assert [(row.kernel[0], row.exp, row.c, row.se, row.nl, row.stride) for row in bottlenecks(spec)] == [
        (c.kernel, c.expanded_channels, c.out_channels, c.use_se, "HS" if c.use_hs else "RE", c.stride) for c in setting
    ]
    *_, conv, pool, fully_connected, classifier = spec.rows
    assert (conv.c, pool.operator, fully_connected.c, classifier.c) == (last_conv, "global_pool", head, "k")
    assert last_channel == head


@pytest.mark.parametrize("size", ["large", "small"])
def test_the_expanded_widths_of_v3_keep_tf_slims_ratios(size: str) -> None:
    """research/slim/nets/mobilenet/mobilenet_v3.py prints factors of the input, and the paper prints widths."""
    ratios = {
        "large": [1, 4, 3, 3, 3, 3, 6, 2.5, 184 / 80, 184 / 80, 6, 6, 6, 6, 6],
        "small": [1, 72 / 16, 88 / 24, 4, 6, 6, 3, 3, 6, 6, 6],
    }
    rows = load_spec(f"v3-{size}").rows
    assert [row.exp / int(rows[row.stage - 1].c or 0) for row in rows if row.exp] == ratios[size]


@pytest.mark.parametrize("size", ["large", "small"])
def test_minimalistic_is_v3_with_small_kernels_and_without_squeeze_and_excite(size: str) -> None:
    """Every kernel is 3x3 and every activation ReLU; widths and strides are the same."""
    full, minimalistic = load_spec(f"v3-{size}"), load_spec(f"v3-{size}-minimalistic")
    plain = [replace(row, k=row.k and min(row.k, (3, 3)), se=False, nl=row.nl and "RE") for row in full.rows]
    assert list(minimalistic.rows) == plain


def test_the_dense_v1_has_one_convolution_for_every_pair() -> None:
    dense = [replace(row, operator="conv") if row.operator == "separable" else row for row in load_spec("v1").rows]
    assert list(load_spec("v1-standard").rows) == dense


def test_the_default_convention_is_the_first_and_can_be_named() -> None:
    default = next(iter(load_conventions().values()))
    assert load_convention() == load_convention("macs") == load_convention(default.name) == default


def test_a_name_that_cannot_be_loaded_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(MbcostError, match="unknown network 'v3-larg': did you mean 'v3-large'"):
        load_spec("v3-larg")
    with pytest.raises(MbcostError, match=r"no\.yaml: No such file or directory"):
        load_spec(str(tmp_path / "no.yaml"))
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(MbcostError, match=r"latin\.yaml:1:10: not UTF-8 text \(byte 9\): save the file as UTF-8"):
        load_spec(str(tmp_path / "latin.yaml"))
    with pytest.raises(
        MbcostError, match=r"unknown family of implementations '\.\./v2': choose from efficientnet, mnasnet"
    ):
        load_family("../v2")
    with pytest.raises(MbcostError, match="unknown convention 'flops': did you mean"):
        load_convention("flops")


def test_a_spec_is_read_from_a_file_or_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (specs_folder() / "v2.yaml").read_text(encoding="utf-8").replace("name: v2", "name: mine")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    mine = load_spec(str(tmp_path / "mine.yaml"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    assert load_spec("-") == mine == replace(load_spec("v2"), name="mine")


def test_an_implementation_of_a_library_states_its_framework() -> None:
    by_name = {name: rules.framework for family in families() for name, rules in load_family(family).items()}
    libraries = {
        "keras": "keras", "torchvision": "torch", "timm": "torch", "transformers": "torch", "paddleclas": "paddle",
        "gluoncv": "mxnet", "mmpretrain": "torch",
    }  # fmt: skip
    assert {name: by_name[name] for name in by_name if name not in libraries} == {"official": "", "article": ""}
    assert all(by_name[name] == framework for name, framework in libraries.items())


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("mobilenet_v2", "v2"), ("mobilenetv2", "v2"), ("MobileNetV2", "v2"), ("mbv2", "v2"), ("V2", "v2"),
        ("mobilenet-v3-large", "v3-large"), ("mobilenetv3_large_100", "v3-large"), ("MobileNet V3 Large", "v3-large"),
        ("mobilenetv3_small_minimal_100", "v3-small-minimalistic"), ("mobilenet", "v1"), ("mobilenet_v1", "v1"),
        ("resnet50", "resnet-50"), ("vgg16", "vgg-16"), ("efficientnet_b0", "efficientnet-b0"),
        ("mnasnet1_0", "mnasnet-1.0"), ("mobilenetv4_conv_small", "mobilenet-v4-conv-small"), ("resnet18", None),
    ],
)  # fmt: skip
def test_a_network_is_known_under_the_names_of_the_libraries(name: str, network: str | None) -> None:
    assert find_network(name) == network


@pytest.mark.parametrize("name", NETWORKS)
def test_a_title_and_every_alias_mean_their_network_or_several(name: str) -> None:
    spec = load_spec(name)
    assert find_network(spec.title) == name
    assert all(name in explain_name(alias).split() for alias in spec.aliases)


def explain_name(alias: str) -> str:
    try:
        return find_network(alias) or ""
    except MbcostError as error:
        return str(error)
