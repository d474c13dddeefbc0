"""Raw counts, and sums of them, in words."""

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
"""The name of several raw counts together, for when all of them have the same coefficient."""


def count_text(count: str) -> str:
    """Spell the name of a raw count.

    >>> count_text("plain_norm_channels")
    'plain norm channels'
    """
    return count.replace("_", " ")


def coefficients_text(coefficients: Coefficients) -> str:
    """Spell the coefficients as a sum.

    >>> coefficients_text({"conv_macs": 1, "linear_macs": 1, "plain_norm_elements": 2, "adaptive_pool_inputs": 1})
    'macs + 2 x plain norm elements + adaptive pool inputs'
    >>> coefficients_text({})
    'nothing'
    """
    rest = dict(coefficients)
    terms = []
    for count, factor in coefficients.items():
        if count not in rest:
            continue
        name = count_text(count)
        for group_name, group in TOGETHER.items():
            if count in group and all(rest.get(member) == factor for member in group):
                name = group_name
                rest = {member: value for member, value in rest.items() if member not in group}
        rest.pop(count, None)
        terms.append(name if factor == 1 else f"{factor} x {name}")
    return " + ".join(terms) or "nothing"
