"""Published accuracy and phone latency of released checkpoints. They are shown; nothing is computed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mbcost.spec.catalogue.library import specs_folder
from mbcost.spec.reading.nodes import Reader, is_empty
from mbcost.spec.reading.text import read_file

_FIRST = ("net", "alpha", "resolution", "top1", "top5")
"""The columns before the columns of the phones."""


@dataclass(frozen=True)
class Checkpoint:
    """Trained weights that somebody released, with their published accuracy and latency."""

    net: str
    alpha: float
    resolution: int
    """Height and width."""
    top1: float
    """ImageNet accuracy, percent, single crop."""
    top5: float | None
    latency_ms: Mapping[str, float]
    """Phone -> milliseconds on one large core, in float32; empty if no latency is published."""


@cache
def load_checkpoints() -> tuple[Checkpoint, ...]:
    """Return every released checkpoint whose accuracy is known, in the order of the sources."""
    path = specs_folder() / "checkpoints.yaml"
    return parse_checkpoints(read_file(path), str(path))


def list_phones() -> list[str]:
    """Return the phones whose latency is known for some checkpoint."""
    return list(dict.fromkeys(name for checkpoint in load_checkpoints() for name in checkpoint.latency_ms))


def parse_checkpoints(text: str, origin: str) -> tuple[Checkpoint, ...]:
    """Return the checkpoints in a text: columns once, then rows; `~` is an empty cell.

    Raises:
        SpecError: with every problem in the text.
    """
    reader = Reader(text, origin)
    with reader.complete():
        values = reader.mapping(reader.root, ("sources", "columns", "rows"))
        columns = [reader.text(item) for item in reader.sequence(reader.require(reader.root, values, "columns"))]
        if tuple(columns[: len(_FIRST)]) != _FIRST:
            reader.report(values["columns"], f"expected the columns {', '.join(_FIRST)}, then phones")
            reader.finish()
        checkpoints = []
        for row in reader.sequence(reader.require(reader.root, values, "rows")):
            cells = reader.sequence(row)
            if len(cells) != len(columns):
                reader.report(row, f"expected {len(columns)} cells ({', '.join(columns)}), found {len(cells)}")
                continue
            net, alpha, resolution, top1, top5, *latencies = cells
            phones = zip(columns[len(_FIRST) :], latencies, strict=True)
            checkpoints.append(
                Checkpoint(
                    net=reader.text(net),
                    alpha=float(reader.number(alpha)),
                    resolution=reader.whole(resolution),
                    top1=float(reader.number(top1)),
                    top5=None if is_empty(top5) else float(reader.number(top5)),
                    latency_ms={phone: float(reader.number(cell)) for phone, cell in phones if not is_empty(cell)},
                )
            )
    return tuple(checkpoints)
