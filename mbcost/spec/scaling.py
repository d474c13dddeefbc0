"""Widths under alpha and an implementation's rules."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

from mbcost.errors import MbcostError
from mbcost.spec.implementation import EXACT, ChannelRule, Implementation
from mbcost.spec.table import SQUEEZE_DIVISOR, Spec


@dataclass(frozen=True)
class Scaling:
    """A spec's widths under alpha and an implementation's rules: the one thing both witnesses are told alike.

    A width is the printed number times alpha in float64, then rounded, as the libraries do it.

    Raises:
        MbcostError: alpha or the number of classes is not one that a network can be built with.
    """

    spec: Spec
    implementation: Implementation
    alpha: float
    classes: int

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_whole(self.classes, "classes")

    def output(self, stage: int, inputs: int) -> int:
        """Output channels of row `stage`, given the channels it reads.

        Raises:
            MbcostError: alpha is so small that no channel is left, or too large to count exactly.
        """
        row, role = self.spec.rows[stage], self.spec.role(stage) or ""
        if row.c == "k":
            return self.classes
        if row.c is None:
            return inputs
        printed = int(row.c)
        implementation = self.implementation
        rule = implementation.channels_of.get(role, implementation.channels)
        if role in implementation.width_from_input:
            return self._channels(rule, inputs * implementation.width_from_input[role], stage)
        if role in implementation.unscaled_below and self.alpha < implementation.unscaled_below[role]:
            return printed
        return self._channels(rule, printed * self.alpha, stage)

    def expanded(self, stage: int, inputs: int, *, first: bool) -> int:
        """Channels inside a bottleneck of row `stage`; `first` is the first of the row's repeats.

        Raises:
            MbcostError: alpha is so small that no channel is left, or too large to count exactly.
        """
        row, rule = self.spec.rows[stage], self.implementation.channels
        if row.t is not None:
            width = inputs * row.t
            return width if isinstance(width, int) else self._channels(rule, width, stage)
        assert row.exp is not None, "parsing requires t or exp"
        if self.implementation.expansion == "printed":
            return self._channels(rule, row.exp * self.alpha, stage)
        printed_input = self._printed_output(stage - 1) if first else int(row.c or 0)
        return self._channels(rule, inputs * (row.exp / printed_input), stage)

    def squeezed(self, stage: int, inputs: int, expanded: int) -> int:
        """Channels between the two convolutions of squeeze-and-excite, of a block with so many inputs.

        Raises:
            MbcostError: alpha is so small that no channel is left.
        """
        width = inputs if self.implementation.squeeze_of == "input" else expanded
        return self._channels(self.implementation.squeeze, width / SQUEEZE_DIVISOR, stage)

    def groups(self, stage: int, inputs: int, outputs: int) -> int:
        """Groups of the grouped convolution of row `stage`, which has so many input and output channels.

        Raises:
            MbcostError: they do not divide the channels.
        """
        groups = self.spec.rows[stage].groups
        for channels, kind in ((inputs, "input"), (outputs, "output")):
            if channels % groups:
                raise self.spec.error(
                    stage, f"{groups} groups do not divide {channels} {kind} channels at alpha {self.alpha:g}"
                )
        return groups

    def _printed_output(self, stage: int) -> int:
        while stage >= 0:
            width = self.spec.rows[stage].c
            if isinstance(width, int):
                return width
            stage -= 1
        return self.spec.channels

    def _channels(self, rule: ChannelRule, width: float, stage: int) -> int:
        try:
            return scale_channels(rule, width, self.alpha)
        except MbcostError as error:
            raise self.spec.error(stage, str(error)) from None


def alpha_text(alpha: float) -> str:
    """Alpha to its last digit, a whole one without a point.

    >>> alpha_text(1.0), alpha_text(0.123456789)
    ('1', '0.123456789')
    """
    return repr(float(alpha)).removesuffix(".0")


def check_alpha(alpha: float) -> None:
    """Refuse a width multiplier that is none.

    Raises:
        MbcostError: it is not a positive, finite number.
    """
    if not (alpha > 0 and math.isfinite(alpha)):
        raise MbcostError(f"alpha is {alpha:g}: it must be a positive number")


def check_whole(number: int, what: str) -> int:
    """A count of at least 1 as a plain integer; `what` names it in messages.

    Raises:
        MbcostError: it is no whole number, or below 1.

    >>> check_whole(3, "classes")
    3
    """
    try:
        whole = operator.index(number)
    except TypeError:
        raise MbcostError(f"{what} is {number!r}: it must be a whole number") from None
    if whole < 1:
        raise MbcostError(f"{what} is {whole}: the least is 1")
    return whole


def scale_channels(rule: ChannelRule, width: float, alpha: float) -> int:
    """The channels that `rule` makes of a width scaled by `alpha`.

    Raises:
        MbcostError: no channel is left, or float64 does not hold the width exactly.
    """
    if width > EXACT:
        if alpha <= 1:
            raise MbcostError("it is too wide to count exactly: use a smaller width or expansion")
        raise MbcostError(f"alpha {alpha:g} makes it too wide to count exactly: use a smaller alpha")
    channels = rule.round(width)
    if channels < 1:
        raise MbcostError(f"alpha {alpha:g} leaves it without channels: use a larger alpha")
    return channels
