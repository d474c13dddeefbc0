"""Structures that are built ahead: those of the built-in networks at the alphas that are published, in one file.

It takes seconds to build them and hundredths of a second to read them. The file states from which specs it was built;
it is ignored if it was built from other specs. A test checks that it is equal to what is built now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from hashlib import sha256
from itertools import accumulate, pairwise
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import ZipFile

from mbcost.questions.explain.facts import RELATIVES, is_built_in
from mbcost.questions.explain.stack import Stack, build_stack
from mbcost.questions.explain.structures import Choices, Structure
from mbcost.spec.catalogue.library import NETWORKS, load_spec, specs_folder
from mbcost.spec.catalogue.published import load_published
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec
from mbcost.spec.tally import COUNTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = 32
"""How many stacks with mistakes are kept for further queries; each needs a few megabytes."""
KEPT_PLAIN = 1024
"""How many stacks of unmodified networks are kept; each needs some kilobytes."""
ARRAYS = ("mult_adds", "params", "class_mult_adds", "class_params")
"""The arrays of a stack; the file has them side by side, without columns of zeros, as differences from predictions."""


def packed_alphas(name: str) -> tuple[float, ...]:
    """Return the alphas at which the built-in network `name` is built ahead, its own published ones first.

    A number that is printed for a network is tried on all its relatives, at the alpha that is claimed.
    """
    family = next((names for names in _list_families() if name in names), (name,))
    alphas = [alpha for member in (name, *family) for alpha in load_spec(member).published_alphas]
    printed = {figure.alpha for figure in load_published() if figure.net in family and figure.alpha is not None}
    return tuple(dict.fromkeys([*alphas, *sorted(printed)]))


def _list_families() -> list[tuple[str, ...]]:
    return [(first, *others) for first, others in RELATIVES.items()]


def packed_path() -> Path:
    """Return the path of the file."""
    return Path(__file__).with_name("structures.zip")


@lru_cache(maxsize=4)
def packed_stack(name: str, alpha: float) -> Stack | None:
    """Return the structures of the built-in network `name` at `alpha`; None if they are not built ahead."""
    network = _read_network(name)
    if network is None or alpha_text(alpha) not in network.shapes:
        return None
    import numpy as np

    index, count = list(network.shapes).index(alpha_text(alpha)), len(network.structures)
    scales, chosen = network.shapes[alpha_text(alpha)], slice(network.ends[index], network.ends[index + 1])
    shapes = [(len(scales), len(COUNTS)), (len(COUNTS),)] * 2
    ends = list(accumulate(map(prod, shapes), initial=0))
    whole = np.zeros((count, ends[-1]), dtype=np.int64)
    whole[:, network.columns[chosen]] = _add_predictions(network.differences[:, chosen], network.parents)
    arrays = (whole[:, start:end] for start, end in pairwise(ends))
    first, second, third, fourth = (array.reshape(count, *shape) for array, shape in zip(arrays, shapes, strict=True))
    return Stack(network.structures, tuple(map(_parse_scale, scales)), first, second, third, fourth)


def _add_predictions(differences: NDArray[Any], parents: NDArray[Any]) -> NDArray[Any]:
    """Return the rows of which the differences from their predictions are given: see `predict` in the packing tool."""
    import numpy as np

    rows = np.zeros((len(differences) + 1, differences.shape[1]), dtype=np.int64)
    rows[:-1] = differences
    for row, (own, other, base) in zip(rows, parents.tolist(), strict=False):
        row += rows[own]
        row += rows[other]
        row -= rows[base]
    return rows[:-1]


class _Network(NamedTuple):
    """What the file has of one network."""

    structures: tuple[Structure, ...]
    shapes: Mapping[str, Any]
    """Alpha -> the scales."""
    differences: NDArray[Any]
    """The columns of all alphas that are not 0: for every structure, the difference from its prediction."""
    parents: NDArray[Any]
    """For every structure, the three rows that predict it."""
    columns: NDArray[Any]
    """For every column, which one of its alpha's arrays it is."""
    ends: tuple[int, ...]
    """The first column of each alpha, and the number of columns."""


@lru_cache(maxsize=4)
def _read_network(name: str) -> _Network | None:
    from io import BytesIO

    import numpy as np

    index = _read_index()
    if name not in index:
        return None
    arrays = np.load(BytesIO(_read_member(f"{name}.npz")))
    structures = tuple(
        Structure(implementation, classes, tuple(mistakes), left_out, only)
        for implementation, classes, mistakes, left_out, only in index[name]["labels"]
    )
    differences, parents, columns = (arrays[key] for key in ("differences", "parents", "columns"))
    return _Network(structures, index[name]["scales"], differences, parents, columns, (0, *arrays["ends"].tolist()))


@cache
def _read_index() -> Mapping[str, Any]:
    """Return the structures and scales of every network; nothing if the file was built from other specs."""
    if not packed_path().is_file():
        return {}
    index = json.loads(_read_member("index.json"))
    networks: Mapping[str, Any] = index["networks"] if index["specs"] == fingerprint() else {}
    return networks


def _read_member(name: str) -> bytes:
    import lzma

    with ZipFile(packed_path()) as file:
        return lzma.decompress(file.read(f"{name}.xz"))


def fingerprint() -> str:
    """Return the fingerprint of the files from which structures are built."""
    folder = specs_folder()
    files = [*(folder / f"{name}.yaml" for name in NETWORKS), *sorted((folder / "implementations").glob("*.yaml"))]
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _parse_scale(scale: Any) -> Any:
    """Return a scale from its JSON form."""
    return None if scale is None else tuple(tuple(tuple(step) for step in chain) for chain in scale)


def load_stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """Return the structures of `spec` at `alpha`, the unmodified ones first.

    Raises:
        MbcostError: alpha is so small that no network can be built.
    """
    # The counts of a stack are the same for any claimed classes, and rare implementations are left out afterwards.
    built = replace(choices, classes=None, rare=True)
    if is_built_in(spec):
        return (_built_in_stack if choices.mistakes else _plain_stack)(spec.name, alpha, built)
    return _build_once(spec, alpha, built) if choices.mistakes < 2 else build_stack(spec, alpha, built)


@lru_cache(maxsize=KEPT)
def _build_once(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """Return the stack of another network, as of one without its top."""
    return build_stack(spec, alpha, choices)


@lru_cache(maxsize=KEPT)
def _built_in_stack(name: str, alpha: float, choices: Choices) -> Stack:
    return _select_stack(name, alpha, choices)


@lru_cache(maxsize=KEPT_PLAIN)
def _plain_stack(name: str, alpha: float, choices: Choices) -> Stack:
    return _select_stack(name, alpha, choices)


def _select_stack(name: str, alpha: float, choices: Choices) -> Stack:
    """Return the stack from the structures that are built ahead, as far as these go."""
    ahead = packed_stack(name, alpha) if choices.mistakes < 2 and choices.in_channels is None else None
    if ahead is None:
        return build_stack(load_spec(name), alpha, choices)
    return ahead.select([index for index, built in enumerate(ahead.structures) if choices.keep(built) is not None])
