"""Widths under alpha and an implementation's rules."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

from mbcost.errors import MbcostError
from mbcost.spec.implementation import EXACT, ChannelRule, Implementation
from mbcost.spec.operators import OWN_HEAD
from mbcost.spec.table import SQUEEZE_DIVISOR, Spec

LARGEST = 10**1000 - 1
"""The largest number of classes or channels. Python writes no integer with more than 4,300 digits, and a count
multiplies two of them."""


@dataclass(frozen=True)
class Scaling:
    """A spec's widths under alpha and an implementation's rules: the only computation that both witnesses share.

    A width is the printed number times alpha in float64, then rounded, as in the libraries.

    Raises:
        MbcostError: no network can be built with this alpha or this number of classes.
    """

    spec: Spec
    implementation: Implementation
    alpha: float
    classes: int

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_whole(self.classes, "classes")

    def output(self, stage: int, inputs: int) -> int:
        """Return the width that row `stage` has if it reads `inputs` channels.

        Raises:
            MbcostError: alpha is so small that no channel is left, or too large to count exactly.
        """
        row, role = self.spec.rows[stage], self.spec.role(stage) or ""
        if row.c == "k":
            return self.classes
        if row.c is None:
            return inputs
        printed = int(row.c)
        if row.operator in OWN_HEAD:
            return printed
        implementation = self.implementation
        rule = implementation.channels_of.get(role, implementation.channels)
        if role in implementation.width_from_input:
            return self._round(rule, inputs * implementation.width_from_input[role], stage)
        if role in implementation.unscaled_below and self.alpha < implementation.unscaled_below[role]:
            return printed
        return self._round(rule, printed * self.alpha, stage)

    def expanded(self, stage: int, inputs: int, *, first: bool) -> int:
        """Return the number of channels inside a bottleneck of row `stage`; `first` is the first of its repeats.

        Raises:
            MbcostError: alpha is so small that no channel is left, or too large to count exactly.
        """
        row, rule = self.spec.rows[stage], self.implementation.channels
        if row.t is not None:
            width = inputs * row.t
            return width if isinstance(width, int) else self._round(rule, width, stage)
        assert row.exp is not None, "parsing requires t or exp"
        if self.implementation.expansion == "printed":
            return self._round(rule, row.exp * self.alpha, stage)
        printed_input = self._printed_output(stage - 1) if first else int(row.c or 0)
        return self._round(rule, inputs * (row.exp / printed_input), stage)

    def squeezed(self, stage: int, inputs: int, expanded: int) -> int:
        """Return the number of channels between the two convolutions of squeeze-and-excite.

        Args:
            stage: the row.
            inputs: the channels that the block reads.
            expanded: the channels inside the block.

        Raises:
            MbcostError: alpha is so small that no channel is left.
        """
        width = inputs if self.implementation.squeeze_of == "input" else expanded
        return self._round(self.implementation.squeeze, width / SQUEEZE_DIVISOR, stage)

    def groups(self, stage: int, inputs: int, outputs: int) -> int:
        """Return the groups of row `stage`, whose grouped convolution has `inputs` and `outputs` channels.

        Raises:
            MbcostError: the groups do not divide the channels.
        """
        groups = self.spec.rows[stage].groups
        for channels, kind in ((inputs, "input"), (outputs, "output")):
            if channels % groups:
                raise self.spec.error(
                    stage, f"{groups} groups do not divide {channels} {kind} channels at alpha {self.alpha:g}"
                )
        return groups

    def _printed_output(self, stage: int) -> int:
        """Return the printed width of the last row up to `stage` that has one, or that of the input."""
        widths = (row.c for row in reversed(self.spec.rows[: stage + 1]) if isinstance(row.c, int))
        return next(widths, self.spec.channels)

    def _round(self, rule: ChannelRule, width: float, stage: int) -> int:
        try:
            return round_channels(rule, width, self.alpha)
        except MbcostError as error:
            raise self.spec.error(stage, str(error)) from None


def alpha_text(alpha: float) -> str:
    """Spell alpha with all its digits, a whole number without a decimal point.

    >>> alpha_text(1.0), alpha_text(0.123456789)
    ('1', '0.123456789')
    """
    return repr(float(alpha)).removesuffix(".0")


def check_alpha(alpha: float) -> None:
    """Check that a width multiplier is a positive, finite number.

    Raises:
        MbcostError: it is not.
    """
    if not (alpha > 0 and math.isfinite(alpha)):
        raise MbcostError(f"alpha is {alpha:g}: it must be a positive number")


def check_whole(number: int, name: str) -> int:
    """Return a count of at least 1 as a plain integer; `name` is its name in messages.

    Raises:
        MbcostError: the number is not whole, it is below 1, or it has more than 1,000 digits.

    >>> check_whole(3, "classes")
    3
    """
    try:
        whole = operator.index(number)
    except TypeError:
        raise MbcostError(f"{name} is {number!r}: it must be a whole number") from None
    if abs(whole) > LARGEST:
        raise MbcostError(f"{name} has more than 1,000 digits: use a smaller number")
    if whole < 1:
        raise MbcostError(f"{name} is {whole}: it must be at least 1")
    return whole


def round_channels(rule: ChannelRule, width: float, alpha: float) -> int:
    """Return the number of channels to which `rule` rounds `width`, a width that is already scaled by `alpha`.

    Raises:
        MbcostError: no channel is left, or float64 does not represent the width exactly.
    """
    if width > EXACT:
        if alpha <= 1:
            raise MbcostError("it is too wide to count exactly: use a smaller width or expansion")
        raise MbcostError(f"alpha {alpha:g} makes it too wide to count exactly: use a smaller alpha")
    channels = rule.round(width)
    if channels < 1:
        raise MbcostError(f"alpha {alpha:g} leaves it without channels: use a larger alpha")
    return channels
