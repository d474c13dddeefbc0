"""The counting conventions as a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mbcost.present.cost.counts import in_words
from mbcost.present.table import Column, Table
from mbcost.spec.convention import BlindSpot, Convention


def as_table(conventions: Iterable[Convention]) -> Table:
    """One row a convention, and below what tools silently count otherwise."""
    columns = (
        Column[Any]("convention", "convention"),
        Column[Any]("title", "title", spare=2),
        Column[Any]("params", "params", spare=1),
        Column[Any]("mult_adds", "mult-adds"),
        Column[Any]("proved", "proved with", spare=3),
    )
    known = tuple(conventions)
    rows = tuple(
        (
            each.name,
            each.title,
            in_words(each.params_coefficients),
            in_words(each.mult_adds_coefficients),
            ", ".join(each.proved),
        )
        for each in known
    )
    silent = (f"{each.name} on {models(spot)}: {spot.says}" for each in known for spot in each.blind)
    return Table(
        "Who counts what",
        columns,
        rows,
        notes=(
            "macs: multiply-accumulates of convolution and linear layers; a norm is plain or fused with its activation",
            "what tools count otherwise on a library's own models:",
            *silent,
        ),
    )


def as_json(conventions: Iterable[Convention]) -> dict[str, Any]:
    """The object of `mbcost conventions --format json`, described in docs/json.md."""
    return {"schema": "mbcost/conventions/1", "conventions": [_convention_json(each) for each in conventions]}


def models(spot: BlindSpot) -> str:
    """`timm's own v3-large, v3-small`."""
    return f"{spot.models}'s own " + (", ".join(sorted(spot.networks)) or "models")


def _convention_json(convention: Convention) -> dict[str, Any]:
    return {
        "name": convention.name,
        "title": convention.title,
        "source": convention.source,
        "proved": list(convention.proved),
        "earlier": convention.earlier,
        "params": dict(convention.params_coefficients),
        "mult_adds": dict(convention.mult_adds_coefficients),
        "blind": [_spot_json(spot) for spot in convention.blind],
    }


def _spot_json(spot: BlindSpot) -> dict[str, Any]:
    params, mult_adds = spot.params_coefficients, spot.mult_adds_coefficients
    return {
        "models": spot.models,
        "networks": sorted(spot.networks),
        "says": spot.says,
        "without": sorted(spot.without),
        "keeps_params": spot.keeps_params,
        "params": None if params is None else dict(params),
        "mult_adds": None if mult_adds is None else dict(mult_adds),
        "partial": sorted(spot.partial),
        "fails": spot.fails,
    }
