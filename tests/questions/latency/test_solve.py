from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mbcost.questions.latency.solve import solve_nonnegative


def random_problems(seed: int, count: int, size: int, scale: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return positive definite matrices, some nearly singular, and vectors with both signs."""
    generator = np.random.default_rng(seed)
    rows = generator.random((count, size + 1, size)) ** 3
    squares = np.einsum("pij,pik->pjk", rows, rows) + scale * np.eye(size)
    return squares, generator.normal(size=(count, size))


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from([1.0, 1e-3, 1e-6]))
def test_the_solution_satisfies_the_conditions_of_a_minimum(seed: int, size: int, scale: float) -> None:
    squares, products = random_problems(seed, 20, size, scale)
    solution = solve_nonnegative(squares, products)
    slopes = np.einsum("pij,pj->pi", squares, solution) - products
    tolerance = 1e-6 * np.abs(products).max()
    assert (solution >= 0).all()
    assert (slopes > -tolerance).all()  # no coefficient of 0 would help if it grew
    assert (np.abs(slopes)[solution > 0] < tolerance).all()


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_no_choice_of_positive_coefficients_is_better(seed: int) -> None:
    squares, products = random_problems(seed, 5, 4, 1e-2)

    def cost(index: int, x: NDArray[Any]) -> float:
        return float(x @ squares[index] @ x / 2 - products[index] @ x)

    for index, solution in enumerate(solve_nonnegative(squares, products)):
        for choice in product([False, True], repeat=4):
            free, x = np.array(choice), np.zeros(4)
            if free.any():
                x[free] = np.linalg.solve(squares[index][np.ix_(free, free)], products[index][free])
            if (x >= 0).all():
                assert cost(index, solution) <= cost(index, x) + 1e-9


def test_the_start_does_not_change_the_solution() -> None:
    squares, products = random_problems(3, 50, 8, 1e-3)
    expected = solve_nonnegative(squares, products)
    for start in (np.zeros(8, dtype=bool), np.arange(8) % 2 == 0):
        assert solve_nonnegative(squares, products, start) == pytest.approx(expected, abs=1e-9)
