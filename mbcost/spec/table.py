"""A network's printed table, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

from mbcost.errors import MbcostError, Position, Problem, SpecError, unknown
from mbcost.spec.implementation import Implementation
from mbcost.spec.operators import ON_VECTORS, TOPS
from mbcost.spec.shown import count, show

CLASSES = 1000
"""ImageNet's classes. TF-slim's released checkpoints have 1001, one more for the background."""
SQUEEZE_DIVISOR = 4
"""V3 paper, section 5.3: the squeeze has "1/4 of the number of channels in expansion layer"."""

LIBRARIES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("pytorch", "torch"), ("torchvision", "timm")),
    **dict.fromkeys(("tf", "tensorflow"), ("keras", "official")),
    **dict.fromkeys(("huggingface", "hugging-face", "hf"), ("transformers", "timm")),
    **dict.fromkeys(("paddle", "paddlepaddle"), ("paddleclas",)),
    **dict.fromkeys(("mxnet", "gluon"), ("gluoncv",)),
    **dict.fromkeys(("openmmlab", "mmcls", "mmclassification"), ("mmpretrain",)),
    "paper": ("article", "official"),
}
"""What people write when they mean an implementation -> the names that it can have."""


@dataclass(frozen=True)
class Row:
    """One row of the printed table, at alpha = 1, in the table's own letters."""

    stage: int
    operator: str
    k: tuple[int, int] | None = None
    """The kernel, if the table prints one; (0, 0) is a universal bottleneck without an inner depthwise layer."""
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
    """The kernel of a universal bottleneck's depthwise layer before the expansion; None if there is no such layer."""
    res: bool | None = None
    position: Position = field(default=(1, 1), compare=False, repr=False)
    """Line and column of the row in its file."""

    @property
    def kernel(self) -> tuple[int, int]:
        """The kernel; 3x3 if none is printed, as in the V1 and V2 papers."""
        return (3, 3) if self.k is None else self.k

    @property
    def keeps_map(self) -> bool:
        """Whether the row is a flattening without a grid: it reads the map as one vector, and averages nothing."""
        return self.operator == "flatten" and self.k is None

    @property
    def repeats(self) -> int:
        """How often the row is repeated; once if the cell is empty."""
        return 1 if self.n is None else self.n

    @property
    def stride(self) -> int:
        """The stride of the first repeat; 1 if the cell is empty."""
        return 1 if self.s is None else self.s

    @property
    def groups(self) -> int:
        """The groups of a convolution; 1 if the cell is empty."""
        return 1 if self.g is None else self.g

    @property
    def dilation(self) -> int:
        """The distance between the positions that a kernel reads; 1 if the cell is empty."""
        return 1 if self.d is None else self.d

    @cached_property
    def letters(self) -> Mapping[str, str]:
        """The printed cells by column, for display; an empty cell is an empty string."""
        others = ("stage", "operator", "position")
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in others}
        values["se"] = self.se or None
        return {letter: _cell_text(value) for letter, value in values.items()}


@dataclass(frozen=True)
class Spec:
    """A network as printed: its rows, its input, and the implementations that are known to build it."""

    name: str
    title: str
    source: str
    channels: int
    resolution: tuple[int, int]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    implementations: Mapping[str, Implementation] = field(hash=False)
    published_alphas: tuple[float, ...] = (1.0,)
    published_resolutions: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other names under which a built-in network is known."""
    remark: str = ""
    """What to know when the paper's totals are compared with these."""
    shown_as: str = "stages"
    """How the paper prints the table: `stages` (one line per row) or `layers` (one line per convolution)."""
    head: str = ""
    """The head that replaces the table's own, such as `512,bn,26`; empty for the table's own."""
    classes: int | None = None
    """The number of classes if the head states it; None if it can be chosen."""
    origin: str = field(default="", compare=False, repr=False)
    """The user's file, for messages; empty for a built-in network, which messages call by its name."""

    @property
    def display_title(self) -> str:
        """The title, or the name if the spec has no title."""
        return self.title or self.name

    @property
    def is_flat(self) -> bool:
        """Whether this is a flat list of layers, which states every number and so has no implementations."""
        return not self.implementations

    @property
    def default_implementation(self) -> str:
        """`official` if the spec has it, else the first of its implementations; empty for a list of layers."""
        return "official" if "official" in self.implementations else next(iter(self.implementations), "")

    def implementation(self, name: str) -> Implementation:
        """Return the implementation called `name`.

        Raises:
            MbcostError: this network has no implementation of this name.
        """
        if name not in self.implementations:
            raise self._unknown_implementation(str(name))
        return self.implementations[name]

    def _unknown_implementation(self, name: str) -> MbcostError:
        """Return the error for a name that no implementation has; a library is suggested by its framework's name."""
        parts = [part.strip() for part in name.split(",")]
        if len(parts) > 1 and all(part in self.implementations for part in parts):
            networks = " ".join(f"{self.name}:{part}" for part in parts)
            return MbcostError(f"a network has one implementation, not '{name}': compare {networks}")
        word = name.lower()  # one that is only similar, as torchvision is to torch, means something else
        libraries = tuple(library for library in LIBRARIES.get(word, ()) if library in self.implementations)
        meanings = {word: libraries} if libraries else {}
        return unknown(f"implementation of {self.name}", name, self.implementations, meanings)

    def error(self, stage: int, message: str) -> MbcostError:
        """Return the error that says what is wrong with a row, at the row's position in its file."""
        if self.origin:
            return SpecError([Problem(self.origin, *self.rows[stage].position, message)])
        return MbcostError(f"row {stage} of {self.name}: {message}")

    @property
    def has_classifier(self) -> bool:
        """Whether a row of the table has one output per class."""
        return any(row.c == "k" for row in self.rows)

    @property
    def has_top(self) -> bool:
        """Whether layers follow the last feature map."""
        return any(row.operator in ("global_pool", *ON_VECTORS) for row in self.rows)

    def count_classes(self, classes: int | None = None) -> int:
        """Return the number of classes: that of the head, or `classes`, or ImageNet's if neither states one.

        Raises:
            MbcostError: the head has a different number of classes.
        """
        if self.classes is None:
            return CLASSES if classes is None else classes
        if classes not in (None, self.classes):
            raise MbcostError(f"head '{self.head}' has {self.classes} classes, not {classes}: remove one of the two")
        return self.classes

    def role(self, stage: int) -> str | None:
        """Return the role of a row for implementations: `stem`, `last_conv` or `head`; None for any other row.

        The last convolution is the convolution before the global pool, even if the top is left out or if the map is
        flattened instead.
        """
        row = self.rows[stage]
        if stage == 0:
            return "stem"
        following = self.rows[stage + 1] if stage + 1 < len(self.rows) else None
        if row.operator == "conv" and (following is None or following.operator == "global_pool" or following.keeps_map):
            return "last_conv"
        if row.operator == "linear" and row.c != "k":
            return "head"
        return None

    def without_top(self) -> Spec:
        """Return the network without its top: the global pool or the flattening, and the rows after it.

        Raises:
            MbcostError: the table has no top.
        """
        return replace(self, rows=self.rows[: self.find_top()])

    def find_top(self) -> int:
        """Return the stage of the row that turns the last feature map into a vector.

        Raises:
            MbcostError: the table has no such row.
        """
        tops = [row.stage for row in self.rows if row.operator in TOPS]
        if not tops:
            raise MbcostError(f"{self.name} has no global_pool row, so it has no top to leave out")
        return tops[0]

    def __repr__(self) -> str:
        return show(self, f"{self.name}, {self.display_title}, {count(self.rows, 'row')}")


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if value == (0, 0):
        return "0"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
