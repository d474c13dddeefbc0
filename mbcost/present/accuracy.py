"""Estimated accuracies, and the errors of what they rest on, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mbcost.present.estimates import ERROR_DIGITS, accuracy_cell, round_json
from mbcost.present.names import (
    alpha_cell,
    describe,
    implementation_cell,
    name_text,
    network_text,
    own_alpha_cell,
    reference_text,
    resolution_cell,
)
from mbcost.present.table import Cell, Column, Share, Table, build_table, decimal_cell
from mbcost.questions.accuracy.estimate import Accuracy, AccuracyEstimate
from mbcost.questions.accuracy.fitting import PROMISED
from mbcost.questions.accuracy.surface import LeftOut, Surface
from mbcost.spec.catalogue.checkpoints import Checkpoint, Recipe
from mbcost.spec.shown import count

MEANING = "top-1: ImageNet accuracy of a single crop, 1000 classes, if the network is trained with the recipe"
INTERVAL = f"low, high: the {PROMISED}% interval, from the errors of left-out checkpoints"
RELEASED = "released: a checkpoint of exactly this network is released, and the accuracy is the published one"
LEFT_OUT_NOTE = "in percentage points of top-1; coverage: the share of left-out checkpoints inside their interval"


def as_table(answer: Accuracy) -> Table:
    """Return one row per network, or one per surface if no network was asked for."""
    if not answer.estimates:
        return _tabulate_surfaces(answer.surfaces)
    columns: tuple[Column[AccuracyEstimate], ...] = (
        Column("network", "network", lambda row: name_text(row.network)),
        Column("alpha", "alpha", lambda row: own_alpha_cell(row.network), numeric=True),
        Column("resolution", "resolution", lambda row: resolution_cell(row.network.resolution), numeric=True),
        Column("implementation", "implementation", lambda row: implementation_cell(row.network), spare=2),
        Column("top1_percent", "top-1 %", lambda row: accuracy_cell(row.top1), numeric=True),
        Column("low_percent", "low", lambda row: accuracy_cell(row.low), numeric=True),
        Column("high_percent", "high", lambda row: accuracy_cell(row.high), numeric=True),
        Column("released", "released", lambda row: row.exact),
        Column("recipe", "recipe", lambda row: row.recipe, spare=1),
        Column("nearest", "nearest checkpoints", lambda row: _list_nearest(row), spare=3),
        Column("reason", "reason", lambda row: row.reason, only="data"),
    )
    notes = [_reason_note(estimate) for estimate in answer.estimates if estimate.reason]
    notes += [_surface_note(surface) for surface in answer.surfaces if _is_used(surface, answer)]
    known = [estimate for estimate in answer.estimates if estimate.top1 is not None]
    notes += [INTERVAL] if any(estimate.low is not None for estimate in known) else []
    notes += [RELEASED] if any(estimate.exact for estimate in known) else []
    notes += [MEANING] if known else []
    recipes = {surface.recipe.name: surface.recipe for surface in answer.surfaces}
    used = dict.fromkeys(estimate.recipe for estimate in known)
    notes += [_source_note(recipes[name]) for name in used if name is not None]
    return build_table("Accuracy on ImageNet", columns, answer.estimates, notes=dict.fromkeys(notes))


def as_json(answer: Accuracy, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return the object of `mbcost accuracy --format json`, described in docs/json.md.

    Args:
        answer: the accuracies.
        names: the networks as the user wrote them; by default, as mbcost spells them.
    """
    labels = names or [network_text(estimate.network) for estimate in answer.estimates]
    return {
        "schema": "mbcost/accuracy/1",
        "units": {"top1": "percent", "left_out": "percentage points of top-1", "coverage": "a share"},
        "interval": PROMISED / 100,
        "estimates": [
            {
                **describe(estimate.network),
                "network": label,
                "top1": round_json(estimate.top1),
                "low": round_json(estimate.low),
                "high": round_json(estimate.high),
                "exact": estimate.exact,
                "recipe": estimate.recipe,
                "reason": estimate.reason or None,
                "nearest": [
                    {
                        "network": checkpoint.net,
                        "alpha": checkpoint.alpha,
                        "resolution": [checkpoint.resolution, checkpoint.resolution],
                        "top1": checkpoint.top1,
                    }
                    for checkpoint in estimate.nearest
                ],
            }
            for estimate, label in zip(answer.estimates, labels, strict=True)
        ],
        "surfaces": [
            {
                "recipe": surface.recipe.name,
                "network": surface.net,
                "implementation": surface.recipe.implementation,
                "sources": list(surface.recipe.sources),
                "checkpoints": len(surface.checkpoints),
                "alphas": list(surface.alphas),
                "resolutions": list(surface.resolutions),
                "left_out": _errors(surface.left_out),
                "left_out_alpha": _errors(surface.left_out_alpha),
                "reason": surface.why_no_estimate or surface.why_no_interval or None,
            }
            for surface in answer.surfaces
        ],
    }


def _tabulate_surfaces(surfaces: tuple[Surface, ...]) -> Table:
    """Return one row per recipe and network: what was released, and how well it is estimated without itself."""
    columns: tuple[Column[Surface], ...] = (
        Column("recipe", "recipe", lambda row: row.recipe.name),
        Column("network", "network", lambda row: row.net),
        Column("implementation", "implementation", lambda row: row.recipe.implementation, spare=2),
        Column("checkpoints", "checkpoints", lambda row: len(row.checkpoints), numeric=True),
        Column("alpha_least", "alpha from", lambda row: alpha_cell(row.alphas[0]), numeric=True),
        Column("alpha_most", "to", lambda row: alpha_cell(row.alphas[-1]), numeric=True),
        Column("resolution_least", "resolution from", lambda row: row.resolutions[0], numeric=True, spare=3),
        Column("resolution_most", "to", lambda row: row.resolutions[-1], numeric=True, spare=3),
        Column("mean_points", "mean error", lambda row: _error_cell(row.left_out, "mean"), numeric=True),
        Column("worst_points", "worst", lambda row: _error_cell(row.left_out, "worst"), numeric=True),
        Column("alpha_mean_points", "alpha out", lambda row: _error_cell(row.left_out_alpha, "mean"), numeric=True),
        Column("alpha_worst_points", "worst", lambda row: _error_cell(row.left_out_alpha, "worst"), numeric=True),
        Column("coverage_percent", "coverage", lambda row: _coverage_cell(row.left_out)),
        Column("reason", "reason", lambda row: row.why_no_estimate or row.why_no_interval, only="data"),
    )
    reasons = [reason for row in surfaces if (reason := row.why_no_estimate or row.why_no_interval)]
    notes = [
        "mean error, worst: each checkpoint estimated without itself; alpha out: without all of its alpha",
        LEFT_OUT_NOTE,
        *(f"no estimate: {reason}" if reason[:3] != "no " else reason for reason in dict.fromkeys(reasons)),
        *dict.fromkeys(_source_note(row.recipe) for row in surfaces),
    ]
    return build_table("Released checkpoints, by recipe and network", columns, surfaces, notes=notes)


def _is_used(surface: Surface, answer: Accuracy) -> bool:
    """Return whether an estimate rests on a surface."""
    return any(
        estimate.top1 is not None
        and not estimate.exact
        and (estimate.recipe, estimate.network.spec.name) == (surface.recipe.name, surface.net)
        for estimate in answer.estimates
    )


def _surface_note(surface: Surface) -> str:
    """Return the errors of the surface on which an estimate rests."""
    errors, of_alphas = surface.left_out, surface.left_out_alpha
    assert errors is not None, "an estimate rests on a surface"
    words = [
        f"{surface.net} by {surface.recipe.name}: of {count(surface.checkpoints, 'checkpoint')}, each estimated "
        f"without itself, the mean error is {errors.mean:.2f} points and the worst {errors.worst:.2f}"
    ]
    if of_alphas is not None and len(surface.alphas) < len(surface.checkpoints):
        words.append(f"without all of its alpha {of_alphas.mean:.2f} and {of_alphas.worst:.2f}")
    if errors.tested:
        words.append(f"{errors.contained} of {errors.tested} are inside their interval")
    return "; ".join(words)


def _reason_note(estimate: AccuracyEstimate) -> str:
    name = network_text(estimate.network)
    return f"{name}: {estimate.reason if estimate.top1 is not None else f'no estimate: {estimate.reason}'}"


def _source_note(recipe: Recipe) -> str:
    return f"{recipe.name}: {'; '.join(recipe.sources)}"


def _list_nearest(estimate: AccuracyEstimate) -> str:
    return ", ".join(map(_checkpoint_text, estimate.nearest))


def _checkpoint_text(checkpoint: Checkpoint) -> str:
    """Spell a checkpoint with its accuracy, without the network's name."""
    side = (checkpoint.resolution, checkpoint.resolution)
    return f"{reference_text('', checkpoint.alpha, side)} {checkpoint.top1}"


def _error_cell(errors: LeftOut | None, key: str) -> Cell:
    return None if errors is None else decimal_cell(getattr(errors, key), 2)


def _coverage_cell(errors: LeftOut | None) -> Cell:
    if errors is None or not errors.tested:
        return None
    return Share((20_000 * errors.contained + errors.tested) // (2 * errors.tested), 0)


def _errors(errors: LeftOut | None) -> dict[str, Any] | None:
    if errors is None:
        return None
    coverage = errors.contained / errors.tested if errors.tested else None
    values = {"mean": errors.mean, "worst": errors.worst, "coverage": coverage}
    return {key: round_json(value, ERROR_DIGITS) for key, value in values.items()}
