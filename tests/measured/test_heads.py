"""Heads of transfer learning as people write them in Keras and in torch, against the table with the same head."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from mbcost.analytic.network import resolve
from mbcost.measured.build import build
from mbcost.measured.measure import measure
from mbcost.questions.validate.comparison import validate
from mbcost.questions.verify.verify import trace_target, verify_model
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.head import parse_head, replace_head
from tests.models import weights_filled
from tests.sampling import keep_one_of

HEADS = ["512,bn,26", "bn,10", "10", "flatten,128,5", "flatten,bn,6", "none"]
KERAS = {"v1": "MobileNet", "v2": "MobileNetV2", "v3-large": "MobileNetV3Large"}


@cache
def keras_features(net: str, pooling: str | None) -> Any:
    """Return the Keras model of a network without its top; heads are put on it one after the other."""
    import keras

    make = getattr(keras.applications, KERAS[net])
    return make(input_shape=(96, 96, 3), alpha=1.0, include_top=False, weights=None, pooling=pooling)


def keras_head(features: Any, head: str) -> Any:
    """Return the Keras model `features` with the layers of a head after its output."""
    from keras import Model, layers

    *inner, last = head.split(",")
    out = features.output
    for part in inner:
        if part == "flatten":
            out = layers.Flatten()(out)
        elif part == "bn":
            out = layers.BatchNormalization()(out)
        else:
            out = layers.Dense(int(part), activation="relu")(out)
            out = layers.Dropout(0.3)(out)
    return Model(features.input, layers.Dense(int(last))(out) if last != "none" else out)


@pytest.mark.parametrize("net", KERAS)
@pytest.mark.parametrize("head", HEADS)
def test_keras_has_as_many_params_with_this_head(net: str, head: str) -> None:
    model = keras_head(keras_features(net, None if head.startswith("flatten") else "avg"), head)
    network = resolve(replace_head(load_spec(net), parse_head(head)), resolution=96, implementation="keras")
    trainable = sum(torch.Size(weight.shape).numel() for weight in model.trainable_weights)
    assert network.params() == trainable
    assert network.params(load_convention("keras")) == model.count_params()


TORCH = {
    "512,bn,26": [nn.Dropout(0.2), nn.Linear(1280, 512), nn.ReLU(), nn.BatchNorm1d(512), nn.Linear(512, 26)],
    "bn,26": [nn.BatchNorm1d(1280), nn.Linear(1280, 26)],
    "26": [nn.Dropout(0.2), nn.Linear(1280, 26)],
}


def torchvision_with_head(head: str) -> nn.Module:
    """Return torchvision's MobileNetV2 with another classifier, as in a notebook."""
    from torchvision.models import mobilenet_v2

    model: nn.Module = mobilenet_v2(weights=None)
    model.classifier = nn.Sequential(*TORCH[head])
    return model


@pytest.mark.parametrize("head", TORCH)
def test_a_torch_model_with_this_head_is_verified(head: str) -> None:
    network = resolve(replace_head(load_spec("v2"), parse_head(head)), implementation="torchvision")
    model = torchvision_with_head(head)
    assert network.params() == sum(parameter.numel() for parameter in model.parameters())
    traced = trace_target(f"{__name__}:torchvision_with_head", {"head": head}, (224, 224), 3)
    assert verify_model(network, traced).equal
    others = replace_head(load_spec("v2"), parse_head("512,26")), load_spec("v2")
    assert not any(verify_model(resolve(spec, implementation="torchvision"), traced).equal for spec in others)


SHARED = {
    name: [net for net in KERAS if name in load_spec(net).implementations]
    for name in sorted({name for net in KERAS for name in load_spec(net).implementations})
}
"""The networks of each implementation that several networks have."""
CASES = [
    (nets[(turn + index) % len(nets)], name, head)
    for turn, (name, nets) in enumerate(SHARED.items())
    for index, head in enumerate(HEADS)
]
"""Every head with every implementation, in turn on each of its networks."""
CASES += [
    (net, name, head)
    for net, name in (("vgg-16", "torchvision"), ("mobilenet-v4-conv-small", "timm"))
    for head in HEADS
]


@pytest.mark.parametrize(("net", "implementation", "head"), keep_one_of(2, CASES))
def test_both_witnesses_agree_on_every_head(net: str, implementation: str, head: str) -> None:
    spec = replace_head(load_spec(net), parse_head(head))
    network = resolve(spec, alpha=0.5, resolution=(64, 97), implementation=implementation)
    with weights_filled():
        model = build(spec, alpha=0.5, implementation=implementation)
    assert validate(network, measure(model, resolution=(64, 97))).differences == ()
    assert model(torch.zeros(2, 3, 64, 97)).shape[:2] == (2, network.layers[-1].output.channels)


def test_every_network_has_every_head() -> None:
    assert {(net, head) for net, _, head in CASES} == {
        (net, head) for net in (*KERAS, "vgg-16", "mobilenet-v4-conv-small") for head in HEADS
    }


def test_a_norm_of_a_vector_is_counted_by_fvcore_as_any_other_norm() -> None:
    spec = replace_head(load_spec("v2"), parse_head("512,bn,26"))
    (norm,) = (layer for layer in measure(build(spec), resolution=96).layers if layer.operator == "norm")
    assert (norm.name, norm.norm_channels, norm.norm_elements, norm.macs) == ("11.1.norm", 512, 512, 0)
