"""Other people's implementations: their own MobileNets, built by their own code and traced as they run in torch."""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mbcost.errors import MbcostError, MissingLibrary, unknown
from mbcost.measured.trace import half, trace
from mbcost.spec.observed import Measurement
from mbcost.spec.table import CLASSES


def measure_reference(
    library: str,
    network: str,
    *,
    alpha: float = 1.0,
    resolution: tuple[int, int] = (224, 224),
    classes: int = CLASSES,
    in_channels: int = 3,
) -> tuple[Measurement, ...]:
    """Build the library's own models of `network`, without trained weights, and trace each of them on one image.

    Layers come in order of execution and carry the library's names; params are the model's trainable ones; macs are
    the total of torch's FlopCounterMode, halved.

    Args:
        library: a key of `LIBRARIES`.
        network: the network's name in `specs/`.
        alpha: width multiplier.
        resolution: height and width of the image in pixels.
        classes: outputs of the classifier.
        in_channels: channels of the image.

    Raises:
        MissingLibrary: the library is not installed.
        MbcostError: the library has no such network, or not at this alpha, or refuses to build or to run it.
    """
    size = Size(alpha, resolution, classes, in_channels)
    return tuple(_measure(library, model, size) for model in _models(library, network, alpha))


def build_reference(
    library: str, network: str, *, alpha: float = 1.0, resolution: tuple[int, int] = (224, 224)
) -> tuple[nn.Module, Tensor]:
    """The library's own model of `network`, the first it has, without trained weights, and one zero image for it.

    Both are real, on the CPU, because most counting tools compute: `measure_reference` needs no more than shapes.

    Args:
        library: a key of `LIBRARIES`.
        network: the network's name in `specs/`.
        alpha: width multiplier.
        resolution: height and width of the image in pixels.

    Raises:
        MissingLibrary: the library is not installed.
        MbcostError: the library has no such network, or not at this alpha.
    """
    model = _models(library, network, alpha)[0]
    return LIBRARIES[library].build(model, Size(alpha, resolution, classes=1000, in_channels=3, device="cpu"))


def _models(library: str, network: str, alpha: float) -> list[LibraryModel]:
    """The library's models of `network` at `alpha`, at least one."""
    offered = offers(library, network)
    if not (alpha > 0 and math.isfinite(alpha)):
        raise MbcostError(f"alpha is {alpha:g}: it must be a positive number")
    if offered is not None and alpha not in offered:
        alphas = ", ".join(f"{known:g}" for known in offered)
        raise MbcostError(f"{library} has no {network} at alpha {alpha:g}: it has alpha {alphas}")
    return [model for model in LIBRARIES[library].networks[network] if model.alpha in (None, alpha)]


def offers(library: str, network: str) -> tuple[float, ...] | None:
    """The width multipliers at which the library has the network, smallest first; None where it takes any.

    Raises:
        MbcostError: there is no such library, or it has no such network.

    >>> offers("timm", "v1")
    (1.0, 1.25)
    >>> offers("keras", "v1") is None
    True
    """
    if library not in LIBRARIES:
        raise unknown("library", library, LIBRARIES)
    networks = LIBRARIES[library].networks
    if network not in networks:
        raise MbcostError(f"{library} has no {network}: it has {', '.join(networks)}")
    alphas = {model.alpha for model in networks[network]}
    return None if None in alphas else tuple(sorted(alpha for alpha in alphas if alpha is not None))


@dataclass(frozen=True)
class Size:
    """What a model is built for."""

    alpha: float
    resolution: tuple[int, int]
    """Height and width in pixels."""
    classes: int
    in_channels: int
    device: str = "meta"
    """`meta`, which computes nothing, or `cpu`. Keras builds on its own device."""


@dataclass(frozen=True)
class LibraryModel:
    """One model of a library."""

    name: str
    """The library's name for it."""
    alpha: float | None = None
    """Its width multiplier; None where it takes any."""
    options: Mapping[str, bool] = field(default_factory=dict)
    """Further arguments that make it the network."""


@dataclass(frozen=True)
class Library:
    """A library's models of the networks in `specs/`, and how they are built."""

    build: Callable[[LibraryModel, Size], tuple[nn.Module, Tensor]]
    """The model, and one image in its layout. Where the library lets it, on the device of the size."""
    networks: Mapping[str, tuple[LibraryModel, ...]]
    """Network -> the models of it. A network that is not here, the library does not have."""


def _measure(library: str, model: LibraryModel, size: Size) -> Measurement:
    height, width = size.resolution
    try:
        module, image = LIBRARIES[library].build(model, size)
        with FlopCounterMode(display=False) as counter:
            layers = trace(module, image)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise MbcostError(
            f"{library} does not run {model.name} at alpha {size.alpha:g}, {height}x{width}: {reason}"
        ) from None
    params = sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)
    return Measurement(library, layers, params, half(counter.get_total_flops(), model.name), model.name)


def _torchvision(model: LibraryModel, size: Size) -> tuple[nn.Module, Tensor]:
    """V3 takes `width_mult` as V2 does, although only V2 documents it; what has one width takes none."""
    models = _imported("torchvision").models
    if size.in_channels != 3:  # as its code has it
        raise MbcostError(f"torchvision builds {model.name} for 3 input channels only, not for {size.in_channels}")
    with torch.device(size.device):
        width = {"width_mult": size.alpha} if model.alpha is None else {}
        module = getattr(models, model.name)(weights=None, num_classes=size.classes, **width)
        return module, _channels_first(size)


def _timm(model: LibraryModel, size: Size) -> tuple[nn.Module, Tensor]:
    timm = _imported("timm")
    with torch.device(size.device):
        module = timm.create_model(model.name, num_classes=size.classes, in_chans=size.in_channels)
        return module, _channels_first(size)


def _transformers(model: LibraryModel, size: Size) -> tuple[nn.Module, Tensor]:
    transformers = _imported("transformers")
    config = getattr(transformers, f"{model.name}Config")(
        depth_multiplier=size.alpha,
        num_labels=size.classes,
        num_channels=size.in_channels,
        image_size=size.resolution,
    )
    with torch.device(size.device):
        return getattr(transformers, f"{model.name}ForImageClassification")(config), _channels_first(size)


def _keras(model: LibraryModel, size: Size) -> tuple[nn.Module, Tensor]:
    """Built for the very resolution, because V2 and V3 choose their padding by the sizes that they are built for.

    V3 built for any size, which is its default, takes every map for an even one and loses a row and a column at each
    odd map with a stride: `correct_pad` in keras/src/applications/imagenet_utils.py (keras 3.15.1).
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    keras = _imported("keras")
    backend = keras.backend.backend()
    if backend != "torch":
        raise MbcostError(f"keras runs on {backend} here and only its torch backend can be traced: KERAS_BACKEND=torch")
    shape = (*size.resolution, size.in_channels)
    if keras.backend.image_data_format() == "channels_first":
        shape = (size.in_channels, *size.resolution)
    with warnings.catch_warnings():
        # V1 and V2 build for any number of channels all the same.
        warnings.filterwarnings("ignore", "This model usually expects 1 or 3 input channels", UserWarning)
        module = getattr(keras.applications, model.name)(
            input_shape=shape, alpha=size.alpha, weights=None, classes=size.classes, classifier_activation=None,
            **model.options,
        )  # fmt: skip
    return module, torch.zeros(1, *shape, device=next(module.parameters()).device)


def _channels_first(size: Size) -> Tensor:
    return torch.zeros(1, size.in_channels, *size.resolution)


def _imported(library: str) -> Any:
    try:
        return import_module(library)
    except ImportError as error:
        if error.name != library:
            raise MbcostError(f"{library} cannot be imported: {error}") from None
        raise MissingLibrary(library, "references") from None


LIBRARIES: Mapping[str, Library] = {
    "torchvision": Library(
        _torchvision,
        {
            "v2": (LibraryModel("mobilenet_v2"),),
            "v3-large": (LibraryModel("mobilenet_v3_large"),),
            "v3-small": (LibraryModel("mobilenet_v3_small"),),
            "resnet-50": (LibraryModel("resnet50", 1.0),),
            "vgg-16": (LibraryModel("vgg16", 1.0),),
            "mnasnet-1.0": (
                LibraryModel("mnasnet0_5", 0.5),
                LibraryModel("mnasnet0_75", 0.75),
                LibraryModel("mnasnet1_0", 1.0),
                LibraryModel("mnasnet1_3", 1.3),
            ),
            "efficientnet-b0": (LibraryModel("efficientnet_b0", 1.0),),
        },
    ),
    # mobilenetv1_100h, mobilenetv2_110d, mobilenetv2_120d, mobilenetv3_large_150d and mobilenetv3_rw have other tables.
    "timm": Library(
        _timm,
        {
            "v1": (LibraryModel("mobilenetv1_100", 1.0), LibraryModel("mobilenetv1_125", 1.25)),
            "v2": (
                LibraryModel("mobilenetv2_035", 0.35),
                LibraryModel("mobilenetv2_050", 0.5),
                LibraryModel("mobilenetv2_075", 0.75),
                LibraryModel("mobilenetv2_100", 1.0),
                LibraryModel("mobilenetv2_140", 1.4),
            ),
            "v3-large": (
                LibraryModel("mobilenetv3_large_075", 0.75),
                LibraryModel("tf_mobilenetv3_large_075", 0.75),
                LibraryModel("mobilenetv3_large_100", 1.0),
                LibraryModel("tf_mobilenetv3_large_100", 1.0),
            ),
            "v3-small": (
                LibraryModel("mobilenetv3_small_050", 0.5),
                LibraryModel("mobilenetv3_small_075", 0.75),
                LibraryModel("tf_mobilenetv3_small_075", 0.75),
                LibraryModel("mobilenetv3_small_100", 1.0),
                LibraryModel("tf_mobilenetv3_small_100", 1.0),
            ),
            "v3-large-minimalistic": (LibraryModel("tf_mobilenetv3_large_minimal_100", 1.0),),
            "v3-small-minimalistic": (LibraryModel("tf_mobilenetv3_small_minimal_100", 1.0),),
            "mobilenet-v4-conv-small": (
                LibraryModel("mobilenetv4_conv_small_035", 0.35),
                LibraryModel("mobilenetv4_conv_small_050", 0.5),
                LibraryModel("mobilenetv4_conv_small", 1.0),
            ),
            "mobilenet-v4-conv-medium": (LibraryModel("mobilenetv4_conv_medium", 1.0),),
            "mobilenet-v4-conv-large": (LibraryModel("mobilenetv4_conv_large", 1.0),),
        },
    ),
    "keras": Library(
        _keras,
        {
            "v1": (LibraryModel("MobileNet"),),
            "v2": (LibraryModel("MobileNetV2"),),
            "v3-large": (LibraryModel("MobileNetV3Large"),),
            "v3-small": (LibraryModel("MobileNetV3Small"),),
            "v3-large-minimalistic": (LibraryModel("MobileNetV3Large", options={"minimalistic": True}),),
            "v3-small-minimalistic": (LibraryModel("MobileNetV3Small", options={"minimalistic": True}),),
        },
    ),
    "transformers": Library(
        _transformers, {"v1": (LibraryModel("MobileNetV1"),), "v2": (LibraryModel("MobileNetV2"),)}
    ),
}
