"""A network with its costs: by reference, as the command line reads it, or from a spec."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from typing import Annotated

from mbcost.analytic import network as analytic
from mbcost.analytic.reference import Settings
from mbcost.errors import MbcostError, UnknownWord, choose
from mbcost.present.cost.table import as_table
from mbcost.present.records import Value, list_records
from mbcost.python.arguments import checked, wrong_argument
from mbcost.python.notebooks import show_html
from mbcost.questions import networks as networks_of
from mbcost.questions.cost.table import GROUPINGS, tabulate_costs
from mbcost.questions.networks import Asked
from mbcost.spec.catalogue import library
from mbcost.spec.catalogue.library import NETWORKS, as_convention
from mbcost.spec.catalogue.reference import parse_rho
from mbcost.spec.convention import Convention
from mbcost.spec.scaling import check_whole
from mbcost.spec.table import Spec

NetworkLike = Annotated[
    str | os.PathLike[str] | analytic.Network, "a reference such as 'v2@0.75/160', a path or a Network"
]
"""A reference such as `v2@0.75/160:torchvision`, the path of a YAML file or of a file of a model, the name of a factory
such as `torchvision.models:mobilenet_v2`, or a network itself."""
Size = Annotated[int | tuple[int, int], "a whole number or (height, width)"]
"""Height and width in pixels; one number stands for both."""
load_spec = checked(library.load_spec)


class Network(analytic.Network):
    """The layers of a network at one alpha and one resolution, with their costs.

    `.layers` are its layers in order, `.steps` the same, grouped into the rows of a cost table, and `.tally()` its raw
    counts. In a notebook it is shown as its cost table.

    >>> network("v2@0.75/160")
    <Network v2@0.75/160:official: 2,636,424 params, 107,295,200 mult-adds (convention macs)>
    """

    @checked
    def table(self, by: str = "layer", convention: Convention | str | None = None) -> list[dict[str, Value]]:
        """Return the rows of the cost table as plain dicts, with the columns of `mbcost table --format csv`.

        Args:
            by: one row per `layer`, `block` or `stage`.
            convention: how params and mult-adds are counted, a convention or its name; by default `macs`.

        Raises:
            MbcostError: the grouping or the convention is unknown.

        >>> rows = network("v2").table(by="stage")
        >>> rows[0]["params"], rows[0]["output"]
        (928, (112, 112, 32))
        """
        grouping = _choose_grouping(by)
        return list_records(as_table(tabulate_costs(self, as_convention(convention), grouping)))

    def _repr_html_(self) -> str:
        """Return the cost table as HTML, which notebooks show."""
        return str(show_html(self))


@checked
def network(
    net: NetworkLike,
    *,
    alpha: float | None = None,
    resolution: Size | None = None,
    rho: float | Fraction | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
    inputs: Mapping[str, Sequence[int]] | None = None,
    arguments: Mapping[str, object] | None = None,
) -> Network:
    """Return the network that a reference means, as the commands read it, completed by the settings.

    Args:
        net: `NAME@ALPHA/RES:IMPL`, of which everything but the name can be left out, such as `v2`, `mobilenet_v2@0.75`
            or `net.yaml/160`; the path of a YAML file, or of a file of a model such as `net.onnx`; a factory such as
            `torchvision.models:mobilenet_v2`; or a network, which no setting can change.
        alpha: the width multiplier; by default 1.
        resolution: height and width of the input in pixels; by default the table's own.
        rho: the resolution multiplier, instead of a resolution.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: the outputs of the classifier; by default 1000.
        head: your own head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the input; by default the table's own.
        top: whether the network has the global pool and what follows it.
        inputs: the shapes of inputs that a file of a model leaves open, such as `{"image": (1, 3, 224, 224)}`.
        arguments: the arguments of a factory.

    Returns:
        The network. Of a file, `.not_counted` are the operators that are not known, so that its totals leave them out.

    Raises:
        MissingLibrary: what reads the file is not installed.
        MbcostError: the reference and the settings contradict each other or do not describe a network.

    >>> network("v2@0.75/160:torchvision", classes=10).params()
    1368234
    >>> network("v1", alpha=0.5, rho=0.714, top=False).mult_adds()
    76012800
    """
    settings = make_settings(
        alpha=alpha, resolution=resolution, rho=rho, implementation=implementation, classes=classes, head=head,
        in_channels=in_channels, top=top,
    )  # fmt: skip
    return resolve_network(net, settings, inputs, arguments)


@checked
def resolve(
    spec: Spec,
    *,
    alpha: float = 1.0,
    resolution: Size | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    in_channels: int | None = None,
) -> Network:
    """Return the network of a spec under width multiplier `alpha` at `resolution`.

    Args:
        spec: the printed table, from `load_spec`.
        alpha: the width multiplier, a positive number.
        resolution: height and width of the input in pixels, one number for both; by default the spec's own.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: the outputs of the classifier; by default those of the spec's own head, else ImageNet's 1000.
        in_channels: the channels of the input; by default the spec's own.

    Raises:
        MbcostError: no network can be built with an argument, or the spec does not have the implementation.

    >>> from mbcost import load_spec
    >>> resolve(load_spec("v2"), alpha=0.75, resolution=160).mult_adds()
    107295200
    """
    return _show(
        analytic.resolve(
            spec,
            alpha=as_alpha(alpha),
            resolution=None if resolution is None else as_sides(resolution),
            implementation=implementation,
            classes=classes,
            in_channels=in_channels,
        )
    )


def networks() -> tuple[str, ...]:
    """Return the names of the built-in networks, in the order of `mbcost nets`.

    >>> networks()[:3]
    ('v1', 'v1-standard', 'v2')
    """
    return NETWORKS


def make_settings(
    *,
    alpha: float | None = None,
    resolution: Size | None = None,
    rho: float | Fraction | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
) -> Settings:
    """Return the settings that a caller gives.

    Raises:
        MbcostError: alpha is too large, or rho is not positive.
    """
    return Settings(
        alpha=None if alpha is None else as_alpha(alpha),
        resolution=None if resolution is None else as_sides(resolution),
        rho=None if rho is None else as_rho(rho),
        implementation=implementation,
        classes=classes,
        head=head,
        in_channels=in_channels,
        top=top,
    )


def resolve_network(
    net: NetworkLike,
    settings: Settings,
    inputs: Mapping[str, Sequence[int]] | None = None,
    arguments: Mapping[str, object] | None = None,
) -> Network:
    """Return the network that a reference, a path or a network means, completed by the settings.

    Raises:
        MissingLibrary: what reads the file is not installed.
        MbcostError: they contradict each other or do not describe a network.
    """
    if not isinstance(net, analytic.Network):
        shapes = {name: tuple(check_whole(side, name) for side in shape) for name, shape in (inputs or {}).items()}
        return _show(networks_of.resolve_network(as_text(net), Asked(settings, shapes, arguments or {})))
    if settings != Settings() or inputs or arguments:
        raise MbcostError(f"{net!r} has its settings already: give a reference such as 'v2' instead")
    return _show(net)


def as_text(net: str | os.PathLike[str]) -> str:
    """Return a reference as text; a path means a file, also if a built-in network has its name."""
    return net if isinstance(net, str) else os.path.join(os.curdir, net)  # noqa: PTH118  # a Path drops the dot


def as_sides(resolution: Size) -> tuple[int, int]:
    """Return height and width; whether they are positive is checked where the network is built."""
    return resolution if isinstance(resolution, tuple) else (resolution, resolution)


def as_alpha(alpha: float) -> float:
    """Return a width multiplier; whether a network can be built with it is checked where it is built.

    Raises:
        MbcostError: it is too large.
    """
    try:
        return float(alpha)
    except OverflowError:
        raise MbcostError("alpha is too large: it must be a number such as 0.75") from None


def as_rho(rho: float | Fraction) -> Fraction:
    """Return a resolution multiplier as an exact fraction.

    Raises:
        MbcostError: it is not positive.
    """
    if isinstance(rho, Fraction) and rho > 0:
        return rho
    try:
        return parse_rho(str(rho))
    except ValueError:  # Python writes no integer with more than 4,300 digits
        raise wrong_argument(rho, "rho", "a positive number such as 0.714") from None


def _choose_grouping(by: str) -> str:
    """Return the grouping that a word means.

    Raises:
        MbcostError: it means none of them.
    """
    try:
        return choose("grouping", by, GROUPINGS)
    except UnknownWord as error:
        if by in library.load_conventions():
            raise MbcostError(f"{error}; a convention is given as convention={by!r}") from None
        raise


def _show(net: analytic.Network) -> Network:
    """Return the network with the methods that show it."""
    return Network(**{field.name: getattr(net, field.name) for field in fields(net)})
