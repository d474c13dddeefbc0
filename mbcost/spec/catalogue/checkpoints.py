"""Published accuracy of released checkpoints, by the recipe with which they were trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from mbcost.spec.catalogue.library import NETWORKS, specs_folder
from mbcost.spec.reading.nodes import Reader, is_empty
from mbcost.spec.reading.text import read_file

_COLUMNS = ["net", "alpha", "resolution", "top1", "top5"]
_KEYS = ("title", "implementation", "classes", "sources", "columns", "rows")
OFFICIAL = "tf-slim"
"""The recipe that trained the networks of the official implementation."""


@dataclass(frozen=True)
class Checkpoint:
    """Trained weights that somebody released, with their published accuracy."""

    net: str
    alpha: float
    resolution: int
    """Height and width."""
    top1: float
    """ImageNet accuracy, percent, single crop."""
    top5: float | None
    """The same for the five most probable classes; None if it is not published."""


@dataclass(frozen=True)
class Recipe:
    """How somebody trained networks, and the checkpoints that they released."""

    name: str
    title: str
    implementation: str
    """The implementation of all its networks; the accuracy belongs to no other."""
    classes: int
    """The outputs of the checkpoints: ImageNet's 1000 classes, in TF-slim also one for the background."""
    sources: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]

    @property
    def nets(self) -> tuple[str, ...]:
        """The networks of the checkpoints, in the order of the source."""
        return tuple(dict.fromkeys(checkpoint.net for checkpoint in self.checkpoints))

    def of(self, net: str) -> tuple[Checkpoint, ...]:
        """Return the checkpoints of one network."""
        return tuple(checkpoint for checkpoint in self.checkpoints if checkpoint.net == net)


@cache
def load_recipes() -> Mapping[str, Recipe]:
    """Return the recipes with released checkpoints whose accuracy is published, by name.

    >>> list(load_recipes())
    ['tf-slim', 'paddleclas']
    """
    path = specs_folder() / "checkpoints.yaml"
    return parse_recipes(read_file(path), str(path))


def parse_recipes(text: str, origin: str) -> dict[str, Recipe]:
    """Return the recipes in a text, by name, each with its columns once, then rows; `~` is an empty cell.

    Raises:
        SpecError: with every problem in the text.
    """
    reader = Reader(text, origin)
    with reader.complete():
        values = reader.mapping(reader.root, ("recipes",))
        records = reader.mapping(reader.require(reader.root, values, "recipes"))
        recipes = {name: _read_recipe(reader, name, record) for name, record in records.items()}
    return recipes


def _read_recipe(reader: Reader, name: str, record: yaml.Node) -> Recipe:
    values = reader.mapping(record, _KEYS)
    nodes = {key: reader.require(record, values, key) for key in _KEYS}
    columns = [reader.text(item) for item in reader.sequence(nodes["columns"])]
    if columns != _COLUMNS:
        reader.report(nodes["columns"], f"expected the columns {', '.join(_COLUMNS)}")
        reader.finish()
    checkpoints: dict[tuple[str, float, int], Checkpoint] = {}
    for row in reader.sequence(nodes["rows"]):
        cells = reader.sequence(row)
        if len(cells) != len(columns):
            reader.report(row, f"expected {len(columns)} cells ({', '.join(columns)}), found {len(cells)}")
            continue
        checkpoint = _read_checkpoint(reader, cells)
        key = checkpoint.net, checkpoint.alpha, checkpoint.resolution
        if key in checkpoints:
            reader.report(row, "this network, alpha and resolution have a row above: remove one")
        checkpoints[key] = checkpoint
    return Recipe(
        name=name,
        title=reader.name(nodes["title"]),
        implementation=reader.name(nodes["implementation"]),
        classes=reader.whole(nodes["classes"]),
        sources=tuple(reader.text(item) for item in reader.sequence(nodes["sources"])),
        checkpoints=tuple(checkpoints.values()),
    )


def _read_checkpoint(reader: Reader, cells: list[yaml.Node]) -> Checkpoint:
    net, alpha, resolution, top1, top5 = cells
    return Checkpoint(
        net=reader.word(net, "network", NETWORKS),
        alpha=_read_above_zero(reader, alpha),
        resolution=reader.whole(resolution),
        top1=_read_percent(reader, top1),
        top5=None if is_empty(top5) else _read_percent(reader, top5),
    )


def _read_above_zero(reader: Reader, node: yaml.Node) -> float:
    number = float(reader.number(node))
    if number == 0:
        reader.report(node, "expected a number above 0, found 0")
    return number


def _read_percent(reader: Reader, node: yaml.Node) -> float:
    percent = _read_above_zero(reader, node)
    if percent >= 100:
        reader.report(node, f"expected an accuracy in percent, below 100, found {percent:g}")
    return percent
