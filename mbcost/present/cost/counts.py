"""Raw counts and coefficients over them, in words."""

from __future__ import annotations

from collections.abc import Mapping

from mbcost.spec.convention import Coefficients

TOGETHER: Mapping[str, tuple[str, ...]] = {
    "macs": ("conv_macs", "linear_macs"),
    "bias adds": ("conv_bias_adds", "linear_bias_adds"),
    "norm channels": ("plain_norm_channels", "fused_norm_channels"),
    "norm elements": ("plain_norm_elements", "fused_norm_elements"),
    "pool inputs": ("adaptive_pool_inputs", "functional_pool_inputs", "mean_pool_inputs"),
    "pool outputs": ("adaptive_pool_outputs", "functional_pool_outputs", "mean_pool_outputs"),
}
"""One word for several raw counts, where all of them count alike."""


def words(count: str) -> str:
    """`plain_norm_channels` -> `plain norm channels`."""
    return count.replace("_", " ")


def in_words(coefficients: Coefficients) -> str:
    """The coefficients as a sum.

    >>> in_words({"conv_macs": 1, "linear_macs": 1, "plain_norm_elements": 2, "adaptive_pool_inputs": 1})
    'macs + 2 x plain norm elements + adaptive pool inputs'
    >>> in_words({})
    'nothing'
    """
    left = dict(coefficients)
    terms = []
    for count in coefficients:
        if count not in left:
            continue
        factor, name = left[count], words(count)
        for word, counts in TOGETHER.items():
            if count in counts and all(left.get(each) == factor for each in counts):
                name = word
                for each in counts:
                    del left[each]
        left.pop(count, None)
        terms.append(name if factor == 1 else f"{factor} x {name}")
    return " + ".join(terms) or "nothing"
