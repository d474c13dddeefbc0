"""Tables of latencies that spreadsheets save, with the header `network,ms` → `MeasuredDevice`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from mbcost.errors import MbcostError, Problem, SpecError, one_line, suggestion
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.reading.label import parse_label, read_count
from mbcost.spec.reading.milliseconds import RATES, UNITS, describe_range, find_unit, is_rate
from mbcost.spec.reading.nodes import MOST_PROBLEMS
from mbcost.spec.reading.sheet import SheetLine, read_sheet

MOST_ROWS = 5_000
"""The most rows of a table, which is about the most that a YAML file can have."""
FORM = "network,ms"
"""The header in its shortest form."""
_SETTINGS: Mapping[str, str] = {
    "network": "network",
    "net": "network",
    "nets": "network",
    "networks": "network",
    "model": "network",
    "alpha": "alpha",
    "resolution": "resolution",
    "res": "resolution",
    "classes": "classes",
    "in_channels": "in_channels",
}
"""Headers -> the columns that they mean."""
_IGNORED = re.compile(
    r"(?:notes?|comments?|remarks?|std|stdev|stddev|sd|deviation|spread|runs|count|n|date|source|mult_adds|params)"
    r"(?:[ _\-(\[].*)?"
)
_TIMES = ("latency", "time", "duration", "mean", "average", "avg", "median", "min", "minimum", "value")
_STATISTICS: Mapping[str, str] = {
    "mean": "mean",
    "average": "mean",
    "avg": "mean",
    "median": "median",
    "min": "minimum",
    "minimum": "minimum",
}
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:,[0-9]{3})+)(\.[0-9]+)?")
_QUANTITY = re.compile(r"(.*[0-9.])\s*([^\s0-9.,]+)")
_HEADER = re.compile(r"\s*(?:\"?sep=.|\"?(?:network|net)\"?\s*[,;\t])", re.IGNORECASE)
_EMPTY = ("", "~")


@dataclass(frozen=True)
class _Columns:
    """What stands where in a table."""

    indices: Mapping[str, int]
    latency: int
    unit: str
    statistic: str


def is_table(text: str) -> bool:
    """Return whether a text starts like a table of latencies, and not like YAML.

    >>> is_table("network,ms"), is_table("device: x")
    (True, False)
    """
    return _HEADER.match(text.removeprefix("\ufeff").lstrip()) is not None


def parse_measurements(text: str, origin: str, name: str = "") -> MeasuredDevice:
    """Return the device in a table whose columns are a network and its latency, `ms`, `us` or `s`.

    More columns can be `alpha`, `resolution`, `classes` and `in_channels`; notes and spreads are ignored. An empty
    latency is a network that is planned. Whether the networks exist is not checked.

    Raises:
        SpecError: with every problem in the text.
    """
    sheet = read_sheet(text, origin)
    if not sheet.lines:
        raise SpecError([Problem(origin, 1, 1, f"the file is empty: write the header {FORM} and a row per network")])
    if any(map(_NUMBER.fullmatch, sheet.lines[0].cells)):
        raise SpecError([sheet.lines[0].problem(0, f"the first line must be a header, such as {FORM}")])
    columns = _read_header(sheet.lines[0])
    if problems := sheet.find_uneven_rows():
        raise SpecError(problems)
    rows = sheet.with_points([columns.latency]).lines[1:]
    if not rows:
        number = sheet.lines[0].number
        raise SpecError([Problem(origin, number, 1, "no network is measured: add a row per network below the header")])
    if len(rows) > MOST_ROWS:
        message = f"more than {MOST_ROWS:,} rows: split the table, or leave out networks"
        raise SpecError([Problem(origin, rows[MOST_ROWS].number, 1, message)])
    return MeasuredDevice(
        name=name,
        device=name,
        statistic=columns.statistic,
        measured=tuple(_read_rows(rows, columns)),
        origin=origin,
    )


def _read_header(line: SheetLine) -> _Columns:
    """Return the columns of the header.

    Raises:
        SpecError: with every problem in the header.
    """
    indices: dict[str, int] = {}
    latencies: list[tuple[int, str]] = []
    problems = []
    for index, cell in enumerate(line.cells):
        word = re.sub(r"\s+", " ", cell.lower())
        unit = _find_unit(cell)
        if (column := _SETTINGS.get(word.replace(" ", "_"))) is not None:
            if column in indices:
                problems.append(line.problem(index, f"the column '{column}' is given twice: remove one"))
            indices[column] = index
        elif _IGNORED.fullmatch(word) and not is_rate(cell):
            continue
        elif unit is not None:
            latencies.append((index, unit))
        else:
            problems.append(line.problem(index, _describe_column(cell)))
    if len(latencies) > 1:
        names = " and ".join(f"'{line.cells[index]}'" for index, _ in latencies)
        problems.append(line.problem(latencies[1][0], f"several columns have latencies, {names}: keep one"))
    if "network" not in indices and not problems:
        problems.append(line.problem(0, f"the column 'network' is missing: the first line must be a header, as {FORM}"))
    if not latencies and not problems:
        problems.append(line.problem(len(line.cells), "the column with the latencies is missing: name it ms, us or s"))
    if problems:
        raise SpecError(problems)
    (latency, unit_), *_ = latencies
    first = re.split(r"[^a-z]", line.cells[latency].lower())[0]
    return _Columns(indices, latency, unit_, _STATISTICS.get(first, ""))


def _find_unit(header: str) -> str | None:
    """Return the unit of a header such as `ms`, `latency_us` or `mean (ms)`; None if it names none, or a rate."""
    parts = [part for part in re.split(r"[\s_()\[\],.\-]+", header) if part]
    if is_rate(header) or (len(parts) > 1 and len(parts[-2]) == 1):  # `m s` is not in seconds
        return None
    units = [unit for part in (parts[-1:] if len(parts) > 1 else parts) if (unit := find_unit(part))]
    return units[0] if units else None


def _describe_column(header: str) -> str:
    """Return what is wrong with a column and what to do."""
    if is_rate(header):
        return f"'{header}' is a rate, but {RATES}: measure the milliseconds of one run"
    if not header:
        return f"the first line must be a header, such as {FORM}"
    if re.split(r"[^a-z]", header.lower())[0] in _TIMES:
        return f"'{header}' does not tell the unit: name the column ms, us or s"
    known = [*dict.fromkeys(_SETTINGS.values()), *UNITS, "note", "std"]
    return f"unknown column '{header}': {suggestion(header, known)}"


def _read_rows(rows: tuple[SheetLine, ...], columns: _Columns) -> list[MeasuredNetwork]:
    """Return the networks of the rows.

    Raises:
        SpecError: with every problem in them.
    """
    networks: list[MeasuredNetwork] = []
    problems: list[Problem] = []
    for line in rows:
        try:
            networks.append(_read_row(line, columns))
        except SpecError as error:
            problems += error.located
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise SpecError(problems)
    return networks


def _read_row(line: SheetLine, columns: _Columns) -> MeasuredNetwork:
    cells = {name: line.cells[index] for name, index in columns.indices.items() if index < len(line.cells)}
    start = line.starts[min(columns.indices["network"], len(line.starts) - 1)]
    with _at(line, columns.indices["network"]):
        reference = _spell(cells.get("network", ""), cells.get("alpha", ""), cells.get("resolution", ""))
        network = parse_label(reference, position=f"{line.origin}:{line.number}:{start}")
    values = {"classes": network.classes, "in_channels": network.in_channels}
    for name, value in values.items():
        if cell := cells.get(name, ""):
            with _at(line, columns.indices[name]):
                if value is not None:
                    raise MbcostError(f"{name} is given twice, in '{network.label}' and in a column: remove one")
                values[name] = read_count(name, cell)
    cell = line.cells[columns.latency] if columns.latency < len(line.cells) else ""
    with _at(line, columns.latency):
        milliseconds = None if cell in _EMPTY else _read_latency(cell, columns.unit)
    return MeasuredNetwork(
        network.network,
        milliseconds,
        values["classes"],
        values["in_channels"],
        network.position,
        network.head,
        network.top,
    )


@contextmanager
def _at(line: SheetLine, index: int) -> Iterator[None]:
    """Give a problem its position: the cell at `index`."""
    try:
        yield
    except MbcostError as error:
        raise SpecError([line.problem(index, one_line(str(error)))]) from None


def _spell(network: str, alpha: str, resolution: str) -> str:
    """Return the reference to a network whose alpha and resolution stand in cells of their own."""
    if not alpha and not resolution:
        return network
    label, comma, settings = network.partition(",")
    base, colon, implementation = label.partition(":")
    for name, mark, value in (("alpha", "@", alpha), ("the resolution", "/", resolution)):
        if value and mark in base:
            raise MbcostError(f"{name} is given twice, in '{network}' and in a column: remove one")
    if alpha and "/" in base:
        base, slash, size = base.partition("/")
        base = f"{base}@{alpha.replace(',', '.')}{slash}{size}"
    else:
        base += f"@{alpha.replace(',', '.')}" if alpha else ""
    base += f"/{resolution}" if resolution else ""
    return base + colon + implementation + comma + settings


def _read_latency(cell: str, unit: str) -> float:
    """Return a latency in milliseconds."""
    match = _QUANTITY.fullmatch(cell)
    text = cell
    if match and not _NUMBER.fullmatch(cell):
        if is_rate(match[2]):
            raise MbcostError(f"'{cell}' is a rate, but {RATES}: measure the milliseconds of one run")
        if (own := find_unit(match[2])) is not None:
            if own != unit:
                raise MbcostError(f"'{cell}' is not in {unit}, the unit of the column: write all latencies in one unit")
            text = match[1]
    if grouped := _GROUPED.fullmatch(text):
        text = grouped[1].replace(",", "") + (grouped[2] or "")
    if re.fullmatch("[0-9]+,[0-9]+", text):
        plain = text.replace(",", ".")
        raise MbcostError(f"'{cell}' has a decimal comma in a file whose cells commas separate: write {plain}")
    if _NUMBER.fullmatch(text) is None:
        raise MbcostError(f"'{cell}' is not a number of {unit}: write a number, or nothing if it is not measured yet")
    milliseconds = float(text) * UNITS[unit]
    if message := describe_range(milliseconds):
        raise MbcostError(f"'{cell}': {message}")
    return milliseconds
