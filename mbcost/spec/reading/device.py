"""YAML → `MeasuredDevice` and `Profile`: the latencies of a device, and of one runtime on many devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import yaml

from mbcost.errors import MbcostError, choose
from mbcost.spec.device import LANES, MeasuredDevice, MeasuredNetwork, Profile
from mbcost.spec.implementation import EXACT
from mbcost.spec.reading.label import parse_label
from mbcost.spec.reading.milliseconds import describe_range, describe_text
from mbcost.spec.reading.nodes import Reader, is_empty, kind_of

KEYS = (
    "device",
    "runtime",
    "dtype",
    "threads",
    "batch",
    "statistic",
    "source",
    "note",
    "sheet",
    "lanes",
    "unfused",
    "measured",
)
"""The keys of a device file, in the order in which they are written."""
PROFILE_KEYS = ("title", "runtime", "dtype", "threads", "statistic", "source", "note", "networks", "devices")
_REQUIRED = ("title", "runtime", "networks", "devices")
_LINES = ("runtime", "dtype", "threads", "statistic")
_TEXTS = ("source", "note")
_UNITS = ("unit", "units")
"""Keys that people add; the message says that they are not needed."""
_FORM = "write networks and their milliseconds, such as v1@0.25/128: 6.2"

Sheets = Callable[[], Iterable[str]]
"""Returns the names of the data sheets that exist. It is called only if a file names one."""


def parse_device(text: str, origin: str, name: str = "", sheets: Sheets | None = None) -> MeasuredDevice:
    """Return the device in a text. Whether its networks exist is not checked.

    Args:
        text: the YAML text.
        origin: the file, for messages.
        name: the name of the device; by default, what its key `device` says.
        sheets: the names that the key `sheet` may have; by default, any.

    Raises:
        SpecError: with every problem in the text.
    """
    return read_device(Reader(text, origin), name, sheets)


def read_device(reader: Reader, name: str = "", sheets: Sheets | None = None) -> MeasuredDevice:
    """Return the device in a document; see `parse_device`.

    Raises:
        SpecError: with every problem in the document.
    """
    _check_kind(reader)
    with reader.complete():
        root = reader.root
        values = reader.mapping(root, KEYS, wrong=_UNITS)
        for key in _UNITS:
            if key in values:
                reader.report(values[key], "latencies are always in milliseconds: convert them, and remove this key")
        title = reader.name(reader.require(root, values, "device"))
        measured = reader.require(root, values, "measured")
        device = MeasuredDevice(
            name=name or title,
            device=title,
            batch=reader.whole(values["batch"]) if "batch" in values else 1,
            sheet=_read_sheet(reader, values["sheet"], sheets) if "sheet" in values else "",
            lanes=_read_lanes(reader, values["lanes"]) if "lanes" in values else None,
            unfused=reader.flag(values["unfused"]) if "unfused" in values else None,
            measured=tuple(_read_measured(reader, measured)) if "measured" in values else (),
            origin=reader.origin,
            **_read_words(reader, values),
        )
    return device


def _check_kind(reader: Reader) -> None:
    """Refuse the spec of a network and the profile of a runtime, which are the other kinds of YAML files here.

    Raises:
        SpecError: the document is one of them.
    """
    keys = {key.value for key, _ in reader.root.value if isinstance(key, yaml.ScalarNode)}
    if "measured" not in keys and {"columns", "rows"} <= keys:
        reader.report(reader.root, "this is the spec of a network: a device has the keys 'device' and 'measured'")
        reader.finish()
    if "measured" not in keys and {"networks", "devices"} <= keys:
        reader.report(reader.root, "this is the profile of a runtime: a device has the keys 'device' and 'measured'")
        reader.finish()


def _read_words(reader: Reader, values: dict[str, yaml.Node]) -> dict[str, str]:
    """Return the text of the keys that only describe."""
    lines = {key: reader.line(values[key]) or "" for key in _LINES if key in values}
    texts = {key: reader.text(values[key]) for key in _TEXTS if key in values}
    return {**lines, **texts}


def _read_sheet(reader: Reader, node: yaml.Node, sheets: Sheets | None) -> str:
    name = reader.name(node)
    if not name or sheets is None:
        return name
    try:
        return choose("data sheet", name, sheets())
    except MbcostError as error:
        reader.report(node, str(error))
        return ""


def _read_lanes(reader: Reader, node: yaml.Node) -> int:
    lanes = reader.whole(node)
    if lanes not in LANES:
        reader.report(node, f"lanes is {lanes}: choose from {', '.join(map(str, LANES))}")
    return lanes


def _read_measured(reader: Reader, node: yaml.Node) -> Iterator[MeasuredNetwork]:
    """Yield the networks in order. A network can be given twice, here or by different names: both are measurements."""
    if not isinstance(node, yaml.MappingNode):
        reader.report(node, f"expected a mapping, found {kind_of(node)}: {_FORM}")
        return
    if not node.value:
        reader.report(node, f"no network is measured: {_FORM}")
    for key, value in node.value:
        network = _read_network(reader, key)
        if network is None:
            continue
        for cell in value.value or [value] if isinstance(value, yaml.SequenceNode) else [value]:
            yield replace(network, milliseconds=_read_milliseconds(reader, cell))


def _read_network(reader: Reader, node: yaml.Node) -> MeasuredNetwork | None:
    """Return a network without its latency; None if the text is not one, which is a problem."""
    text = reader.name(node)
    if not text.strip():
        return None
    line, column = reader.position(node)
    try:
        return parse_label(text, position=f"{reader.origin}:{line}:{column}")
    except MbcostError as error:
        reader.report(node, f"'{text}': {error}")
        return None


def _read_milliseconds(reader: Reader, node: yaml.Node) -> float | None:
    """Return a latency in milliseconds; None for an empty cell, and for what is not a latency, which is a problem."""
    if is_empty(node):
        return None
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str") and (remedy := describe_text(node.value)):
        reader.report(node, f"expected a number of milliseconds, found {kind_of(node)}: {remedy}")
        return None
    before = len(reader.problems)
    value = float(reader.number(node, -EXACT, infinite=True)) if _is_finite(node) else float("nan")
    if len(reader.problems) == before and (message := describe_range(value)):
        reader.report(node, f"{kind_of(node)}: {message}")
    return value if len(reader.problems) == before else None


def _is_finite(node: yaml.Node) -> bool:
    """Return whether a node can be read as a number; `.nan` and `-.inf` cannot."""
    return not isinstance(node, yaml.ScalarNode) or node.value.lower() not in (".nan", "-.inf")


def parse_profile(text: str, origin: str, name: str = "") -> Profile:
    """Return the profile in a text: its networks once, then a row for every device. See `parse_device`.

    Raises:
        SpecError: with every problem in the text.
    """
    reader = Reader(text, origin)
    with reader.complete():
        root = reader.root
        values = reader.mapping(root, PROFILE_KEYS)
        nodes = {key: reader.require(root, values, key) for key in _REQUIRED}
        networks = [_read_network(reader, node) for node in reader.sequence(nodes["networks"], "[v1, v2]")]
        profile = Profile(
            name=name or reader.name(nodes["title"]),
            title=reader.name(nodes["title"]),
            networks=tuple(network for network in networks if network is not None),
            devices=(),
            origin=origin,
            **{"runtime": "", "dtype": "", "threads": "", **_read_words(reader, values)},
        )
        rows = reader.sequence(nodes["devices"], "[NAME, 34.1, 29.0]")
        devices = tuple(_read_row(reader, row, networks, profile) for row in rows)
        _check_table(reader, nodes, rows, devices)
    return replace(profile, devices=devices)


def _check_table(
    reader: Reader,
    nodes: dict[str, yaml.Node],
    rows: list[yaml.Node],
    devices: tuple[MeasuredDevice, ...],
) -> None:
    """Report a table without networks or devices, and devices whose name occurs twice."""
    for key in ("networks", "devices"):
        if isinstance(nodes[key], yaml.SequenceNode) and not nodes[key].value:
            reader.report(nodes[key], f"{key} must not be empty: add at least one")
    seen: set[str] = set()
    for row, device in zip(rows, devices, strict=True):
        if device.device in seen and device.device:
            reader.report(row, f"the device '{device.device}' is given twice: remove one, or change its name")
        seen.add(device.device)


def _read_row(
    reader: Reader, row: yaml.Node, networks: list[MeasuredNetwork | None], profile: Profile
) -> MeasuredDevice:
    """Return the device of one row, `[NAME, 34.1, ~]`."""
    first, *cells = reader.sequence(row, "[NAME, 34.1, 29.0]") or [row]
    if isinstance(row, yaml.SequenceNode) and len(cells) != len(networks):
        count = f"the row has {len(cells)} latenc{'y' if len(cells) == 1 else 'ies'}"
        reader.report(row, f"{count}, but {len(networks)} networks are given: write ~ for a missing one")
    title = reader.name(first) if row.value and first is not row else ""
    pairs = [(cell, network) for cell, network in zip(cells, networks, strict=False) if network is not None]
    measured = (
        replace(network, milliseconds=_read_milliseconds(reader, cell), position=_spell_position(reader, cell))
        for cell, network in pairs
    )
    return MeasuredDevice(
        name=title,
        device=title,
        runtime=profile.runtime,
        dtype=profile.dtype,
        threads=profile.threads,
        statistic=profile.statistic,
        source=profile.source,
        measured=tuple(network for network in measured if network.milliseconds is not None),
        origin=reader.origin,
    )


def _spell_position(reader: Reader, node: yaml.Node) -> str:
    line, column = reader.position(node)
    return f"{reader.origin}:{line}:{column}"
