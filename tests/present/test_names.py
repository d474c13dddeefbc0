from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mbcost.cli.quantities import BYTES
from mbcost.present.names import bytes_text


@given(st.integers(0, 2**40))
def test_bytes_read_back_to_within_what_is_printed(count: int) -> None:
    text = bytes_text(count)
    number, unit = text.split()
    assert abs(float(number.replace(",", "")) * BYTES[unit.upper()] - count) <= 0.05 * BYTES[unit.upper()] + 1e-6
