"""What is known of a device before it is measured: how the time divides into kinds of work on other devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import fsum
from pathlib import Path

from mbcost.questions.latency.work import KINDS
from mbcost.spec.reading.nodes import Reader
from mbcost.spec.reading.text import read_file

PATH = Path(__file__).with_name("priors.yaml")
"""The shares of the built-in devices that are one or a few cores of a processor; `tools/priors.py` writes them."""
NOISE = 0.02
"""The relative error of a latency that no rate explains; it decides how strongly the prior holds."""
LEAST_DEVIATION = 0.05
"""The standard deviation of a share, at least: a device can do a kind of work slower than all others."""


@dataclass(frozen=True)
class Prior:
    """The expected share of the time per kind of work, and how firmly it is expected, in the order of `KINDS`."""

    shares: tuple[float, ...]
    strengths: tuple[float, ...]
    """The squares of noise over deviation."""


@cache
def load_shares() -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the devices, as device files describe them, each with the share of every kind of work."""
    reader = Reader(read_file(PATH), str(PATH))
    with reader.complete():
        shares = []
        for record in reader.mapping(reader.root).values():
            values = reader.mapping(record, ("device", "shares"))
            numbers = [reader.number(item) for item in reader.sequence(reader.require(record, values, "shares"))]
            shares.append((reader.text(reader.require(record, values, "device")), tuple(map(float, numbers))))
    return tuple(shares)


@cache
def choose_prior(device: str) -> Prior:
    """Return what is expected of a device whose measurements do not count: the mean of the other devices.

    Args:
        device: the device as its file describes it.
    """
    return make_prior([shares for title, shares in load_shares() if title != device])


def make_prior(shares: Sequence[Sequence[float]]) -> Prior:
    """Return the mean of the shares of some devices, with their deviation.

    Args:
        shares: one or more devices' shares in the order of `KINDS`.
    """
    columns = list(zip(*shares, strict=True))
    means = [fsum(column) / len(column) for column in columns]
    variances = [
        fsum((share - mean) ** 2 for share in column) / len(column) for column, mean in zip(columns, means, strict=True)
    ]
    assert len(means) == len(KINDS), "priors.yaml has the kinds of work of another version: run make priors"
    return Prior(tuple(means), tuple(NOISE**2 / (variance + LEAST_DEVIATION**2) for variance in variances))
