"""The operators that a row of a table can name, and which of the table's columns each of them has a use for."""

from __future__ import annotations

from collections.abc import Mapping

TAKES: Mapping[str, frozenset[str]] = {
    "conv": frozenset({"k", "c", "g", "d", "nl", "n", "s"}),
    "separable": frozenset({"k", "c", "d", "nl", "n", "s"}),
    "bottleneck": frozenset({"k", "t", "exp", "c", "d", "se", "nl", "res", "n", "s"}),
    "fused_bottleneck": frozenset({"k", "t", "exp", "c", "se", "nl", "res", "n", "s"}),
    "universal_bottleneck": frozenset({"a", "k", "t", "exp", "c", "se", "nl", "res", "n", "s"}),
    "residual": frozenset({"k", "exp", "c", "g", "nl", "n", "s"}),
    "max_pool": frozenset({"k", "s"}),
    "average_pool": frozenset({"k", "s"}),
    "global_pool": frozenset({"k"}),
    "flatten": frozenset({"k"}),
    "linear": frozenset({"k", "c", "nl"}),
}
"""Operator -> the letters of its columns. A kernel is accepted where papers print one: the 7x7 of a global pool, the
1x1 of a fully connected layer."""
COLUMN_WORDS: Mapping[str, str] = {
    "op": "operator", "layer": "operator", "block": "operator", "type": "operator",
    "kernel": "k", "kernel_size": "k",
    "expansion": "t", "expand_ratio": "t",
    "channels": "c", "out_channels": "c", "filters": "c", "width": "c",
    "groups": "g",
    "dilation": "d",
    "squeeze": "se", "squeeze_excite": "se",
    "activation": "nl", "non_linearity": "nl",
    "residual": "res", "shortcut": "res",
    "repeats": "n", "repeat": "n",
    "stride": "s", "strides": "s",
    "input": "in",
}  # fmt: skip
"""Words that people head a column with -> its letter."""
EXPANDING = frozenset({"bottleneck", "fused_bottleneck", "universal_bottleneck"})
"""Inverted residuals: a number of channels inside that is printed as a factor `t` of the input or as a width `exp`."""
WIDE = frozenset({"conv", "separable", "residual", "linear"}) | EXPANDING
"""Operators that need a number of output channels."""
ACTIVE = WIDE - {"linear"}
"""Operators with an activation even where the table has no column for it; so have fully connected layers before the
classifier."""
POOLS = frozenset({"max_pool", "average_pool"})
"""Pools over a window that moves."""
