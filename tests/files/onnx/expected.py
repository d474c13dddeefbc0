"""The totals of a file, and those that are expected of a library's model."""

from __future__ import annotations

from pathlib import Path

from mbcost.analytic.graph.network import resolve_graph
from mbcost.analytic.network import resolve
from mbcost.files.read import read_graph
from mbcost.files.sizes import InputSizes
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.tally import Tally, total

OPEN = InputSizes()
Totals = tuple[int, int]
"""Mult-adds of convolutions and linear layers, and params."""


def sum_tally(tally: Tally) -> Totals:
    """Return mult-adds and params."""
    norms = tally.plain_norm_channels + tally.fused_norm_channels
    return tally.conv_macs + tally.linear_macs, tally.weights + tally.biases + 2 * norms


def read_totals(path: Path, sizes: InputSizes = OPEN) -> Totals:
    """Return the totals of a file."""
    network = resolve_graph(read_graph(path, path.name, "onnx", sizes))
    assert network.not_counted == ()
    return sum_tally(total([layer.tally() for layer in network.layers]))


def expect(library: str, network: str, alpha: float) -> tuple[Totals, Totals]:
    """Return the totals of a built-in network; the second with each norm folded into a bias per channel."""
    spec = load_spec(network)
    counts = total([layer.tally() for layer in resolve(spec, alpha=alpha, implementation=library).layers])
    macs, params = sum_tally(counts)
    return (macs, params), (macs, params - counts.plain_norm_channels - counts.fused_norm_channels)
