"""A file of a model in ONNX Runtime, which computes in float32, node by node as the file says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mbcost.errors import MbcostError, one_line
from mbcost.measured.runtimes import import_onnxruntime
from mbcost.spec.function import FileSubject


@dataclass(frozen=True)
class FileResults:
    """What a file computes for one batch of images, in float64 as every comparison."""

    final: tuple[Tensor, ...]
    """The file's own outputs."""
    input: Tensor
    """What one of the layers reads, after explicit padding."""
    outputs: tuple[Tensor, ...]
    """What each layer makes."""
    operands: tuple[Tensor, ...] = ()


class FileSession:
    """A file that is ready to run, with the results of its layers.

    Args:
        subject: the file.
        content: the file with more outputs: what one layer reads, what each one makes, and operands.
        operands: how many of them.

    Raises:
        MissingLibrary: ONNX Runtime is not installed.
        MbcostError: ONNX Runtime does not take the file.
    """

    def __init__(self, subject: FileSubject, content: bytes, operands: int = 0) -> None:
        self.subject = subject
        self.added = 1 + len(subject.layers) + operands
        library = import_onnxruntime()
        options = library.SessionOptions()
        options.graph_optimization_level = library.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 4
        options.enable_cpu_mem_arena = False
        try:
            self.session = library.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise self._refuse(error) from None

    def run(self, image: Tensor) -> FileResults:
        """Return what the file computes for (N, C, H, W).

        Raises:
            MbcostError: it does not run.
        """
        read = image.permute(0, 2, 3, 1).contiguous() if self.subject.channels_last else image
        try:
            arrays = self.session.run(None, {self.subject.image: read.to(torch.float32).numpy()})
        except Exception as error:
            raise self._refuse(error) from None
        results = [_to_tensor(array) for array in arrays]
        own = len(results) - self.added
        count = len(self.subject.layers)
        shown = results[own:]
        return FileResults(tuple(results[:own]), shown[0], tuple(shown[1 : count + 1]), tuple(shown[count + 1 :]))

    def _refuse(self, error: Exception) -> MbcostError:
        reason = str(error).partition("\n")[0]
        return MbcostError(one_line(f"{self.subject.name} does not run in ONNX Runtime: {reason}"))


def name_runtime() -> str:
    """Return the name of what runs the files."""
    return f"ONNX Runtime {import_onnxruntime().__version__}"


def _to_tensor(array: Any) -> Tensor:
    return torch.from_numpy(array.copy()).to(torch.float64) if hasattr(array, "copy") else torch.zeros(0)
