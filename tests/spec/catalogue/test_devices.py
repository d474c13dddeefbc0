from __future__ import annotations

import pytest

from mbcost.errors import MbcostError, SpecError
from mbcost.spec.catalogue.devices import load_device, load_devices, parse_devices

GOOD = "x:\n  title: X\n  source: a data sheet\n  how: as printed\n  peak: {int8: 2}\n  bandwidth: 3\n"


def test_the_rates_follow_from_the_arithmetic_that_is_stated_in_words() -> None:
    devices = load_devices()
    assert set(devices) == {"stm32h743", "jetson-nano", "tesla-v100"}
    assert devices["stm32h743"].peak == {"int8": 2 * 480 * 10**6}
    assert devices["stm32h743"].bandwidth == 64 // 8 * 240 * 10**6
    assert devices["jetson-nano"].peak == {"float16": 472 * 10**9 // 2, "float32": 472 * 10**9 // 4}
    assert devices["tesla-v100"].peak == {"float32": 15_700 * 10**9 // 2, "float16": 125 * 10**12 // 2}
    assert all(device.source and device.how for device in devices.values())


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("{int8", "{int9: 1, int8", "5:10: unknown key 'int9': did you mean 'int8'?"),
        ("{int8: 2}", "{}", "5:9: no peak is given: write the peak of at least one of float32, float16, int8"),
        ("bandwidth: 3", "bandwidth: 0", "6:14: 0 is too small: it must be at least 1"),
        ("  how: as printed\n", "", "2:3: the key 'how' is missing: add it"),
    ],
)
def test_a_mistake_in_a_device_is_reported_at_its_position(before: str, after: str, message: str) -> None:
    assert parse_devices(GOOD, "devices.yaml")["x"].peak == {"int8": 2}
    with pytest.raises(SpecError) as error:
        parse_devices(GOOD.replace(before, after), "devices.yaml")
    assert error.value.problems == (f"devices.yaml:{message}",)


def test_an_unknown_device_is_reported_with_a_similar_name() -> None:
    with pytest.raises(MbcostError, match="unknown device 'jetson': did you mean 'jetson-nano'"):
        load_device("jetson")
