"""How an implementation turns a printed table into layers: rounding, scaling, padding and other rules, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

INTEGER_STEPS = ("none", "truncate", "round")
"""What happens to a scaled width before it is made divisible."""
PADDINGS = ("same", "symmetric", "trailing")
"""`same`: as in TensorFlow, so that the output is ceil(in / stride). `symmetric`: as in PyTorch, (k - 1) // 2 zeros on
every side. `trailing`: as in Keras V1, one row and one column of zeros at the bottom and right of a strided layer."""
POOLS = ("adaptive", "functional", "mean")
"""How a global average is called: as an adaptive pooling module, as its function, or as a mean. Counting tools differ
in which of these they count."""
STRIDED = ("inner", "reduce")
"""The convolution of a residual block with an inner width that has the stride: the inner one or the first one."""
FRAMEWORKS = ("torch", "keras", "tensorflow", "paddle", "mxnet", "mindspore")
ROLES = ("stem", "last_conv", "head")
"""Rows that implementations scale by special rules: the first convolution, the convolution before the global pool, and
the fully connected layer between the pool and the classifier."""

EXACT = 2**53
"""float64 represents every whole number up to this one, and a width is a product in float64."""


@dataclass(frozen=True)
class ChannelRule:
    """How a scaled width is rounded to a number of channels."""

    integer: str
    divisor: int
    minimum: int
    up: bool = False
    """Whether the width is rounded up to the next multiple, as GluonCV does; else to the nearest one."""

    def round(self, width: float) -> int:
        """Return the number of channels for a width that need not be whole.

        This is `make_divisible` of TF-slim (research/slim/nets/mobilenet/mobilenet.py @02c04f4), which torchvision,
        Keras, timm and transformers share: the nearest multiple of the divisor, at least the minimum, and one multiple
        more if rounding down would remove more than 10 %.

        >>> ChannelRule("none", divisor=8, minimum=8).round(32 * 1.4)
        48
        >>> ChannelRule("truncate", divisor=1, minimum=8).round(32 * 1.4)
        44
        """
        if self.integer == "truncate":
            width = int(width)
        elif self.integer == "round":
            width = round(width)
        if self.up:
            return max(self.minimum, ceil(width / self.divisor) * self.divisor)
        channels = max(self.minimum, int(width + self.divisor / 2) // self.divisor * self.divisor)
        # The factor is TF-slim's.
        if channels < 0.9 * width:
            channels += self.divisor
        return channels


@dataclass(frozen=True)
class Padding:
    """How the layers of each kind are padded: each is one of `PADDINGS`."""

    conv: str
    """Convolutions that are not depthwise."""
    depthwise: str
    pool: str
    """Pools over a moving window."""


@dataclass(frozen=True)
class LayerRules:
    """What an implementation decides about layers besides their widths."""

    padding: Padding
    bias: frozenset[str]
    """Parts whose convolution or linear layer has a bias and no norm."""
    linear: frozenset[str]
    """Fully connected parts that are built as a linear layer; the others are 1x1 convolutions on a 1x1 map."""
    squeeze_activation: str
    squeeze_gate: str
    pool: str
    """How the global pool is called, one of `POOLS`."""
    squeeze_pool: str
    """How the pool of squeeze-and-excite is called, one of `POOLS`."""
    fused_norm: bool
    """Whether norm and activation are one module."""
    bias_and_norm: frozenset[str] = frozenset()
    """Parts whose convolution has a bias and a norm."""
    bare: frozenset[str] = frozenset()
    """Parts that are a convolution without a bias and without a norm."""
    folded: bool = False
    """Whether norms are folded into their convolutions, as in a file that was made for inference: every convolution and
    linear layer has a bias then."""
    strided: str = "inner"
    """Which convolution of a residual block has the stride, one of `STRIDED`."""

    def has_bias(self, part: str) -> bool:
        """Return whether the convolution of a part has a bias."""
        return self.folded or part in self.bias or part in self.bias_and_norm

    def has_norm(self, part: str) -> bool:
        """Return whether a norm follows the convolution of a part."""
        return part not in self.bias and part not in self.bare and not self.folded


@dataclass(frozen=True)
class Implementation:
    """The rules of one implementation. specs/README.md explains each field in the YAML."""

    name: str
    source: str
    """File and version of the code from which the rules were read."""
    channels: ChannelRule
    channels_of: Mapping[str, ChannelRule] = field(hash=False)
    """Rules for single roles that differ from `channels`."""
    squeeze: ChannelRule
    """Rounds the squeeze width: a quarter of the width that `squeeze_of` names."""
    expansion: str
    """How a printed expanded width is scaled by alpha: `input` keeps its printed ratio to the scaled input, `printed`
    scales the printed number."""
    unscaled_below: Mapping[str, float] = field(hash=False)
    """Role -> the alpha below which a row of this role keeps its printed width."""
    width_from_input: Mapping[str, int] = field(hash=False)
    """Role -> the factor, if the width is a multiple of the row's input width."""
    layer_rules: LayerRules
    without_residual: frozenset[int]
    """Stages whose blocks have no residual connection, even if input and output agree."""
    activations: Mapping[str, str] = field(hash=False)
    """Letter of the NL column -> name of the function."""
    norm_epsilon: float
    framework: str = ""
    """The framework whose layers the code uses, one of `FRAMEWORKS`; empty if it is none in particular."""
    expands_always: bool = False
    """Whether a bottleneck has an expansion convolution even if it does not widen (t = 1)."""
    squeeze_of: str = "expanded"
    """The width of which the squeeze is a quarter: `expanded`, or the block's `input` (EfficientNet)."""
