"""The operators that a row of a table can name, and the groups of them that share a rule."""

from __future__ import annotations

OPERATORS = (
    "conv", "separable", "bottleneck", "fused_bottleneck", "universal_bottleneck", "residual", "max_pool",
    "average_pool", "global_pool", "flatten", "linear", "dense", "batch_norm",
)  # fmt: skip
"""All operators, in the order in which messages list them. Both witnesses build every one of them."""
EXPANDING = frozenset({"bottleneck", "fused_bottleneck", "universal_bottleneck"})
"""Inverted residual blocks: their inner width is printed as a factor `t` of the input, or as a number `exp`."""
WIDE = frozenset({"conv", "separable", "residual", "linear", "dense"}) | EXPANDING
"""Operators that need a number of output channels."""
ACTIVE = WIDE - {"linear", "dense"}
"""Operators that have an activation even if the table has no column for it. Linear rows before the classifier have one,
too."""
OWN_HEAD = frozenset({"dense", "batch_norm"})
"""Operators of a head that somebody trains on the features: alpha does not change them, and every implementation builds
them alike."""
POOLS = frozenset({"max_pool", "average_pool"})
"""Pools over a moving window."""
TOPS = ("global_pool", "flatten")
"""Operators that turn a feature map into one vector. Every row after them reads a vector."""
ON_VECTORS = OWN_HEAD | {"linear"}
"""Operators that read a vector."""
