"""Whatever a caller gives, a public function answers or raises the documented error, in one line."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mbcost


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Named(os.PathLike[bytes]):
    def __fspath__(self) -> bytes:
        return b"v2"


STRANGE: tuple[Any, ...] = (
    -1, 10**5000, 1j, float("nan"), "\0", b"v2", [[]], {96}, {1: 2}, iter([1.0]), range(10**30), range(10**9),
    np.array(0.5), object(), object, len, Unprintable(), [Unprintable()], Named(),
)  # fmt: skip
"""Values that nearly no parameter takes."""
VALUES: tuple[Any, ...] = (
    *STRANGE, None, 0, 1, 2, -(10**5000), 10**400, 0.0, 0.5, -0.5, 1e308, 1e-320, float("inf"), Fraction(1, 3), "", " ",
    "1", "\ud800", "\n", "@", "v2@", "v2/0", "v2:", "x" * 50_000, "'--force'", "none", (), (1,), (96, 96), [], [0],
    [1, "a"], ["v2"], [None], [True], [float("nan")], [10**5000], {}, {"a": []}, range(0), range(1, 3),
    np.array([0.5, 1.0]), np.array([[96, 128]]), np.float32(0.5), np.int64(2), np.bool_(True), Path("nowhere"),
    Path("docs"),
)  # fmt: skip
TURNS = 3
"""A parameter gets every third of them, the next parameter those after these."""
CALLS: Mapping[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "accuracy": (("v2",), {"recipe": "tf-slim"}),
    "build": (("v2@0.35",), {}),
    "calibrate": (("stm32n6",), {}),
    "check": (("docs/tiny.yaml",), {}),
    "compare": (("v2",), {}),
    "conventions": ((), {}),
    "devices": ((), {}),
    "diff": (("v2", "v2:keras"), {}),
    "explain": (("300M", "v2@1/224:official"), {"convention": "macs"}),
    "explain_rows": (([{"mult_adds": "300M"}], "v2@1/224:official"), {"convention": "macs"}),
    "fit": (("v2",), {"alphas": [1.0], "resolutions": [96], "ram": 2**20}),
    "formula": (("v2", "2.1.expand"), {}),
    "latency": (("v2",), {"device": "stm32n6"}),
    "ledger": (("v2",), {}),
    "load_convention": ((), {}),
    "load_spec": (("v2",), {}),
    "measure": ((None,), {"resolution": 32, "against": "torch"}),
    "memory": (("v2",), {}),
    "network": (("v2",), {}),
    "networks": ((), {}),
    "page": (("docs/tiny.yaml",), {}),
    "published": (("v1-quant",), {}),
    "residual_vs_inverted": ((), {}),
    "resolve": ((mbcost.load_spec("v2"),), {}),
    "roofline": (("v2",), {"peak_macs": 1e9, "bandwidth": 1e9}),
    "rows": ((mbcost.formula("v2", "2.1.expand"),), {}),
    "standard_vs_dws": ((), {}),
    "sweep": (("v2",), {"alphas": [1.0], "resolutions": [96]}),
    "validate": (("v2@0.35/32",), {"against": "torch"}),
    "verify": ((None, "v2@0.35/32"), {}),
}
"""A function -> arguments that it answers quickly; each of them is replaced in turn."""
WITH_TORCH = ("build", "measure", "validate", "verify")
REFUSED_TYPES: Mapping[str, tuple[Any, ...]] = {
    "bool": (0, 1, "yes", [], None),
    "int": (True, 0.5, "1", [1], np.bool_(True), {}),
    "float": (True, "1", [1], 1j, {}),
    "str": (3, True, b"v2", ["v2"], {}),
    "Sequence": (3, "v2", {"v2"}, {"v2": 1}, [], iter(["v2"])),
}
"""The first word of an annotation -> values of other types."""


def list_calls(names: tuple[str, ...]) -> list[tuple[str, Callable[..., Any], str, tuple[Any, ...], dict[str, Any]]]:
    """Return each function with its name, each of its parameters, and the arguments of a call that it answers."""
    calls = []
    for name in names:
        function, (positional, named) = getattr(mbcost, name), CALLS[name]
        calls += [(name, function, key, positional, named) for key in inspect.signature(function).parameters]
    return calls


def call_with(function: Callable[..., Any], key: str, value: Any, positional: tuple[Any, ...], named: Any) -> Any:
    """Call a function with one argument replaced."""
    parameters = inspect.signature(function).parameters
    if parameters[key].kind is inspect.Parameter.VAR_POSITIONAL:
        return function(value, **named)
    index = list(parameters).index(key)
    if index < len(positional):
        return function(*positional[:index], value, *positional[index + 1 :], **named)
    return function(*positional, **{**named, key: value})


def test_every_public_function_is_called_here() -> None:
    functions = {name for name in mbcost.__all__ if inspect.isfunction(getattr(mbcost, name))}
    assert functions == set(CALLS)


@pytest.mark.parametrize("name", [name for name in CALLS if name not in WITH_TORCH])
def test_any_value_is_answered_or_refused_in_one_line(name: str) -> None:
    for index, (_, function, key, positional, named) in enumerate(list_calls((name,))):
        for value in VALUES[index % TURNS :: TURNS]:
            if not (value is None and key == "net"):  # all networks, which takes seconds
                check_call(function, key, value, positional, named)


@pytest.mark.long
@pytest.mark.parametrize("name", WITH_TORCH)
def test_a_strange_value_for_a_model_is_answered_or_refused_in_one_line(name: str) -> None:
    model = mbcost.build("v2@0.35")
    for _, function, key, positional, named in list_calls((name,)):
        for value in STRANGE:
            check_call(function, key, value, tuple(model if item is None else item for item in positional), named)


def check_call(function: Callable[..., Any], key: str, value: Any, positional: tuple[Any, ...], named: Any) -> None:
    """Check that a call is answered, or refused in one short printable line that names no option."""
    try:
        call_with(function, key, value, positional, named)
    except mbcost.MbcostError as error:
        message = str(error)
        assert message
        assert re.search(r"(?:^|\s)--[a-z]", re.sub(r"'+[^']*'+|mbcost [a-z]+ --[a-z]+", "", message)) is None
        assert all(line.isprintable() or value in ("\0", "\ud800", "\n") for line in message.split("\n"))


def test_a_value_of_another_type_is_refused_by_its_name() -> None:
    refused = 0
    for name, function, key, positional, named in list_calls(tuple(CALLS)):
        parameter = inspect.signature(function).parameters[key]
        kind = parameter.annotation.removesuffix(" | None").partition("[")[0]
        for value in REFUSED_TYPES.get(kind, ()):
            if value is parameter.default or (type(value) is list and parameter.default == ()):
                continue
            with pytest.raises(mbcost.MbcostError) as caught:
                call_with(function, key, value, positional, named)
            message = str(caught.value)
            assert message.startswith((f"{key} is ", f"{key}[0] is ")), (name, key)
            assert ": it must be " in message, (name, key)
            refused += 1
    assert refused > 400
