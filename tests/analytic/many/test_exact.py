"""A matrix product of integers is exact on both sides of every bound at which its arithmetic changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.many.exact import multiply_exactly


@given(st.sampled_from([53, 63]), st.integers(-4, 4), st.integers(-3, 3), st.sampled_from([1, -1]))
def test_a_sum_near_the_largest_exact_one_of_float64_or_int64_is_exact(
    bits: int, distance: int, other: int, sign: int
) -> None:
    """float64 does not represent 2**53 + 1, and int64 does not represent 2**63."""
    large = sign * (2**bits + distance)
    left = np.array([[large, other], [1, 2]], dtype=object)
    product = multiply_exactly(left, np.array([[1, 0], [1, 1]], dtype=object))
    assert product.tolist() == [[large + other, other], [3, 2]]


@given(st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3, max_size=3), min_size=1, max_size=4))
def test_products_of_int64_that_are_larger_than_float64_represents_are_exact(rows: list[list[int]]) -> None:
    left = np.array(rows, dtype=np.int64)
    product = multiply_exactly(left, left.T)
    expected = [[sum(map(int.__mul__, first, second)) for second in rows] for first in rows]
    assert product.tolist() == expected


@pytest.mark.parametrize(("rows", "columns"), [(5, 2**16), (3, 2**17), (2, 2**17 + 1), (2**17 + 3, 1), (1, 1)])
def test_a_product_of_many_numbers_has_every_one_of_them(rows: int, columns: int) -> None:
    """Long products are computed in parts of about 2**17 numbers."""
    left, right = np.arange(rows).reshape(rows, 1), np.arange(1, columns + 1).reshape(1, columns)
    assert (multiply_exactly(left, right) == left * right).all()
