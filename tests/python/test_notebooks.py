"""What a notebook shows of an answer: the table of its command, by the same code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import mbcost
from tests.cli.conftest import Mbcost
from tests.cli.conftest import mbcost as command  # noqa: F401  # a fixture
from tests.python.test_arguments import CALLS, WITH_TORCH
from tests.python.test_shown import PLAIN

ANSWERS: dict[str, Callable[[], object]] = {
    "table v2@0.75/160": lambda: mbcost.network("v2@0.75/160"),
    "compare nets v1 v2": lambda: mbcost.compare("v1", "v2"),
    "memory v2@0.35/96": lambda: mbcost.memory("v2@0.35/96"),
    "diff v2 v2:keras": lambda: mbcost.diff("v2", "v2:keras"),
    "ledger v2 --convention macs,fvcore": lambda: mbcost.ledger("v2", conventions=["macs", "fvcore"]),
    "formula v2 2.1.expand": lambda: mbcost.formula("v2", "2.1.expand"),
    "roofline v2 --device jetson-nano": lambda: mbcost.roofline("v2", device="jetson-nano"),
}


@pytest.mark.parametrize("words", ANSWERS)
def test_a_notebook_shows_the_fragment_of_the_command(words: str, command: Mbcost) -> None:  # noqa: F811
    shown = ANSWERS[words]()._repr_html_()  # type: ignore[attr-defined]
    assert shown == command(*words.split(), "--format", "html", "--fragment").out


NOT_SHOWN = {"load_spec", *PLAIN, *WITH_TORCH}


@pytest.mark.parametrize("name", [name for name in CALLS if name not in NOT_SHOWN])
def test_every_answer_of_a_public_function_shows_itself(name: str) -> None:
    positional, named = CALLS[name]
    answer = getattr(mbcost, name)(*positional, **named)
    for item in answer[:1] if isinstance(answer, tuple) else (answer,):
        assert item._repr_html_().startswith('<div class="mbcost-report">')
    assert mbcost.load_spec("v2")._repr_html_() is None  # type: ignore[attr-defined]  # IPython shows its line
