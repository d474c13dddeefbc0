from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mbcost.cli import run
from mbcost.spec.reading.text import read_standard_input


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Mbcost = Callable[..., Result]


@pytest.fixture(autouse=True)
def _fresh_standard_input() -> None:
    """A process reads its standard input once and remembers it; here every test is one."""
    read_standard_input.cache_clear()


@pytest.fixture
def mbcost(capsys: pytest.CaptureFixture[str]) -> Mbcost:
    """Runs the command line in this process; standard output is a pipe, not a terminal."""

    def call(*arguments: str) -> Result:
        code = run(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call
