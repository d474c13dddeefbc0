"""An error while a user's model runs is the model's or the recorder's own, and each is reported as what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from mbcost.errors import MbcostError
from mbcost.measured import recorder, torch_operators
from mbcost.measured.flow import DataFlow
from mbcost.measured.own import trace_model


class Model(nn.Module):
    """A convolution, whose output `after` reads."""

    def __init__(self, after: Callable[[Tensor, Any], Any], **tensors: Tensor) -> None:
        super().__init__()
        self.conv, self.after = nn.Conv2d(3, 8, 1), after
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor)
        self.gate = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: Tensor) -> Any:
        return self.after(self.conv(x), self)


def catching(kind: type[BaseException]) -> Callable[[Tensor, Any], Any]:
    """Return a function that goes on after an error."""

    def go_on(y: Tensor, _: Any) -> Tensor:
        try:
            return functional.rms_norm(functional.relu(y), (4, 4))
        except kind:
            return y

    return go_on


USES = {
    "nothing else": lambda y, _: functional.rms_norm(functional.relu(y), (4, 4)),
    "values": lambda y, _: functional.rms_norm(functional.relu(y * y.mean().item()), (4, 4)),
    "except Exception": catching(Exception),
    "except BaseException": catching(BaseException),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("owner", "name"),
    [(torch_operators.FOLLOWERS, "relu"), (DataFlow, "follow"), (recorder.Recorder, "record"),
     (recorder.Recorder, "add_norm_function")],
)  # fmt: skip
def test_an_error_of_the_recorder_is_raised_as_it_is(
    monkeypatch: pytest.MonkeyPatch, use: str, owner: Any, name: str
) -> None:
    """Neither a second run with values nor a model that catches every error hides it."""

    def fail(*_: object, **__: object) -> None:
        raise LookupError("planted")

    change = monkeypatch.setitem if isinstance(owner, dict) else monkeypatch.setattr
    change(owner, name, fail)
    with pytest.raises(LookupError, match=r"^planted$"):
        trace_model(Model(USES[use]), "mine", (4, 4), 3)


@pytest.mark.parametrize(
    "after",
    [
        lambda y, _: functional.instance_norm(y, bananas=1),  # type: ignore[call-arg]
        lambda y, _: functional.pad(y),  # type: ignore[call-arg]
        lambda y, model: model.conv(y),
        lambda y, _: y + "1",
        lambda *_: vars()["no such key"],
        lambda *_: exec("raise MemoryError"),
    ],
)
def test_an_error_of_the_model_is_one_line_about_the_model(after: Callable[..., Any]) -> None:
    with pytest.raises(MbcostError, match=r"^mine does not run on a 1x3x4x4 image: .+$"):
        trace_model(Model(after), "mine", (4, 4), 3)


@pytest.mark.parametrize(
    ("after", "computed"),
    [
        (lambda y, model: torch.sparse.mm(model.sparse, y.flatten(2)[0]), False),
        (lambda y, model: model.sparse.mul_(2) @ y.flatten(2)[0], False),
        (lambda y, _: torch.eye(8).to_sparse_csr() @ y.flatten(2)[0], False),
        (lambda y, _: y.to_mkldnn().to_dense(), False),
        (lambda y, _: (y + 1j).real, False),
        (lambda y, model: y * model.gate + model.gate, False),
        (lambda y, _: functional.layer_norm(y.mean((0, 2, 3)), (8,)), False),
        (lambda y, _: functional.rms_norm(y.mean((0, 2, 3)), (8,)), False),
        (lambda y, _: y[y > 0], True),
        (lambda y, _: torch.nested.nested_tensor([y[0], y[0, :, :2]]), True),
    ],
)
@pytest.mark.filterwarnings("ignore:.*(in beta state|prototype stage)")
def test_a_model_with_tensors_of_every_kind_runs_and_is_unchanged(after: Callable[..., Any], computed: bool) -> None:
    model = Model(after, sparse=torch.eye(8).to_sparse())
    traced = trace_model(model, "mine", (4, 4), 3)
    assert traced.computed == computed
    assert (traced.calls[0].facts.name, traced.calls[0].facts.macs) == ("conv", 3 * 8 * 16)
    assert torch.equal(model.sparse.to_dense(), torch.eye(8))  # type: ignore[operator]


@pytest.mark.filterwarnings("ignore:.*deprecated")  # models that were made with it exist
def test_a_model_that_torch_has_frozen_runs() -> None:
    frozen = torch.jit.freeze(torch.jit.script(nn.Sequential(nn.Conv2d(3, 8, 1)).eval()))
    assert [call.facts.macs for call in trace_model(frozen, "mine", (4, 4), 3).calls] == [3 * 8 * 16]
