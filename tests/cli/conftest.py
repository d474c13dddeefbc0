from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mbcost.cli import group, run
from mbcost.cli.group import build_command


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Mbcost = Callable[..., Result]


@pytest.fixture(autouse=True, scope="session")
def _commands_built_once() -> Iterator[None]:
    """Build each click command once: it takes longer than most of the commands that the tests run."""
    built: dict[int, Any] = {}

    def build_once(target: Any) -> Any:
        if id(target) not in built:
            built[id(target)] = build_command(target)
        return built[id(target)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "build_command", build_once)
        yield


@pytest.fixture
def mbcost(capsys: pytest.CaptureFixture[str]) -> Mbcost:
    """Runs the command line in this process; standard output is a pipe, not a terminal."""

    def call(*arguments: str) -> Result:
        code = run(arguments)
        captured = capsys.readouterr()
        if "a quick run does not import" in captured.err:  # `run` reports whatever ends a command, also this
            pytest.skip("a quick run does not import frameworks")
        return Result(code, captured.out, captured.err)

    return call
