"""From printed numbers, and what is known of their network, to a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mbcost.errors import MbcostError
from mbcost.questions.explain.facts import Fact, Query
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.reference import Reference, choose_top, parse_reference, pick_setting
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


@dataclass(frozen=True)
class Known:
    """What is known of the network for all numbers, besides its reference; None is open."""

    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    implementation: str | None = None
    classes: int | None = None
    head: str | None = None
    in_channels: int | None = None


def make_query(
    net: str | None, claims: Sequence[Claim], known: Known, *, deep: bool = False, force: bool = False
) -> Query:
    """Return the query about the claims on one network; the reference and what is known hold for all of them.

    Args:
        net: a reference to the network; None if it is open.
        claims: the numbers, with what their rows state.
        known: what is known besides.
        deep: whether to try two mistakes at once, every way to count, and changed rows.
        force: whether the search may need much memory.

    Raises:
        MbcostError: two of them contradict each other, or there is no such network.
    """
    reference = Reference("") if net is None else parse_reference(net)
    if net is None and known.head is not None:
        raise MbcostError("head is given without a network: name the network that has the head")
    spec = None if net is None else choose_top(load_spec(reference.name), known.head, known.classes)
    text = net or "the table"
    alpha = pick_setting("alpha", text, reference.alpha, known.alpha)
    resolution = pick_setting("the resolution", text, reference.resolution, known.resolution)
    implementation = pick_setting("the implementation", text, reference.implementation, known.implementation)
    if alpha is not None:
        check_alpha(alpha)
    if spec is not None and implementation is not None:
        spec.implementation(implementation)
    for value, name in ((known.classes, "classes"), (known.in_channels, "in-channels")):
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
    classes = known.classes if spec is None or spec.classes is None else spec.classes
    return Query(facts, spec, implementation, classes, known.in_channels, deep, force=force)


def parse_number(text: str, quantity: str | None) -> Printed:
    """Return a number as people print it, with an optional prefix and unit; of `quantity`, if that is known.

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
