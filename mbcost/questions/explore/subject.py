"""The networks that can be explored, and which of their settings can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_conventions, load_spec
from mbcost.spec.catalogue.reference import choose_top
from mbcost.spec.table import CLASSES, Spec

SLIDERS = ("alpha", "resolution", "classes", "implementation", "convention", "network")
"""What can be changed, from top to bottom of the screen."""
USUAL_CLASSES: Mapping[int, str] = {
    2: "yes or no", 10: "CIFAR-10", 100: "CIFAR-100", 1000: "ImageNet", 1001: "TF-slim", 21_841: "ImageNet-21k"
}  # fmt: skip
"""Numbers of classes in use, with the data sets or the programs that have them."""
FILE_IS_FIXED = "a file of a model has fixed numbers"
LIST_IS_FIXED = "a flat list of layers has fixed numbers"


@dataclass(frozen=True, eq=False)
class Subject:
    """A network by its name: a table, a network whose numbers are fixed, or one that cannot be read."""

    name: str
    spec: Spec | None = None
    """The table with the head that was asked for; None if there is none."""
    network: Network | None = None
    """The network itself, if its numbers are fixed."""
    problem: str = ""
    """Why it cannot be explored, in one line."""

    def why_fixed(self, slider: str) -> str:
        """Return why a slider cannot be moved; empty if it can."""
        if slider in ("convention", "network"):
            return ""
        if self.network is not None:
            return LIST_IS_FIXED if self.network.graph is None else FILE_IS_FIXED
        if self.spec is None:
            return "this network cannot be read"
        if slider != "classes" or (self.spec.has_classifier and self.spec.classes is None):
            return ""
        if self.spec.head:
            return f"the head {self.spec.head} decides"
        return "no row of the table is a classifier"


@dataclass(frozen=True, eq=False)
class Scope:
    """What stays the same while a user explores: the networks to choose from, and the options of the command line."""

    own: Subject
    """The network that the user named."""
    settings: Settings = field(default_factory=Settings)
    """The head, the channels of the input and the top of every table."""
    words: tuple[str, ...] = ()
    """The options of a fixed network, as words of a command line."""
    names: tuple[str, ...] = field(init=False)
    """The networks to choose from, the user's own first."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(dict.fromkeys((*self._own_names(), *NETWORKS))))

    def _own_names(self) -> tuple[str, ...]:
        return () if self.own.name in NETWORKS else (self.own.name,)

    def find(self, name: str) -> Subject:
        """Return the network called `name`, one of `names`."""
        if name == self.own.name:
            return self.own
        return load_subject(name, self.settings.head, top=self.settings.top)

    def list_choices(self, slider: str, name: str) -> tuple[str, ...]:
        """Return the words among which a slider chooses, for the network called `name`; none if it has numbers."""
        if slider == "network":
            return self.names
        if slider == "convention":
            return tuple(load_conventions())
        spec = self.find(name).spec
        if slider == "implementation" and spec is not None:
            return tuple(spec.implementations)
        return ()


@lru_cache(maxsize=64)
def load_subject(name: str, head: str | None, *, top: bool) -> Subject:
    """Return a built-in network with a head of its own, with `head` instead of it, or without a top."""
    try:
        return Subject(name, spec=choose_top(load_spec(name), head, top=top))
    except MbcostError as error:
        return Subject(name, problem=str(error))


def make_scope(name: str, network: Network, settings: Settings, words: tuple[str, ...]) -> Scope:
    """Return the scope in which `network`, which a command line describes, is explored.

    Args:
        name: the network's name or file, as typed, without the settings behind it.
        network: the network at these settings.
        settings: the settings of the command line.
        words: its options for a network whose numbers are fixed.
    """
    if network.spec.is_flat:
        return Scope(Subject(name, network=network), words=words)
    kept = Settings(head=settings.head, in_channels=settings.in_channels, top=settings.top)
    return Scope(Subject(name, spec=network.spec), kept)


def count_classes(spec: Spec, classes: int | None) -> int:
    """Return the number of classes of a table if a user asks for `classes`, or for none."""
    return spec.count_classes(None if spec.classes is not None else classes)


def default_classes(spec: Spec) -> int:
    """Return the number of classes of a table if a user asks for none."""
    return CLASSES if spec.classes is None else spec.classes
