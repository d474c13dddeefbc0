"""The counting conventions as a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mbcost.present.cost.counts import coefficients_text
from mbcost.present.table import Column, Table, build_table
from mbcost.spec.convention import BlindSpot, Convention


def as_table(conventions: Iterable[Convention]) -> Table:
    """Return one row per convention, and notes on what the tools silently count differently."""
    columns: tuple[Column[Convention], ...] = (
        Column("convention", "convention", lambda convention: convention.name),
        Column("title", "title", lambda convention: convention.title, spare=2),
        Column("params", "params", lambda convention: coefficients_text(convention.params_coefficients), spare=1),
        Column("mult_adds", "mult-adds", lambda convention: coefficients_text(convention.mult_adds_coefficients)),
        Column("proved", "proved with", lambda convention: ", ".join(convention.proved), spare=3),
    )
    listed = tuple(conventions)
    notes = [
        "macs: multiply-accumulates of convolution and linear layers; a norm is plain, or fused with its activation",
        "what tools count differently on a library's own models:",
        *(f"{convention.name} on {models(spot)}: {spot.says}" for convention in listed for spot in convention.blind),
    ]
    return build_table("Who counts what", columns, listed, notes=notes)


def as_json(conventions: Iterable[Convention]) -> dict[str, Any]:
    """Return the object of `mbcost conventions --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/conventions/1",
        "conventions": [_convention_json(convention) for convention in conventions],
    }


def models(spot: BlindSpot) -> str:
    """Name the models of a blind spot: `timm's own v3-large, v3-small`."""
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
