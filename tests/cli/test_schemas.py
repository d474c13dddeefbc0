"""The keys of the JSON of every command, stated literally. docs/json.md names each of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mbcost.present.validate import as_json
from mbcost.questions.validate.campaign import Campaign, Case, Outcome
from mbcost.questions.validate.comparison import Discrepancy, Validation
from mbcost.spec.catalogue.library import load_spec
from tests.cli.conftest import Mbcost

NETWORK = ["network", "alpha", "resolution", "implementation", "classes", "head", "in_channels"]
COUNTS = ["params", "mult_adds"]
ALL_COUNTS = [*COUNTS, "activations"]
WORK = ["mult_adds", "weight_bytes", "input_bytes", "output_bytes", "bytes", "intensity", "seconds"]
TERM = {
    "": ["equation", "numbers", "value", "closed_form"],
    "closed_form": ["value", "alpha_power", "rho_power"],
}
EXPLANATION = [
    "network", "alpha", "resolution", "classes", "head", "trained_from", "implementation", "convention", "quantity",
    "departures", "rounding", "value", "exact", "bits", "chance", "others", "variants", "same_sums", "claimed",
    "text", "values",
]  # fmt: skip
VALUE = [
    "row", "printed", "alpha", "resolution", "convention", "mechanism", "counted_by", "quantity", "rounding", "value",
    "exact", "copied", "chance", "explained",
]  # fmt: skip
CONVENTION = [
    "name", "title", "source", "framework", "proof", "proved", "versions", "run_on", "earlier", "params", "mult_adds",
    "blind",
]  # fmt: skip

ESTIMATED = ["top1_low", "top1_high", "top1_exact", "milliseconds", "milliseconds_high"]
BYTES = ["params", "mult_adds", "memory", "flash", "top1"]
CONFIGURATION = [
    "network", "alpha", "alpha_range", "resolution", "implementation", "classes", "head", "in_channels", "mult_adds",
    "params", "memory", "flash", "top1",
]  # fmt: skip
DEVICE = ["device", "runtime", "dtype", "threads", "batch", "statistic", "source", "note"]
ERRORS = ["mean", "p90", "worst", "within_10"]
STALE = Path(__file__).parents[1] / "data" / "stale.lock"
MISPRINTED = Path(__file__).parents[1] / "data" / "as_printed" / "v2-arxiv1.yaml"

SCHEMAS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "table v2": (
        "mbcost/table/1",
        {
            "": ["schema", *NETWORK, "top", "convention", "by", "units", "rows", "totals", "not_counted", "spec"],
            "units": ALL_COUNTS,
            "rows": ["name", "stage", "operator", "kernel", "stride", "groups", "input", "output", *ALL_COUNTS],
            "totals": ALL_COUNTS,
            "spec": ["title", "source"],
        },
    ),
    "compare v1 v2": (
        "mbcost/compare/1",
        {
            "": ["schema", "convention", "units", "networks"],
            "units": ALL_COUNTS,
            "networks": [*NETWORK, *ALL_COUNTS, "not_counted"],
        },
    ),
    "compare standard-vs-dws": (
        "mbcost/standard-vs-dws/1",
        {
            "": ["schema", "kernel", "stride", "alpha", "rho", "ratio", "formula", "units", "forms"],
            "units": COUNTS,
            "forms": ["title", "inputs", "outputs", "feature", *COUNTS],
        },
    ),
    "compare standard-vs-dws --net v2": (
        "mbcost/standard-vs-dws-network/1",
        {
            "": [
                "schema", *NETWORK, "standard_form", "units", "blocks", "standard", "separable", "classifier",
                "eight_to_nine_times",
            ],
            "units": COUNTS,
            "blocks": ["name", "kernel", "stride", "inputs", "outputs", "standard", "separable", "ratio", "formula"],
            "blocks.standard": COUNTS,
            "blocks.separable": COUNTS,
            "standard": COUNTS,
            "separable": COUNTS,
            "classifier": COUNTS,
        },
    ),
    "compare residual-vs-inverted": (
        "mbcost/residual-vs-inverted/1",
        {
            "": ["schema", "channels", "feature", "expansion", "reduction", "units", "blocks"],
            "units": [*COUNTS, "largest_map"],
            "blocks": ["title", "widths", *COUNTS, "largest_map"],
        },
    ),
    "memory v2 --allocator naive,arena": (
        "mbcost/memory/1",
        {
            "": [
                "schema", *NETWORK, "top", "weights_dtype", "activations_dtype", "arena_options", "units", "peaks",
                "flash", "rows", "maps",
            ],
            "units": ["weights", "activations", "flash"],
            "peaks": ["allocator", "bytes", "layer"],
            "flash": ["weights", "biases", "scales", "zero_points", "total"],
            "rows": ["name", "weights", "input", "output", "waiting", "held"],
            "maps": ["map", "bytes", "layer", "plain"],
        },
    ),
    "sweep v2": (
        "mbcost/sweep/1",
        {
            "": ["schema", "convention", "allocator", "dtype", "units", "alphas", "networks", "configurations"],
            "units": BYTES,
            "configurations": CONFIGURATION,
        },
    ),
    "sweep v2 --alpha 1 --res 96 --device stm32n6": (
        "mbcost/sweep/1",
        {
            "": [
                "schema", "convention", "allocator", "dtype", "units", "alphas", "networks", "configurations", "device",
            ],
            "units": [*BYTES, "milliseconds"],
            "configurations": [*CONFIGURATION, "milliseconds", "milliseconds_high", "reason"],
            "device": ["name", "device", "runtime", "points", "left_out", "mult_adds_alone"],
        },
    ),
    "fit --net v2 --alpha 0.35 --res 96:224:32 --ram 382000": (
        "mbcost/fit/2",
        {
            "": [
                "schema", "convention", "allocator", "dtype", "units", "device", "limits", "rank", "listing", "tried",
                "fitting", "sure", "laid_out", "given_up", "front", "missing", "configurations", "released", "may_fit",
                "nearest", "nearest_released", "impossible", "reliefs",
            ],
            "units": [*BYTES, "milliseconds"],
            "limits": ["quantity", "value", "at_least", "device"],
            "configurations": [
                *CONFIGURATION, *ESTIMATED, "fits", "same_at", "binding", "left", "front", "reasons",
            ],
            "configurations.left": ["memory"],
            "released": [*CONFIGURATION, *ESTIMATED, "fits", "same_at", "binding", "left", "front", "reasons"],
            "released.left": ["memory"],
            "nearest": [*CONFIGURATION, *ESTIMATED, "misses", "layer"],
            "nearest.misses": ["memory"],
            "nearest_released": [*CONFIGURATION, *ESTIMATED, "misses", "layer"],
            "nearest_released.misses": ["memory"],
            "reliefs": ["quantity", "needs", "configuration", "given_up"],
            "reliefs.configuration": [*CONFIGURATION, *ESTIMATED],
        },
    ),
    "formula v1 0.1.conv": (
        "mbcost/formula/1",
        {
            "": ["schema", *NETWORK, "layer", "kind", "mult_adds", "weights", "params"],
            **{
                ".".join(filter(None, (term, key))): keys
                for term in ("mult_adds", "weights")
                for key, keys in TERM.items()
            },
        },
    ),
    "validate v3-small --alpha 0.5 --res 32": (
        "mbcost/validate/1",
        {
            "": ["schema", "passed", "checks", "differences", "comparisons", "notes"],
            "comparisons": [
                "network", "alpha", "resolution", "implementation", "against", "model", "checks", "differences",
            ],
        },
    ),
    "ledger v2 --convention fvcore,thop": (
        "mbcost/ledger/1",
        {
            "": [
                "schema", *NETWORK, "quantity", "conventions", "lines", "totals", "difference", "not_counted",
                "otherwise",
            ],
            "lines": ["count", "value", "coefficients", "difference"],
            "totals": ["fvcore", "thop"],
        },
    ),
    "conventions": (
        "mbcost/conventions/1",
        {
            "": ["schema", "conventions"],
            "conventions": CONVENTION,
        },
    ),
    "conventions thop": (
        "mbcost/convention/1",
        {
            "": ["schema", "convention", "left_out", "example"],
            "convention": CONVENTION,
            "example": [*NETWORK, *COUNTS],
            "example.params": ["lines", "total"],
            "example.params.lines": ["count", "value", "coefficient"],
            "example.mult_adds": ["lines", "total"],
            "example.mult_adds.lines": ["count", "value", "coefficient"],
        },
    ),
    "explain 314M v2@1/224": (
        "mbcost/explain/1",
        {
            "": ["schema", "query", "explanations", "fits", "claimed_by", "nearest", "advice", "rest", "more"],
            "query": ["network", "implementation", "classes", "head", "in_channels", "deep", "facts"],
            "query.facts": ["row", "quantity", "printed", "alpha", "resolution"],
            "explanations": EXPLANATION,
            "explanations.values": VALUE,
            "explanations.same_sums": ["implementation", "conventions", "departures"],
        },
    ),
    "explain 1252681984 v2@1/224": (
        "mbcost/explain/1",
        {
            "": ["schema", "query", "explanations", "fits", "claimed_by", "nearest", "advice", "rest", "more"],
            "query": ["network", "implementation", "classes", "head", "in_channels", "deep", "facts"],
            "query.facts": ["row", "quantity", "printed", "alpha", "resolution"],
            "explanations": EXPLANATION,
            "explanations.values": VALUE,
            "explanations.same_sums": ["implementation", "conventions", "departures"],
        },
    ),
    "explain 999999T v2@1/224": (
        "mbcost/explain/1",
        {
            "": ["schema", "query", "explanations", "fits", "claimed_by", "nearest", "advice", "rest", "more"],
            "query": ["network", "implementation", "classes", "head", "in_channels", "deep", "facts"],
            "query.facts": ["row", "quantity", "printed", "alpha", "resolution"],
            "nearest": [*EXPLANATION, "differences"],
            "nearest.values": VALUE,
            "nearest.differences": ["amount", "named"],
        },
    ),
    "published --source slim_v2_py": (
        "mbcost/published/1",
        {
            "": ["schema", "figures", "summary"],
            "figures": [
                "id", "source", "table", "row", "net", "alpha", "resolution", "quantity", "printed", "unit", "verdict",
                "ours", "network", "implementation", "classes", "convention", "rounding", "departures", "chance",
                "reason", "note",
            ],
            "summary": ["source", "counts", "readings"],
            "summary.counts": ["exact", "erratum", "open", "out of scope"],
        },
    ),
    "published --errata --source paper_v1": (
        "mbcost/errata/1",
        {
            "": ["schema", "figures", "cells"],
            "figures": [
                "id", "source", "where", "since", "table", "row", "net", "quantity", "printed", "unit", "right",
                "exact", "network", "alpha", "resolution", "implementation", "classes", "convention", "proof", "also",
                "cause",
            ],
            "cells": [
                "id", "source", "where", "since", "table", "row", "column", "printed", "right", "network", "stage",
                "against", "proof", "cause",
            ],
        },
    ),
    "diff v2 v2@1:torchvision": (
        "mbcost/diff/1",
        {
            "": ["schema", "convention", "units", "first", "second", "folded", "same", "layers", "totals"],
            "units": ALL_COUNTS,
            "first": [*NETWORK, *ALL_COUNTS, "not_counted"],
            "second": [*NETWORK, *ALL_COUNTS, "not_counted"],
            "layers": ["first", "second", "changes", *ALL_COUNTS],
            "layers.changes": ["feature", "first", "second"],
            "totals": ALL_COUNTS,
        },
    ),
    f"check {MISPRINTED}": (
        "mbcost/check/1",
        {
            "": ["schema", "passed", "files", "problems", "notes"],
            "problems": ["file", "line", "column", "message", "kind"],
        },
    ),
    f"lock --check {STALE}": (
        "mbcost/lock/1",
        {
            "": [
                "schema", "passed", "lock", "convention", "allocator", "dtype", "units", "networks", "differences",
                "budgets",
            ],
            "units": [*COUNTS, "peak", "flash"],
            "differences": ["network", "layer", "kind", "changes", *COUNTS, "message", "line"],
            "differences.changes": ["feature", "locked", "now"],
            "budgets": [
                "network", "budget", "limit", "value", "passed", "under", "low", "high", "error", "reason", "file",
                "line", "column",
            ],
        },
    ),
    "verify docs/net.py:make --spec v2 --find --impl official": (
        "mbcost/verify/1",
        {
            "": [
                "schema", "equal", "units", "network", "model", "same", "layers", "loose", "computed_weights",
                "epsilon", "totals", "explanation", "candidates", "proof",
            ],
            "units": COUNTS,
            "network": [*NETWORK, *COUNTS],
            "model": ["name", *COUNTS, "calls", "computed", "stored_params"],
            "layers": ["layer", "model", "behind", "inherited", "changes", *COUNTS],
            "layers.changes": ["feature", "expected", "found", "inherited"],
            "totals": COUNTS,
            "explanation": [*NETWORK, "mistakes", "text", "exact", "apart"],
            "candidates": [*NETWORK, "mistakes", "text", "exact", "apart"],
        },
    ),
    "nets": (
        "mbcost/nets/1",
        {
            "": ["schema", "convention", "units", "networks"],
            "units": ALL_COUNTS,
            "networks": [*NETWORK, *ALL_COUNTS, "title", "source", "implementations", "published"],
            "networks.published": ["alpha", "resolution"],
        },
    ),
    "show v2": (
        "mbcost/show/1",
        {
            "": [
                "schema", "network", "title", "source", "resolution", "in_channels", "columns", "rows",
                "implementations",
            ],
            "rows": ["stage", "operator", "k", "t", "c", "n", "s"],
        },
    ),
    "roofline v2 --device jetson-nano": (
        "mbcost/roofline/1",
        {
            "": ["schema", *NETWORK, "dtype", "machine", "units", "layers", "kinds", "totals", "not_counted"],
            "machine": ["title", "source", "peak", "bandwidth", "balance"],
            "units": [*WORK, "peak", "bandwidth", "balance"],
            "layers": ["name", "kind", "bound", *WORK],
            "kinds": ["kind", "layers", "memory_bound", *WORK],
            "totals": WORK,
        },
    ),
    "latency v2 --device stm32n6 --by layer": (
        "mbcost/latency/1",
        {
            "": [
                "schema", "name", *DEVICE[:-2], "like", "points", "units", "left_out", "estimates", "layers",
                "notes",
            ],
            "units": ["ms", "low", "high", "measured", "error", "mean"],
            "left_out": ERRORS,
            "estimates": [*NETWORK, "ms", "low", "high", "reason", "error", "measured", "nearest"],
            "estimates.nearest": ["network", "measured"],
            "layers": ["name", "ms"],
        },
    ),
    "calibrate specs/devices/stm32n6.yaml": (
        "mbcost/calibration/1",
        {
            "": [
                "schema", "name", *DEVICE, "units", "points", "left_out", "mult_adds_alone", "left_out_alpha",
                "left_out_resolution", "left_out_family", "described", "interval", "structure", "rates", "rows",
                "planned", "next", "notes",
            ],
            "units": ["measured", "predicted", "bound", "error", "mean", "within_10"],
            "left_out": ERRORS,
            "mult_adds_alone": ERRORS,
            "structure": ["lanes", "unfused"],
            "rates": ["kind", "meaning", "unit", "per_second", "peak", "determined"],
            "rows": ["network", "measured", "predicted", "error", "suspicious", "bound"],
            "next": ["networks", "error", "error_after"],
        },
    ),
    "devices": (
        "mbcost/devices/1",
        {
            "": ["schema", "units", "devices"],
            "units": ["mean", "p90", "worst", "within_10"],
            "devices": [
                "name", "device", "runtime", "dtype", "threads", "batch", "points", "suspicious", "left_out",
                "mult_adds_alone",
            ],
            "devices.left_out": ERRORS,
            "devices.mult_adds_alone": ERRORS,
        },
    ),
    "devices --profiles": (
        "mbcost/profiles/1",
        {
            "": ["schema", "profiles"],
            "profiles": [
                "name", "title", "runtime", "dtype", "threads", "statistic", "source", "note", "networks", "devices",
            ],
        },
    ),
    "accuracy v2@0.6/176 v2:keras": (
        "mbcost/accuracy/1",
        {
            "": ["schema", "units", "interval", "estimates", "surfaces"],
            "units": ["top1", "left_out", "coverage"],
            "estimates": [*NETWORK, "top1", "low", "high", "exact", "recipe", "reason", "nearest"],
            "estimates.nearest": ["network", "alpha", "resolution", "top1"],
            "surfaces": [
                "recipe", "network", "implementation", "sources", "checkpoints", "alphas", "resolutions", "left_out",
                "left_out_alpha", "reason",
            ],
            "surfaces.left_out": ["mean", "worst", "coverage"],
            "surfaces.left_out_alpha": ["mean", "worst", "coverage"],
        },
    ),
    "show v3-large": (
        "mbcost/show/1",
        {
            "": [
                "schema", "network", "title", "source", "resolution", "in_channels", "columns", "rows",
                "implementations",
            ],
            "rows": ["stage", "operator", "k", "exp", "c", "se", "nl", "s"],
        },
    ),
}  # fmt: skip
"""A command -> the name of its schema, and the keys of every object, in order, by the path of the object."""

DIFFERENCE = [
    "network", "alpha", "resolution", "implementation", "against", "layer", "quantity", "expected", "measured",
]  # fmt: skip

NAMES = {
    "implementations", "held", "coefficients", "conventions.params", "conventions.mult_adds", "conventions.blind",
    "convention.params", "convention.mult_adds", "convention.blind",
}  # fmt: skip
"""Objects whose keys are names, such as those of conventions or allocators, instead of keys of a schema."""


def collect_keys(value: Any, path: str = "") -> dict[str, list[str]]:
    """Return the keys of every object by its path. Items of a list have the same keys, but can have empty lists."""
    keys_of: dict[str, list[str]] = {}
    if isinstance(value, dict):
        keys_of[path] = list(value)
        for key, inner in value.items():
            if key not in NAMES and f"{path}.{key}" not in NAMES:
                keys_of |= collect_keys(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value:
        for item in value:
            for inner_path, keys in collect_keys(item, path).items():
                assert keys_of.setdefault(inner_path, keys) == keys
    return keys_of


@pytest.mark.parametrize("command", SCHEMAS)
def test_the_json_of_every_command_has_exactly_these_keys(mbcost: Mbcost, command: str) -> None:
    result = mbcost(*command.split(), "--format", "json")
    assert result.code in (0, 1), result.err
    answer = json.loads(result.out)
    schema, keys = SCHEMAS[command]
    assert answer["schema"] == schema
    assert collect_keys(answer) == keys


def test_a_difference_of_validate_has_exactly_these_keys() -> None:
    spec = load_spec("v1")
    case = Case(spec, 1.0, (224, 224), "official", "torch")
    difference = Discrepancy("v1", 1.0, (224, 224), "official", "torch", "total", "macs", 1, 2)
    answer = as_json(Campaign((Outcome(case, Validation(1, (difference,))),), ()))
    assert collect_keys(answer)["differences"] == DIFFERENCE


def test_a_comparison_of_blocks_states_their_expansion(mbcost: Mbcost) -> None:
    arguments = ("compare", "residual-vs-inverted", "--expansion", "3", "--reduction", "2", "--format", "json")
    answer = json.loads(mbcost(*arguments).out)
    assert (answer["expansion"], answer["reduction"]) == (3, 2)
    unexpanded = json.loads(mbcost("compare", "residual-vs-inverted", "--expansion", "1", "--format", "json").out)
    assert unexpanded["expansion"] == 1


def test_rho_is_written_as_a_fraction(mbcost: Mbcost) -> None:
    assert json.loads(mbcost("compare", "standard-vs-dws", "--format", "json").out)["rho"] == [357, 500]


@pytest.mark.parametrize("command", SCHEMAS)
def test_the_page_about_json_names_every_key(command: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    schema, objects = SCHEMAS[command]
    keys = {key for keys in [*objects.values(), DIFFERENCE] for key in keys}
    assert f"`{schema}`" in page
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
