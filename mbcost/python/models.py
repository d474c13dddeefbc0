"""Real PyTorch models: built, measured and compared with the formulas. torch is imported when it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mbcost.analytic import network as analytic
from mbcost.analytic.reference import Settings
from mbcost.errors import MbcostError, MissingLibrary
from mbcost.python.arguments import checked, wrong_argument
from mbcost.python.networks import (
    NetworkLike,
    Size,
    as_alpha,
    as_sides,
    as_text,
    make_settings,
    network,
    resolve_network,
)
from mbcost.questions.networks import Asked
from mbcost.spec.catalogue.reference import parse_reference
from mbcost.spec.observed import Measurement
from mbcost.spec.scaling import alpha_text, check_whole
from mbcost.spec.table import Spec

if TYPE_CHECKING:
    from torch import nn

    from mbcost.questions.validate.comparison import Validation
    from mbcost.questions.verify.verification import Verification
    from mbcost.spec.observed import TracedModel


@checked
def build(
    net: Spec | NetworkLike,
    *,
    alpha: float | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    in_channels: int | None = None,
) -> nn.Module:
    """Build the PyTorch model of a network, randomly initialized, without dropout; it needs `mbcost[validate]`.

    The model reads (N, in_channels, H, W) images and returns (N, classes) scores, or (N, C, H, W) maps without a top.

    Args:
        net: a network, a reference to one, or a spec.
        alpha: the width multiplier; by default that of the network, else 1.
        implementation: whose rules of rounding, scaling and padding to follow.
        classes: the outputs of the classifier.
        in_channels: the channels of the input.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: no network can be built with an argument, or memory is short.

    >>> model = build("v2@0.75")
    >>> sum(parameter.numel() for parameter in model.parameters())
    2636424
    """
    _require_torch()
    if isinstance(net, Spec):
        width = 1.0 if alpha is None else as_alpha(alpha)
        return _build(net, width, implementation, classes, in_channels)
    resolved = network(net, alpha=alpha, implementation=implementation, classes=classes, in_channels=in_channels)
    if resolved.spec.is_flat:
        raise MbcostError(f"{resolved.spec.name} is a flat list of layers: name a spec with rows and implementations")
    return _build(resolved.spec, resolved.alpha, resolved.implementation, resolved.classes, resolved.in_channels)


def _build(
    spec: Spec, alpha: float, implementation: str | None, classes: int | None, in_channels: int | None
) -> nn.Module:
    """Build a model.

    Raises:
        MbcostError: no network can be built with an argument, or memory is short.
    """
    from mbcost.measured.build import build as build_model
    from mbcost.measured.shortage import naming_shortage

    with naming_shortage(f"{spec.name} at alpha {alpha_text(alpha)}"):
        return build_model(spec, alpha=alpha, implementation=implementation, classes=classes, in_channels=in_channels)


@checked
def measure(model: nn.Module, *, resolution: Size, in_channels: int = 3, against: str = "fvcore") -> Measurement:
    """Measure a model of `build`, layer by layer, on one zero image, in eval mode; it needs `mbcost[validate]`.

    Args:
        model: a model that `build` made; its training flags are restored afterwards.
        resolution: height and width of the input in pixels.
        in_channels: the channels of the input.
        against: `fvcore`, which counts by module and operator, or `torch`, which is FlopCounterMode.

    Returns:
        `.layers`, `.params` and `.macs`.

    Raises:
        MissingLibrary: torch or fvcore is not installed.
        MbcostError: the resolution is too small for the model, memory is short, the model has a module that `build`
            never makes, or `against` is not a measurement.

    >>> measure(build("v2@0.75"), resolution=160, against="torch").macs
    107295200
    """
    _require_torch()
    from mbcost.measured.measure import measure as measure_model

    _check_model(model, "a torch.nn.Module, such as build('v2')")
    height, width = (check_whole(side, "resolution") for side in as_sides(resolution))
    channels = check_whole(in_channels, "in_channels")
    return measure_model(model, resolution=(height, width), in_channels=channels, against=against)


@checked
def validate(
    net: NetworkLike,
    measurement: Measurement | None = None,
    *,
    against: str | Sequence[str] = ("fvcore", "torch"),
    force: bool = False,
) -> Validation:
    """Compare the formulas with real models of a network, layer by layer, to the last integer.

    It is what `mbcost validate` does for one network at one alpha and resolution.

    Args:
        net: the network.
        measurement: what `measure` returned for a model; by default the models of `against` are built and measured.
        against: witnesses: `fvcore` and `torch` measure our own model; `torchvision`, `timm`, `keras` and
            `transformers` build theirs, for the implementation of the same name.
        force: whether a model may run that takes more than 4 GiB or 10¹⁴ multiply-adds.

    Returns:
        `.passed`, `.checks` (how many values were compared) and `.differences`, each with `.layer`, `.quantity`,
        `.expected` and `.measured`.

    Raises:
        MissingLibrary: a witness is not installed.
        MbcostError: the network cannot be built, a witness is unknown, or does not have the network.

    >>> validate("v3-small@0.75/96", against="torch").differences
    ()
    """
    from mbcost.questions.validate.comparison import validate as compare_measurement
    from mbcost.questions.validate.network import validate_network

    resolved = network(net)
    if measurement is not None:
        return compare_measurement(resolved, measurement)
    return validate_network(resolved, (against,) if isinstance(against, str) else against, force=force)


@checked
def verify(
    model: nn.Module | str,
    net: NetworkLike | None = None,
    *,
    find: bool = False,
    alpha: float | None = None,
    resolution: Size | None = None,
    rho: float | Fraction | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
    arguments: Mapping[str, object] | None = None,
    prove: bool = False,
    force: bool = False,
) -> Verification:
    """Check your own model against a network, as `mbcost verify` does; a PyTorch model needs torch.

    A PyTorch model runs once, in eval mode, without computing activations if possible, and is left unchanged. A file
    of a model is read.

    Args:
        model: a model, or the name of one: `MODULE:FACTORY`, `./FILE.py:FACTORY` or a file such as `net.onnx`.
        net: the expected network.
        find: whether to find the closest network: every value of the settings that are not given is tried, and every
            built-in network if none is given.
        alpha: the width multiplier.
        resolution: height and width of the image in pixels; by default those of the table, and of a file its own.
        rho: the resolution multiplier, instead of a resolution.
        implementation: whose rules of rounding, scaling and padding to follow.
        classes: the outputs of the classifier.
        head: the head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the image; by default the table's own.
        top: whether the network has the global pool and what follows it.
        arguments: the arguments of the factory, if `model` is a name.
        prove: whether to run both with the same weights and compare their results, if the layers are equal.
        force: whether activations may be computed that take more than 4 GiB.

    Returns:
        `.equal`; `.layers`, those that differ, each with `.expected`, `.actual`, `.features`, `.params` and
        `.mult_adds` (the model's minus the table's); `.explanation`, the known mistakes that make the difference;
        `.proof`, the comparison of the results; and `.network`, the closest one with `find`.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: no network is given, the model does not run, or what is given does not describe a network.

    >>> verify(build("v2@0.5"), "v2@0.5").equal
    True
    """
    from mbcost.questions.verify.candidates import list_candidates
    from mbcost.questions.verify.verify import add_proof, identify_model, verify_model

    if net is None and not find:
        raise MbcostError("verify needs a network to compare with: give one, or find=True to search for it")
    settings = make_settings(
        alpha=alpha, resolution=resolution, rho=rho, implementation=implementation, classes=classes, head=head,
        in_channels=in_channels, top=top,
    )  # fmt: skip
    if net is not None and not find:
        resolved = resolve_network(net, settings)
        module, traced = _trace(model, arguments, settings, resolved.resolution, resolved.in_channels, force=force)
        named = implementation or _read_implementation(net)
        answer = verify_model(resolved, traced, any_epsilon=named is None)
        return add_proof(answer, module, any_implementation=named is None) if prove else answer
    if isinstance(net, analytic.Network):
        raise MbcostError(f"{net!r} has its settings already: give a reference such as 'v2' with find=True")
    candidates = list_candidates(None if net is None else as_text(net), settings)
    module, traced = _trace(model, arguments, settings, candidates.resolution, candidates.in_channels, force=force)
    answer = identify_model(
        candidates.specs,
        traced,
        alpha=candidates.alpha,
        implementation=candidates.implementation,
        classes=candidates.classes,
    )
    return add_proof(answer, module, any_implementation=candidates.implementation is None) if prove else answer


def _read_implementation(net: NetworkLike | None) -> str | None:
    """Return the implementation that a reference names; for a network, one that is not the default of its table."""
    if isinstance(net, analytic.Network):
        return None if net.spec.is_flat or net.implementation == net.spec.default_implementation else net.implementation
    return None if net is None else parse_reference(as_text(net)).implementation


def _trace(
    model: nn.Module | str,
    arguments: Mapping[str, object] | None,
    settings: Settings,
    resolution: tuple[int, int],
    in_channels: int,
    *,
    force: bool,
) -> tuple[nn.Module | str, TracedModel]:
    """Return a model, or the name of its file, and the layers that it executes.

    Raises:
        MissingLibrary: torch is not installed.
        MbcostError: there is no such model, or it does not run.
    """
    from mbcost.questions.verify.verify import is_file_of_model, open_target, read_traced

    if isinstance(model, str) and is_file_of_model(model):
        if arguments:
            raise MbcostError(f"{model} is a file and takes no arguments: remove them")
        return model, read_traced(model, Asked(settings))
    if isinstance(model, str):
        return open_target(model, arguments or {}, resolution, in_channels, force=force)
    _require_torch()
    from mbcost.measured.both import trace_both

    _check_model(model, "a torch.nn.Module, or MODULE:FACTORY as text")
    if arguments:
        raise MbcostError("arguments are those of a factory: remove them, the model is made already")
    check_whole(in_channels, "in_channels")
    return model, trace_both(model, type(model).__name__, resolution, in_channels, force=force)


def _check_model(model: object, form: str) -> None:
    """Check that something is a PyTorch model.

    Raises:
        MbcostError: it is not.
    """
    from torch import nn

    if not isinstance(model, nn.Module):
        raise wrong_argument(model, "model", form)


def _require_torch() -> None:
    if find_spec("torch") is None:
        raise MissingLibrary("torch", "validate")
