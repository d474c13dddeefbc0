"""Numbers in words keep their digits, at every size."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.spec.shown import measured_text, significant_text


@given(st.floats(1e-9, 1e15), st.integers(1, 8))
def test_an_estimate_keeps_its_digits_and_never_has_an_exponent(value: float, digits: int) -> None:
    text = significant_text(value, digits)
    assert set(text) <= set("0123456789.,")
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits) * (1 + 1e-9))
    assert len(text.replace(",", "").replace(".", "").lstrip("0")) >= digits


@given(st.decimals("0.0001", "999999", places=4))
def test_a_measured_number_is_spelled_as_it_was_written(value: Decimal) -> None:
    text = measured_text(float(value))
    assert set(text) <= set("0123456789.,")
    assert float(text.replace(",", "")) == float(f"{float(value):.6g}")
