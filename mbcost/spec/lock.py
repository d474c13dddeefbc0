"""The content of a lock file: the costs of networks at one moment, and the budgets that they must not exceed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FORMAT = 1
"""The version of the format of lock files."""
COLUMNS = ("layer", "operator", "kernel", "stride", "groups", "output", "params", "mult-adds")
"""The columns of the rows of a locked network. All but the name and the two counts are text, empty if it has none."""
TEXTS = COLUMNS[:6]
LIMITS = ("max-params", "max-mult-adds", "max-peak", "max-flash", "max-latency")
"""The keys of a budget that are limits."""


@dataclass(frozen=True)
class LockedLayer:
    """A layer: a row of a cost table."""

    texts: tuple[str, ...]
    """The cells of `TEXTS`: the name, then what the layer is."""
    params: int
    mult_adds: int
    line: int = field(default=0, compare=False)
    """The line of the lock file; 0 if it was computed."""

    @property
    def name(self) -> str:
        """The name in the cost table, such as `2.1.expand`."""
        return self.texts[0]


@dataclass(frozen=True)
class LockedNetwork:
    """A network and its costs."""

    name: str
    """The reference, as somebody typed it."""
    params: int
    mult_adds: int
    peak: int | None
    """Bytes of the peak memory; None if the network does not have one, as a flat list of layers."""
    flash: int | None
    """Bytes of flash; None if they are not known."""
    layers: tuple[LockedLayer, ...]
    not_counted: Mapping[str, int] = field(default_factory=dict)
    """The operators that are not counted, each with how many there are."""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Terms:
    """How the costs of a lock are counted."""

    convention: str = "macs"
    allocator: str = "naive"
    dtype: str = "int8"


@dataclass(frozen=True)
class Limit:
    """A limit of a budget."""

    key: str
    """One of `LIMITS`."""
    value: float
    """In the unit of the quantity: a count, bytes or milliseconds."""
    text: str
    """As it is written, such as `320KiB`."""
    file: str = field(compare=False)
    line: int = field(compare=False)
    column: int = field(compare=False)


@dataclass(frozen=True)
class Budget:
    """Limits, and how the quantities are computed; None is what the budget does not say."""

    limits: tuple[Limit, ...] = ()
    allocator: str | None = None
    dtype: str | None = None
    device: str | None = None
    allow_unknown: tuple[str, ...] = ()
    """The operators that need not be counted."""


@dataclass(frozen=True)
class Budgets:
    """The budgets of one file."""

    general: Budget = Budget()
    """For every network, unless the network has a limit of its own."""
    own: Mapping[str, Budget] = field(default_factory=dict)
    """By network."""

    def choose(self, network: str) -> Budget:
        """Return the budget of a network: its own limits, and the general ones for which it has none."""
        own = self.own.get(network, Budget())
        keys = {limit.key for limit in own.limits}
        return Budget(
            (*own.limits, *(limit for limit in self.general.limits if limit.key not in keys)),
            own.allocator or self.general.allocator,
            own.dtype or self.general.dtype,
            own.device or self.general.device,
            (*own.allow_unknown, *self.general.allow_unknown),
        )


@dataclass(frozen=True)
class Lock:
    """A lock file."""

    terms: Terms
    networks: Mapping[str, LockedNetwork]
    written_by: str
    """The version of mbcost that wrote it."""
    budgets: Budgets = Budgets()
    kept: str = ""
    """The text of the section `budgets` with its comments, which a new lock keeps."""
