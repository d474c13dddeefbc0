"""A model that computes in float64 with stand-ins for its tensors, so that nothing is written to the model itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_map

from mbcost.measured.versions import find_storage

EXACT = torch.float64
_SHORT = (torch.float32, torch.float16, torch.bfloat16)


class StandIns(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Replaces every tensor of floating-point numbers among the operands by one of float64, wherever it comes from.

    Tensors that share their storage have stand-ins that share theirs, so that views and in-place operators mean the
    same. What an operator makes or casts to a shorter type is float64, too.

    Args:
        stored: the tensors of the model; those that are not floating-point numbers are copied.
    """

    def __init__(self, stored: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._storages: dict[Hashable, Tensor] = {}
        self.functions = _StandInFunctions(self)
        """Does the same for torch's functions, some of which compare types before they call an operator."""
        self._originals: list[Tensor] = []
        """They are kept alive, so that none of their storages is used again."""
        for tensor in stored:
            if tensor.layout == torch.strided:
                self._add(tensor)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        args, kwargs = self.replace_all((args, kwargs or {}))
        return self.replace_all(func(*args, **kwargs))

    def view(self, tensor: Tensor) -> Tensor:
        """Return the stand-in of a tensor, which has its shape."""
        with _disable_current_modes(), torch.no_grad():
            result: Tensor = self._replace(tensor)
            return result

    def replace_all(self, operands: Any) -> Any:
        """Return nested operands with stand-ins for the tensors among them."""
        return tree_map(self._replace, operands)

    def _replace(self, operand: Any) -> Any:
        if isinstance(operand, torch.dtype):
            return EXACT if operand in _SHORT else operand
        if not isinstance(operand, Tensor):
            return operand
        if operand.layout != torch.strided:
            return operand.to(EXACT) if operand.dtype in _SHORT else operand
        key = find_storage(operand)
        if key not in self._storages:
            if operand.dtype not in _SHORT:
                return operand
            self._add(operand)
        with _disable_current_modes(), torch.no_grad():
            base = self._storages[key]
            return base.as_strided(operand.shape, operand.stride(), operand.storage_offset())

    def _add(self, tensor: Tensor) -> None:
        key = find_storage(tensor)
        if key in self._storages:
            return
        with _disable_current_modes(), torch.no_grad():
            size = tensor.untyped_storage().nbytes() // tensor.element_size()
            whole = tensor.detach().as_strided((size,), (1,), 0)
            self._storages[key] = whole.to(EXACT if tensor.dtype in _SHORT else tensor.dtype, copy=True)
        self._originals.append(tensor)


class _StandInFunctions(TorchFunctionMode):
    def __init__(self, stand_ins: StandIns) -> None:
        super().__init__()
        self.stand_ins = stand_ins

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        args, kwargs = self.stand_ins.replace_all((args, kwargs or {}))
        function: Any = func
        return function(*args, **kwargs)
