"""Of models with one to three faults, nine of ten are named in full: every fault, and nothing else."""

from __future__ import annotations

import random

import pytest

from tests.questions.verify.faults import KINDS, NETWORKS, draw_faults, explain, is_named_in_full
from tests.sampling import set_aside

DUE = 0.9


@pytest.mark.long
@pytest.mark.parametrize(("models", "most"), [(27, 1), set_aside(54, 3)])
def test_nine_of_ten_faulty_models_are_named_in_full(models: int, most: int) -> None:
    """The faults are drawn at random from all kinds; `python -m tests.questions.verify.faults SEED` draws others."""
    draw = random.Random(2026)
    unnamed = []
    for index in range(models):
        net = NETWORKS[index % len(NETWORKS)]
        faults = draw_faults(net, draw, list(KINDS), 1 + index % most)
        explanation = explain(net, faults)
        if not is_named_in_full(explanation, faults):
            unnamed.append(
                (net, [(fault.subjects, fault.words) for fault in faults], explanation and explanation.clauses)
            )
    assert models - len(unnamed) >= DUE * models, unnamed


@pytest.mark.parametrize("kind", ["stem", "head", "inner width", "squeeze of a block"])
def test_a_clause_about_a_different_row_does_not_name_a_fault(kind: str) -> None:
    fault = draw_faults("v3-large", random.Random(1), [kind], 1)[0]
    assert not fault.is_named_by("row 99 has 7 channels")
    assert not fault.is_named_by("every layer has no norm")
