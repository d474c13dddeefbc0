"""The runtimes that can run a network on this machine: each turns a network into a function without arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mbcost.errors import MbcostError, MissingLibrary
from mbcost.measured.instance import draw_image, instantiate, naming_failures
from mbcost.measured.onnx_file import INPUT, write_onnx
from mbcost.spec.catalogue.runnable import RunnableNetwork

Run = Callable[[], object]
"""Computes the network once, for one image."""
Prepare = Callable[[RunnableNetwork, int, Path], Run]
"""Makes a network ready to run, with a number of threads; temporary files go into the folder."""


@dataclass(frozen=True)
class Runtime:
    """A runtime, as far as a measurement needs to know it."""

    title: Callable[[], str]
    """Its name with its version, and what runs the network. An error if it is not installed."""
    prepare: Prepare


def _title_onnxruntime() -> str:
    return f"ONNX Runtime {import_onnxruntime().__version__}, CPU"


def _prepare_onnxruntime(network: RunnableNetwork, threads: int, folder: Path) -> Run:
    library = import_onnxruntime()
    file = folder / "network.onnx"
    write_onnx(network, file)
    options = library.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3  # errors only
    with naming_failures(network, "ONNX Runtime"):
        session = library.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        file.unlink()
        image = draw_image(network).numpy()
        return lambda: session.run(None, {INPUT: image})


def import_onnxruntime() -> Any:
    """Return the library.

    Raises:
        MissingLibrary: it is not installed.
        MbcostError: it is broken.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise MissingLibrary("onnxruntime", "measure") from None
    except (ImportError, OSError) as error:  # one of its libraries is broken
        reason = " ".join(str(error).split())
        raise MbcostError(f"onnxruntime cannot be imported: {reason}: install it again") from None
    return onnxruntime


def _title_torch() -> str:
    return f"torch {torch.__version__.partition('+')[0]} eager, CPU"


def _prepare_torch(network: RunnableNetwork, _threads: int, _folder: Path) -> Run:
    instance = instantiate(network)

    def run() -> object:
        with torch.inference_mode():
            return instance.model(instance.image)

    return run


RUNTIMES: Mapping[str, Runtime] = {
    "onnxruntime": Runtime(_title_onnxruntime, _prepare_onnxruntime),
    "torch": Runtime(_title_torch, _prepare_torch),
}
