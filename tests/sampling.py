"""Broad tests have more cases than a change needs each time: `make test` runs a sample, `make thorough` runs all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def keep_one_of(every: int, cases: Iterable[Sequence[Any]]) -> list[Any]:
    """Return the cases as parameters, of which a sample has the first of every so many that follow each other."""
    return [set_aside(*case) if index % every else pytest.param(*case) for index, case in enumerate(cases)]


def set_aside(*case: Any) -> Any:
    """Return a case that only `make thorough` runs."""
    return pytest.param(*case, marks=pytest.mark.thorough)
