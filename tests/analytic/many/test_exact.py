"""Integers of any size are computed exactly, in int64 up to its largest number and in Python's integers above it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mbcost.analytic.many.exact import (
    EXACT_FLOAT,
    EXACT_INT,
    POINTS,
    accumulate,
    add,
    divide,
    find_bound,
    hold,
    make_integers,
    make_table,
    make_zeros,
    multiply,
    multiply_exactly,
    narrow,
    stack,
    sum_exactly,
)

NUMBERS = st.integers(-(2**70), 2**70) | st.sampled_from(
    [0, 1, -1, 2**53, 2**62, 2**63 - 1, 2**63, -(2**63), 2**64 - 1]
)
SEVENTH = (2**63 - 1) // 7
"""Seven times this number is the largest of int64."""


def test_the_bounds_are_those_of_the_formats() -> None:
    assert np.iinfo(np.int64).max == EXACT_INT - 1
    assert int(float(EXACT_FLOAT - 1)) == EXACT_FLOAT - 1
    assert float(EXACT_FLOAT) == float(EXACT_FLOAT + 1)
    assert np.dtype(np.float64).itemsize * POINTS == 2**20, "a megabyte"


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4), NUMBERS)
def test_arithmetic_of_arrays_is_that_of_python(pairs: list[tuple[int, int]], number: int) -> None:
    left, right = (make_integers(column) for column in zip(*pairs, strict=True))
    assert {left.dtype, right.dtype} <= {np.dtype(np.int64), np.dtype(object)}
    assert find_bound(left) == max(abs(first) for first, _ in pairs)
    assert add(left, right).tolist() == [first + second for first, second in pairs]
    assert add(left, number).tolist() == [first + number for first, _ in pairs]
    assert multiply(left, right).tolist() == [first * second for first, second in pairs]
    assert multiply(left, number).tolist() == [first * number for first, _ in pairs]
    assert divide(left, number or 1).tolist() == [first // (number or 1) for first, _ in pairs]
    assert sum_exactly(left, axis=0) == sum(first for first, _ in pairs)
    assert accumulate(left, axis=0).tolist() == [
        sum(first for first, _ in pairs[: end + 1]) for end in range(len(pairs))
    ]
    products = multiply_exactly(left[:, None], right[None, :])
    assert products.tolist() == [[first * second for _, second in pairs] for first, _ in pairs]
    assert narrow(products).tolist() == products.tolist()


def as_int64(*numbers: int) -> Any:
    return np.array(numbers, dtype=np.int64)


def as_object(*numbers: int) -> Any:
    return np.array(numbers, dtype=object)


@pytest.mark.parametrize("excess", [0, 1])
@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda most: make_integers([1, most]), lambda most: [1, most]),
        (lambda most: make_integers([-most, 1]), lambda most: [-most, 1]),
        (lambda most: make_table([[1, 2], [3, -most]]), lambda most: [[1, 2], [3, -most]]),
        (lambda most: make_table([[1, most]]), lambda most: [[1, most]]),
        (lambda most: make_zeros((1, 2), most), lambda _: [[0, 0]]),
        (lambda most: hold(as_int64(5), most), lambda _: [5]),
        (lambda most: add(as_int64(2**62), most - 2**62), lambda most: [most]),
        (lambda most: add(as_int64(-(2**62), 1), as_int64(2**62 - most, 1)), lambda most: [-most, 2]),
        (lambda most: divide(as_int64(-5, 5), most), lambda _: [-1, 0]),
        (lambda most: narrow(as_object(0, -most)), lambda most: [0, -most]),
        (lambda most: narrow(as_object(most)), lambda most: [most]),
        (lambda most: multiply_exactly(as_int64(2**62, 1)[None], as_int64(1, most - 2**62)[:, None]),
         lambda most: [[most]]),
    ],
)  # fmt: skip
def test_python_s_integers_are_used_from_the_first_number_that_int64_does_not_have(
    compute: Callable[[int], Any], expected: Callable[[int], Any], excess: int
) -> None:
    most = 2**63 - 1 + excess
    result = compute(most)
    assert result.tolist() == expected(most)
    assert result.dtype == (object if excess else np.int64)


@pytest.mark.parametrize(("count", "number", "dtype"), [(7, SEVENTH, np.int64), (2, 2**62, object)])
def test_products_and_sums_of_equal_numbers_are_exact_on_both_sides_of_the_largest(
    count: int, number: int, dtype: Any
) -> None:
    column = as_int64(*[-number] * count)[:, None]
    assert multiply(as_int64(number, -1), count).dtype == multiply(as_int64(count), as_int64(-number)).dtype == dtype
    assert multiply(as_int64(number, -1), count).tolist() == [number * count, -count]
    sums, running = sum_exactly(column, axis=0), accumulate(column, axis=0)
    assert sums.dtype == running.dtype == dtype
    assert sums.tolist() == [-number * count]
    assert running[:, 0].tolist() == [-number * index for index in range(1, count + 1)]
    assert sum_exactly(column, axis=1).dtype == accumulate(column, axis=1).dtype == np.int64


def test_a_zero_times_a_number_that_int64_does_not_have_is_zero() -> None:
    assert multiply(as_int64(0, 0), 2**64).tolist() == [0, 0]
    assert multiply_exactly(as_int64(0)[None], as_object(2**2000)[None]).tolist() == [[0]]


def test_one_array_of_python_s_integers_makes_a_table_of_them() -> None:
    assert stack([as_int64(1, 2), as_int64(3, 4)], axis=0).dtype == np.int64
    mixed = stack([as_int64(1, 2), as_object(2**64, 4)], axis=1)
    assert mixed.tolist() == [[1, 2**64], [2, 4]]
    assert all(isinstance(number, int) for number in mixed.flat)
    assert stack([as_object(1), as_object(2)], axis=1).dtype == object


def test_no_values_have_the_bound_0_and_few_values_stay_in_int64() -> None:
    assert find_bound(as_int64()) == 0
    assert make_integers([]).tolist() == []
    assert hold(as_int64(1), 1).dtype == narrow(as_object(1)).dtype == np.int64
    assert hold(as_object(1), 1).dtype == object


@example(left=[[2**62, 2**62]], right=[[1], [1]])
@example(left=[[2**52, 2**52 + 1]], right=[[1], [1]])
@example(left=[[1, 2**40]], right=[[1], [2**40]])
@example(left=[[1], [-(2**40)]], right=[[2**40, 1]])
@given(
    *[st.lists(st.lists(NUMBERS | st.integers(-(2**32), 2**32), min_size=2, max_size=2), min_size=1, max_size=3)] * 2
)
def test_a_product_of_tables_of_any_shape_is_that_of_python(left: list[list[int]], right: list[list[int]]) -> None:
    """Every column of `left` has its own bound, as every row of `right` has."""
    columns = right if len(right) == len(left[0]) else list(map(list, zip(*right, strict=True)))
    product = multiply_exactly(make_table(left), make_table(columns))
    assert product.tolist() == [
        [sum(map(int.__mul__, row, column)) for column in zip(*columns, strict=True)] for row in left
    ]


def test_a_product_needs_hardly_more_memory_than_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums in float64 are computed part by part."""
    monkeypatch.setattr("mbcost.analytic.many.exact.POINTS", 2**10)
    left, right = np.ones((512, 1), dtype=np.int64), np.ones((1, 512), dtype=np.int64)
    tracemalloc.start()
    product = multiply_exactly(left, right)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert product.nbytes < most < 1.2 * product.nbytes


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
