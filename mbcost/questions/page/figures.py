"""What papers and pages print about the networks of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mbcost.questions.page.packing import Pool
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.catalogue.published import Published, load_published
from mbcost.spec.table import Spec

QUANTITIES = ("params", "mult_adds")


def list_figures(spec: Spec, sources: Pool) -> list[Mapping[str, Any]]:
    """Return the figures about whole networks of a built-in table, with their sources in `sources`; none of another."""
    if spec.name not in NETWORKS or load_spec(spec.name) != spec:
        return []
    return [_describe_figure(figure, sources) for figure in load_published() if _is_shown(figure, spec.name)]


def _is_shown(figure: Published, name: str) -> bool:
    is_whole = figure.task == "classification" and figure.quantity in QUANTITIES
    return is_whole and figure.net == name and figure.alpha is not None and figure.resolution is not None


def _describe_figure(figure: Published, sources: Pool) -> Mapping[str, Any]:
    source = figure.source
    return {
        "alpha": figure.alpha,
        "resolution": figure.resolution,
        "classes": figure.classes,
        "quantity": figure.quantity,
        "printed": f"{figure.value} {figure.unit}" if figure.unit != "1" else figure.value,
        "source": sources.add({"title": source.title, "counts": source.counts}),
        "table": figure.table,
    }
