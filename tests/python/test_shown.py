"""A shell shows every answer of a public function in one short line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from pathlib import Path

import pytest

import mbcost
from mbcost.spec.shown import LONGEST
from tests.python.test_arguments import CALLS

PLAIN = ("build", "networks", "page", "rows")
"""Functions that return text, a model or plain rows."""


@pytest.mark.parametrize("name", [name for name in CALLS if name not in PLAIN])
def test_an_answer_is_shown_in_one_line(name: str) -> None:
    positional, named = CALLS[name]
    answer = getattr(mbcost, name)(*(mbcost.build("v2@0.35") if item is None else item for item in positional), **named)
    items = answer if isinstance(answer, tuple) else (answer,)
    assert name == "check" or items
    for item in items:
        assert is_dataclass(item)
        line = repr(item)
        assert line.startswith(f"<{type(item).__name__}")
        assert line.endswith(">")
        assert line.isprintable()
        assert len(line) <= LONGEST


SHOWN: dict[str, tuple[Callable[[], object], str]] = {
    "compare": (
        lambda: mbcost.compare("v1", "v2@0.75"),
        "<SideBySide: 2 networks (convention macs): v1@1/224:official, v2@0.75/224:official>",
    ),
    "diff": (
        lambda: mbcost.diff("v2", "v2"),
        "<NetworkDiff: v2@1/224:official to v2@1/224:official: 0 layers differ, 64 are equal; +0 params, "
        "+0 mult-adds, +0 activations>",
    ),
    "ledger": (
        lambda: mbcost.ledger("v2", conventions=["macs", "fvcore"]),
        "<Ledger: mult_adds of v2@1/224:official in 3 lines: macs 300,774,272, fvcore 314,193,216>",
    ),
    "formula": (
        lambda: mbcost.formula("v2", "9.1.pool"),
        "<Formula: 9.1.pool of v2@1/224:official, pool: no mult-adds, 0 params>",
    ),
    "fit": (
        lambda: mbcost.fit("v2", ram=320 * 1024, flash=2**20, classes=2, resolutions=range(96, 161, 16)),
        "<Fit: 84 of 330 configurations fit, best v2@0.54/144:official>",
    ),
    "nothing fits": (
        lambda: mbcost.fit("v2", ram=1, alphas=[1.0], resolutions=[96]), "<Fit: 0 of 1 configurations fit>",
    ),
    "a miss": (
        lambda: mbcost.fit("v2", ram=1, alphas=[1.0], resolutions=[96]).nearest,
        "<Miss: v2@1/96:official misses memory>",
    ),
    "explain": (
        lambda: mbcost.explain("314M", "v2@1/224", limit=1),
        "<Answer: 1 explanation, best: v2@1/224:official, 314M is 314,193,216 by fvcore>",
    ),
    "published": (
        lambda: mbcost.published("v1-standard")[0], "<Verdict: v1-standard mult_adds 4866 (paper_v1-017): erratum>",
    ),
    "validate": (lambda: mbcost.Validation(1234, ()), "<Validation: 1,234 values compared, 0 differ>"),
    "measure": (
        lambda: mbcost.Measurement("torch", (), 1, 2000),
        "<Measurement: 0 layers by torch: 1 params, 2,000 multiply-accumulates>",
    ),
    "a spec": (lambda: mbcost.load_spec("v2"), "<Spec: v2, MobileNetV2, 11 rows>"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_the_line_says_what_the_answer_is(name: str) -> None:
    call, line = SHOWN[name]
    assert repr(call()) == line


def test_parts_of_an_answer_are_shown_in_one_line() -> None:
    answer = mbcost.fit("v2", ram=320 * 1024, alphas=[0.5, 1.0], resolutions=[96, 128])
    explanations = mbcost.explain("314M", "v2@1/224").explanations
    parts = (*answer.best, answer.nearest, *answer.reliefs, *explanations)
    assert len(parts) > 5
    assert all(len(repr(part)) <= LONGEST and repr(part).startswith("<") for part in parts)


def test_a_strange_name_is_shown_in_one_line(tmp_path: Path) -> None:
    text = Path("docs/tiny.yaml").read_text(encoding="utf-8")
    file = tmp_path / "net.yaml"
    file.write_text(text.replace("name: tiny", f'name: "tiny\\u202e{"x" * 180}"'), encoding="utf-8")
    for answer in (mbcost.memory(file), mbcost.compare(file), mbcost.sweep(file)[0], mbcost.load_spec(file)):
        assert repr(answer).isprintable()
        assert len(repr(answer)) <= LONGEST
