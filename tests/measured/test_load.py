"""A user's model is made by the user's factory, and a mistake in it is one line."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from torch import nn

from mbcost.errors import MbcostError
from mbcost.measured.load import load_model
from mbcost.measured.own import trace_model

FACTORIES = """
import torch
from torch import nn
print("imported")
def make(kind=1):
    print("made")
    return nn.Conv2d(3, kind, 1)
def broken():
    return nn.Conv2d(3, "x", 1)
def nothing():
    pass
def wide(width, *, depth):
    return nn.Conv2d(3, width, depth)
def seven():
    return 7
class Net(nn.Sequential):
    def __init__(self, **options):
        super().__init__(nn.Conv2d(3, 2, 1))
ready = make()
class Space:
    make = staticmethod(make)
text = "text"
lazy = nn.LazyConv2d(3, 1)
empty = nn.ReLU()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own_net.py").write_text(FACTORIES)
    (tmp_path / "random.py").write_text(
        "import own_net\nmake = own_net.make\n"
    )  # has the name of one of Python's modules
    (tmp_path / "slip.py").write_text("def make(:\n")
    (tmp_path / "needs.py").write_text("import own_nets\n")
    (tmp_path / "zero.py").write_text("\0")
    (tmp_path / "inside.py").write_text("from .own_net import make\n")
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "arguments"),
    [
        ("./own_net.py:make", {"kind": 2}), ("own_net.py:Net", {"kind": 2}), ("own_net:ready", {}),
        ("own_net:Space.make", {}), ("./random.py:make", {}),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("folder")
def test_a_target_can_be_a_factory_a_class_or_a_model(
    target: str, arguments: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    path = list(sys.path)
    model = load_model(target, arguments)
    assert isinstance(model, nn.Module)
    assert sys.path == path
    assert random.random() < 1, "Python's own module is still there"
    assert capsys.readouterr().out == "", "standard output is for the answer only"
    for name in ("own_net", "_random"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("own_net", r"'own_net' does not name a model: expected MODULE:FACTORY or ./FILE.py:FACTORY, such as torch.*"),
        ("own_net.py", r"'own_net.py' does not name a model: name what builds the model, such as own_net.py:make"),
        (
            "own_net:make(kind=2)",
            r"'own_net:make\(kind=2\)' calls the factory: write own_net:make, and add --kwargs NAME=VALUE",
        ),
        ("weights.pth", r"'weights.pth' does not name a model: it has weights, not code: name what builds the .*"),
        ("./no.py:make", r"./no.py: No such file"),
        ("no_such_module:make", r"no_such_module cannot be imported: No module named 'no_such_module'"),
        ("./own_net.py:mak", r"unknown name in ./own_net.py 'mak': did you mean 'make'\?"),
        (
            "./own_net.py:zzz",
            r"unknown name in ./own_net.py 'zzz': choose from Net, Space, broken, empty, lazy, make, .*, wide",
        ),
        (
            "./own_net.py:wide",
            r"./own_net.py:wide needs width and depth: add --kwargs width=VALUE --kwargs depth=VALUE",
        ),
        ("./own_net.py:seven", r"./own_net.py:seven returns an int: expected a torch.nn.Module"),
        ("./random.py:zzz", r"unknown name in ./random.py 'zzz': choose from make, own_net"),
        ("./own_net.py:text", r"./own_net.py:text is a str: expected a factory or a model"),
        ("./own_net.py:nothing", r"./own_net.py:nothing returns None: expected a torch.nn.Module"),
        ("./own_net.py:broken", r"./own_net.py:broken failed: TypeError: .* \(.*own_net.py:9\)"),
        ("./slip.py:make", r"./slip.py cannot be imported: SyntaxError: invalid syntax \(.*slip.py:1\)"),
        ("./needs.py:make", r"./needs.py cannot be imported: No module named 'own_nets' \(.*needs.py:1\)"),
        ("./zero.py:make", r"./zero.py cannot be imported: \w+: source code .*null bytes( \(.*zero.py:1\))?"),
        (
            "./inside.py:make",
            r"./inside.py cannot be imported: attempted relative import with no known parent package: "
            r"name it as a module, PACKAGE.MODULE:FACTORY \(.*inside.py:1\)",
        ),
        ("./leaves.py:make", r"./leaves.py cannot be imported: SystemExit: 3 \(.*leaves.py:2\)"),
        ("./own_net.py:lazy", r"mine has lazy modules without shapes: run it once in its factory"),
        ("./own_net.py:empty", r"mine executes no convolution and no linear layer that torch shows"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_users_mistake_is_one_line(target: str, message: str) -> None:
    with pytest.raises(MbcostError, match=f"^{message}$"):
        trace_model(load_model(target), "mine", (8, 8), 3)


@pytest.mark.usefixtures("folder")
def test_arguments_for_a_model_are_refused() -> None:
    with pytest.raises(MbcostError, match="is already a model and takes no arguments: remove --kwargs"):
        load_model("./own_net.py:ready", {"kind": 2})
