"""A network's printed table and where it comes from."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mbcost.errors import MbcostError, Problem, SpecError, unknown
from mbcost.spec.implementation import EXACT, ChannelRule, Implementation

CLASSES = 1000
"""ImageNet's classes. TF-slim's released checkpoints have 1001, one more for the background."""
TOPS = ("global_pool", "flatten")
"""Operators that make one vector of a map: what follows is fully connected."""
SQUEEZE_DIVISOR = 4
"""V3 paper, section 5.3: the squeeze is "1/4 of the number of channels in expansion layer"."""


@dataclass(frozen=True)
class Row:
    """One row of the printed table, at alpha = 1, in the table's own letters."""

    stage: int
    operator: str
    k: tuple[int, int] | None = None
    """The kernel, where the table prints one; (0, 0) is a universal bottleneck without a depthwise layer inside."""
    t: int | float | None = None
    exp: int | None = None
    c: int | str | None = None
    """Output channels; "k" stands for the number of classes, as in the papers."""
    n: int | None = None
    s: int | None = None
    se: bool = False
    nl: str | None = None
    g: int | None = None
    d: int | None = None
    a: tuple[int, int] | None = None
    """The kernel of a universal bottleneck's depthwise layer before the expansion; None where there is none."""
    res: bool | None = None
    place: tuple[int, int] = field(default=(1, 1), compare=False, repr=False)
    """Line and column of the row in its file."""

    @property
    def kernel(self) -> tuple[int, int]:
        """The kernel: 3x3 where none is printed, as the V1 and V2 papers have it."""
        return (3, 3) if self.k is None else self.k

    @property
    def repeats(self) -> int:
        """How often the row is repeated; an empty cell means once."""
        return 1 if self.n is None else self.n

    @property
    def stride(self) -> int:
        """The stride of the first repeat; an empty cell means 1."""
        return 1 if self.s is None else self.s

    @property
    def groups(self) -> int:
        """Groups of a convolution; an empty cell means 1."""
        return 1 if self.g is None else self.g

    @property
    def dilation(self) -> int:
        """Distance of the positions that a kernel reads; an empty cell means 1."""
        return 1 if self.d is None else self.d

    @property
    def letters(self) -> dict[str, str]:
        """The printed cells by column name, for display; an empty cell is an empty string."""
        values = {
            "t": self.t, "exp": self.exp, "c": self.c, "n": self.n, "s": self.s, "nl": self.nl, "g": self.g, "d": self.d
        }  # fmt: skip
        cells = {letter: "" if value is None else str(value) for letter, value in values.items()}
        kernels = {"k": "x".join(map(str, self.k or ())), "a": "x".join(map(str, self.a or ()))}
        if self.k == (0, 0):
            kernels["k"] = "0"
        flags = {"se": "yes" if self.se else "", "res": "" if self.res is None else "yes" if self.res else "no"}
        return {**cells, **kernels, **flags}


@dataclass(frozen=True)
class Spec:
    """A network as printed: rows, input and the implementations that are known to build it."""

    name: str
    title: str
    source: str
    channels: int
    resolution: tuple[int, int]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    implementations: Mapping[str, Implementation]
    published_alphas: tuple[float, ...] = (1.0,)
    published_resolutions: tuple[int, ...] = ()
    remark: str = ""
    """What to know when the paper's totals are compared with these."""
    shown_as: str = "stages"
    """How the paper prints the table: `stages` (one line a row) or `layers` (one line a convolution)."""
    origin: str = field(default="", compare=False, repr=False)
    """The user's file, for messages; a built-in network goes by its name."""

    @property
    def display_title(self) -> str:
        """The title, or the name where the spec has none."""
        return self.title or self.name

    @property
    def default_implementation(self) -> str:
        """`official` where the spec has it, else the first of its implementations."""
        return "official" if "official" in self.implementations else next(iter(self.implementations))

    def implementation(self, name: str) -> Implementation:
        """The record called `name`.

        Raises:
            MbcostError: this network has no such implementation.
        """
        if name not in self.implementations:
            raise unknown(f"implementation of {self.name}", name, self.implementations)
        return self.implementations[name]

    def error(self, stage: int, message: str) -> MbcostError:
        """The error that a row makes impossible what was asked for, at the row's place in its file."""
        if self.origin:
            return SpecError([Problem(self.origin, *self.rows[stage].place, message)])
        return MbcostError(f"row {stage} of {self.name}: {message}")

    def role(self, stage: int) -> str | None:
        """What implementations call the row: `stem`, `last_conv`, `head` or nothing special.

        The last convolution is the one before the global pool, and stays it where the top is left out.
        """
        row = self.rows[stage]
        if stage == 0:
            return "stem"
        following = self.rows[stage + 1].operator if stage + 1 < len(self.rows) else "global_pool"
        if row.operator == "conv" and following == "global_pool":
            return "last_conv"
        if row.operator == "linear" and row.c != "k":
            return "head"
        return None

    def without_top(self) -> Spec:
        """The same network without the global pool, or the flattening in its place, and what follows it.

        Raises:
            MbcostError: the table has no global pool.
        """
        tops = [row.stage for row in self.rows if row.operator in TOPS]
        if not tops:
            raise MbcostError(f"{self.name} has no global_pool row, so it has no top to leave out")
        return replace(self, rows=self.rows[: tops[0]])


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
        if row.operator == "flatten":
            return inputs * row.kernel[0] * row.kernel[1]
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
            return scaled_channels(rule, width, self.alpha)
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


def scaled_channels(rule: ChannelRule, width: float, alpha: float) -> int:
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
