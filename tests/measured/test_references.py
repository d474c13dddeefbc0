"""The engine equals other people's implementations: every model that they have, layer by layer, to the last integer.

The second half plants faults, one at a time, and requires that the comparison finds each and names the layer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError, MissingLibrary
from mbcost.measured.references import LIBRARIES, measure_reference, offered_alphas
from mbcost.measured.trace import trace
from mbcost.questions.validate.comparison import Discrepancy, validate_in_order
from mbcost.spec.catalogue.library import NETWORKS, load_convention, load_spec
from mbcost.spec.observed import LayerFacts, Measurement
from mbcost.spec.table import Spec
from tests.sampling import set_aside

# At 0.1 the minimum widths apply. At 0.55 and 0.56 the rules of rounding differ: 32 x 0.55 = 17.6 becomes 16 channels,
# but 24 if it is rounded to 18 first; 32 x 0.56 = 17.92 becomes 24 channels, but 16 if it is truncated to 17 first.
CORNERS = (0.1, 0.55, 0.56, 1.25)
"""Width multipliers in addition to the published ones, for libraries that take any."""
SMALL = (97, 160)
"""A resolution that is not square, with an odd and an even side."""
QUANTITIES = 13  # and the dilation, which linear layers do not have
"""How many values are compared per layer: all fields of `LayerFacts` but `pool_inputs`, which no witness reports."""


def list_alphas(network: str) -> list[float]:
    """Return the alphas at which a network is compared whose library takes any.

    The minimalistic networks, which are published at alpha 1 only, share code and rules with V3.
    """
    published = load_spec(network).published_alphas
    return sorted({*published, *CORNERS} if len(published) > 1 else published)


PAIRS = [(library, network) for library, record in LIBRARIES.items() for network in record.networks]
CASES = [
    set_aside(library, network, alpha) if alpha != 1 and turn % 3 else (library, network, alpha)
    for library, network in PAIRS
    for turn, alpha in enumerate(offered_alphas(library, network) or list_alphas(network), len(network))
]
"""Every network of every library: in a sample at alpha 1 and at every third other alpha."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("library", "network", "alpha"), CASES)
def test_the_engine_equals_the_library(library: str, network: str, alpha: float) -> None:
    spec = load_spec(network)
    for size in (SMALL, spec.resolution) if alpha == 1 else (SMALL,):  # no width depends on the size
        ours = resolve(spec, alpha=alpha, resolution=size, implementation=library)
        models = measure_reference(library, network, alpha=alpha, resolution=size)
        expected = [model.name for model in LIBRARIES[library].networks[network] if model.alpha in (None, alpha)]
        assert [model.model for model in models] == expected != []
        for model in models:
            validation = validate_in_order(ours, model)
            assert validation.differences == ()
            # Keras writes its V3 gates and its norms out in single operators, which are recognized nevertheless.
            assert validation.checks >= QUANTITIES * len(model.layers) + 2
            assert (model.against, sum(layer.macs for layer in model.layers)) == (library, model.macs)
            assert sum(layer.params for layer in model.layers) == model.params


@pytest.mark.parametrize(
    ("library", "network", "classes", "in_channels"),
    [("torchvision", "v3-small", 10, 3), ("timm", "v1", 7, 1), ("keras", "v2", 3, 5), ("transformers", "v2", 21, 4)],
)
def test_the_engine_equals_the_library_for_any_classes_and_input_channels(
    library: str, network: str, classes: int, in_channels: int
) -> None:
    ours = resolve(
        load_spec(network), resolution=(64, 64), implementation=library, classes=classes, in_channels=in_channels
    )
    for model in measure_reference(library, network, resolution=(64, 64), classes=classes, in_channels=in_channels):
        assert validate_in_order(ours, model).differences == ()
        assert (model.layers[0].input, model.layers[-1].output) == ((64, 64, in_channels), (1, 1, classes))


def test_every_mobilenet_of_timm_is_listed_or_is_a_different_network() -> None:
    import timm

    here = {model.name for models in LIBRARIES["timm"].networks.values() for model in models}
    other = {"mobilenetv1_100h", "mobilenetv2_110d", "mobilenetv2_120d", "mobilenetv3_large_150d", "mobilenetv3_rw"}
    # These have attention, or pools with their own filter.
    other |= set(timm.list_models(["mobilenetv4_hybrid*", "mobilenetv4_conv_aa*", "mobilenetv4_conv_blur*"]))
    assert here | other == set(timm.list_models("*mobilenetv[1234]*"))
    assert not here & other


def test_the_libraries_models_and_the_implementations_of_the_specs_correspond() -> None:
    named = {(name, network) for network in NETWORKS for name in load_spec(network).implementations}
    elsewhere = ("official", "article", "paddleclas", "gluoncv", "mmpretrain")
    assert set(PAIRS) == {(name, network) for name, network in named if name not in elsewhere}


@pytest.mark.parametrize(
    ("network", "name", "untrained"),
    [("resnet-50", "ResNet50", 0), ("efficientnet-b0", "EfficientNetB0", 2 * 3 + 1)],
)
def test_keras_reports_the_same_totals(network: str, name: str, untrained: int) -> None:
    """Its EfficientNet has the mean and variance of each input channel and a count, which are not trained."""
    import keras

    model = getattr(keras.applications, name)(weights=None)
    ours = resolve(load_spec(network), implementation="keras")
    trained = sum(torch.Size(weight.shape).numel() for weight in model.trainable_weights)
    assert (ours.params(), ours.params(load_convention("keras")) + untrained) == (trained, model.count_params())


def test_keras_resnet_50_has_the_totals_that_its_summary_prints() -> None:
    ours = resolve(load_spec("resnet-50"), implementation="keras")
    assert (ours.params(), ours.params(load_convention("keras"))) == (25_583_592, 25_636_712)
    assert ours.tally().biases == 26_560 + 1000


def test_a_library_offers_the_alphas_of_its_models() -> None:
    assert offered_alphas("timm", "v2") == (0.35, 0.5, 0.75, 1.0, 1.4)
    assert offered_alphas("timm", "v3-small") == (0.5, 0.75, 1.0)
    assert offered_alphas("torchvision", "v3-large") is None


@pytest.mark.parametrize(
    ("library", "network", "options", "message"),
    [
        ("timm", "v1", {"alpha": 0.5}, "timm does not have v1 at alpha 0.5: it has alpha 1, 1.25"),
        ("timm", "v1-standard", {}, "timm does not have v1-standard: it has v1, v2, v3-large, v3-small, v3-large-mini"),
        ("torchvision", "v1", {}, "torchvision does not have v1: it has v2, v3-large, v3-small"),
        ("kera", "v1", {}, "unknown library 'kera': did you mean 'keras'?"),
        ("torchvision", "v2", {"alpha": -1.0}, "alpha is -1: it must be a positive number"),
        ("torchvision", "v2", {"in_channels": 1}, "torchvision builds mobilenet_v2 for 3 input channels only, not for"),
        ("keras", "v2", {"resolution": (16, 40)}, "keras does not run MobileNetV2 at alpha 1, 16x40: Input size must"),
        ("keras", "v1", {"alpha": 0.01}, "keras does not run MobileNet at alpha 0.01, 224x224: Invalid value for"),
    ],
)
def test_a_model_that_a_library_cannot_build_is_refused(
    library: str, network: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(MbcostError) as caught:
        measure_reference(library, network, **options)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_the_error_for_a_missing_library_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingLibrary, match=r"timm is not installed: pip install 'mbcost\[references\]'"):
        measure_reference("timm", "v1")


def test_keras_on_a_different_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "tensorflow"))
    monkeypatch.setitem(sys.modules, "keras", other)
    with pytest.raises(MbcostError, match=r"keras runs on tensorflow, but .*: set KERAS_BACKEND=torch"):
        measure_reference("keras", "v1")


# Planted faults, one at a time.


def _faults(spec: Spec, stage: int, **changes: Any) -> tuple[Discrepancy, ...]:
    """Return the differences from torchvision if one row of the table is wrong."""
    rows = tuple(replace(row, **changes) if row.stage == stage else row for row in spec.rows)
    assert rows != spec.rows
    ours = resolve(replace(spec, rows=rows), alpha=0.75, resolution=(96, 96), implementation="torchvision")
    return validate_in_order(ours, _torchvision(spec.name)).differences


@cache
def _torchvision(network: str) -> Measurement:
    return measure_reference("torchvision", network, alpha=0.75, resolution=(96, 96))[0]


@pytest.mark.parametrize(
    ("network", "stage", "changes", "layer", "quantity"),
    [
        ("v2", 4, {"s": 1}, "4.1.depthwise", "stride"),
        ("v2", 5, {"c": 128}, "5.1.project", "output"),
        ("v2", 3, {"t": 4}, "3.1.expand", "output"),
        ("v2", 2, {"k": (5, 5)}, "2.1.depthwise", "kernel"),
        ("v2", 6, {"n": 2}, "7.1.project", "output"),
        ("v3-large", 4, {"se": False}, "4.1.project", "output"),
        ("v3-large", 7, {"nl": "RE"}, "7.1.expand", "activation"),
        ("v3-small", 5, {"exp": 200}, "5.1.expand", "output"),
    ],
)
def test_a_wrong_row_is_found_and_named(
    network: str, stage: int, changes: dict[str, Any], layer: str, quantity: str
) -> None:
    differences = _faults(load_spec(network), stage, **changes)
    assert (layer, quantity) in {(difference.layer, difference.quantity) for difference in differences}
    # Everything before the fault is equal; after it, the positions hold different layers.
    assert not differences[0].layer.startswith(tuple(f"{earlier}." for earlier in range(stage)))


def test_a_wrong_activation_is_found() -> None:
    """No count of params or multiply-adds depends on the activation."""
    differences = _faults(load_spec("v3-large"), 7, nl="RE")
    assert [(difference.layer, difference.quantity) for difference in differences] == [
        ("7.1.expand", "activation"),
        ("7.1.depthwise", "activation"),
    ]
    assert (differences[0].expected, differences[0].measured) == ("relu", "hard_swish")


@pytest.mark.parametrize(
    ("library", "network", "alpha", "rules", "layer", "quantity"),
    [
        ("keras", "v1", 0.5, "official", "2.1.depthwise", "output"),  # trailing zeros on an odd map
        ("keras", "v1", 0.1, "transformers", "0.1.conv", "output"),  # a minimum of 8 channels
        ("keras", "v2", 0.56, "official", "1.1.project", "output"),  # truncates first
        ("transformers", "v2", 0.55, "official", "0.1.conv", "output"),  # rounds first
        ("timm", "v2", 1.0, "official", "10.1.classifier", "operator"),  # a linear layer
        ("keras", "v3-small", 1.25, "official", "0.1.conv", "output"),  # never scales the stem
        ("keras", "v3-large", 0.56, "timm", "16.1.conv", "output"),  # 6 times its input, not 960 scaled
        ("torchvision", "v3-large", 0.35, "official", "2.1.expand", "output"),  # 64 scaled, not 4 times its input
        ("timm", "v3-small", 0.5, "keras", "15.1.classifier", "operator"),  # a linear layer
        ("timm", "v3-small", 0.5, "torchvision", "0.1.conv", "output"),  # keeps the stem below 0.75
    ],
)
def test_the_rules_of_a_different_implementation_are_found(
    library: str, network: str, alpha: float, rules: str, layer: str, quantity: str
) -> None:
    ours = resolve(load_spec(network), alpha=alpha, resolution=(97, 97), implementation=rules)
    model = measure_reference(library, network, alpha=alpha, resolution=(97, 97))[0]
    first = validate_in_order(ours, model).differences[0]
    assert (first.layer, first.quantity, first.against) == (layer, quantity, library)


@pytest.mark.parametrize("quantity", [name for name in LayerFacts.__dataclass_fields__ if name != "name"])
def test_every_quantity_is_compared(quantity: str) -> None:
    model = _torchvision("v3-small")
    wrong = replace(model.layers[7], **{quantity: "something else"})  # type: ignore[arg-type]
    layers = (*model.layers[:7], wrong, *model.layers[8:])
    differences = validate_in_order(_ours("v3-small"), replace(model, layers=layers)).differences
    assert [(difference.layer, difference.quantity) for difference in differences] == [("2.1.project", quantity)]


def test_wrong_totals_and_missing_or_extra_layers_are_found() -> None:
    model = _torchvision("v2")
    layers, ours = model.layers, _ours("v2")
    heavier = replace(model, params=model.params + 1, macs=model.macs - 1)
    assert _list_differences(ours, heavier) == [("total", "params"), ("total", "macs")]
    assert _list_differences(ours, replace(model, layers=layers[:-1])) == [("10.1.classifier", "layer")]
    assert _list_differences(ours, replace(model, layers=(*layers, layers[-1]))) == [("classifier.1", "layer")]


def _ours(network: str) -> Network:
    return resolve(load_spec(network), alpha=0.75, resolution=(96, 96), implementation="torchvision")


def _list_differences(ours: Network, model: Measurement) -> list[tuple[str, str]]:
    return [(difference.layer, difference.quantity) for difference in validate_in_order(ours, model).differences]


# The trace itself.


class _Padded(nn.Module):
    """A map with zeros around it that is permuted and copied before the convolution; the bias is added afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(5, 3, 1, 3))
        self.bias = nn.Parameter(torch.zeros(5))

    def forward(self, x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, (0, 0, 1, 2)).permute(0, 3, 1, 2).contiguous()
        out = nn.functional.conv2d(padded, self.weight, stride=(1, 2))
        return nn.functional.hardtanh(out + self.bias.view(1, 5, 1, 1) + 3, 0, 6) * (1 / 6)


def test_a_trace_sees_through_padding_copies_and_biases() -> None:
    model = _Padded()
    (layer,) = trace(model, torch.zeros(1, 4, 8, 3))
    assert model.training
    assert layer == LayerFacts(
        "", "conv", (1, 3), (1, 2), 1, (4, 8, 3), (4, 5, 5),
        weights=45, biases=5, norm_channels=0, macs=45 * 4 * 5, norm_elements=0, activation="hard_sigmoid",
        activation_elements=100, dilation=(1, 1),
    )  # fmt: skip


def test_a_trace_sees_groups_and_dilation() -> None:
    (layer,) = trace(nn.Conv2d(8, 4, 3, groups=2, dilation=(2, 3), bias=False), torch.zeros(1, 8, 9, 9))
    assert (layer.groups, layer.dilation, layer.output, layer.weights) == (2, (2, 3), (5, 3, 4), 144)
    assert layer.macs == 144 * 5 * 3


class _Product(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x @ x


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.ConvTranspose2d(3, 3, 3), "is a transposed convolution or not a 2D one: no network here has such a layer"),
        (_Product(), "the model calls aten.bmm, which is neither a convolution nor a linear layer"),
    ],
)
def test_a_trace_refuses_an_operator_that_it_cannot_describe(model: nn.Module, message: str) -> None:
    with pytest.raises(MbcostError, match=message):
        trace(model, torch.zeros(1, 3, 8, 8))
