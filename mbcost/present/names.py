"""How networks, sizes and bytes are spelled, for people and in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from mbcost.analytic.network import Network
from mbcost.errors import escape
from mbcost.present.table import Spelled
from mbcost.spec.catalogue.reference import reference_text as reference_text
from mbcost.spec.catalogue.reference import resolution_text as resolution_text
from mbcost.spec.convention import Convention
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec

BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
"""Each is 1024 times the one before it (IEC 80000-13)."""
FORMS = {
    "onnx": "ONNX file",
    "tflite": "TensorFlow Lite file",
    "keras": "Keras file",
    "torch": "PyTorch model",
    "yaml": "graph in YAML",
}
"""What the formats of graphs are called above a table."""
UNITS = {"params": "parameters", "mult_adds": "multiply-adds", "activations": "elements"}
"""The units of a network's totals, for JSON."""


def count_outputs(spec: Spec, classes: int) -> int | None:
    """Return the number of classes, for JSON; None if the network has a head without layers."""
    return None if spec.head and not spec.has_classifier else classes


def describe(network: Network) -> dict[str, Any]:
    """Return what identifies the network, for JSON."""
    return {
        "network": network.spec.name,
        "alpha": None if network.graph is not None else network.alpha,
        "resolution": list(network.resolution),
        "implementation": implementation_cell(network),
        "classes": count_outputs(network.spec, network.classes),
        "head": network.spec.head or None,
        "in_channels": network.in_channels,
    }


def network_text(network: Network) -> str:
    """Spell the network as users type it on the command line; a flat list of layers has a name only, a file its path.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> network_text(resolve(load_spec("v2"), alpha=0.75))
    'v2@0.75/224:official'
    """
    if network.spec.is_flat:
        return name_text(network)
    return reference_text(network.spec.name, network.alpha, network.resolution, network.implementation)


def size_text(sides: Iterable[int]) -> str:
    """Spell the sides of a kernel, an image or a feature map; a map is height x width x channels, as in the papers.

    >>> size_text((3, 3)), size_text((14, 14, 512))
    ('3x3', '14x14x512')
    """
    return "x".join(map(str, sides))


def size_cell(sides: tuple[int, ...]) -> Spelled:
    """Return the cell of a size with all its sides."""
    return Spelled(size_text(sides), tuple(sides))


def resolution_cell(resolution: tuple[int, int]) -> Spelled:
    """Return the cell of a resolution, which Python programs read as they give it: one number if it is square."""
    return Spelled(resolution_text(resolution), resolution[0] if resolution[0] == resolution[1] else tuple(resolution))


def alpha_cell(alpha: float) -> Spelled:
    """Return the cell of a width multiplier."""
    return Spelled(alpha_text(alpha), float(alpha))


def own_alpha_cell(network: Network) -> Spelled | None:
    """Return the cell of a network's width multiplier; a file of a model has fixed widths, and none."""
    return None if network.graph is not None else alpha_cell(network.alpha)


def implementation_cell(network: Network) -> str | None:
    """Return the cell of a network's implementation; a file of a model is one, and follows none."""
    return None if network.graph is not None else network.implementation


def name_text(network: Network) -> str:
    """Return the name of a network without its settings; a file of a model is named as the user wrote it."""
    return network.spec.name if network.graph is None else escape(network.graph.source)


def convention_text(convention: Convention) -> str:
    """Spell the convention in which a table counts, for a note."""
    return f"convention {convention.name}: {convention.title}"


def feature_text(feature: str, value: str) -> str:
    """Spell the value of a layer's feature, with the name of the feature unless the value contains it.

    >>> feature_text("stride", "2"), feature_text("bias", "no bias")
    ('stride 2', 'no bias')
    """
    return value if feature in ("bias", "norm", "kind of norm", "position") else f"{feature} {value}"


def headline(network: Network) -> str:
    """Return the words that identify the network above a table."""
    if (graph := network.graph) is not None:
        batch = "" if graph.batch == 1 else f"  batch {graph.batch}, counted per image"
        sides = f"resolution {size_text(network.resolution)}  channels {network.in_channels}"
        return f"{escape(graph.name)}  {FORMS.get(graph.form, graph.form)}  {sides}  outputs {network.classes}{batch}"
    if network.spec.head:
        top = f"head {network.spec.head}"
    else:
        top = f"classes {network.classes}" if has_top(network) else "no top"
    return f"{network.spec.display_title}  {settings_text(network)}  {top}"


def settings_text(network: Network) -> str:
    """Return the settings under which the network's spec is built, in the words of a headline."""
    if network.graph is not None:
        return f"resolution {size_text(network.resolution)}"
    return (
        f"alpha {alpha_text(network.alpha)}  resolution {size_text(network.resolution)}  "
        f"implementation {network.implementation}"
    )


def list_graph_notes(network: Network) -> tuple[str, ...]:
    """Return what to know about the totals of a network that is a file: which of its operators they leave out."""
    parts = [
        f"{item.count} x {escape(item.operator or 'an operator without a name')} ({escape(item.reason)})"
        for item in network.not_counted
    ]
    unread = network.graph.unread if network.graph is not None else ()
    notes = [f"not counted: {', '.join(parts)}: the totals leave them out"] if parts else []
    return (*notes, *(f"not part of these rows: {escape(part)}" for part in unread))


def list_totals_notes(networks: Iterable[Network]) -> tuple[str, ...]:
    """Return the same for several networks, each note after the name of its network."""
    return tuple(
        f"{network_text(network)}: {note}" for network in dict.fromkeys(networks) for note in list_graph_notes(network)
    )


def list_not_counted(network: Network) -> list[dict[str, Any]]:
    """Return the operators of a file that its totals leave out, for JSON; empty if everything is known."""
    return [asdict(item) for item in network.not_counted]


def has_top(network: Network) -> bool:
    """Return whether layers follow the last feature map."""
    return network.spec.has_top


def bytes_text(count: int) -> str:
    """Spell bytes in the largest binary unit in which they are at least 1, rounded half up to at most one decimal.

    >>> bytes_text(1023), bytes_text(327680), bytes_text(1048575), bytes_text(1404928), bytes_text(-12290)
    ('1,023 B', '320 KiB', '1 MiB', '1.3 MiB', '-12 KiB')
    """
    tenths, unit = 10 * abs(count), BYTE_UNITS[0]
    for power, larger in enumerate(BYTE_UNITS[1:], 1):
        if tenths < 10 * 1024:
            break
        scale = 1024**power
        tenths, unit = (20 * abs(count) + scale) // (2 * scale), larger
    tenth = f".{tenths % 10}" if tenths % 10 else ""
    return f"{'-' if count < 0 else ''}{tenths // 10:,}{tenth} {unit}"
