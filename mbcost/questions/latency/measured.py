"""The networks of a measured device, resolved: unknown ones are problems, and repeated ones become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import exp, fsum, log

from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.errors import STANDARD_INPUT, MbcostError, Problem, SpecError, one_line
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.shown import join_words, show, significant_text

LARGEST_SPREAD = 1.3
"""The largest ratio of two measurements of one network under the same conditions."""
PIPED = ("-", STANDARD_INPUT)
"""How a reference to the network on standard input begins: nobody who reads a device file later can have it."""
MOST_LISTED = 4
"""Of more measurements of one network, the smallest and the largest are told."""
_ADVICE = ": keep the one that was measured under the conditions of the file"
_ROUNDING = 1e-9
"""What the ratio of two decimal numbers may be off in binary."""


@dataclass(frozen=True)
class ResolvedDevice:
    """The networks of a device as layers."""

    device: MeasuredDevice
    measured: tuple[tuple[MeasuredNetwork, Network], ...]
    """The networks with their milliseconds, in the order of the file, each network once."""
    planned: tuple[tuple[MeasuredNetwork, Network], ...]
    """The networks without a measurement."""
    notes: tuple[str, ...]
    """What was done about networks that were measured more than once, one line per network."""

    @property
    def unused(self) -> tuple[str, ...]:
        """Why measurements are not used, without the advice what to do, one clause per network."""
        return tuple(note.removesuffix(_ADVICE) for note in self.notes if note.endswith(_ADVICE))

    def __repr__(self) -> str:
        return show(self, f"{self.device.name}: {len(self.measured)} measured, {len(self.planned)} planned")


def resolve_measured(device: MeasuredDevice, *, planned: bool = False) -> ResolvedDevice:
    """Return the networks of a device as layers.

    Measurements of one network, however it is spelled, become their geometric mean if the largest is at most
    `LARGEST_SPREAD` times the smallest; else none of them is used. A note tells either.

    Args:
        device: a device whose networks may be unknown.
        planned: whether a device without a single measurement is accepted.

    Raises:
        SpecError: networks of a file do not exist or cannot be built; with the position of every one.
        MbcostError: a network that does not come from a file does not exist, or nothing is measured.
    """
    groups = _group(_resolve_all(device))
    if not planned and not any(network.milliseconds is not None for network in device.measured):
        raise MbcostError(_describe_missing(device))
    measured, open_, notes = [], [], []
    for network, rows in groups:
        times = [row.milliseconds for row in rows if row.milliseconds is not None]
        if not times:
            open_.append((rows[0], network))
        elif len(times) == 1:
            measured.append((next(row for row in rows if row.milliseconds is not None), network))
        elif _agree(times):
            mean = exp(fsum(map(log, times)) / len(times))
            measured.append((replace(rows[0], milliseconds=mean), network))
            notes.append(f"{_describe(rows)}: their geometric mean, {significant_text(mean)} ms, is used")
        else:
            notes.append(
                f"{_describe(rows)}: they differ by more than {LARGEST_SPREAD - 1:.0%}, so none is used{_ADVICE}"
            )
    return ResolvedDevice(device, tuple(measured), tuple(open_), tuple(notes))


def _resolve_all(device: MeasuredDevice) -> list[tuple[MeasuredNetwork, Network]]:
    problems, pairs = [], []
    for row in device.measured:
        try:
            pairs.append((row, _resolve(row)))
        except MbcostError as error:
            if not row.position:
                raise
            problems += _locate(row, error)
    if problems:
        raise SpecError(problems)
    return pairs


def _resolve(row: MeasuredNetwork) -> Network:
    if row.network.startswith(PIPED):
        raise MbcostError("'-' means standard input, which cannot be a network of a device: write the path of a file")
    return resolve_reference(
        row.network, Settings(classes=row.classes, head=row.head, in_channels=row.in_channels, top=row.top)
    )


def _locate(row: MeasuredNetwork, error: MbcostError) -> list[Problem]:
    """Return the problem at the position of the row; a problem inside the file of a network is already located."""
    if isinstance(error, SpecError):
        return list(error.located)
    file, line, column = row.position.rsplit(":", 2)
    return [Problem(file, int(line), int(column), one_line(str(error)))]


def _group(pairs: Iterable[tuple[MeasuredNetwork, Network]]) -> list[tuple[Network, list[MeasuredNetwork]]]:
    """Return each network once with its rows, in the order of first appearance."""
    by_label: dict[str, list[tuple[Network, list[MeasuredNetwork]]]] = {}
    groups: list[tuple[Network, list[MeasuredNetwork]]] = []
    for row, network in pairs:
        alike = by_label.setdefault(network.label, [])
        rows = next((rows for other, rows in alike if other == network), None)
        if rows is None:
            rows = []
            alike.append((network, rows))
            groups.append((network, rows))
        rows.append(row)
    return groups


def _agree(times: list[float]) -> bool:
    return max(times) <= LARGEST_SPREAD * min(times) * (1 + _ROUNDING)


def _describe(rows: list[MeasuredNetwork]) -> str:
    """Return the start of a note: the network, and its measurements with the other ways in which it is written."""
    names = list(dict.fromkeys(row.label for row in rows if row.milliseconds is not None))
    alike = f", also written {', '.join(names[1:])}," if len(names) > 1 else ""
    times = [row.milliseconds for row in rows if row.milliseconds is not None]
    values = join_words(f"{time:g}" for time in times)
    if len(times) > MOST_LISTED:
        values = f"{min(times):g} to {max(times):g}"
    return f"{names[0]}{alike} was measured {len(times)} times, {values} ms"


def _describe_missing(device: MeasuredDevice) -> str:
    start = f"{device.origin}: " if device.origin else ""
    if not device.measured:
        return f"{start}no network is measured: add at least one with its milliseconds, such as v1@0.25/128: 6.2"
    count = f"{len(device.measured)} network{' is' if len(device.measured) == 1 else 's are'} planned"
    return f"{start}{count}, but none is measured: write the milliseconds of one run after each"
