"""Raw counts, and sums of them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    >>> coefficients_text({"conv_macs": 2, "outputs": -1})
    '2 x conv macs - outputs'
    >>> coefficients_text({})
    'nothing'
    """
    return join_terms(grouped_terms(coefficients)) or "nothing"


def grouped_terms(coefficients: Coefficients) -> list[tuple[int, str]]:
    """Return the terms of the sum, each a factor and a name, with raw counts together where `TOGETHER` names them."""
    rest = dict(coefficients)
    terms: list[tuple[int, str]] = []
    for count, factor in coefficients.items():
        if count not in rest:
            continue
        name = count_text(count)
        for group_name, group in TOGETHER.items():
            if count in group and all(rest.get(member) == factor for member in group):
                name = group_name
                rest = {member: value for member, value in rest.items() if member not in group}
        rest.pop(count, None)
        terms.append((factor, name))
    return terms


def join_terms(terms: Iterable[tuple[int, str]]) -> str:
    """Spell a sum of terms, each a factor and a name.

    >>> join_terms([(2, "macs"), (-1, "outputs")])
    '2 x macs - outputs'
    """
    text = ""
    for factor, name in terms:
        sign = " - " if factor < 0 else " + "
        text += (sign if text else sign.strip(" +")) + (name if abs(factor) == 1 else f"{abs(factor)} x {name}")
    return text
