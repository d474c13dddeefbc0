"""Published cost figures, as printed, and whether an exact number would be printed that way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import yaml

from mbcost.errors import MbcostError
from mbcost.spec.catalogue.errata import Erratum, Misprint, read_errata, read_misprints
from mbcost.spec.catalogue.library import specs_folder
from mbcost.spec.printed import ROUNDINGS
from mbcost.spec.reading.nodes import Reader, is_empty
from mbcost.spec.reading.values import read_sides

UNITS: dict[str, Fraction] = {
    "1": Fraction(1), "K": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9),
    "B": Fraction(1), "kB": Fraction(10**3), "MB": Fraction(10**6),
    "%": Fraction(1, 100),
}  # fmt: skip
"""Unit -> how many single counts or bytes it is, or which part of the whole; always decimal."""
QUANTITIES = (
    "params", "mult_adds", "params_share", "mult_adds_share", "mult_adds_saving", "activations",
    "activation_memory", "activation_memory_max", "model_size", "constants_size",
)  # fmt: skip
TASKS = (
    "classification", "finegrain_classification", "backbone", "layer", "layer_type_share", "ablation", "memory",
    "detection", "segmentation", "face_attributes", "face_embedding", "geolocation", "visual_wake_words",
)  # fmt: skip
"""What a figure is about: a network with the head for a task, or a part of a network (`backbone` has no classifier)."""
CONFIDENCES = ("primary", "secondary")
"""`primary`: read in the original file or page. `secondary`: read in somebody's copy of it."""

_PRINT = re.compile(r"~?(\d[\d,]*)(?:\.(\d+))?(?: ?(?:[KMG]|M[Bb]))?")


@dataclass(frozen=True)
class Source:
    """A paper, page or file from which figures were taken; one YAML file holds them."""

    name: str
    title: str
    where: str
    """Version of the paper, or repository, path and commit."""
    seen: str
    """What was read: the original, or which copies of it."""
    counts: str
    """What the source counts, in its own words and ours."""
    by_tool: bool = False
    """Whether the source counted with a program, which may count more than multiply-adds."""
    errata: tuple[Erratum, ...] = ()
    misprints: tuple[Misprint, ...] = ()
    since: str = ""
    """Since when the source prints what is wrong, as far as it is known; an erratum can state it for itself."""


@dataclass(frozen=True)
class Published:
    """One printed number. A field is None if the source neither states nor implies it."""

    source: Source
    id: str
    table: str
    row: str | None
    net: str
    """The name of a spec if the figure is about one, else the name that the source uses."""
    alpha: float | None
    resolution: tuple[int, int] | None
    """Height and width of the input."""
    classes: int | None
    task: str
    quantity: str
    value: str
    """As printed, with its trailing zeros."""
    unit: str
    significant: int | None
    """How many of the digits are significant, if not all are."""
    confidence: str
    note: str

    @property
    def number(self) -> Fraction:
        """The printed number in single counts or bytes, or as a part of the whole."""
        return Fraction(self._digits) * UNITS[self.unit]

    @property
    def step(self) -> Fraction:
        """The value of one unit in the last significant digit that is printed.

        >>> figures = {figure.id: figure for figure in load_published()}
        >>> figures["paper_v1-020"].value, int(figures["paper_v1-020"].step)
        ('4.2', 100000)
        """
        decimals = self.decimals
        if self.significant is not None:
            decimals -= len(self._digits.replace(".", "").lstrip("0")) - self.significant
        return UNITS[self.unit] / Fraction(10) ** decimals

    def prints(self, exact: int | Fraction, rounding: str = "rounds") -> bool:
        """Return whether a source that shortens numbers by `rounding`, one of `ROUNDINGS`, prints `exact` like this.

        >>> figures = {figure.id: figure for figure in load_published()}
        >>> v2 = figures["paper_v2-016"]
        >>> v2.value, v2.prints(300_774_272), v2.prints(300_774_272, "floors")
        ('300M', False, True)
        """
        return ROUNDINGS[rounding].covers(exact, self.number, self.step)

    @property
    def decimals(self) -> int:
        """The number of digits after the point."""
        return len(self._digits.partition(".")[2])

    @property
    def _digits(self) -> str:
        match = _PRINT.fullmatch(self.value)
        assert match is not None, "parsing requires a number"
        return match[1].replace(",", "") + (f".{match[2]}" if match[2] else "")


@cache
def load_published() -> tuple[Published, ...]:
    """Return every published figure, file by file.

    Raises:
        MbcostError: the files are missing.
        SpecError: a file is not valid.
    """
    files = sorted((specs_folder() / "published").glob("*.yaml"))
    if not files:
        raise MbcostError(f"{specs_folder() / 'published'}: there are no published figures: install mbcost again")
    return tuple(
        figure for file in files for figure in parse_published(file.read_text(encoding="utf-8"), str(file), file.stem)
    )


def parse_published(text: str, origin: str, name: str) -> tuple[Published, ...]:
    """Return the figures of one file, whose source is called `name`.

    A field is stated for the whole file, for a table, or in a column; the most specific statement is used.

    Raises:
        SpecError: with every problem in the text.
    """
    reader = Reader(text, origin)
    with reader.complete():
        root = reader.root
        assert root is not None, "the reader refuses an empty document"
        sections = ("columns", "tables", "notes", "errata", "misprints")
        values = reader.mapping(root, (*_SOURCE_KEYS, "by_tool", "since", *sections, *_FIELDS))
        source = _read_source(reader, name, values)
        header, problems = reader.sequence(reader.require(root, values, "columns")), len(reader.problems)
        columns = [reader.word(item, "column", _FIELDS) for item in header]
        if len(reader.problems) > problems:
            reader.finish()  # rows cannot be read under a wrong heading
        notes = reader.mapping(values["notes"]) if "notes" in values else {}
        figures: dict[str, Published] = {}
        for table in reader.sequence(reader.require(root, values, "tables")):
            heading = reader.mapping(table, ("table", "note", "figures", *_FIELDS))
            stated = {key: node for key, node in {**values, **heading}.items() if key in _FIELDS}
            for row in reader.sequence(reader.require(table, heading, "figures")):
                fields = _read_figure(reader, row, columns, stated)
                figure_id = fields["id"]
                if figure_id in figures or not str(figure_id).startswith(f"{name}-"):
                    reader.report(row, f"an id must start with '{name}-' and belong to one figure only")
                remarks = (heading.get("note"), notes.get(figure_id))
                figures[figure_id] = Published(
                    source=source,
                    table=reader.text(reader.require(table, heading, "table")),
                    note="; ".join(reader.text(remark) for remark in remarks if remark is not None),
                    **fields,
                )
        for unknown_id in notes.keys() - figures.keys():
            reader.report(notes[unknown_id], f"the note is about '{unknown_id}', which is not a figure of this file")
        for erratum in source.errata:
            for unknown_id in (figure_id for figure_id in erratum.figures if figure_id not in figures):
                node = values["errata"]
                reader.report(node, f"an erratum is about '{unknown_id}', which is not a figure of this file")
    return tuple(figures.values())


def _read_source(reader: Reader, name: str, values: dict[str, yaml.Node]) -> Source:
    title, where, seen, counts = (reader.text(reader.require(reader.root, values, key)) for key in _SOURCE_KEYS)
    by_tool = "by_tool" in values and reader.flag(values["by_tool"])
    errata = read_errata(reader, values["errata"]) if "errata" in values else ()
    misprints = read_misprints(reader, values["misprints"]) if "misprints" in values else ()
    since = reader.text(values["since"]) if "since" in values else ""
    stated = [erratum.since for erratum in errata] + [misprint.since for misprint in misprints]
    if not since and not all(stated):
        reader.report(reader.root, "the source lists what is wrong in it: add the key 'since', which says since when")
    return Source(name, title, where, seen, counts, by_tool, errata, misprints, since)


def _read_figure(reader: Reader, row: yaml.Node, columns: list[str], stated: dict[str, yaml.Node]) -> dict[str, Any]:
    """Return the value of every field; it is None if the cell is empty, or if nothing states the field."""
    cells = reader.sequence(row)
    nodes = stated | dict(zip(columns, cells, strict=False))
    nodes = {key: node for key, node in nodes.items() if not is_empty(node)}
    missing = [key for key in _REQUIRED if key not in nodes]
    if len(cells) != len(columns):
        reader.report(row, f"expected {len(columns)} cells ({', '.join(columns)}), found {len(cells)}")
    elif missing:
        reader.report(row, f"{', '.join(missing)}: stated neither in the row nor above it")
    return {key: read(reader, nodes[key]) if key in nodes else None for key, read in _FIELDS.items()}


def _word_reader(kind: str, choices: tuple[str, ...]) -> Callable[[Reader, yaml.Node], str]:
    return lambda reader, node: reader.word(node, kind, choices)


def _read_value(reader: Reader, node: yaml.Node) -> str:
    value = reader.text(node)
    if not _PRINT.fullmatch(value):
        reader.report(node, f"expected a number as it is printed, found '{value}'")
        return "1"
    return value


_SOURCE_KEYS = ("title", "where", "seen", "counts")
_REQUIRED = ("id", "net", "task", "quantity", "value", "unit", "confidence")
_FIELDS: dict[str, Callable[[Reader, yaml.Node], Any]] = {
    "id": Reader.text,
    "row": Reader.text,
    "net": Reader.text,
    "alpha": lambda reader, node: float(reader.number(node)),
    "resolution": read_sides,
    "classes": lambda reader, node: reader.whole(node, 0),
    "task": _word_reader("task", TASKS),
    "quantity": _word_reader("quantity", QUANTITIES),
    "value": _read_value,
    "unit": _word_reader("unit", tuple(UNITS)),
    "significant": Reader.whole,
    "confidence": _word_reader("confidence", CONFIDENCES),
}
