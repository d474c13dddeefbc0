"""Somebody's model beside a network, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from mbcost.present.names import describe, feature_text, network_text
from mbcost.present.table import Cell, Column, SignedCount, Table
from mbcost.questions.aligned.weighted import Layer
from mbcost.questions.verify.identify import Candidate
from mbcost.questions.verify.verify import LayerCheck, Verification

COMPARED = "compared: convolutions, linear layers, norms; not additions, multiplications, activations, pools"
"""So that nobody takes a model without its residual connections for proved."""


def as_table(answer: Verification) -> Table:
    """One row a layer that differs; the title names the first, the footer is the difference of the totals."""
    columns = (
        Column[Any]("layer", "layer"),
        Column[Any]("model", "in the model", spare=1),
        Column[Any]("changes", "what differs"),
        Column[Any]("params", "params", numeric=True),
        Column[Any]("mult_adds", "mult-adds", numeric=True),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            _name_of(each.expected),
            _name_of(each.found),
            _what(each),
            SignedCount(each.params),
            SignedCount(each.mult_adds),
        )
        for each in answer.layers
    ]
    rows += [
        (None, name, "parameter of no layer", SignedCount(values), SignedCount(0))
        for name, values in answer.model.loose
    ]
    footer = ("total", None, None, SignedCount(answer.params), SignedCount(answer.mult_adds)) if rows else None
    return Table(_title(answer), columns, tuple(rows), footer, tuple(_notes(answer)))


def as_json(answer: Verification) -> dict[str, Any]:
    """The object of `mbcost verify --format json`."""
    model, network = answer.model, answer.network
    return {
        "schema": "mbcost/verify/1",
        "equal": answer.equal,
        "units": {"params": "parameters", "mult_adds": "multiply-adds"},
        "network": {**describe(network), "params": network.params(), "mult_adds": network.mult_adds()},
        "model": {
            "name": model.name,
            "params": model.params,
            "mult_adds": model.macs,
            "calls": len(model.calls),
            "computed": model.computed,
        },
        "same": answer.same,
        "layers": [
            {
                "layer": _name_of(layer.expected),
                "model": _name_of(layer.found),
                "behind": layer.behind,
                "inherited": layer.inherited,
                "changes": [vars(change) for change in layer.changes],
                "params": layer.params,
                "mult_adds": layer.mult_adds,
            }
            for layer in answer.layers
        ],
        "loose": [{"name": name, "params": values} for name, values in model.loose],
        "totals": {"params": answer.params, "mult_adds": answer.mult_adds},
        "explanation": answer.explanation and _candidate(answer.explanation),
        "candidates": [_candidate(candidate) for candidate in answer.candidates],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        **describe(candidate.network),
        "mistakes": list(candidate.mistakes),
        "text": _and(candidate.clauses),
        "exact": candidate.exact,
        "apart": candidate.apart,
    }


def _title(answer: Verification) -> str:
    model, name = answer.model.name, network_text(answer.network)
    if answer.equal:
        return f"{model} is {name}: {answer.same} layers, {_totals(answer.model.params, answer.model.macs)}"
    return f"{model} is not {name}: {_first(answer)}"


def _first(answer: Verification) -> str:
    """The first divergence in words."""
    if not answer.layers:
        name, values = answer.model.loose[0]
        return f"all layers are alike, but {name} ({values:,} params) belongs to none"
    first = answer.layers[0]
    if first.found is None:
        return f"the first layer that differs is {_name_of(first.expected)}, which the model has not"
    if first.expected is None:
        return (
            f"the first layer that differs is the model's {first.found.name} {_place(first)}, which the table has not"
        )
    own = [change for change in first.changes if not change.inherited] or list(first.changes)
    said = ", ".join(f"{feature_text(change.feature, change.found)} where {change.expected} is due" for change in own)
    return f"the first layer that differs is {first.expected.name}, the model's {first.found.name}: {said}"


def _notes(answer: Verification) -> list[str]:
    model, network = answer.model, answer.network
    notes = []
    if not answer.equal:
        inherited = sum(layer.inherited for layer in answer.layers)
        tail = f", {inherited} of them by what comes before" if inherited else ""
        notes.append(f"{answer.same} layers are alike, {len(answer.layers)} differ{tail}")
        if any(change.inherited for layer in answer.layers for change in layer.changes):
            notes.append("in brackets: what comes with another difference")
    if answer.explanation is not None:
        notes.append(_explanation(answer.explanation))
    if answer.candidates:
        notes += [f"closest: {network_text(each.network)}, {_apart(each)}" for each in answer.candidates]
    if answer.otherwise_built:
        words = {"conv": "1x1 convolution", "linear": "linear layer"}
        notes += [
            f"{layer} is a {words[built]} where {network.implementation} has a {words[due]}, at the same cost"
            for layer, due, built in answer.otherwise_built
        ]
    unnamed = [call.facts.name for call in model.calls if not call.named]
    if unnamed:
        listed = ", ".join(dict.fromkeys(unnamed))
        notes.append(f"weights that are no parameter, so that the layer is named by its module: {listed}")
    if model.computed:
        notes.append("the model's forward asks for values, so real activations were computed")
    if not answer.equal:
        notes.append(f"{network_text(network)}: {_totals(network.params(), network.mult_adds())}")
        notes.append(f"{model.name}: {_totals(model.params, model.macs)}")
    return [*notes, COMPARED]


def _explanation(found: Candidate) -> str:
    said = _and(found.clauses)
    if found.exact:
        return f"this accounts for all of it: {said} ({network_text(found.network)})"
    return f"this accounts for most of it: {said} ({network_text(found.network)}, then {_apart(found)})"


def _apart(candidate: Candidate) -> str:
    if candidate.exact:
        return "the same layers"
    return f"{candidate.apart} layers have no equal on the other side" if candidate.apart else "in another order"


def _what(layer: LayerCheck) -> str:
    if layer.expected is None:
        return f"extra {_place(layer)}{_shape(layer)}"
    if layer.found is None:
        return "missing" + _shape(layer)
    own, rest = (
        ", ".join(
            f"{feature_text(each.feature, each.expected)} -> {each.found}"
            for each in layer.changes
            if each.inherited == inherited
        )
        for inherited in (False, True)
    )
    return " ".join(filter(None, (own, f"({rest})" if rest else "")))


def _place(layer: LayerCheck) -> str:
    """Where in the table a layer stands that it has not."""
    return "in front" if layer.behind is None else f"behind {layer.behind}"


def _shape(layer: LayerCheck) -> str:
    """Of a layer that stands alone, what it is."""
    there = layer.expected or layer.found
    assert there is not None, "one of the two is there"
    features = there.features
    kernel = "" if there.kernel is None else f" {features['kernel']}"
    groups = "" if there.groups in (None, 1) else f", groups {features['groups']}"
    return f": {there.operator}{kernel}, {there.in_channels} -> {there.out_channels} channels{groups}"


def _name_of(layer: Layer | None) -> str | None:
    return None if layer is None else layer.name


def _and(clauses: tuple[str, ...]) -> str:
    return ", and ".join(clauses)


def _totals(params: int, mult_adds: int) -> str:
    return f"{params:,} params, {mult_adds:,} mult-adds"
