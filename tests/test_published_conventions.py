"""Conventions that no tool proves, and those of tools, on figures that others published with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mbcost.analytic.network import Network, resolve
from mbcost.spec.catalogue.library import NETWORKS, load_convention, load_spec
from mbcost.spec.catalogue.published import Published, load_published
from mbcost.spec.tally import Tally


def figures(source: str, *quantities: str) -> list[Published]:
    """Those about networks in `specs/`."""
    found = [each for each in load_published() if each.source.name == source and each.quantity in quantities]
    return [each for each in found if each.net in NETWORKS]


def network_of(figure: Published, implementation: str, classes: int = 1000) -> Network:
    assert figure.alpha is not None
    spec = load_spec(figure.net)
    return resolve(
        spec.without_top() if figure.classes == 0 else spec,
        alpha=figure.alpha,
        resolution=figure.resolution,
        implementation=implementation,
        classes=classes,
    )


def missed(found: list[Published], convention: str, implementation: str, classes: int = 1000) -> list[str]:
    """Those that the convention does not give."""
    counted = load_convention(convention)
    amounts: dict[str, Callable[[Tally], int]] = {
        "params": counted.params,
        "mult_adds": counted.mult_adds,
        "activations": lambda tally: tally.outputs,
    }
    return [
        each.id
        for each in found
        if not each.prints(amounts[each.quantity](network_of(each, implementation, classes).tally()))
    ]


def test_torchsummaryx_counts_a_norm_once_a_channel() -> None:
    """d-li14 prints hundredths of a million, so 17,056 norm channels show: 300.79 is not 300.77."""
    found = figures("d_li14_v2", "mult_adds") + figures("d_li14_v3", "mult_adds")
    assert len(found) == 14
    # At alpha 0.1 the divisor is 4, as its README says.
    assert missed(found, "torchsummaryx", "official") == ["d_li14_v2-012"]
    assert len(missed(found, "macs", "official")) == 12
    assert len(missed(found, "torchinfo", "official")) == 13


def test_timms_tables_are_fvcores() -> None:
    found = figures("timm_results", "params", "mult_adds", "activations")
    assert len(found) == 64
    assert missed(found, "timm", "timm") == []
    assert missed(found, "macs", "timm") != []


@pytest.mark.parametrize(
    ("source", "convention", "implementation", "classes", "many"),
    [("slim_v1_md", "slim-v1", "official", 1001, 16), ("keras_applications_readme", "keras", "keras", 1000, 24)],
)
def test_params(source: str, convention: str, implementation: str, classes: int, many: int) -> None:
    found = figures(source, "params")
    assert len(found) == many
    assert missed(found, convention, implementation, classes) == []
    assert missed(found, "macs", implementation, classes) != []
