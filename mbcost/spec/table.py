"""A network's printed table and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mbcost.errors import MbcostError, Position, Problem, SpecError, unknown
from mbcost.spec.implementation import Implementation

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
    position: Position = field(default=(1, 1), compare=False, repr=False)
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
    def is_flat(self) -> bool:
        """Whether this is a flat list of layers, which states every number and so has no implementations."""
        return not self.implementations

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
            return SpecError([Problem(self.origin, *self.rows[stage].position, message)])
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
