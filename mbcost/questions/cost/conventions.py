"""What does one convention count, what confirms it, and what does it make of a network?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mbcost.analytic.network import Network, resolve
from mbcost.questions.cost.ledger import Ledger, build_ledger
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.convention import Convention

EXAMPLE = "v2"
"""The network of the example: all libraries and nearly all tools have it."""
KERAS_LIKE = ("keras", "tensorflow", "tflite")
"""The frameworks whose tools count models that Keras builds."""

WORK: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "convolutions and linear layers": {"convolutions": ("conv_macs",), "linear layers": ("linear_macs",)},
    "biases": {
        "the biases of convolutions": ("conv_bias_adds", "outputs"),
        "the biases of linear layers": ("linear_bias_adds", "outputs"),
    },
    "norms": {
        "norms": ("plain_norm_elements", "plain_norm_channels", "norms"),
        "norms that are one module with their activation": ("fused_norm_elements", "fused_norm_channels"),
    },
    "activations": {
        "ReLU": ("relu_elements",),
        "ReLU6": ("relu6_elements",),
        "hard-swish": ("hard_swish_elements",),
        "hard-sigmoid": ("hard_sigmoid_elements",),
        "swish": ("swish_elements",),
        "sigmoid": ("sigmoid_elements",),
    },
    "global pools": {
        "global pools that are a module": ("adaptive_pool_inputs", "adaptive_pool_outputs"),
        "global pools that are a function": ("functional_pool_inputs", "functional_pool_outputs"),
        "global pools that are a mean": ("mean_pool_inputs", "mean_pool_outputs"),
    },
    "pools over windows": {
        "max pools": ("max_pool_inputs", "max_pool_outputs"),
        "average pools over windows": ("average_pool_inputs", "average_pool_outputs"),
    },
    "squeeze multiplies": {"squeeze multiplies": ("multiplies",)},
    "residual sums": {"residual sums": ("adds",)},
}
"""The work of a network in words: what has one name together -> its kinds -> the raw counts, any of which counts it."""


@dataclass(frozen=True)
class ConventionExample:
    """A convention with one network as its example."""

    convention: Convention
    network: Network
    params: Ledger
    mult_adds: Ledger
    left_out: tuple[str, ...]
    """The work that the convention does not count as mult-adds, in words."""


def show_convention(convention: Convention) -> ConventionExample:
    """Return the convention with what it makes of V2, built as the models are that its tool can count."""
    implementation = "keras" if convention.framework in KERAS_LIKE else "torchvision"
    network = resolve(load_spec(EXAMPLE), implementation=implementation)
    params, mult_adds = (build_ledger(network, [convention], quantity) for quantity in ("params", "mult_adds"))
    return ConventionExample(convention, network, params, mult_adds, find_left_out(convention))


def find_left_out(convention: Convention) -> tuple[str, ...]:
    """Return the work that the convention does not count as mult-adds, in words."""
    counted = {count for count, factor in convention.mult_adds_coefficients.items() if factor > 0}
    words: list[str] = []
    for name, kinds in WORK.items():
        missing = [kind for kind, counts in kinds.items() if not counted.intersection(counts)]
        words += [name] if len(missing) == len(kinds) else missing
    return tuple(words)
