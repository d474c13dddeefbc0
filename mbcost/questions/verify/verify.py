"""Is a user's own model the network of the table? If not, what differs, what does it cost, and what is it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from mbcost.analytic.graph.network import list_not_counted
from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings
from mbcost.errors import MissingLibrary
from mbcost.questions.networks import Asked, read_model
from mbcost.questions.verify.attributes import STEPS
from mbcost.questions.verify.causes import explain_differences
from mbcost.questions.verify.differences import list_differences
from mbcost.questions.verify.from_graph import describe_graph, fold_network, fold_norms
from mbcost.questions.verify.identify import NetworkMatch, Watch, find_closest, match_network
from mbcost.questions.verify.prove import prove_function
from mbcost.questions.verify.prove_file import prove_file
from mbcost.questions.verify.step_causes import describe_steps
from mbcost.questions.verify.verification import Verification
from mbcost.spec.catalogue.library import load_graph
from mbcost.spec.forms import find_form
from mbcost.spec.graph import Graph
from mbcost.spec.observed import TracedModel
from mbcost.spec.scaling import check_whole
from mbcost.spec.table import Spec


def require_torch() -> None:
    """Refuse to go on without torch, before anything else takes time.

    Raises:
        MissingLibrary: torch is not installed.
    """
    if find_spec("torch") is None:
        raise MissingLibrary("torch", "validate")


def trace_target(
    target: str, arguments: Mapping[str, object], resolution: tuple[int, int], in_channels: int, *, force: bool = False
) -> TracedModel:
    """Trace the model that `target` names; see `mbcost.measured.load` and `mbcost.measured.own`.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: the user's code fails, the number of channels is not a positive number, or memory is short.
    """
    return open_target(target, arguments, resolution, in_channels, force=force)[1]


def open_target(
    target: str, arguments: Mapping[str, object], resolution: tuple[int, int], in_channels: int, *, force: bool = False
) -> tuple[Any, TracedModel]:
    """Return the model that `target` names, a `torch.nn.Module`, and its layers.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: the user's code fails, the number of channels is not a positive number, or memory is short.
    """
    check_whole(in_channels, "in-channels")
    require_torch()
    from mbcost.measured.both import trace_both
    from mbcost.measured.load import find_image, load_model

    model = load_model(target, arguments)
    in_channels, resolution = find_image(model) or (in_channels, resolution)
    return model, trace_both(model, target, resolution, in_channels, force=force)


def is_file_of_model(text: str) -> bool:
    """Return whether a text names a file of a model that is read without torch."""
    if text.lower().endswith((".yaml", ".yml")):
        return load_graph(text) is not None
    return find_form(text) not in (None, "torch")


def read_traced(name: str, asked: Asked) -> TracedModel:
    """Return the layers of a file of a model.

    Raises:
        MissingLibrary: what reads the file is not installed.
        MbcostError: the file cannot be read.
    """
    known = Settings(resolution=asked.settings.resolution)
    return trace_file(load_graph(name) or read_model(name, Asked(known, asked.shapes)), asked)


def trace_file(graph: Graph, asked: Asked) -> TracedModel:
    """Return the layers of the graph of a file.

    Operators that are not known are parameters of no layer, so that the file differs, unless they are allowed.

    Raises:
        MbcostError: the graph mixes the images of a batch.
    """
    model = describe_graph(graph)
    unknown = () if asked.allow_unknown else tuple(list_not_counted(graph))
    rows = ((f"{item.count} x {item.operator}, not counted: {item.reason}", 0) for item in unknown)
    return replace(model, loose=(*model.loose, *rows))


def verify_model(
    network: Network, model: TracedModel, watch: Watch = iter, *, any_epsilon: bool = False
) -> Verification:
    """Align the model's layers with the network's, and return every difference with its cost.

    The explanation of the differences is searched for among known mistakes, changes of rows, blocks and layers, other
    implementations, other alphas and earlier versions of the table.

    Args:
        network: the network.
        model: the model.
        watch: iterates over the networks that are tried.
        any_epsilon: whether the norms can have the epsilon of any implementation of the table, as they can if nobody
            asked for an implementation.
    """
    if model.folded:
        network = fold_network(network)
    answer = list_differences(network, model, any_epsilon=any_epsilon)
    if not answer.layers:
        return answer
    if all(difference.feature in STEPS for layer in answer.layers for difference in layer.features) and answer.steps:
        explanation: NetworkMatch | None = match_network(network, model)
    else:
        explanation = explain_differences(network, model, answer.epsilon, watch)
    if explanation is not None:
        clauses = (*explanation.clauses, *describe_steps(network, answer.steps))
        explanation = replace(explanation, clauses=clauses) if clauses else None
    return replace(answer, explanation=explanation)


def identify_model(
    specs: Sequence[Spec], model: TracedModel, *, alpha: float | None = None, implementation: str | None = None,
    classes: int | None = None, watch: Watch = iter,
) -> Verification:  # fmt: skip
    """Compare the model with the network of `specs` that is closest to it.

    Args:
        specs: the tables.
        model: the model.
        alpha: the width multiplier; by default every one that is published or that the model's widths suggest.
        implementation: whose rules to follow; by default every implementation is tried.
        classes: outputs of the classifier; by default the number of outputs of the model's last layer.
        watch: iterates over the settings that are tried.

    Raises:
        MbcostError: no network can be built.
    """
    specs = list(map(fold_norms, specs)) if model.folded else specs
    matches = find_closest(specs, model, alpha, implementation, classes, watch)
    answer = verify_model(matches[0].network, model, watch, any_epsilon=implementation is None)
    return replace(answer, candidates=matches)


def add_proof(answer: Verification, model: Any, *, any_implementation: bool, force: bool = False) -> Verification:
    """Return the answer with a comparison of the functions, if the layers are equal.

    The network becomes the one that is the same function, if the model can be that of any implementation.

    Args:
        answer: what is known of the layers.
        model: a `torch.nn.Module`, see `prove_function`; or the name of a file, see `prove_file`.
        any_implementation: whether the model can be that of any implementation with the same layers.
        force: whether a file can be larger than the limits.

    Raises:
        MissingLibrary: what runs the file is not installed.
        MbcostError: the network cannot be run, the model does not run on random images, or memory is short.
    """
    if not answer.equal_layers:
        return answer
    known = answer.network, model, answer.model, answer.epsilon
    if isinstance(model, str):
        proof = prove_file(*known, any_implementation=any_implementation, force=force)
    else:
        proof = prove_function(*known, any_implementation=any_implementation)
    return replace(answer, proof=proof)
