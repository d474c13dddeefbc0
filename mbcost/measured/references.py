"""Other people's implementations: their networks, built by their own code and traced while they run in torch."""

from __future__ import annotations

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
from mbcost.measured.recorder import halve
from mbcost.measured.trace import trace
from mbcost.spec.observed import Measurement
from mbcost.spec.scaling import check_alpha
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

    The layers are in order of execution and have the library's names. The params are the trainable ones of the model.
    The macs are half of the total of torch's FlopCounterMode.

    Args:
        library: a key of `LIBRARIES`.
        network: the network's name in `specs/`.
        alpha: width multiplier.
        resolution: height and width of the image in pixels.
        classes: outputs of the classifier.
        in_channels: channels of the image.

    Raises:
        MissingLibrary: the library is not installed.
        MbcostError: the library does not have the network, or not at this alpha, or fails to build or run it.
    """
    size = ModelSize(alpha, resolution, classes, in_channels)
    return tuple(_measure_model(library, model, size) for model in list_models(library, network, alpha))


def list_models(library: str, network: str, alpha: float) -> list[LibraryModel]:
    """Return the library's models of `network` at `alpha`, at least one.

    Raises:
        MbcostError: the library does not exist, or does not have the network, or not at this alpha.
    """
    offered = offered_alphas(library, network)
    check_alpha(alpha)
    if offered is not None and alpha not in offered:
        alphas = ", ".join(f"{known:g}" for known in offered)
        raise MbcostError(f"{library} does not have {network} at alpha {alpha:g}: it has alpha {alphas}")
    return [model for model in LIBRARIES[library].networks[network] if model.alpha in (None, alpha)]


def offered_alphas(library: str, network: str) -> tuple[float, ...] | None:
    """Return the width multipliers at which the library has the network, smallest first; None if it takes any.

    Raises:
        MbcostError: the library does not exist, or does not have the network.

    >>> offered_alphas("timm", "v1")
    (1.0, 1.25)
    >>> offered_alphas("keras", "v1") is None
    True
    """
    if library not in LIBRARIES:
        raise unknown("library", library, LIBRARIES)
    networks = LIBRARIES[library].networks
    if network not in networks:
        raise MbcostError(f"{library} does not have {network}: it has {', '.join(networks)}")
    alphas = {model.alpha for model in networks[network]}
    return None if None in alphas else tuple(sorted(alpha for alpha in alphas if alpha is not None))


@dataclass(frozen=True)
class ModelSize:
    """The settings that a library builds a model for."""

    alpha: float
    resolution: tuple[int, int]
    """Height and width in pixels."""
    classes: int
    in_channels: int
    device: str = "meta"
    """`meta`, which computes nothing, or `cpu`. Keras always builds on its own device."""


@dataclass(frozen=True)
class LibraryModel:
    """One model of a library."""

    name: str
    """The library's name of the model."""
    alpha: float | None = None
    """The width multiplier; None if the model takes any."""
    options: Mapping[str, bool] = field(default_factory=dict)
    """Further arguments that select the network."""


@dataclass(frozen=True)
class Library:
    """A library's models of the networks in `specs/`, and the function that builds them."""

    build: Callable[[LibraryModel, ModelSize], tuple[nn.Module, Tensor]]
    """Returns the model and one image in its layout, on the device of the size if the library allows it."""
    networks: Mapping[str, tuple[LibraryModel, ...]]
    """The models of each network. The library does not have the networks that are not listed."""


def _measure_model(library: str, model: LibraryModel, size: ModelSize) -> Measurement:
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
    return Measurement(library, layers, params, halve(counter.get_total_flops(), model.name), model.name)


def _torchvision(model: LibraryModel, size: ModelSize) -> tuple[nn.Module, Tensor]:
    """V3 takes `width_mult` like V2, although only V2 documents it; a model with a single width does not take it."""
    models = _import("torchvision").models
    if size.in_channels != 3:  # fixed in torchvision's code
        raise MbcostError(f"torchvision builds {model.name} for 3 input channels only, not for {size.in_channels}")
    with torch.device(size.device):
        width = {"width_mult": size.alpha} if model.alpha is None else {}
        module = getattr(models, model.name)(weights=None, num_classes=size.classes, **width)
        return module, _channels_first(size)


def _timm(model: LibraryModel, size: ModelSize) -> tuple[nn.Module, Tensor]:
    timm = _import("timm")
    with torch.device(size.device):
        module = timm.create_model(model.name, num_classes=size.classes, in_chans=size.in_channels)
        return module, _channels_first(size)


def _transformers(model: LibraryModel, size: ModelSize) -> tuple[nn.Module, Tensor]:
    transformers = _import("transformers")
    config = getattr(transformers, f"{model.name}Config")(
        depth_multiplier=size.alpha,
        num_labels=size.classes,
        num_channels=size.in_channels,
        image_size=size.resolution,
    )
    with torch.device(size.device):
        return getattr(transformers, f"{model.name}ForImageClassification")(config), _channels_first(size)


def _keras(model: LibraryModel, size: ModelSize) -> tuple[nn.Module, Tensor]:
    """Built for the given resolution, because V2 and V3 choose their padding by the sizes that they are built for.

    V3 built for any size, which is its default, treats every map as even and loses a row and a column of each odd map
    that a stride reduces: `correct_pad` in keras/src/applications/imagenet_utils.py (keras 3.15.1).
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    keras = _import("keras")
    backend = keras.backend.backend()
    if backend != "torch":
        raise MbcostError(f"keras runs on {backend}, but only its torch backend can be traced: set KERAS_BACKEND=torch")
    shape = (*size.resolution, size.in_channels)
    if keras.backend.image_data_format() == "channels_first":
        shape = (size.in_channels, *size.resolution)
    with warnings.catch_warnings():
        # V1 and V2 build for any number of channels nevertheless.
        warnings.filterwarnings("ignore", "This model usually expects 1 or 3 input channels", UserWarning)
        module = getattr(keras.applications, model.name)(
            input_shape=shape, weights=None, classes=size.classes, classifier_activation=None,
            **({"alpha": size.alpha} if model.alpha is None else {}), **model.options,
        )  # fmt: skip
    _run_branch_by_branch(module)
    return module, torch.zeros(1, *shape, device=next(module.parameters()).device)


def _run_branch_by_branch(model: Any) -> None:
    """Make a Keras model finish one branch of a sum before it starts the other; the values do not change.

    Keras runs the layers by their distance from the output, so that the two convolutions before a residual connection
    run before the norm of either.
    """
    ordered: dict[Any, None] = {}

    def visit(node: Any) -> None:
        # The last addend first: in ResNets that is the block, and the shortcut comes after it.
        for parent in reversed(node.parent_nodes):
            if parent not in ordered:
                visit(parent)
        ordered[node] = None

    (output,) = model._nodes_by_depth[0]
    visit(output)
    model._nodes_by_depth = {0: list(ordered)}


def _channels_first(size: ModelSize) -> Tensor:
    return torch.zeros(1, size.in_channels, *size.resolution)


def _import(library: str) -> Any:
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
            "resnet-50": (LibraryModel("ResNet50", 1.0),),
            "efficientnet-b0": (LibraryModel("EfficientNetB0", 1.0),),
        },
    ),
    "transformers": Library(
        _transformers, {"v1": (LibraryModel("MobileNetV1"),), "v2": (LibraryModel("MobileNetV2"),)}
    ),
}
