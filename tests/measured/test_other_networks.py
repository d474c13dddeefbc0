"""Networks that are not built in, written as a user would write them, compared with torchvision's own models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from mbcost.analytic.network import resolve
from mbcost.measured.build import build
from mbcost.measured.counters import COUNTERS, count
from mbcost.measured.measure import TOOLS, measure
from mbcost.measured.trace import trace
from mbcost.questions.validate.comparison import validate, validate_in_order
from mbcost.spec.catalogue.library import load_convention, load_family, specs_folder
from mbcost.spec.observed import Measurement
from mbcost.spec.reading.table import parse_spec

pytestmark = pytest.mark.traced

RESNET_18 = """\
name: resnet-18
input: {channels: 3, resolution: 224}
columns: [operator,       c, n, s]
rows:
  - [conv 7x7,           64, 1, 2]
  - [max_pool 3x3,        ~, 1, 2]
  - [residual,           64, 2, 1]
  - [residual,          128, 2, 2]
  - [residual,          256, 2, 2]
  - [residual,          512, 2, 2]
  - [global_pool,         ~, 1, 1]
  - [linear,              k, 1, 1]
implementations: {family: resnet}
"""
RESNEXT_50 = """\
name: resnext-50-32x4d
input: {channels: 3, resolution: 224}
columns: [operator,     exp,    c,  g, n, s]
rows:
  - [conv 7x7,            ~,   64,  ~, 1, 2]
  - [max_pool 3x3,        ~,    ~,  ~, 1, 2]
  - [residual,          128,  256, 32, 3, 1]
  - [residual,          256,  512, 32, 4, 2]
  - [residual,          512, 1024, 32, 6, 2]
  - [residual,         1024, 2048, 32, 3, 2]
  - [global_pool,         ~,    ~,  ~, 1, 1]
  - [linear,              ~,    k,  ~, 1, 1]
implementations: {family: resnet}
"""
EFFICIENTNET_V2_S = """\
name: efficientnet-v2-s
input: {channels: 3, resolution: 384}
columns: [operator,           t,    c,  n, s,    se, nl]
rows:
  - [conv,                    ~,   24,  1, 2, false, SW]
  - [fused_bottleneck 3x3,    1,   24,  2, 1, false, SW]
  - [fused_bottleneck 3x3,    4,   48,  4, 2, false, SW]
  - [fused_bottleneck 3x3,    4,   64,  4, 2, false, SW]
  - [bottleneck 3x3,          4,  128,  6, 2,  true, SW]
  - [bottleneck 3x3,          6,  160,  9, 1,  true, SW]
  - [bottleneck 3x3,          6,  256, 15, 2,  true, SW]
  - [conv 1x1,                ~, 1280,  1, 1, false, SW]
  - [global_pool,             ~,    ~,  1, 1, false,  ~]
  - [linear,                  ~,    k,  1, 1, false,  ~]
implementations:
"""


def dilated_v3() -> str:
    """Return V3-Large with dilation instead of stride in the last three blocks, the backbone of segmentation models."""
    lines = (specs_folder() / "v3-large.yaml").read_text(encoding="utf-8").replace("s]", "s, d]").split("\n")
    rows = [index for index, line in enumerate(lines) if line.startswith("  - [")]
    for stage, index in enumerate(rows):
        head, bracket, remark = lines[index].partition("]")
        if 13 <= stage <= 15:
            head = head.rpartition(",")[0] + ", 1"
        lines[index] = f"{head}, {2 if 13 <= stage <= 15 else '~'}{bracket}{remark}"
    return "\n".join(lines)


def efficientnet_v2() -> str:
    """Return EfficientNetV2-S, whose last convolution has its own width; the epsilon of its norms shows in no count."""
    family = (specs_folder() / "implementations" / "efficientnet.yaml").read_text(encoding="utf-8")
    rules = family.replace("  width_from_input: {last_conv: 4}\n", "")
    return EFFICIENTNET_V2_S + "".join(f"  {line}\n" for line in rules.splitlines())


TABLES: Mapping[str, tuple[Callable[[], str], str, dict[str, Any]]] = {
    "basic residual blocks": (lambda: RESNET_18, "resnet18", {}),
    "grouped convolutions": (lambda: RESNEXT_50, "resnext50_32x4d", {}),
    "dilated depthwise layers": (dilated_v3, "mobilenet_v3_large", {"dilated": True}),
    "fused bottlenecks": (efficientnet_v2, "efficientnet_v2_s", {}),
}


@pytest.mark.parametrize(("table", "name", "options"), TABLES.values(), ids=TABLES.keys())
@pytest.mark.parametrize("resolution", [(224, 224), (97, 130)])
def test_a_table_equals_the_librarys_model(
    table: Callable[[], str], name: str, options: dict[str, Any], resolution: tuple[int, int]
) -> None:
    network = resolve(
        parse_spec(table(), "mine.yaml", load_family), resolution=resolution, implementation="torchvision"
    )
    with torch.device("meta"):
        model: nn.Module = getattr(torchvision.models, name)(weights=None, **options)
        layers = trace(model, torch.zeros(1, 3, *resolution))
    params = sum(parameter.numel() for parameter in model.parameters())
    measurement = Measurement("torchvision", layers, params, sum(layer.macs for layer in layers), name)
    validation = validate_in_order(network, measurement)
    assert validation.differences == ()
    assert validation.checks >= 14 * len(layers)


KINDS = """\
name: kinds
input: {channels: 2, resolution: 65x48}
columns: [operator,             a,   k, t, exp,  c, g, d,    se,   res, s]
rows:
  - [conv,                      ~, 3x5, ~,   ~, 16, 2, 2, false,     ~, 2]
  - [conv,                      ~, 1x7, ~,   ~, 24, 4, 1, false,     ~, 1]
  - [separable,                 ~, 5x3, ~,   ~, 24, ~, 3, false,     ~, 1]
  - [universal_bottleneck,    3x5, 5x1, 4,   ~, 24, ~, ~,  true,  true, 1]
  - [universal_bottleneck,      5,   0, 4,   ~, 16, ~, ~, false,     ~, 2]
  - [bottleneck,                ~,   3, 6,   ~, 16, ~, 2,  true, false, 1]
  - [average_pool,              ~, 2x3, ~,   ~,  ~, ~, ~, false,     ~, 2]
  - [residual,                  ~,   ~, ~,   8, 32, 4, ~, false,     ~, 2]
  - [fused_bottleneck,          ~,   5, 1,   ~, 32, ~, ~, false,     ~, 1]
  - [max_pool,                  ~,   3, ~,   ~,  ~, ~, ~, false,     ~, 1]
  - [flatten,                   ~, 2x1, ~,   ~,  ~, ~, ~, false,     ~, ~]
  - [linear,                    ~,   ~, ~,   ~, 20, ~, ~, false,     ~, ~]
  - [linear,                    ~,   ~, ~,   ~,  k, ~, ~, false,     ~, ~]
implementations: {family: resnet}
"""


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("resolution", [(65, 48), (48, 97)])
def test_engine_and_tools_agree_on_a_network_with_every_operator_and_column(
    tool: str, resolution: tuple[int, int]
) -> None:
    spec = parse_spec(KINDS, "kinds.yaml", load_family)
    network = resolve(spec, alpha=2, resolution=resolution)
    measured = measure(build(spec, alpha=2), resolution=resolution, in_channels=2, against=tool)
    assert validate(network, measured).differences == ()


@pytest.mark.parametrize("tool", COUNTERS)
def test_every_convention_counts_every_operator_and_column_as_its_tool_does(tool: str) -> None:
    spec = parse_spec(KINDS, "kinds.yaml", load_family)
    network, convention = resolve(spec), load_convention(tool)
    if tool == "fvcore-train":
        pytest.skip("torch refuses to train norms on the 1x1 map of squeeze-and-excite")
    params, operations = count(tool, build(spec), torch.zeros(1, 2, *spec.resolution))
    assert params in (None, network.params(convention))
    assert operations == network.mult_adds(convention)
