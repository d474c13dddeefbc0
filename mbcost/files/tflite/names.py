"""Unique names for tensors and for operators, which have none of their own in these files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mbcost.errors import escape, shorten

LONGEST_NAME = 60
"""The characters of the longest name of an operator."""
MOST_FOLDERS = 8
"""The parts that are removed at most from the beginning of names."""


def name_tensors(names: Iterable[str]) -> list[str]:
    """Return names of tensors that are printable and unique; a tensor without a name is called by its index.

    >>> name_tensors(["x", "", "x"])
    ['x', 'tensor 1', 'x#2']
    """
    return _make_unique(escape(name) or f"tensor {index}" for index, name in enumerate(names))


def name_operators(outputs: Sequence[str]) -> list[str]:
    """Return unique names of operators, made from the names of their (first) outputs.

    The converter joins the names of everything that it fused with semicolons, of which the first one stays, and nearly
    all names begin with that of the model, which is removed.

    >>> name_operators(["net/conv/Relu6;net/norm/Add", "net/conv_2/Relu6", "net/pool/Mean", "Identity"])
    ['conv/Relu6', 'conv_2/Relu6', 'pool/Mean', 'Identity']
    """
    names = [next((part for part in name.split(";") if part), name) for name in outputs]
    for _ in range(MOST_FOLDERS):
        folders = Counter(name.split("/", 1)[0] for name in names if "/" in name)
        folder, count = folders.most_common(1)[0] if folders else ("", 0)
        if 4 * count < 3 * len(names) or len(names) < 2:
            break
        names = [name.removeprefix(f"{folder}/") for name in names]
    return _make_unique(shorten(name, LONGEST_NAME, "…") for name in names)


def _make_unique(names: Iterable[str]) -> list[str]:
    """Return the names; one that is not the first of its kind gets its index."""
    used: set[str] = set()
    unique: list[str] = []
    for index, name in enumerate(names):
        candidate = name if name not in used else f"{name}#{index}"
        while candidate in used:
            candidate += "'"
        used.add(candidate)
        unique.append(candidate)
    return unique
