"""What `verify` says of a model, in words: the verdict, the notes, and what differs in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from mbcost.present.names import feature_text, network_text
from mbcost.present.verify.proof import NOT_PROVED, describe_first, function_text, list_notes
from mbcost.questions.aligned.weighted import WeightedLayer
from mbcost.questions.aligned.words import enumerate_names
from mbcost.questions.verify.identify import NetworkMatch
from mbcost.questions.verify.verification import LayerDifference, Verification
from mbcost.spec.observed import TracedModel

COMPARED = "compared: convolutions, linear layers, norms; not additions, multiplications, activations, pools"
"""Tells the reader that a model without its residual connections would pass."""
ALL_COMPARED = "compared: convolutions, linear layers, norms, activations, additions, multiplications, pools"
"""The same of a model whose graph has been compared."""


def make_title(answer: Verification) -> str:
    """Return the verdict in one line."""
    network, model = answer.network, answer.model.name
    name = network_text(network)
    if answer.equal:
        text = f"{model} is {name}: {answer.same} layers, {_totals(answer.model.params, answer.model.macs)}"
        return text if answer.proof is None else f"{text}, {function_text(answer.proof, network)}"
    if answer.proof is not None:
        return f"{model} is not {network_text(answer.proof.network)}: {describe_first(answer.proof)}"
    return f"{model} is not {name}: {_describe_first(answer)}"


def _describe_first(answer: Verification) -> str:
    """Return the first difference in words."""
    if not answer.layers:
        name, values = answer.model.loose[0]
        return f"all layers are equal, but {name} ({values:,} params) belongs to no layer"
    first = answer.layers[0]
    if first.actual is None:
        return f"the first difference is {name_layer(first.expected)}, which the model does not have"
    if first.expected is None:
        return (
            f"the first difference is the model's {first.actual.name} {_location(first)}, which the table does not have"
        )
    own = [difference for difference in first.features if not difference.inherited] or list(first.features)
    changes = "; ".join(
        f"{feature_text(difference.feature, difference.actual)}, expected {difference.expected}" for difference in own
    )
    return f"the first difference is in {first.expected.name}, the model's {first.actual.name}: {changes}"


def list_all_notes(answer: Verification, *, prove: bool) -> list[str]:
    """Return all notes, the cause of the differences first."""
    return [*list_lead(answer), *list_rest(answer, prove=prove)]


def list_lead(answer: Verification) -> list[str]:
    """Return the cause of the differences, if there is one: it comes before them."""
    return [] if answer.explanation is None else [_explanation(answer.explanation)]


def list_rest(answer: Verification, *, prove: bool) -> list[str]:
    """Return the notes after the table."""
    model, network = answer.model, answer.network
    notes = []
    if not answer.equal_layers:
        inherited = sum(layer.inherited for layer in answer.layers)
        tail = f", {inherited} of them only because of an earlier difference" if inherited else ""
        verb = "differs" if len(answer.layers) == 1 else "differ"
        notes.append(f"{answer.same} layers are equal, {len(answer.layers)} {verb}{tail}")
        if any(difference.inherited for layer in answer.layers for difference in layer.features):
            notes.append("in brackets: consequences of the other differences")
    if answer.candidates:
        notes += [f"closest: {network_text(match.network)}, {_distance(match)}" for match in answer.candidates]
    if answer.equivalents:
        words = {"conv": "1x1 convolution", "linear": "linear layer"}
        notes += [
            f"{layer} is a {words[actual]} where {network.implementation} has a {words[expected]}, at the same cost"
            for layer, expected, actual in answer.equivalents
        ]
    notes += _list_weight_notes(model)
    if answer.epsilon_owners:
        owners = enumerate_names(answer.epsilon_owners)
        own = network.spec.implementation(network.implementation).norm_epsilon
        notes.append(f"the norms have epsilon {answer.epsilon:g}, as in {owners}; {network.implementation} has {own:g}")
    if answer.functions is not None and network.implementation not in answer.functions:
        owners = enumerate_names(answer.functions)
        notes.append(f"activations and connections are those of {owners}; {network.implementation} has others")
    if model.computed:
        notes.append("the model's forward needs values, so real activations were computed")
    if not answer.equal:
        notes.append(f"{network_text(network)}: {_totals(network.params(), network.mult_adds())}")
        notes.append(f"{model.name}: {_totals(model.params, model.macs)}")
    if answer.proof is not None:
        return [*notes, *list_notes(answer.proof)]
    compared = COMPARED if answer.functions is None else ALL_COMPARED
    return [*notes, *([NOT_PROVED] if prove else []), compared]


def _list_weight_notes(model: TracedModel) -> Iterator[str]:
    """Yield notes on weights that are not simply a parameter."""
    computed = [call for call in model.calls if call.computed_from]
    if computed:
        names = enumerate_names(list(dict.fromkeys(call.facts.name for call in computed)))
        params, stored = (sum(getattr(call, kind) for call in computed) for kind in ("params", "stored"))
        sources = enumerate_names(computed[0].computed_from)
        of_first = f" (those of {computed[0].facts.name})" if len(computed) > 1 else ""
        yield f"the weights of {names} are computed from {sources}{of_first}: {stored:,} stored values give {params:,}"
    if model.stored != model.params:
        yield f"{model.name} stores {model.stored:,} parameters for {model.params:,} params"
    if model.absent:
        values = sum(outputs for _, outputs in model.absent)
        names = enumerate_names([name for name, _ in model.absent])
        what = f"are counted with it, {values:,} params"
        yield f"layers without a bias, which exporters leave out if it is 0, {what}: {names}"
    unnamed = [call.facts.name for call in model.calls if not call.named]
    if unnamed:
        listed = enumerate_names(list(dict.fromkeys(unnamed)))
        yield f"layers whose weights are not a parameter have the name of their module: {listed}"


def _explanation(match: NetworkMatch) -> str:
    clauses = join_clauses(match.clauses)
    if match.exact:
        return f"this explains every difference: {clauses} ({network_text(match.network)})"
    return f"this explains most differences: {clauses} ({network_text(match.network)}, then {_distance(match)})"


def _distance(match: NetworkMatch) -> str:
    if match.exact:
        return "the same layers"
    return f"{match.unmatched} layers without an equal" if match.unmatched else "the same layers in a different order"


def describe_layer(layer: LayerDifference) -> str:
    """Return what differs in a layer."""
    if layer.expected is None:
        return f"extra {_location(layer)}{_shape(layer)}"
    if layer.actual is None:
        return "missing" + _shape(layer)
    own, rest = (
        ", ".join(
            f"{feature_text(difference.feature, difference.expected)} -> {difference.actual}"
            for difference in layer.features
            if difference.inherited == inherited
        )
        for inherited in (False, True)
    )
    return " ".join(filter(None, (own, f"({rest})" if rest else "")))


def _location(layer: LayerDifference) -> str:
    """Return the position in the table of a layer that the table does not have."""
    return "before the first layer" if layer.preceding is None else f"after {layer.preceding}"


def _shape(layer: LayerDifference) -> str:
    """Return the shape of a layer that only one side has."""
    only = layer.expected or layer.actual
    assert only is not None, "one of the two has the layer"
    features = only.features
    kernel = "" if only.kernel is None else f" {features['kernel']}"
    groups = "" if only.groups in (None, 1) else f", groups {features['groups']}"
    return f": {only.operator}{kernel}, {only.in_channels} -> {only.out_channels} channels{groups}"


def name_layer(layer: WeightedLayer | None) -> str | None:
    """Return the name of a layer, if there is one."""
    return None if layer is None else layer.name


def join_clauses(clauses: tuple[str, ...]) -> str:
    """Return clauses as one."""
    return ", and ".join(clauses)


def _totals(params: int, mult_adds: int) -> str:
    return f"{params:,} params, {mult_adds:,} mult-adds"
