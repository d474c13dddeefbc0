"""What changes a layer's outputs and none of its counts or maps: padding, the kind of a norm and its epsilon."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mbcost.analytic.network import Network
from mbcost.questions.aligned.align import Pair
from mbcost.questions.aligned.weighted import WeightedLayer
from mbcost.questions.verify.retouch import Scope, list_scopes

Difference = tuple[str, str, str]
"""The name of an attribute, the expected value and the model's."""
_GROUPS = re.compile(r" of \d+ groups?")

VERBS: Mapping[str, tuple[str, str]] = {
    "padding": ("is padded with {}", "are padded with {}"),
    "kind of norm": ("has {}", "have {}"),
    "norm parameters": ("has a norm with {}", "have a norm with {}"),
    "norm statistics": ("has a norm with statistics {}", "have a norm with statistics {}"),
    "epsilon": ("has epsilon {}", "have epsilon {}"),
    "activation": ("has activation {}", "have activation {}"),
    "pool": ("reads {}", "read {}"),
    "order": ("has the order {}", "have the order {}"),
    "residual connection": ("has {} residual connection", "have {} residual connection"),
    "after it": ("is followed by {}", "are followed by {}"),
    "before it": ("reads through {}", "read through {}"),
    "reads": ("reads {}", "read {}"),
    "product": ("is multiplied by {}", "are multiplied by {}"),
}
STEPS = frozenset({"activation", "pool", "order", "residual connection", "after it", "before it", "reads", "product"})
"""Features of what is between two layers."""


def list_attributes(expected: WeightedLayer, actual: WeightedLayer, epsilon: float | None) -> Iterator[Difference]:
    """Yield each attribute in which the layers differ: its name, the expected value and the model's.

    A norm that only one of the two has is a difference of its own, so its attributes are not compared.

    Args:
        expected: the layer of the network.
        actual: the layer of the model.
        epsilon: the expected epsilon of every norm; None if it is not compared.
    """
    ours, theirs = expected.attributes, actual.attributes
    for feature, value in ours.items():
        if value != theirs[feature] and value and theirs[feature]:
            yield feature, value, theirs[feature]
    others = actual.epsilons - {epsilon}
    if epsilon is not None and expected.norms and others:
        yield "epsilon", f"{epsilon:g}", " and ".join(f"{value:g}" for value in sorted(actual.epsilons))


def choose_epsilon(network: Network, layers: Sequence[WeightedLayer], *, of_any: bool) -> float | None:
    """Return the epsilon that the norms should have, None if the network does not state one.

    It is that of the network's implementation; with `of_any`, that of the table's implementation with which most of the
    norms agree: a code base that builds the same layers can have another epsilon.
    """
    spec = network.spec
    if spec.is_flat:
        return None
    own = spec.implementation(network.implementation).norm_epsilon
    stated = {own, *(rules.norm_epsilon for rules in spec.implementations.values())} if of_any else {own}
    counts = Counter(epsilon for layer in layers for epsilon in layer.epsilons)
    return max(sorted(stated), key=lambda epsilon: (counts[epsilon], epsilon == own))


def list_owners(network: Network, epsilon: float) -> list[str]:
    """Return the implementations of the table that have the epsilon."""
    return [name for name, rules in network.spec.implementations.items() if rules.norm_epsilon == epsilon]


def describe_attributes(pairs: Sequence[Pair[WeightedLayer, WeightedLayer]], epsilon: float | None) -> tuple[str, ...]:
    """Return a clause for every attribute with the same difference in some of the layers."""
    differing: dict[Difference, list[str]] = {}
    having: dict[str, list[str]] = {}
    for expected, actual in pairs:
        if expected is None or actual is None:
            continue
        for feature in VERBS.keys() - STEPS:
            if expected.norms if feature != "padding" else expected.kernel != (1, 1):
                having.setdefault(feature, []).append(expected.name)
        for difference in list_attributes(expected, actual, epsilon):
            differing.setdefault(difference, []).append(expected.name)
    return describe_groups(_join_groups(differing), having)


def describe_groups(
    differing: Mapping[Difference, Sequence[str]], having: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Return a clause for every difference, with as few subjects as possible.

    Args:
        differing: the names of the layers with each difference.
        having: the names of all layers that have each feature, so that "every layer" can be said.
    """
    return tuple(
        f"{scope.subject} {VERBS[feature][0 if scope.singular else 1].format(other)} instead of {value}"
        for (feature, value, other), names in differing.items()
        for scope in _cover(names, [name for name in having.get(feature, ()) if name not in names])
    )


def _join_groups(differing: Mapping[Difference, list[str]]) -> dict[Difference, list[str]]:
    """Return the differences with one for group norms, if these differ in their numbers of groups."""
    if sum(bool(_GROUPS.search(other)) for _, _, other in differing) < 2:
        return dict(differing)
    joined: dict[Difference, list[str]] = {}
    for (feature, value, other), names in differing.items():
        joined.setdefault((feature, value, _GROUPS.sub("", other)), []).extend(names)
    return joined


def _cover(names: Sequence[str], others: Sequence[str]) -> Iterator[Scope]:
    """Yield sets of layers, the largest first, that together are `names` and none of `others`."""
    rest = list(names)
    for scope in list_scopes(names, others):
        if any(map(scope.covers, rest)):
            yield scope
            rest = [name for name in rest if not scope.covers(name)]
