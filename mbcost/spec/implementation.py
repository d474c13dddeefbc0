"""How an implementation turns the printed table into layers: rounding, scaling, padding and the rest, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

INTEGER_STEPS = ("none", "truncate", "round")
"""What happens to a scaled width before it is made divisible."""
PADDINGS = ("same", "symmetric", "trailing")
"""`same`: TensorFlow's, output ceil(in / stride). `symmetric`: PyTorch's (k - 1) // 2 zeros on every side.
`trailing`: one row and one column of zeros at the bottom and the right of a strided layer, as Keras V1 pads."""
POOLS = ("adaptive", "functional", "mean")
"""How a global average is called: an adaptive pooling module, the function of it, or a mean. Counting tools care."""
ROLES = ("stem", "last_conv", "head")
"""Rows that implementations scale by rules of their own: the first convolution, the one before the global pool, and
the fully connected layer between the pool and the classifier."""

EXACT = 2**53
"""float64 holds every whole number up to here, and a width is a product in float64."""


@dataclass(frozen=True)
class ChannelRule:
    """Rounds a scaled width to a channel count."""

    integer: str
    divisor: int
    minimum: int

    def round(self, width: float) -> int:
        """The channel count for a width that is not whole.

        `make_divisible` of TF-slim (research/slim/nets/mobilenet/mobilenet.py @02c04f4), which torchvision, Keras,
        timm and transformers share: to the nearest multiple of the divisor, at least the minimum, and one multiple
        more where that would take off over 10 %.

        >>> ChannelRule("none", divisor=8, minimum=8).round(32 * 1.4)
        48
        >>> ChannelRule("truncate", divisor=1, minimum=8).round(32 * 1.4)
        44
        """
        if self.integer == "truncate":
            width = int(width)
        elif self.integer == "round":
            width = round(width)
        channels = max(self.minimum, int(width + self.divisor / 2) // self.divisor * self.divisor)
        # The share is TF-slim's.
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
    """Parts whose convolution or linear layer has a bias; they have no norm."""
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


@dataclass(frozen=True)
class Implementation:
    """One implementation's rules. See specs/README.md for the meaning of each field in the YAML."""

    name: str
    source: str
    """File and version of the code that the rules were read from."""
    channels: ChannelRule
    channels_of: Mapping[str, ChannelRule]
    """Rules for single roles that differ from `channels`."""
    squeeze: ChannelRule
    """Rounds a quarter of the expanded width, or of what `squeeze_of` says, to the squeeze width."""
    expansion: str
    """Where a printed expanded width comes from under alpha: `input` keeps its printed ratio to the scaled input,
    `printed` scales the printed number."""
    unscaled_below: Mapping[str, float]
    """Role -> the alpha below which that row keeps its printed width."""
    width_from_input: Mapping[str, int]
    """Role -> the factor, where the width is a multiple of the row's input width."""
    layer_rules: LayerRules
    without_residual: frozenset[int]
    """Stages whose blocks have no residual connection even where input and output agree."""
    activations: Mapping[str, str]
    """Letter of the NL column -> name of the function."""
    norm_epsilon: float
    squeeze_of: str = "expanded"
    """The width that the squeeze is a quarter of: `expanded`, or the block's `input` (EfficientNet)."""
