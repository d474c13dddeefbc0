"""Nothing that fails outside, such as a disk or a pipe, gives a traceback, a wrong exit code or half a file."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tools import ROOT
from tools.faults.attempts import Try, judge
from tools.hostile.limits import Outcome

SHARE = "0.006"


@pytest.mark.long
def test_no_fault_from_outside_makes_a_command_end_wrongly() -> None:
    """This is a sample of `make faults`."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.faults", SHARE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


ATTEMPT = Try(("table", "v2", "--output", "new.txt"), files=("new.txt",))
OUTCOME = Outcome(code=2, out=b"", err=b"mbcost: error: x\n", seconds=0.1, megabytes=90.0, changed={})
ANNOUNCED = b"mbcost: 5,000 configurations, about 2 minutes\nmbcost: error: x\n"


@pytest.mark.parametrize(
    "outcome",
    [OUTCOME, replace(OUTCOME, err=ANNOUNCED), replace(OUTCOME, code=0, err=b"", changed={"new.txt": b"x\n"})],
)
def test_an_outcome_without_half_a_file_is_right(outcome: Outcome) -> None:
    assert judge(ATTEMPT, outcome) is None


@pytest.mark.parametrize(
    "outcome",
    [
        replace(OUTCOME, code=3),
        replace(OUTCOME, code=-15),
        replace(OUTCOME, code=130),
        replace(OUTCOME, err=b"Traceback (most recent call last):\n"),
        replace(OUTCOME, err=b"mbcost: error: x\nmbcost: error: y\n"),
        replace(OUTCOME, changed={"new.txt": b"x\n"}),
        replace(OUTCOME, changed={".mbcost-1": b""}),
        replace(OUTCOME, code=0, changed={"new.txt": b"x"}),
    ],
)
def test_an_outcome_that_is_wrong_is_noticed(outcome: Outcome) -> None:
    assert judge(ATTEMPT, outcome) is not None
