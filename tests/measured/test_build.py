"""The models are real: they train, and with a library's weights they compute what the library's model computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import nan
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from mbcost.errors import MbcostError
from mbcost.measured import modules
from mbcost.measured.build import BUILDERS, build
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.implementation import POOLS, Padding
from mbcost.spec.operators import OPERATORS
from mbcost.spec.reading import implementations as parse_family
from mbcost.spec.table import Spec
from tests.models import weights_filled

SEED = 20180413
Twin = Callable[[Tensor], Tensor]


def weighted(model: nn.Module) -> list[nn.Module]:
    """Return the modules that have parameters, in the order in which the model lists them."""
    return [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d)]


def randomize(model: nn.Module) -> None:
    """Draw weights that keep the values of the maps between the ends of ReLU6, and norms that change their input.

    Otherwise a wrong epsilon or activation would not show. Larger weights make deep networks chaotic, so that float32
    is too coarse to compare them.
    """
    random = torch.Generator().manual_seed(SEED)
    for module in weighted(model):
        for name, tensor in module.state_dict().items():
            if isinstance(module, nn.BatchNorm2d) and name in ("weight", "running_var"):
                tensor.uniform_(0.25, 1.75, generator=random)
            elif name == "weight":
                tensor.normal_(0, (1.2 / tensor[0].numel()) ** 0.5, generator=random)
            elif name != "num_batches_tracked":
                tensor.normal_(0, 1, generator=random)


def torch_twin(theirs: nn.Module, ours: nn.Module) -> Twin:
    """Return `theirs` with the weights of `ours`, copied module by module in order."""
    pairs = list(zip(weighted(theirs), weighted(ours), strict=True))
    for their, our in pairs:
        state = our.state_dict()
        assert {name: value.shape for name, value in their.state_dict().items()} == {
            name: value.shape for name, value in state.items()
        }
        their.load_state_dict(state)
    theirs.eval()

    def run(image: Tensor) -> Tensor:
        out = theirs(image)
        logits: Tensor = getattr(out, "logits", out)  # transformers wraps them
        return logits

    return run


def keras_twin(theirs: Any, ours: nn.Module) -> Twin:
    """Do the same for Keras. Its kernels are (height, width, inputs, outputs), its maps (height, width, channels)."""
    import keras

    kinds = keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense, keras.layers.BatchNormalization
    layers = [layer for layer in theirs.layers if isinstance(layer, kinds)]
    for layer, module in zip(layers, weighted(ours), strict=True):
        weight, *others = (value for name, value in module.state_dict().items() if name != "num_batches_tracked")
        if weight.ndim == 4:
            weight = weight.permute((2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0))
        layer.set_weights([value.numpy() for value in (weight.T if weight.ndim == 2 else weight, *others)])

    def run(image: Tensor) -> Tensor:
        logits: Tensor = theirs(image.permute(0, 2, 3, 1))
        return logits

    return run


def from_torchvision(name: str, alpha: float, _size: tuple[int, int], ours: nn.Module) -> Twin:
    import torchvision

    width = {"width_mult": alpha} if name.startswith("mobilenet") else {}
    return torch_twin(getattr(torchvision.models, name)(**width), ours)


def from_timm(name: str, alpha: float, _size: tuple[int, int], ours: nn.Module) -> Twin:
    import timm

    if not name.startswith("mobilenetv4"):
        name = f"{name}_{round(100 * alpha):03}"
    return torch_twin(timm.create_model(name), ours)


def from_transformers(name: str, alpha: float, _size: tuple[int, int], ours: nn.Module) -> Twin:
    import transformers

    config = getattr(transformers, f"{name}Config")(depth_multiplier=alpha, num_labels=1000)
    return torch_twin(getattr(transformers, f"{name}ForImageClassification")(config), ours)


def from_keras(name: str, alpha: float, size: tuple[int, int], ours: nn.Module) -> Twin:
    import keras

    options: dict[str, Any] = {"include_preprocessing": False} if "V3" in name else {}
    name, _, minimalistic = name.partition(" ")
    if minimalistic:
        options["minimalistic"] = True
    make = getattr(keras.applications, name)
    model = make(input_shape=(*size, 3), alpha=alpha, weights=None, classifier_activation=None, **options)
    return keras_twin(model, ours)


LIBRARIES: Mapping[str, Callable[[str, float, tuple[int, int], nn.Module], Twin]] = {
    "torchvision": from_torchvision,
    "timm": from_timm,
    "transformers": from_transformers,
    "keras": from_keras,
}


def compare(spec: Spec, implementation: str, name: str, alpha: float, size: tuple[int, int]) -> float:
    """Return the largest difference between our model's output and the library's, in standard deviations of the output.

    The library gets the weights and never the spec, so every mistake in the spec makes a difference.
    """
    with weights_filled(nan):  # all of them are replaced: one that is not would spoil the output
        ours = build(spec, alpha=alpha, implementation=implementation).eval()
    randomize(ours)
    with weights_filled(nan):
        theirs = LIBRARIES[implementation](name, alpha, size, ours)
    image = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(SEED))
    with torch.no_grad():
        expected, actual = theirs(image), ours(image)
    assert expected.shape == actual.shape == (2, 1000)
    return float((expected - actual).abs().max() / expected.std())


TOLERANCE = 1e-4
"""The rounding of float32 through sixty layers, in standard deviations of the output."""

TWINS: Mapping[tuple[str, str], tuple[str, list[float]]] = {
    ("v1", "timm"): ("mobilenetv1", [1.0, 1.25]),
    ("v1", "transformers"): ("MobileNetV1", [1.0, 0.75]),
    ("v1", "keras"): ("MobileNet", [1.0]),
    ("v2", "torchvision"): ("mobilenet_v2", [1.0, 0.25, 1.4]),
    ("v2", "timm"): ("mobilenetv2", [1.0, 0.35, 1.4]),
    ("v2", "transformers"): (
        "MobileNetV2",
        [1.0, 0.25, 1.4],
    ),  # at 0.25 its first block could add its input, but does not
    ("v2", "keras"): ("MobileNetV2", [1.0, 0.35]),
    ("v3-large", "torchvision"): ("mobilenet_v3_large", [1.0, 0.75]),
    ("v3-large", "timm"): ("mobilenetv3_large", [1.0, 0.75]),
    ("v3-large", "keras"): ("MobileNetV3Large", [1.0, 0.5]),
    ("v3-small", "torchvision"): ("mobilenet_v3_small", [1.0, 0.75]),
    ("v3-small", "timm"): ("mobilenetv3_small", [1.0, 0.5]),
    ("v3-small", "keras"): ("MobileNetV3Small", [1.0, 1.25]),
    ("v3-large-minimalistic", "keras"): ("MobileNetV3Large minimalistic", [1.0]),
    ("v3-small-minimalistic", "keras"): ("MobileNetV3Small minimalistic", [1.0]),
    ("mnasnet-1.0", "torchvision"): ("mnasnet1_0", [1.0]),
    ("efficientnet-b0", "torchvision"): ("efficientnet_b0", [1.0]),
    ("resnet-50", "torchvision"): ("resnet50", [1.0]),
    ("vgg-16", "torchvision"): ("vgg16", [1.0]),
    ("mobilenet-v4-conv-small", "timm"): ("mobilenetv4_conv_small", [1.0]),
    ("mobilenet-v4-conv-medium", "timm"): ("mobilenetv4_conv_medium", [1.0]),
    ("mobilenet-v4-conv-large", "timm"): ("mobilenetv4_conv_large", [1.0]),
}
"""For a network and an implementation, the library's name of the network and the alphas to compare at."""


SIZE = (97, 160)
"""Every map has an odd side and an even one, until the even one is 5."""


@pytest.mark.parametrize(
    ("network", "implementation", "name", "alpha"),
    [(*key, name, alpha) for key, (name, alphas) in TWINS.items() for alpha in alphas],
)
def test_our_model_computes_what_the_librarys_model_computes(
    network: str, implementation: str, name: str, alpha: float
) -> None:
    assert compare(load_spec(network), implementation, name, alpha, SIZE) < TOLERANCE


@pytest.mark.parametrize(
    ("network", "implementation", "name", "wrong"),
    [
        ("v1", "timm", "mobilenetv1", {"norm_epsilon": 0.001}),
        ("v1", "timm", "mobilenetv1", {"padding": Padding("same", "same", "same")}),
        ("v1", "keras", "MobileNet", {"padding": Padding("same", "same", "same")}),
        ("v2", "torchvision", "mobilenet_v2", {"activations": {"RE": "relu"}}),
        ("v3-large", "torchvision", "mobilenet_v3_large", {"activations": {"RE": "relu", "HS": "swish"}}),
        ("v3-large", "torchvision", "mobilenet_v3_large", {"squeeze_gate": "sigmoid"}),
        ("v3-large", "torchvision", "mobilenet_v3_large", {"squeeze_activation": "relu6"}),
    ],
)
def test_the_comparison_finds_a_wrong_rule_that_no_count_shows(
    network: str, implementation: str, name: str, wrong: dict[str, Any]
) -> None:
    """The map is odd, because on an even one the trailing zero of Keras V1 is the same as SAME padding."""
    spec = load_spec(network)
    rules = spec.implementation(implementation)
    layers = {field: value for field, value in wrong.items() if hasattr(rules.layer_rules, field)}
    others = {field: value for field, value in wrong.items() if field not in layers}
    rules = replace(rules, layer_rules=replace(rules.layer_rules, **layers), **others)
    mistaken = replace(spec, implementations={implementation: rules})
    assert compare(mistaken, implementation, name, 1.0, (97, 130)) > 20 * TOLERANCE


@pytest.mark.parametrize("network", ["v1", "v2", "v3-large", "v3-small"])
def test_a_few_training_steps_lower_the_loss(network: str) -> None:
    torch.manual_seed(SEED)
    model = build(load_spec(network), alpha=0.25, classes=2).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    labels = torch.tensor([0, 1] * 8)
    images = torch.randn(16, 3, 64, 64) + labels.reshape(-1, 1, 1, 1)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(images), labels)
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert max(losses[-3:]) < losses[0], f"seed {SEED}: {losses}"
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("in_channels", [1, 4])
def test_a_model_has_any_number_of_classes_and_input_channels(network: str, in_channels: int) -> None:
    model = build(load_spec(network), alpha=0.25, classes=2, in_channels=in_channels).eval()
    with torch.no_grad():
        assert model(torch.zeros(3, in_channels, 40, 33)).shape == (3, 2)


def test_a_model_without_top_returns_the_last_map() -> None:
    with torch.no_grad():
        features = build(load_spec("v2").without_top()).eval()(torch.zeros(1, 3, 64, 96))
    assert features.shape == (1, 1280, 2, 3)


def test_modules_have_the_names_of_the_tables_layers() -> None:
    model = build(load_spec("v3-small"))
    assert isinstance(model.get_submodule("1.1.depthwise.conv"), nn.Conv2d)
    assert isinstance(model.get_submodule("1.1.se.reduce.conv"), nn.Conv2d)
    assert isinstance(model.get_submodule("3.1.add"), modules.ResidualAdd)


def norm_types(implementation: str) -> set[type[nn.Module]]:
    model = build(load_spec("v2"), implementation=implementation)
    return {type(module) for module in model.modules() if isinstance(module, nn.BatchNorm2d)}


def test_norm_and_activation_are_one_module_where_timm_has_one() -> None:
    assert norm_types("official") == {nn.BatchNorm2d}
    assert norm_types("timm") == {modules.BatchNormActivation}  # even without an activation


def test_both_witnesses_and_the_parser_know_the_same_words() -> None:
    assert set(BUILDERS) == set(OPERATORS)
    assert set(modules.ACTIVATIONS) == set(parse_family.ACTIVATIONS)
    assert set(modules.POOLS) == set(POOLS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": float("nan")}, "alpha is nan: it must be a positive number"),
        ({"alpha": -1}, "alpha is -1: it must be a positive number"),
        ({"classes": 0}, "classes is 0: it must be at least 1"),
        ({"in_channels": 0}, "in-channels is 0: it must be at least 1"),
        (
            {"implementation": "slim"},
            "unknown implementation of v1 'slim': choose from official, keras, timm, transformers",
        ),
        (
            {"implementation": "keras", "alpha": 0.01},
            "row 0 of v1: alpha 0.01 leaves it without channels: use a larger alpha",
        ),
    ],
)
def test_an_argument_that_no_network_can_have_is_refused(options: dict[str, Any], message: str) -> None:
    """The message is the same as that of `resolve`."""
    with pytest.raises(MbcostError) as caught:
        build(load_spec("v1"), **options)
    assert str(caught.value) == message
