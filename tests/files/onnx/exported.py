"""Models of torchvision and timm as ONNX files, written by torch's exporters."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mbcost.measured.references import LIBRARIES, ModelSize, list_models
from mbcost.spec.catalogue.library import load_spec


def make_model(library: str, network: str, alpha: float) -> nn.Module:
    """Return a library's model with random weights. New models have equal ones, which exporters store once."""
    spec = load_spec(network)
    size = ModelSize(alpha, spec.resolution, 1000, 3, "cpu")
    (record, *_) = list_models(library, network, alpha)
    model, _ = LIBRARIES[library].build(record, size)
    random = torch.Generator().manual_seed(0)
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.dtype.is_floating_point and tensor.dim() == 1:
            tensor.data = torch.rand(tensor.shape, generator=random) + 0.5
    return model.eval()


def write(
    model: nn.Module,
    path: Path,
    resolution: tuple[int, int],
    *,
    keep: bool = False,
    batch: bool = False,
    slim: bool = False,
    **options: Any,
) -> None:
    """Write a model as ONNX.

    Args:
        model: what `make_model` returns.
        path: the file.
        resolution: of the image.
        keep: the norms are not folded.
        batch: the batch is left open.
        slim: onnxslim simplifies the file.
        options: of torch's exporter.
    """
    if keep:
        options |= {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    if batch:
        options |= {"input_names": ["image"], "dynamic_axes": {"image": {0: "N"}}}
    if options["dynamo"]:
        options["external_data"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (torch.zeros(1, 3, *resolution),), str(path), verbose=False, **options)
    if slim:
        import onnx
        import onnxslim

        onnx.save(onnxslim.slim(str(path)), str(path))


def zero_weights(path: Path) -> bytes:
    """Return a file with zeros instead of all weights of more than 64 values, so that it compresses well."""
    import onnx

    model = onnx.load(str(path))
    constants = [item.t for node in model.graph.node for item in node.attribute if item.HasField("t")]
    for tensor in (*model.graph.initializer, *constants):
        if len(tensor.raw_data) > 64 * 8:
            tensor.raw_data = bytes(len(tensor.raw_data))
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        value.ClearField("metadata_props")
    return bytes(model.SerializeToString())
