"""What is shown: the settings of a network, and what the user is about to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.explore.alphas import AlphaSteps
from mbcost.questions.explore.subject import Scope, count_classes, default_classes
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class Setting:
    """A network with its settings, and how it is counted. What is None is the table's own."""

    net: str
    alpha: float = 1.0
    resolution: tuple[int, int] | None = None
    implementation: str | None = None
    classes: int | None = None
    convention: str = "macs"
    by: str = "layer"
    """One row per layer, block or stage."""
    by_cost: bool = False
    """Whether the rows are sorted by their multiply-adds."""


@dataclass(frozen=True)
class State:
    """A setting, which slider has the focus, what is typed, and which row of the table is the first on the screen."""

    setting: Setting
    focus: str = "alpha"
    """One of `SLIDERS`."""
    entry: str = ""
    """The characters of a number that is not complete."""
    first: int = 0
    help_line: int | None = None
    """The first line of the help on the screen; None while the network is shown."""
    message: str = ""
    """What was wrong with the last key."""
    end: Literal["", "quit", "interrupted"] = ""
    """How the exploration ended; empty while it goes on."""


def resolve_setting(setting: Setting, scope: Scope) -> Network:
    """Return the network of a setting, as `mbcost table` does.

    Raises:
        MbcostError: it cannot be built.
    """
    subject = scope.find(setting.net)
    if subject.network is not None:
        return subject.network
    if subject.spec is None:
        raise MbcostError(subject.problem)
    return resolve(
        subject.spec,
        alpha=setting.alpha,
        resolution=setting.resolution,
        implementation=setting.implementation,
        classes=count_classes(subject.spec, setting.classes),
        in_channels=scope.settings.in_channels,
    )


def begin(network: Network, scope: Scope, convention: str) -> State:
    """Return the state that shows a network, which is that of the scope."""
    name = scope.own.name
    if scope.own.network is not None:
        return State(Setting(name, convention=convention), focus="convention")
    spec = network.spec
    setting = Setting(name, network.alpha, network.resolution, network.implementation, network.classes, convention)
    return State(normalize(setting, spec))


def normalize(setting: Setting, spec: Spec) -> Setting:
    """Return the same setting for a table, with None for all that is the table's own anyway.

    An implementation that the table does not have becomes its own, too: it was another network's.
    """
    is_default = setting.implementation in (None, spec.default_implementation)
    is_known = setting.implementation in spec.implementations
    return Setting(
        setting.net,
        setting.alpha,
        None if setting.resolution == spec.resolution else setting.resolution,
        setting.implementation if is_known and not is_default else None,
        None if setting.classes == default_classes(spec) or spec.classes is not None else setting.classes,
        setting.convention,
        setting.by,
        setting.by_cost,
    )


def alpha_steps(setting: Setting, scope: Scope) -> AlphaSteps | None:
    """Return the alphas at which the network of a setting differs; None if its numbers are fixed."""
    spec = scope.find(setting.net).spec
    if spec is None:
        return None
    channels = spec.channels if scope.settings.in_channels is None else scope.settings.in_channels
    rules = spec.implementation(setting.implementation or spec.default_implementation)
    return AlphaSteps(spec, rules, count_classes(spec, setting.classes), channels)
