"""Watches the operators that torch dispatches while a model runs, and knows which module calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode

from mbcost.errors import MbcostError
from mbcost.measured.shortage import is_shortage


class Watching(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Watches a model that runs; its children say what they record.

    Args:
        model: the model whose modules are to be named.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.modules = {module: name for name, module in model.named_modules()}
        self.running: list[str] = []
        """The modules whose forward is being executed, the innermost last; known inside `naming_modules`."""
        self.fault: Exception | None = None
        """The first error of the recorder itself. The model or torch may catch it, so it is remembered."""
        self.alone = True
        """Whether no other recorder has to see what torch would do."""
        self.functions: AbstractContextManager[Any] = nullcontext()
        """Notices the functions of torch that say more than the operators that they call."""

    def add_stand_ins(self, stand_in: Callable[[Tensor], Tensor]) -> None:
        """Know the tensors that torch uses instead of those of the model: `stand_in` of each."""

    def start(self, image: Tensor) -> None:
        """Know the image."""

    def finish(self, output: Any) -> None:
        """Know what the model returns."""

    def count_elements(self) -> int:
        """Return the elements of the largest map so far."""
        return 0

    @contextmanager
    def noticing_faults(self) -> Iterator[None]:
        """Remember an error in the context, which is not an error of the model that runs."""
        try:
            yield
        except Exception as error:
            if self.fault is None and not isinstance(error, MbcostError) and not is_shortage(error):
                self.fault = error
            raise

    @contextmanager
    def naming_modules(self) -> Iterator[None]:
        """Know which module makes a call. The hooks are torch's global ones, so no module gets a hook."""

        def enter(module: nn.Module, _inputs: Any) -> None:
            self.running.append(self.modules.get(module, self.running[-1] if self.running else ""))

        def leave(_module: nn.Module, _inputs: Any, _output: Any) -> None:
            self.running.pop()

        handles = register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
