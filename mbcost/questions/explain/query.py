"""From printed numbers, and what is known of their network, to a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mbcost.analytic.reference import Settings
from mbcost.errors import MbcostError
from mbcost.questions.explain.facts import Fact, Query
from mbcost.questions.explain.readings import list_readings_of
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.catalogue.reference import Reference, choose_top, parse_reference, pick_setting, scale_resolution
from mbcost.spec.printed import Printed, parse_printed
from mbcost.spec.scaling import check_alpha, check_whole

SMALLEST = 1000
"""No network costs less than this: a smaller number is in thousands, millions or billions."""


@dataclass(frozen=True)
class Claim:
    """What one row claims of its network, and its numbers, each with its quantity."""

    alpha: float | None
    resolution: tuple[int, int] | None
    numbers: tuple[tuple[str | None, Printed], ...]
    row: int = 1
    """The number of the row; the first row below the header is 1."""


def make_query(
    net: str | None,
    claims: Sequence[Claim],
    settings: Settings,
    convention: str | None = None,
    *,
    deep: bool = False,
    force: bool = False,
) -> Query:
    """Return the query about the claims on one network; the reference and the settings hold for all of them.

    Args:
        net: a reference to the network; None if it is open.
        claims: the numbers, with what their rows state.
        settings: what is known besides.
        convention: the name of the convention that counts the numbers; None if it is open.
        deep: whether to try two mistakes at once, every way to count, and changed rows.
        force: whether the search may need much memory.

    Raises:
        MbcostError: two of them contradict each other, or there is no such network or convention.
    """
    reference = Reference("") if net is None else parse_reference(net)
    for name, is_given in (
        ("head", settings.head is not None),
        ("rho", settings.rho is not None),
        ("no-top", not settings.top),
    ):
        if net is None and is_given:
            raise MbcostError(f"{name} is given without a network: name the network")
    spec = None
    if net is not None:
        spec = choose_top(load_spec(reference.name), settings.head, settings.classes, top=settings.top)
    text = net or "the table"
    alpha = pick_setting("alpha", text, reference.alpha, settings.alpha)
    size = settings.resolution
    if settings.rho is not None and spec is not None:
        if size is not None or reference.resolution is not None:
            raise MbcostError("rho and a resolution are both given: remove one")
        size = scale_resolution(spec, settings.rho)
    resolution = pick_setting("the resolution", text, reference.resolution, size)
    implementation = pick_setting("the implementation", text, reference.implementation, settings.implementation)
    if alpha is not None:
        check_alpha(alpha)
    if spec is not None and implementation is not None:
        spec.implementation(implementation)
    for value, name in ((settings.classes, "classes"), (settings.in_channels, "in-channels")):
        if value is not None:
            check_whole(value, name)
    facts = tuple(
        Fact(
            printed,
            quantity or printed.quantity,
            alpha if claim.alpha is None else claim.alpha,
            resolution if claim.resolution is None else claim.resolution,
            claim.row,
        )
        for claim in claims
        for quantity, printed in claim.numbers
    )
    counted = () if convention is None else list_readings_of(load_convention(convention).name)
    classes = settings.classes if spec is None or spec.classes is None else spec.classes
    return Query(facts, spec, implementation, classes, settings.in_channels, deep, counted=counted, force=force)


def parse_number(text: str, quantity: str | None) -> Printed:
    """Return a number as people print it, with an optional prefix and unit; of `quantity`, if that is given.

    Raises:
        MbcostError: the text is not a number, or it is so small that its unit must be missing.
    """
    if quantity == "activation_bytes":  # the unit says bytes, but not of what
        return replace(parse_printed(text, "bytes"), quantity=quantity)
    printed = parse_printed(text, quantity)
    if printed.number < SMALLEST and printed.quantity != "bytes":
        shown = printed.text
        raise MbcostError(f"{shown} has no unit: write it as it is printed, such as {shown}M for millions, or {shown}G")
    return printed
