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
MOST_SCALES = 32
"""No network has more sizes of maps."""
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

    count, scales = len(network.structures), network.shapes[alpha_text(alpha)]
    shapes = [(MOST_SCALES, len(COUNTS)), (1, len(COUNTS))] * 2
    ends = list(accumulate(map(prod, shapes), initial=0))
    whole = np.zeros((count, ends[-1]), dtype=np.int64)
    differences = network.differences[list(network.shapes).index(alpha_text(alpha))]
    whole[:, network.columns] = _add_predictions(differences, network.parents)
    first, second, third, fourth = (
        whole[:, start:end].reshape(count, *shape) for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
    )
    last = len(scales)
    arrays = first[:, :last].copy(), second[:, 0].copy(), third[:, :last].copy(), fourth[:, 0].copy()
    return Stack(network.structures, tuple(map(_parse_scale, scales)), *arrays)


def _add_predictions(differences: NDArray[Any], parents: NDArray[Any]) -> NDArray[Any]:
    """Return rows, of which the differences from predictions are given: see `predict` in `tools/pack_structures.py`."""
    import numpy as np

    rows = np.zeros((len(differences) + 1, differences.shape[1]), dtype=np.int64)
    rows[:-1] = differences
    for row, (own, other, base) in zip(rows, parents.tolist(), strict=False):
        row += rows[own]
        row += rows[other]
        row -= rows[base]
    return rows[:-1]


def _add_sources(rest: NDArray[Any], sources: NDArray[Any]) -> NDArray[Any]:
    """Return columns, of which the rest is given: see `predict_columns` in `tools/pack_structures.py`."""
    columns = rest.T.copy()
    for column, chosen in zip(columns, sources.tolist(), strict=True):
        for source in filter(None, chosen):
            column += columns[source - 1] if source > 0 else -columns[-source - 1]
    return columns.T


def _read_numbers(written: NDArray[Any]) -> NDArray[Any]:
    """Return the numbers in bytes, of which every one has 7 bits of a number, the lowest first."""
    import numpy as np

    starts = np.flatnonzero(np.concatenate([[True], written[:-1] < 128]))
    lengths = np.diff(starts, append=len(written))
    values = (written[starts] & 127).astype(np.int64)
    for index in range(1, int(lengths.max())):  # most have one byte
        longer = np.flatnonzero(lengths > index)
        values[longer] |= (written[starts[longer] + index] & 127).astype(np.int64) << 7 * index
    numbers: NDArray[Any] = (values >> 1) ^ -(values & 1)
    return numbers


class _Network(NamedTuple):
    """What the file has of one network."""

    structures: tuple[Structure, ...]
    shapes: Mapping[str, Any]
    """Alpha -> the scales."""
    differences: NDArray[Any]
    """Alpha x structure x column: the difference from a prediction. Columns of zeros are left out."""
    parents: NDArray[Any]
    """For every structure, the three that predict it."""
    columns: NDArray[Any]
    """For every column, its index in the arrays of a stack, side by side."""


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
    scales, columns = index[name]["scales"], arrays["columns"]
    differences = _add_sources(_read_numbers(arrays["rest"]).reshape(-1, len(columns)), arrays["sources"])
    shaped = differences.reshape(len(scales), len(structures), len(columns))
    return _Network(structures, scales, shaped, arrays["parents"], columns)


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
