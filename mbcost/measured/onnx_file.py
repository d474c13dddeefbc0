"""A network as an ONNX file, which runtimes of other devices read."""

from __future__ import annotations

import os
import warnings
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from inspect import signature
from io import StringIO
from pathlib import Path
from typing import Any

import torch

from mbcost.errors import MissingLibrary
from mbcost.measured.instance import Instance, instantiate, naming_failures, threads_of_torch
from mbcost.spec.catalogue.runnable import RunnableNetwork

OPSET = 17
"""The version of ONNX's operators: the first that torch 2.2 writes and that has all of the networks' activations."""
INPUT, OUTPUT = "image", "output"


def write_onnx(network: RunnableNetwork, path: Path) -> None:
    """Write the model of a network with random weights as ONNX, atomically.

    The graph has one input, `image`, float32 (1, in_channels, height, width), and one output, `output`. A norm after a
    convolution is folded into it.

    Raises:
        MissingLibrary: onnx is not installed, which torch's exporter needs.
        MbcostError: no network can be built with the settings, the resolution is too small, or memory is short.
        OSError: the file cannot be written.
    """
    if find_spec("onnx") is None:
        raise MissingLibrary("onnx", "measure")
    partial = path.with_name(f".mbcost-{os.getpid()}.part")
    partial.unlink(missing_ok=True)  # of an earlier process with this number, which the system has ended
    try:
        with partial.open("xb"):  # says what is wrong with the folder before torch does in its own words
            pass
        with threads_of_torch(1), naming_failures(network, "torch's ONNX exporter"):
            _export(instantiate(network), partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _export(instance: Instance, path: Path) -> None:
    """Write the model by tracing it, which takes a tenth of the time of torch's newer exporter."""
    by_trace: dict[str, Any] = {"dynamo": False} if "dynamo" in signature(torch.onnx.export).parameters else {}
    with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            instance.model, (instance.image,), str(path),
            input_names=[INPUT], output_names=[OUTPUT], opset_version=OPSET, **by_trace,
        )  # fmt: skip
