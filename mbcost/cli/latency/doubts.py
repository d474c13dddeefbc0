"""Tells on standard error what the format of an answer cannot say."""

from __future__ import annotations

from collections.abc import Iterable

from mbcost.cli.output import Destination
from mbcost.cli.streams import write_message

SILENT = ("csv",)
"""Formats without notes."""


def write_doubts(doubts: Iterable[str], destination: Destination) -> None:
    """Write which measurements are not used, if the answer does not say it: nothing is left out silently."""
    if destination.style in SILENT:
        for doubt in doubts:
            write_message(doubt, "note")
