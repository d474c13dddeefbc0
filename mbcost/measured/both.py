"""The layers of a model and its graph, recorded in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from mbcost.measured.graph import make_graph
from mbcost.measured.graph_recorder import GraphRecorder
from mbcost.measured.own import find_image_size, list_calls, trace_model, watch
from mbcost.measured.recorder import Recorder
from mbcost.measured.watching import Watching
from mbcost.spec.observed import TracedModel


def trace_both(
    model: nn.Module, name: str, resolution: tuple[int, int], in_channels: int, *, force: bool = False
) -> TracedModel:
    """Return the layers of a model as `trace_model` does, with the graph of the same run.

    If the graph cannot be recorded, the layers are without one.

    Raises:
        MbcostError: the model does not run, or executes no layer that torch shows.
    """
    size = find_image_size(model, resolution, in_channels)
    try:
        both, computed = watch(model, name, size, lambda: Both(model), force=force)
        traced = list_calls(both.layers, name, resolution, in_channels, computed=computed)
        return replace(traced, graph=make_graph(both.graph, name))
    except Exception:  # whatever it is, without the graph it either does not happen or is reported
        return trace_model(model, name, resolution, in_channels, force=force)


class Both(Watching):  # type: ignore[no-untyped-call]
    """Two recorders, of which the second one sees every operator first and hands it on."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self.layers, self.graph = Recorder(model, strict=False), GraphRecorder(model)
        self.graph.alone = False
        self._stack = ExitStack()

    def __enter__(self) -> Both:
        for recorder in (self.layers, self.graph):
            self._stack.enter_context(recorder)
        return self

    def __exit__(self, *failure: Any) -> None:
        self._stack.__exit__(*failure)

    @property
    def functions(self) -> Any:
        """What notices the functions of torch for both."""
        return _enter(self.layers.functions, self.graph.functions)

    @functions.setter
    def functions(self, _: object) -> None:
        """Ignore what a recorder without functions sets."""

    @property
    def fault(self) -> Exception | None:
        """The first error of either recorder."""
        return self.layers.fault or self.graph.fault

    @fault.setter
    def fault(self, _: object) -> None:
        """Ignore that there is none at the beginning."""

    def add_stand_ins(self, stand_in: Callable[[Tensor], Tensor]) -> None:
        """Know the tensors that torch uses instead of those of the model."""
        self.layers.add_stand_ins(stand_in)
        self.graph.add_stand_ins(stand_in)

    def start(self, image: Tensor) -> None:
        """Know the image."""
        self.layers.start(image)
        self.graph.start(image)

    def finish(self, output: Any) -> None:
        """Know what the model returns."""
        self.layers.finish(output)
        self.graph.finish(output)

    def count_elements(self) -> int:
        """Return the elements of the largest map so far."""
        return max(self.layers.count_elements(), self.graph.count_elements())

    @contextmanager
    def naming_modules(self) -> Iterator[None]:
        """Know which module makes a call, in both recorders."""
        with self.layers.naming_modules(), self.graph.naming_modules():
            yield


@contextmanager
def _enter(*contexts: Any) -> Iterator[None]:
    with ExitStack() as stack:
        for context in contexts:
            stack.enter_context(context)
        yield
