"""Is a spec right? Everything that keeps it from being read, and where a readable table contradicts itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter

from mbcost.analytic import flat
from mbcost.analytic.blocks import plan_row
from mbcost.analytic.layers import Shape
from mbcost.analytic.network import build_block
from mbcost.errors import MbcostError, Position, Problem, SpecError
from mbcost.spec.catalogue.library import load_family
from mbcost.spec.reading.flat import is_flat, read_flat
from mbcost.spec.reading.inputs import PrintedInput, read_inputs
from mbcost.spec.reading.nodes import MOST_PROBLEMS, Reader
from mbcost.spec.reading.table import read_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import CLASSES, Row, Spec

UNREADABLE, INVALID, CONTRADICTION = "unreadable", "invalid", "contradiction"
"""Kinds of findings: there is no text, it is no spec or one that cannot be built, it says two different things."""

LARGE = 2**52
"""Pixels of a map so large that hardly a table leaves nothing of it."""


@dataclass(frozen=True)
class Finding:
    """A problem and its kind."""

    problem: Problem
    kind: str


@dataclass(frozen=True)
class Checked:
    """One file: its text, where it could be read, and what was found in it."""

    file: str
    text: str | None
    findings: tuple[Finding, ...]


def check_files(files: Iterable[str], read: Callable[[str], str]) -> tuple[Checked, ...]:
    """Every file, whatever the others are like; `read` gives the text of one.

    A file that `read` raises `MbcostError` for is unreadable.
    """
    return tuple(_check_file(file, read) for file in files)


def check_spec(text: str, origin: str) -> tuple[Finding, ...]:
    """What is wrong with a spec, a table or a list of layers, in order of place; nothing when it is fine.

    Invalid is what nothing can be counted of: a text that cannot be read, and a table whose rows cannot be built.
    A contradiction is between two numbers that the text states, either of which may be the wrong one.
    """
    impossible: Iterable[Problem] = ()
    try:
        reader = Reader(text, origin)
        if is_flat(reader.root):
            said = flat.contradictions(read_flat(reader))
        else:
            spec = read_spec(reader, load_family)
            impossible, said = impossibilities(spec), contradictions(spec, read_inputs(reader))
    except SpecError as error:
        return tuple(Finding(problem, INVALID) for problem in error.located)
    findings = [Finding(problem, INVALID) for problem in impossible]
    findings += [Finding(Problem(origin, *place, message), CONTRADICTION) for place, message in said]
    return tuple(sorted(findings, key=attrgetter("problem")))[:MOST_PROBLEMS]


def impossibilities(spec: Spec) -> Iterator[Problem]:
    """Every row that cannot be built on what the rows above leave, at alpha 1 by the default implementation.

    Below a row that leaves nothing of the map, the map is taken for so large that this is not said of every row.
    """
    scaling, shape = _scaling(spec), Shape(spec.channels, *spec.resolution)
    for row in spec.rows:
        after, problem = _through(scaling, row, shape)
        if problem is not None:
            yield problem
            on_large, other = _through(scaling, row, replace(shape, height=LARGE, width=LARGE))
            after = on_large if other is None else after
        shape = after


def contradictions(spec: Spec, printed: Mapping[int, tuple[PrintedInput, Position]]) -> Iterator[tuple[Position, str]]:
    """Where a printed input, or the window of a global pool, is not what the row above makes of its own printed input.

    Each row is judged by the size that it prints, so that one misprint is not reported again by every row below it.
    Below a row that cannot be built the map is unknown, up to the next one that is printed.
    """
    scaling, shape = _scaling(spec), Shape(spec.channels, *spec.resolution)
    above: tuple[Row, Shape] | None = None
    known = True
    for row in spec.rows:
        if row.stage in printed:
            cell, place = printed[row.stage]
            if (said := _shape(cell, shape)) != shape:
                if known:
                    yield place, _contradiction(cell, said, shape, above)
                shape = replace(shape, height=said.height, width=said.width)
            known = known or cell.size is not None
        if known and row.operator == "global_pool" and row.k not in (None, (shape.height, shape.width)):
            window, size = "{}x{}".format(*row.kernel), f"{shape.height}x{shape.width}"
            yield row.position, f"the row prints a window of {window} and reads a map of {size}: correct one of them"
        above = row, shape
        shape, problem = _through(scaling, row, shape)
        known = known and problem is None


def _scaling(spec: Spec) -> Scaling:
    return Scaling(spec, spec.implementation(spec.default_implementation), 1.0, CLASSES)


def _through(scaling: Scaling, row: Row, shape: Shape) -> tuple[Shape, Problem | None]:
    """The map after a row, and what keeps the row from being built; then the map keeps its size."""
    made = shape
    try:
        for block in plan_row(scaling, row, shape.channels):
            made = build_block(block, made, scaling.spec.resolution)[-1].output
    except MbcostError as error:
        with suppress(MbcostError):
            shape = replace(shape, channels=scaling.output(row.stage, shape.channels))
        located = error.located if isinstance(error, SpecError) else ()
        return shape, next(iter(located), Problem(scaling.spec.origin, *row.position, str(error)))
    return made, None


def _check_file(file: str, read: Callable[[str], str]) -> Checked:
    try:
        text = read(file)
    except SpecError as error:
        return Checked(file, None, tuple(Finding(problem, UNREADABLE) for problem in error.located))
    except MbcostError as error:
        message = str(error).removeprefix(f"{file}: ")
        return Checked(file, None, (Finding(Problem(file, 1, 1, message), UNREADABLE),))
    return Checked(file, text, check_spec(text, file))


def _shape(cell: PrintedInput, read: Shape) -> Shape:
    """The printed map, completed by what is read where it prints nothing."""
    height, width = cell.size or (read.height, read.width)
    return Shape(read.channels if cell.channels is None else cell.channels, height, width)


def _contradiction(cell: PrintedInput, said: Shape, read: Shape, above: tuple[Row, Shape] | None) -> str:
    printed, found = _text(said, cell), _text(read, cell)
    if above is None:
        return f"the row prints {printed} and reads {found}, by 'input': correct one of them"
    row, source = above
    makes = f"the row above makes it of {_text(source, cell)}"
    how = []
    if cell.size not in (None, (read.height, read.width)):
        how.append(f"stride {row.stride}")
    if cell.channels not in (None, read.channels) and row.c is not None:
        how.append(f"{read.channels} output channels")
    makes += f" with {' and '.join(how)}" if how else ""
    return f"the row prints {printed} and reads {found}: {makes}; correct one of them"


def _text(shape: Shape, like: PrintedInput) -> str:
    """A map in the form of a printed one."""
    size = "" if like.size is None else f"{shape.height}x{shape.width}"
    return "x".join(filter(None, (size, "" if like.channels is None else str(shape.channels))))
