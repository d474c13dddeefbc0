"""What a network needs on a device: memory, flash and time."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mbcost.python.arguments import checked, wrong_argument
from mbcost.python.networks import NetworkLike, network
from mbcost.spec.dtype import dtype_of

if TYPE_CHECKING:
    from mbcost.questions.device.memory import Memory
    from mbcost.questions.device.roofline import Roofline


@checked
def memory(
    net: NetworkLike,
    *,
    allocators: Sequence[str] | None = None,
    dtype: str | None = None,
    weights_dtype: str | None = None,
    activations_dtype: str | None = None,
    arena: Sequence[str] = (),
) -> Memory:
    """Return the bytes of a network's maps under allocation models, and of its weights, as `mbcost memory` does.

    Args:
        net: the network.
        allocators: names of allocation models, such as `naive` and `arena`; by default all.
        dtype: the dtype of weights and activations: `int8`, `float16` or `float32`; by default int8, and for a file or
            a model its own.
        weights_dtype: the dtype of weights only.
        activations_dtype: the dtype of activations only.
        arena: options of the allocator `arena`, such as `pad`, or `["tensorflow-lite"]` for all of them; for a
            TensorFlow Lite file the plan of a runtime, `["tensorflow-lite"]` or `["tensorflow-lite-micro"]`; by default
            none.

    Returns:
        `.peaks`, one per allocator with `.allocator`, `.bytes` and the layer `.name`; `.rows`, one per layer; `.maps`,
        the largest map at each size; and `.flash`. All sizes are in bytes, for one input.

    Raises:
        MbcostError: the network cannot be built, a name is unknown, or the network is a flat list of layers.

    >>> peak = memory("v2@0.35/96", allocators=["naive"]).peaks[0]
    >>> peak.bytes, peak.name
    (138240, '2.1.depthwise')
    """
    from mbcost.questions.device.memory import choose_allocators, choose_options, compute_memory

    chosen = choose_allocators(allocators)
    options = choose_options(arena, chosen)
    names = (weights_dtype or dtype, activations_dtype or dtype)
    weights, activations = (None if name is None else dtype_of(name).name for name in names)
    return compute_memory(network(net), chosen, weights, activations, options)


@checked
def roofline(
    net: NetworkLike,
    *,
    device: str | None = None,
    peak_macs: float | Fraction | None = None,
    bandwidth: float | Fraction | None = None,
    dtype: str | None = None,
) -> Roofline:
    """Return a lower bound of the time of each layer, from the limits of arithmetic and memory.

    The roofline model: Williams, Waterman and Patterson, CACM 52(4), 2009. It is what `mbcost roofline` shows.

    Args:
        net: the network.
        device: the name of a device whose data sheet states both rates, such as `jetson-nano`.
        peak_macs: multiply-adds per second, instead of a device.
        bandwidth: bytes per second, instead of a device.
        dtype: the dtype of weights and maps; by default the device's first, or `float32`.

    Returns:
        `.layers`, each with `.name`, `.kind`, `.bound` (`compute` or `memory`) and `.work`; `.kinds`; and `.total`,
        whose `.seconds` is an exact fraction.

    Raises:
        MbcostError: the network cannot be built, a name is unknown, or a device and a rate, or neither, are given.

    >>> answer = roofline("v2", peak_macs=1e9, bandwidth=2e9)
    >>> round(float(answer.total.seconds), 3)
    0.304
    """
    from mbcost.questions.device.roofline import choose_machine, compute_roofline

    rates = (_as_rate(peak_macs, "peak_macs"), _as_rate(bandwidth, "bandwidth"))
    machine, number_format = choose_machine(device, dtype, *rates)
    return compute_roofline(network(net), machine, number_format)


def _as_rate(rate: float | Fraction | None, name: str) -> Fraction | None:
    if rate is None:
        return None
    if not 0 < rate < float("inf"):
        raise wrong_argument(rate, name, "a number per second that is more than zero")
    return Fraction(rate)
