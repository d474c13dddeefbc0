"""Every convention of a tool is compared with the tool on real models: equal integers, silent mistakes included."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import NamedTuple

import pytest
import torch
from packaging.version import Version
from torch import Tensor, nn
from torch.nn import functional

from mbcost.analytic.layers import BatchNorm
from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.measured.build import build
from mbcost.measured.counters import COUNTERS, count
from mbcost.measured.references import LIBRARIES
from mbcost.questions.cost.ledger import count_blindly
from mbcost.spec.catalogue.library import load_convention, load_conventions, load_spec
from tests.measured.library_models import build_reference
from tests.models import weights_filled
from tests.sampling import keep_one_of, set_aside

pytestmark = pytest.mark.traced

NETWORKS = ("v1", "v2", "v3-large", "v3-small")
EVEN, MIXED = (96, 96), (97, 64)
"""`MIXED` has an odd side and an even one, also after every stride."""
SMALL = {"v1": 1.25, "v2": 0.5, "v3-large": 0.75, "v3-small": 0.5}
"""The width multiplier of our models; the libraries' own have 1."""


class Case(NamedTuple):
    network: str
    alpha: float
    size: tuple[int, int]
    implementation: str


IMPLEMENTATIONS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations if name != "article"]
OURS = [Case(net, SMALL[net], MIXED, name) for net, name in IMPLEMENTATIONS if name in ("official", *LIBRARIES)]
THEIRS = [Case(net, 1.0, MIXED, name) for net, name in IMPLEMENTATIONS if name in LIBRARIES and name != "keras"]
OTHERS = [
    Case("mnasnet-1.0", 1.0, MIXED, "torchvision"),
    Case("efficientnet-b0", 1.0, MIXED, "torchvision"),
    Case("resnet-50", 1.0, MIXED, "torchvision"),
    Case("mobilenet-v4-conv-small", 0.5, MIXED, "timm"),
    Case("mobilenet-v4-conv-medium", 1.0, MIXED, "timm"),
]
OURS += [case._replace(alpha=0.25) for case in OTHERS]
OURS.append(
    Case("vgg-16", 0.25, (224, 224), "torchvision")
)  # a map that the grid divides: see the source of thop's rules
THEIRS += OTHERS
THEIRS += [Case("v3-large-minimalistic", 1.0, EVEN, "timm"), Case("v3-small-minimalistic", 1.0, MIXED, "timm")]
KERAS = [Case("v2", 0.5, MIXED, "keras"), Case("v3-small", 0.5, MIXED, "keras")]
"""One setting each, because tracing Keras takes seconds per model. V3-Large has the same kinds of layers as V3-Small.
"""


@pytest.fixture(scope="module", autouse=True)
def _no_random_weights() -> Iterator[None]:
    with weights_filled():
        yield


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def network_of(case: Case) -> Network:
    return resolve(load_spec(case.network), alpha=case.alpha, resolution=case.size, implementation=case.implementation)


def tools_for(network: Network) -> list[str]:
    """Return the tools that can count the network: to train a norm, a tool needs more than one value per channel."""
    single = any(isinstance(layer, BatchNorm) and layer.input.map[:2] == (1, 1) for layer in network.layers)
    return [tool for tool in COUNTERS if not (single and tool == "fvcore-train")]


def expected(tool: str, network: Network) -> tuple[int, int]:
    """Return the params and mult-adds that the tool counts for a model without blind spots."""
    convention = load_convention(tool)
    return network.params(convention), network.mult_adds(convention)


def expected_of_library(tool: str, network: Network) -> tuple[int, int]:
    """Return the params and mult-adds for the library's own model, where the tool may see only a part."""
    params, mult_adds = expected(tool, network)
    for quantity in ("params", "mult_adds"):
        blind = count_blindly(network, load_convention(tool), quantity)
        if blind is not None:
            assert blind.total is not None
            params, mult_adds = (blind.total, mult_adds) if quantity == "params" else (params, blind.total)
    return params, mult_adds


def check_counts(tool: str, model: nn.Module, image: Tensor, prediction: tuple[int, int]) -> None:
    """Check that the tool counts what is predicted; params only if it counts them."""
    params, operations = count(tool, model, image)
    if params is not None:
        assert params == prediction[0]
    assert operations == prediction[1]


@pytest.mark.parametrize("case", keep_one_of(3, [(case,) for case in OURS]), ids=str)
def test_tools_count_our_models_as_predicted(case: Case) -> None:
    network = network_of(case)
    model = build(network.spec, alpha=case.alpha, implementation=case.implementation)
    for tool in tools_for(network):
        check_counts(tool, model, torch.zeros(1, 3, *case.size), expected(tool, network))


@pytest.mark.parametrize("case", [set_aside(case) if case in OTHERS[::2] else case for case in THEIRS], ids=str)
def test_tools_count_the_libraries_models_as_predicted(case: Case) -> None:
    network = network_of(case)
    model, image = build_reference(case.implementation, case.network, alpha=case.alpha, resolution=case.size)
    for tool in tools_for(network):
        spot = load_convention(tool).blind_spot(case.implementation, case.network)
        more = 0 if spot is None or not spot.partial else beyond(tool, case.network, image)
        params, mult_adds = expected_of_library(tool, network)
        check_counts(tool, model, image, (params, mult_adds + more))


SEEDS = {"v1": 2, "v2": 0, "v3-small": 2}
"""The number of values in Keras's dropout seeds, which tools count as params."""
PRODUCTS_OF_SIZES = {
    "v1": 17, "v2": 21, "v3-small": 15, "v3-large-minimalistic": 20, "v3-small-minimalistic": 20,
}  # fmt: skip
"""The number of products that torchprofile finds in Keras's arithmetic of shapes and in timm's of SAME padding."""
RESCALES = {"v3-small"}
"""The network for which Keras's own model rescales the image: one product and one sum per value."""


def beyond(tool: str, network: str, image: Tensor) -> int:
    """Return what the tool counts outside the raw counts, where the convention says that there is something."""
    rescaled = image.numel() if network in RESCALES else 0
    return 2 * rescaled if tool == "torch-profiler" else PRODUCTS_OF_SIZES[network] + rescaled


@pytest.mark.parametrize("case", [set_aside(KERAS[0]), *KERAS[1:]], ids=str)
def test_tools_count_keras_models_as_predicted(case: Case) -> None:
    network = network_of(case)
    model, image = build_reference("keras", case.network, alpha=case.alpha, resolution=case.size)
    for tool in COUNTERS:
        spot = load_convention(tool).blind_spot("keras", case.network)
        if spot is not None and spot.fails:
            with pytest.raises(TypeError):
                count(tool, model, image)
            continue
        params, mult_adds = expected_of_library(tool, network)
        if spot is not None and "params" in spot.partial:
            params += SEEDS[case.network]
        if spot is not None and "mult_adds" in spot.partial:
            mult_adds += beyond(tool, case.network, image)
        check_counts(tool, model, image, (params, mult_adds))
    assert model.count_params() == network.params(load_convention("keras"))  # type: ignore[operator]  # Keras's


def test_the_conventions_state_every_silent_mistake() -> None:
    """The list has everything that tools do not count, so a version that counts more must be written down."""
    spots = {
        (name, spot.models, *sorted(spot.networks)): "fails" if spot.fails else set(spot.without)
        for name, convention in load_conventions().items()
        for spot in convention.blind
    }
    v4 = tuple(f"mobilenet-v4-conv-{size}" for size in ("large", "medium", "small"))
    v3, minimalistic = ("v3-large", "v3-small"), ("v3-large-minimalistic", "v3-small-minimalistic")
    assert spots == {
        ("fvcore", "keras"): set(),
        ("fvcore-train", "keras"): set(),
        ("ptflops", "timm", *v3): {"classifier"},
        ("ptflops", "timm", *minimalistic): {"classifier", "strided"},
        ("ptflops", "timm", *v4): {"classifier"},
        ("ptflops", "keras"): set(),
        ("ptflops-aten", "keras"): set(),
        ("thop", "timm", *v3): {"classifier"},
        ("thop", "timm", *minimalistic): {"classifier", "strided"},
        ("thop", "timm", *v4): {"classifier"},
        ("thop", "keras"): set(),
        ("torchinfo", "keras"): set(),
        ("calflops", "keras"): "fails",
        ("calflops-flops", "keras"): "fails",
        ("torchprofile", "timm", *minimalistic): set(),
        ("torchprofile", "keras"): set(),
        ("torch-profiler", "torchvision", "efficientnet-b0", "resnet-50", *v3): set(),
        ("torch-profiler", "keras", "v1", "v2"): set(),
        ("torch-profiler", "keras", *v3): set(),
        ("torch-flops", "torchvision", "vgg-16"): set(),
        ("torch-flops", "timm"): set(),
        **{
            (tool, "timm", *sorted((*v3, *v4))): {"classifier"}
            for tool in ("mmcv", "nni", "ptflops-2020", "ptflops-2023", "torch-pruning")
        },
        ("onnx-tool", "torchvision", "vgg-16"): set(),
        ("onnx-opcounter", "torchvision", "efficientnet-b0", "resnet-50", "v2", *v3, "vgg-16"): set(),
        ("torchstat", "torchvision", "resnet-50"): set(),
        ("torchstat-madd", "torchvision", "resnet-50"): set(),
        ("torchstat-madd", "torchvision", "vgg-16"): set(),
    }
    network = network_of(Case("v2", 1.0, EVEN, "keras"))
    assert expected_of_library("thop", network) == (0, 0)
    assert expected_of_library("torchinfo", network)[1] == 0
    # thop loses every norm of timm's models, whose norms are fused with their activations.
    timm = network_of(Case("v2", 1.0, EVEN, "timm"))
    assert expected("thop", timm) == (network.params(load_convention("weights")), timm.mult_adds() + 9 * 1280 + 1280)


def test_the_installed_versions_are_those_that_the_conventions_state() -> None:
    for name in COUNTERS:
        proved = dict(line.split() for line in load_convention(name).proved)
        assert "torch" in proved
        assert {tool: Version(version(tool)).public for tool in proved} == proved
    assert load_convention("keras").proved == (f"keras {version('keras')}",)
    with_tool = {name for name, convention in load_conventions().items() if convention.proved}
    assert with_tool == {*COUNTERS, "keras"}


@pytest.mark.parametrize("network", NETWORKS)
def test_the_activations_that_timm_publishes_are_those_of_fvcore(network: str) -> None:
    """They are `outputs` of a tally, on timm's own model. Its gmacs are those of fvcore and are compared above."""
    from fvcore.nn import ActivationCountAnalysis

    model, image = build_reference("timm", network, resolution=EVEN)
    analysis = ActivationCountAnalysis(model.eval(), image).unsupported_ops_warnings(False)
    outputs = analysis.uncalled_modules_warnings(False).tracer_warnings("none").total()
    assert outputs == network_of(Case(network, 1.0, EVEN, "timm")).tally().outputs


def test_a_tool_leaves_nothing_in_the_model_or_in_torch() -> None:
    model, image = build_reference("keras", "v3-small", resolution=EVEN)
    before = functional.conv2d, torch.add, Tensor.__mul__
    for tool in ("calflops", "ptflops", "thop"):
        try:
            count(tool, model, image)
        except TypeError:
            assert tool == "calflops"
        assert (functional.conv2d, torch.add, Tensor.__mul__) == before
    plain = build(load_spec("v3-small")).train()
    state = list(plain.state_dict())
    for tool in COUNTERS:
        count(tool, plain, torch.zeros(1, 3, *EVEN))
    assert list(plain.state_dict()) == state
    assert all(module.training for module in plain.modules())
    assert not any(module._forward_hooks for module in plain.modules())


def test_an_unknown_tool_is_refused() -> None:
    with pytest.raises(MbcostError, match="unknown counting tool 'thopp': did you mean 'thop'"):
        count("thopp", nn.Identity(), torch.zeros(1))
