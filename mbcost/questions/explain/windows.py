"""The ways to print a count: each is a window of whole numbers that give the printed digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from mbcost.questions.explain.costs import cost_of
from mbcost.spec.printed import Printed

BATCHES = (2, 4, 8, 10, 16, 32, 64, 128)
"""Batch sizes: in a deep search, the costs of so many inputs may be the printed number."""
FLOAT32 = 2**24
"""float32 holds every whole number up to this one."""
IN_BYTES = ("bytes", "activation_bytes")
"""The quantities that are often printed in powers of 1024."""
FILE_OVERHEAD = Fraction(3, 100)
"""Names, shapes and padding are at most this share of a file with weights; a torch.save of V3-Small has 1.4 %."""
DRIFT = 64
"""The window of a sum in float32 extends so many units to each side. The exact sum is worked out afterwards."""
ROUNDING_TEXTS = {
    "rounds": "rounded", "floors": "floored", "ceils": "rounded up", "off by one": "one off in the last digit",
    "mistyped": "mistyped", "float32": "summed in float32", "binary": "in powers of 1024",
    "binary bytes": "in powers of 1024", "doubled": "rounded, then doubled", "padded": "padded with zeros",
    "file": "with what a file adds", ">": "as a lower bound", "<": "as an upper bound",
}  # fmt: skip
"""The names of windows -> words for people; a name without words here is its own."""


@dataclass(frozen=True)
class PrintWindow:
    """A way in which a number was printed: the counts from `low` to `high` give these digits."""

    rounding: str
    low: int
    high: int
    cost: int
    """In hundredths of a bit."""
    printed: Printed
    """The number that was meant: it differs from the printed one if a digit is mistyped."""

    @property
    def exact(self) -> bool:
        """Whether the printed digits are right for every count in the window."""
        return self.rounding not in ("off by one", "mistyped")


@cache
def list_windows(printed: Printed, quantity: str) -> tuple[PrintWindow, ...]:
    """Return the ways in which `printed` can have come about, by cost."""
    windows = [
        PrintWindow(name, *printed.whole_range(name), cost_of("roundings", name), printed)
        for name in printed.roundings
        if not (name == "off by one" and (printed.digits < 3 or printed.step == 1))
    ]
    if (unit := _float32_unit(printed)) is not None:
        low, high = (int(printed.number) + sign * DRIFT * unit for sign in (-1, 1))
        windows.append(PrintWindow("float32", low, high, cost_of("roundings", "float32"), printed))
    if printed.binary != 1 and quantity in IN_BYTES:
        name, meant = "binary bytes", _scaled(printed, printed.binary)
        cost = cost_of("roundings", name)
        windows += [
            PrintWindow(name, *meant.whole_range(rounding), cost + cost_of("roundings", rounding), meant)
            for rounding in ("rounds", "floors")
            if rounding in meant.roundings
        ]
    windows += _list_slips(printed, quantity)
    return tuple(sorted(_nonempty(windows), key=lambda window: window.cost))


def _list_slips(printed: Printed, quantity: str) -> Iterator[PrintWindow]:
    """Yield further ways: rounded and then doubled, padded with zeros, and the size of a file."""
    if printed.relation or printed.step == 1:
        return
    last, decimals = int(printed.number / printed.step), "".join(re.findall(r"\.([0-9]+)", printed.text))
    if quantity == "mult_adds" and last % 2 == 0:
        coarse = replace(printed, step=2 * printed.step)
        yield PrintWindow("doubled", *coarse.whole_range("rounds"), cost_of("roundings", "doubled"), printed)
    zeros = len(decimals) - len(decimals.rstrip("0"))
    if zeros:
        coarse = replace(printed, step=printed.step * 10**zeros)
        yield PrintWindow("padded", *coarse.whole_range("rounds"), cost_of("roundings", "padded"), printed)
    if quantity == "bytes":
        for meant in dict.fromkeys((printed, _scaled(printed, printed.binary))):
            high = meant.whole_range("rounds")[1]
            yield PrintWindow("file", high - int(high * FILE_OVERHEAD), high, cost_of("roundings", "file"), meant)


@cache
def list_deep_windows(printed: Printed, quantity: str) -> tuple[PrintWindow, ...]:
    """Return further ways, which explain almost anything: powers of 1024 for a prefix, and a batch of inputs."""
    factors: dict[str, tuple[Fraction, int]] = {}
    if quantity == "mult_adds":
        factors |= {f"batch of {size}": (Fraction(1, size), cost_of("roundings", "batch")) for size in BATCHES}
    if printed.binary != 1 and quantity not in IN_BYTES:
        factors["binary"] = (printed.binary, cost_of("roundings", "binary"))
    windows = []
    for name, (factor, cost) in factors.items():
        meant = _scaled(printed, factor)
        windows.append(PrintWindow(name, *meant.whole_range(meant.relation or "rounds"), cost, meant))
    return tuple(_nonempty(windows))


def _scaled(printed: Printed, factor: Fraction) -> Printed:
    return replace(printed, number=printed.number * factor, step=printed.step * factor)


def _nonempty(windows: Iterable[PrintWindow]) -> Iterator[PrintWindow]:
    return (window for window in windows if window.low <= window.high)


def _float32_unit(printed: Printed) -> int | None:
    """Return the distance of neighbouring float32 numbers at `printed`.

    None if `printed` is not a float32 number, or so small that float32 is exact anyway.
    """
    if printed.step != 1 or printed.relation or printed.number <= FLOAT32:
        return None
    unit = 1 << (int(printed.number).bit_length() - 24)
    return None if printed.number % unit else unit


def float32_sum(amounts: Iterable[int]) -> int:
    """Return the sum, with every intermediate sum rounded to float32, half to even, in integer arithmetic.

    >>> float32_sum([2**24, 1, 1]), float32_sum([2, 2**24])
    (16777216, 16777218)
    """
    total = 0
    for amount in amounts:
        total += amount
        unit = 1 << max(total.bit_length() - 24, 0)
        below, rest = divmod(total, unit)
        total = unit * (below + (2 * rest > unit or (2 * rest == unit and below % 2)))
    return total


@cache
def list_misprints(printed: Printed) -> tuple[PrintWindow, ...]:
    """Return the windows of the counts that give `printed` with one wrong digit or with two neighbours swapped.

    They are in ascending order. Two of them share at most the count halfway between them.
    """
    if printed.relation or printed.digits < 3:
        return ()
    cost = cost_of("roundings", "mistyped")
    windows = (PrintWindow("mistyped", *meant.whole_range("rounds"), cost, meant) for meant in _mistyped(printed))
    return tuple(sorted(windows, key=lambda window: window.low))


def _mistyped(printed: Printed) -> Iterator[Printed]:
    """Yield the numbers that differ from the printed one by one digit or by two swapped neighbours."""
    text = str(int(printed.number / printed.step))
    one_changed = {text[:at] + digit + text[at + 1 :] for at in range(len(text)) for digit in "0123456789"}
    for other in sorted((one_changed | set(swap_neighbours(text))) - {text}):
        if other[0] != "0":
            yield replace(printed, number=int(other) * printed.step)


def swap_neighbours(text: str) -> Iterator[str]:
    """Yield the text with each two neighbouring characters swapped.

    >>> list(swap_neighbours("119"))
    ['119', '191']
    """
    for index in range(len(text) - 1):
        yield text[:index] + text[index + 1] + text[index] + text[index + 2 :]
