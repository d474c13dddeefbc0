"""The work of a network that takes time on a device: what is computed, what is moved, what is started.

Every kind of work is a sum over the rows of the cost table, and in each row a product: a function of the channels,
which alpha decides, times a number of positions, which the resolution decides. So the work of many alphas at many
resolutions is one product of matrices per kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mbcost.analytic.layers import Activation, BatchNorm, Conv2d, Leading, Linear
from mbcost.analytic.network import Network, Step
from mbcost.errors import MbcostError
from mbcost.questions.device.roofline import count_elements_read

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS: Mapping[str, str] = {
    "dense": "multiply-adds of dense convolutions and fully connected layers",
    "depthwise": "multiply-adds of depthwise convolutions",
    "depthwise outputs": "elements that depthwise convolutions write, whatever their kernel is",
    "maps": "elements of maps that are read or written",
    "weights": "weights that are read",
    "vector weights": "those of them that are used for a single position",
    "fully connected weights": "those of fully connected layers",
    "layers": "rows of the cost table",
    "vector layers": "those of them that compute a vector with weights",
    "smooth activations": "elements through a swish or sigmoid, hard or not",
    "separate layers": "norms and activations, if each is a layer of its own",
    "separate elements": "elements that these read and write",
}
"""What takes time on a device, and what is counted of it."""
MULTIPLY_ADDS = ("dense", "depthwise")
"""The kinds of work that are multiply-adds."""
SEPARATE = ("separate layers", "separate elements")
"""The work that only runtimes do which do not fuse norms and activations with the layer before them."""
IMAGE_CHANNELS = 4
"""An input with at most this many channels is an image, which runtimes do not pad to their lanes."""
PER_NETWORK = ("weights", "vector weights", "fully connected weights", "layers", "vector layers", "separate layers")
"""The work that does not grow with the number of images that are computed together."""
LARGEST_WORK = 1e150
"""More work than this of one kind is refused: estimates are computed in float64, and need its square."""
SMOOTH = ("hard_swish", "hard_sigmoid", "swish", "sigmoid")


@dataclass(frozen=True)
class Channels:
    """What alpha decides, per row of the cost table."""

    dense: tuple[bool, ...]
    """Whether the row is a dense convolution or fully connected, and so on for the other kinds of layers."""
    depthwise: tuple[bool, ...]
    fully_connected: tuple[bool, ...]
    kernel: tuple[int, ...]
    """Height x width of the kernel."""
    read: tuple[int, ...]
    """Input channels."""
    grouped: tuple[int, ...]
    """Input channels of one group."""
    written: tuple[int, ...]
    """Output channels."""
    smooth: tuple[int, ...]
    """How many of the row's activations are a swish or sigmoid, hard or not."""
    separate: tuple[int, ...]
    """How many norms and activations the row has."""


@dataclass(frozen=True)
class Sizes:
    """What the resolution decides, per row of the cost table."""

    read: tuple[float, ...]
    """Positions of the input that are read; an addition reads every position twice."""
    written: tuple[int, ...]
    """Positions of the output."""


def describe_channels(steps: Sequence[Step]) -> Channels:
    """Return what alpha decides of the work of a network, of which these are the rows of the cost table."""
    rows = [(step, step.lead) for step in steps]
    return Channels(
        dense=tuple(isinstance(lead, Linear) or (isinstance(lead, Conv2d) and not _is_depthwise(step))
                    for step, lead in rows),
        depthwise=tuple(_is_depthwise(step) for step, _ in rows),
        fully_connected=tuple(isinstance(lead, Linear) for _, lead in rows),
        kernel=tuple(lead.kernel[0] * lead.kernel[1] if isinstance(lead, Conv2d) else 1 for _, lead in rows),
        read=tuple(lead.input.elements if isinstance(lead, Linear) else lead.input.channels for _, lead in rows),
        grouped=tuple(_count_grouped(step) for step, _ in rows),
        written=tuple(step.output.channels for step, _ in rows),
        smooth=tuple(sum(isinstance(layer, Activation) and layer.function in SMOOTH for layer in step.layers)
                     for step, _ in rows),
        separate=tuple(sum(isinstance(layer, BatchNorm | Activation) for layer in step.layers) for step, _ in rows),
    )  # fmt: skip


def describe_sizes(steps: Sequence[Step]) -> Sizes:
    """Return what the resolution decides of the work of a network, of which these are the rows of the cost table."""
    leads = [step.lead for step in steps]
    return Sizes(
        tuple(map(_count_positions_read, leads)),
        tuple(step.output.height * step.output.width for step in steps),
    )


def _count_positions_read(lead: Leading) -> float:
    try:
        return 1.0 if isinstance(lead, Linear) else count_elements_read(lead) / lead.input.channels
    except OverflowError:
        raise _refuse_size() from None


def _is_depthwise(step: Step) -> bool:
    return isinstance(step.lead, Conv2d) and step.lead.operator == "depthwise"


def _count_grouped(step: Step) -> int:
    lead = step.lead
    if isinstance(lead, Linear):
        return lead.input.elements
    return lead.input.channels // lead.groups if isinstance(lead, Conv2d) else lead.input.channels


def measure_work(described: Sequence[tuple[Channels, Sizes]], lanes: int = 1, batch: int = 1) -> NDArray[Any]:
    """Return the work of networks, float64 [networks, kinds], in the order of `KINDS`.

    Args:
        described: networks as `describe_network` returns them.
        lanes: the number of channels that are computed together.
        batch: the number of images that are computed together; the work is that of all of them.

    Raises:
        MbcostError: there is more work than `LARGEST_WORK`.
    """
    import numpy as np

    if not described:
        return np.zeros((0, len(KINDS)))

    def collect(parts: int, name: str) -> NDArray[Any]:
        """Return a field of all networks, one after the other, [rows of all networks]."""
        return np.concatenate([_as_floats(getattr(pair[parts], name)) for pair in described])

    starts = np.cumsum([0, *(len(channels.kernel) for channels, _ in described[:-1])])
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        factors = list_factors(lambda name: collect(0, name), lanes)
        positions = _count_positions(lambda name: collect(1, name))
        rows = [sum(channels * positions[size] for channels, size in factors[kind]) for kind in KINDS]
        work: NDArray[Any] = np.add.reduceat(np.stack(rows, axis=-1), starts, axis=0) * count_times(batch)
    return _check_size(work)


def describe_network(network: Network) -> tuple[Channels, Sizes]:
    """Return what alpha and what the resolution decide of a network's work."""
    steps = network.steps
    return describe_channels(steps), describe_sizes(steps)


def measure_grid(channels: Sequence[Channels], sizes: Sequence[Sizes], lanes: int = 1, batch: int = 1) -> NDArray[Any]:
    """Return the work of a network at many alphas and resolutions, float64 [alphas, resolutions, kinds].

    Args:
        channels: of networks with the same rows, at least one.
        sizes: of the same network at some resolutions, at least one.
        lanes: the number of channels that are computed together.
        batch: the number of images that are computed together; the work is that of all of them.

    Raises:
        MbcostError: there is more work than `LARGEST_WORK`.
    """
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        factors = list_factors(lambda name: _as_floats([getattr(one, name) for one in channels]), lanes)
        positions = _count_positions(lambda name: _as_floats([getattr(size, name) for size in sizes]).T)
        per_kind = [sum(one @ positions[size] for one, size in factors[kind]) for kind in KINDS]
        work: NDArray[Any] = np.stack(per_kind, axis=-1) * count_times(batch)
    return _check_size(work)


def _as_floats(counts: Sequence[Any]) -> NDArray[Any]:
    """Return counts as float64.

    Raises:
        MbcostError: one is above the range of float64.
    """
    import numpy as np

    try:
        return np.array(counts, dtype=np.float64)
    except OverflowError:
        raise _refuse_size() from None


def _check_size(work: NDArray[Any]) -> NDArray[Any]:
    if not (work <= LARGEST_WORK).all():  # NaN, too
        raise _refuse_size()
    return work


def _refuse_size() -> MbcostError:
    return MbcostError(
        "the network is too large for an estimate of its latency, which is computed with numbers up to "
        f"{LARGEST_WORK:g}: use a smaller alpha or resolution, or fewer classes or channels"
    )


def list_factors(
    collect: Callable[[str], NDArray[Any]], lanes: int
) -> Mapping[str, tuple[tuple[NDArray[Any], str], ...]]:
    """Return the products of which each kind of work is the sum over rows: what alpha decides, and which positions.

    Args:
        collect: returns a field of `Channels` as an array whose last axis is the rows.
        lanes: the number of channels that are computed together.
    """
    import numpy as np

    kernel, dense, depthwise = collect("kernel"), collect("dense"), collect("depthwise")
    read, written = _round_up(collect("read"), lanes), _round_up(collect("written"), lanes)
    weights = kernel * written * np.where(dense > 0, _round_up(collect("grouped"), lanes), 1) * (dense + depthwise)
    return {
        "dense": ((weights * dense, "written"),),
        "depthwise": ((weights * depthwise, "written"),),
        "depthwise outputs": ((written * depthwise, "written"),),
        "maps": ((read, "read"), (written, "written")),
        "weights": ((weights, "once"),),
        "vector weights": ((weights * dense, "vector"),),
        "fully connected weights": ((weights * collect("fully_connected"), "once"),),
        "layers": ((np.ones(kernel.shape), "once"),),
        "vector layers": ((dense, "vector"),),
        "smooth activations": ((written * collect("smooth"), "written"),),
        "separate layers": ((collect("separate"), "once"),),
        "separate elements": ((2 * (written * collect("separate")), "written"),),
    }


def _count_positions(collect: Callable[[str], NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    """Return by what the channels of a row are multiplied: positions read or written, 1, or 1 for a single position.

    Args:
        collect: returns a field of `Sizes` as an array whose first axis is the rows.
    """
    import numpy as np

    read, written = collect("read"), collect("written")
    vector = (written == 1).astype(np.float64)
    return {"read": read, "written": written, "once": np.ones(written.shape), "vector": vector}


def count_times(batch: int) -> list[int]:
    """Return how often each kind of work is done for a batch, in the order of `KINDS`."""
    return [1 if kind in PER_NETWORK else batch for kind in KINDS]


def _round_up(channels: NDArray[Any], lanes: int) -> NDArray[Any]:
    """Round channels up to a multiple of the lanes, except those of an image."""
    import numpy as np

    rounded: NDArray[Any] = np.where(channels <= IMAGE_CHANNELS, channels, np.ceil(channels / lanes) * lanes)
    return rounded
