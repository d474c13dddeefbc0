from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.errors import MbcostError, SpecError
from mbcost.questions.latency.measured import resolve_measured
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.reading.device import parse_device
from mbcost.spec.reading.label import parse_label


def device(measured: str) -> MeasuredDevice:
    return parse_device(f"device: x\nmeasured:\n{measured}", "d.yaml", "d")


SPELLINGS = ("v2", "v2@1/224", "mobilenet_v2", "v2/224", "v2@1.0:official", "MobileNetV2", "v2, classes 1000")


def test_settings_reach_the_network() -> None:
    resolved = resolve_measured(device("  v1@0.25/96, classes 5, in_channels 1: 3\n  'v2, head 64,5': 4\n  v2: ~\n"))
    assert [network.label for _, network in resolved.measured] == [
        "v1@0.25/96:official, classes 5, in_channels 1",
        "v2@1/224:official, head 64,5",
    ]
    assert [network.label for _, network in resolved.planned] == ["v2@1/224:official"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SPELLINGS), st.floats(0.1, 100)), min_size=2, max_size=4),
)
def test_repeated_measurements_become_one_or_none_however_the_network_is_spelled(rows: list[tuple[str, float]]) -> None:
    times = [time for _, time in rows]
    measured = (*(parse_label(name, time) for name, time in rows), MeasuredNetwork("v1", 1.0))
    resolved = resolve_measured(MeasuredDevice("d", "x", measured=measured))
    used = [row.milliseconds for row, _ in resolved.measured]
    if max(times) / min(times) <= 1.3:
        product = 1.0
        for time in times:
            product *= time
        assert used == [pytest.approx(product ** (1 / len(times))), 1.0]
        assert "geometric mean" in resolved.notes[0]
    else:
        assert used == [1.0]
        assert "none is used" in resolved.notes[0]
    assert len(resolved.notes) == 1


@pytest.mark.parametrize(("second", "is_used"), [("13", True), ("13.01", False), ("7.6923", False), ("7.6924", True)])
def test_thirty_percent_is_the_limit(second: str, *, is_used: bool) -> None:
    resolved = resolve_measured(device(f"  v2: 10\n  mobilenet_v2: {second}\n  v1: 1\n"))
    assert len(resolved.measured) == 1 + is_used
    if is_used:
        assert resolved.measured[0][0].milliseconds == pytest.approx(sqrt(10 * float(second)))


def test_a_network_that_is_planned_and_measured_is_measured() -> None:
    resolved = resolve_measured(device("  v2: ~\n  mobilenet_v2: 3\n"))
    assert [row.milliseconds for row, _ in resolved.measured] == [3]
    assert (resolved.planned, resolved.notes) == ((), ())


def test_unknown_networks_are_reported_at_their_positions() -> None:
    text = "  v9: 3\n  v2@0.5/160: 4\n  v3-larg: 5\n  v2@x: 6\n  missing.yaml: 7\n  '-': 8\n  v1, head 5,x: 2\n"
    with pytest.raises(SpecError) as error:
        resolve_measured(device(text))
    starts = [
        "d.yaml:3:3: unknown network 'v9': ",
        "d.yaml:5:3: unknown network 'v3-larg': did you mean 'v3-large'",
        "d.yaml:6:3: alpha is 'x'",
        "d.yaml:7:3: missing.yaml: No such file or directory",
        "d.yaml:8:3: '-' means standard input",
        "d.yaml:9:3: head '5,x'",
    ]
    assert [problem[: len(start)] for problem, start in zip(error.value.problems, starts, strict=True)] == starts


def test_the_network_of_a_file_is_read_and_its_problems_stay_in_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my, net.yaml").write_text(
        "name: own\ninput: {channels: 3, resolution: 32}\ncolumns: [operator, c, k, s]\n"
        "rows:\n- [conv, 16, 3, 2]\n- [global_pool, ~, ~, ~]\n- [dense, k, ~, ~]\nimplementations: {family: v1}\n"
    )
    try:
        resolved = resolve_measured(device("  my, net.yaml, classes 5: 3\n"))
    except SpecError as error:
        pytest.fail(str(error))
    assert resolved.measured[0][1].classes == 5
    Path("bad.yaml").write_text("name: own\n")
    with pytest.raises(SpecError) as error_:
        resolve_measured(device("  bad.yaml: 3\n"))
    assert error_.value.problems[0].startswith("bad.yaml:1:1: ")


def test_a_device_without_measurements_is_refused_unless_it_is_a_plan() -> None:
    plan = device("  v1: ~\n  v2: ~\n")
    with pytest.raises(MbcostError, match=r"^d\.yaml: 2 networks are planned, but none is measured: write the milli"):
        resolve_measured(plan)
    assert len(resolve_measured(plan, planned=True).planned) == 2
    with pytest.raises(MbcostError, match="no network is measured: add at least one"):
        resolve_measured(MeasuredDevice("d", "x"))
