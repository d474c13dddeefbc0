from __future__ import annotations

import pytest

from mbcost.questions.latency.priors import PATH, choose_prior, load_shares
from mbcost.questions.latency.work import KINDS
from tools.priors import render


def test_the_file_is_what_the_devices_give() -> None:
    assert PATH.read_text(encoding="utf-8") == render()


def test_a_device_is_not_expected_to_be_like_itself() -> None:
    every, without = choose_prior("a new device"), choose_prior("Pixel 2, one large core")
    assert sum(title == "Pixel 2, one large core" for title, _ in load_shares()) == 3
    assert every.shares != without.shares
    assert sum(every.shares) == pytest.approx(1, abs=0.02)
    assert len(every.shares) == len(every.strengths) == len(KINDS)
