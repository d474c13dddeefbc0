"""Is a spec right? Finds every problem that prevents reading it, and where a readable spec contradicts itself."""

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
from mbcost.spec.reading.graph import is_graph, read_graph
from mbcost.spec.reading.inputs import PrintedInput, read_inputs
from mbcost.spec.reading.nodes import MOST_PROBLEMS, Reader
from mbcost.spec.reading.table import read_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.shown import show
from mbcost.spec.table import CLASSES, Row, Spec

UNREADABLE, INVALID, CONTRADICTION = "unreadable", "invalid", "contradiction"
"""Kinds of findings: there is no text; the text is not a spec, or cannot be built; the text contradicts itself."""

LARGE = 2**52
"""A height and width so large that hardly any table shrinks the map to nothing."""


@dataclass(frozen=True)
class Finding:
    """A problem and its kind."""

    problem: Problem
    kind: str

    def __repr__(self) -> str:
        return show(self, f"{self.problem} ({self.kind})")


@dataclass(frozen=True)
class CheckedFile:
    """A file, its text if it could be read, and the findings in it."""

    file: str
    text: str | None
    findings: tuple[Finding, ...]
    notes: tuple[Problem, ...] = ()
    """What is right, but perhaps not meant."""


def check_files(files: Iterable[str], read: Callable[[str], str]) -> tuple[CheckedFile, ...]:
    """Return the findings in every file, independently of the other files.

    Args:
        files: what messages call the files.
        read: returns the text of a file; the file is unreadable if it raises `MbcostError`.
    """
    return tuple(_check_file(file, read) for file in files)


def check_spec(text: str, origin: str) -> tuple[Finding, ...]:
    """Return what is wrong with a spec, a table or a flat list of layers, in order of position.

    A spec is invalid if nothing can be counted from it: its text cannot be read, or its rows cannot be built. A
    contradiction is between two numbers that the text states; either of them may be the wrong one.
    """
    problems: Iterable[Problem] = ()
    try:
        reader = Reader(text, origin)
        if is_graph(reader.root):
            read_graph(reader)
            contradictions: Iterable[tuple[Position, str]] = ()
        elif is_flat(reader.root):
            contradictions = flat.contradictions(read_flat(reader))
        else:
            spec = read_spec(reader, load_family)
            problems, contradictions = find_impossible_rows(spec), find_contradictions(spec, read_inputs(reader))
    except SpecError as error:
        return tuple(Finding(problem, INVALID) for problem in error.located)
    findings = [Finding(problem, INVALID) for problem in problems]
    findings += [Finding(Problem(origin, *position, message), CONTRADICTION) for position, message in contradictions]
    return tuple(sorted(findings, key=attrgetter("problem")))[:MOST_PROBLEMS]


def _note_rounded_widths(text: str, origin: str) -> Iterator[Problem]:
    """Yield a note for every row whose output channels, at alpha 1, are not those that it states."""
    reader = Reader(text, origin)
    if is_flat(reader.root) or is_graph(reader.root):
        return
    scaling = _scaling(read_spec(reader, load_family))
    channels = scaling.spec.channels
    for row in scaling.spec.rows:
        with suppress(MbcostError):
            channels = scaling.output(row.stage, channels)
        if row.c not in (None, "k", channels):
            rule = f"the rule 'channels' of the implementation {scaling.implementation.name} rounds them"
            yield Problem(origin, *row.position, f"{row.c} output channels become {channels}: {rule}")


def find_impossible_rows(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for every row that cannot be built on its input, at alpha 1 by the default implementation.

    After a row that leaves nothing of the map, the map is assumed to be very large, so that the rows after it are not
    reported for the same reason.
    """
    scaling, shape = _scaling(spec), Shape(spec.channels, *spec.resolution)
    for row in spec.rows:
        output, problem = _apply_row(scaling, row, shape)
        if problem is not None:
            yield problem
            large_output, problem_on_large = _apply_row(scaling, row, replace(shape, height=LARGE, width=LARGE))
            output = large_output if problem_on_large is None else output
        shape = output


def find_contradictions(
    spec: Spec, inputs: Mapping[int, tuple[PrintedInput, Position]]
) -> Iterator[tuple[Position, str]]:
    """Yield where a printed input, or the window of a global pool, is not the map that the row before it gives.

    Each row starts from the size that it prints, so that a misprint is not reported again for every row after it. After
    a row that cannot be built, the map is unknown until the next printed size.
    """
    scaling, shape = _scaling(spec), Shape(spec.channels, *spec.resolution)
    previous: tuple[Row, Shape] | None = None
    is_known = True
    for row in spec.rows:
        if row.stage in inputs:
            cell, position = inputs[row.stage]
            printed_shape = _complete(cell, shape)
            if printed_shape != shape:
                if is_known:
                    yield position, _contradiction(cell, printed_shape, shape, previous)
                shape = replace(shape, height=printed_shape.height, width=printed_shape.width)
            is_known = is_known or cell.size is not None
        if is_known and row.operator == "global_pool" and row.k not in (None, (shape.height, shape.width)):
            window, size = "{}x{}".format(*row.kernel), f"{shape.height}x{shape.width}"
            yield row.position, f"the row prints a window of {window} but reads a map of {size}: correct one of them"
        previous = row, shape
        shape, problem = _apply_row(scaling, row, shape)
        is_known = is_known and problem is None


def _scaling(spec: Spec) -> Scaling:
    return Scaling(spec, spec.implementation(spec.default_implementation), 1.0, CLASSES)


def _apply_row(scaling: Scaling, row: Row, shape: Shape) -> tuple[Shape, Problem | None]:
    """Return the output of a row, and the problem if the row cannot be built; then the map keeps its size."""
    output = shape
    try:
        for block in plan_row(scaling, row, shape.channels):
            layers = build_block(block, output, scaling.spec.resolution)
            output = layers[-1].output if layers else Shape(output.elements, 1, 1)
    except MbcostError as error:
        with suppress(MbcostError):
            shape = replace(shape, channels=scaling.output(row.stage, shape.channels))
        located = error.located if isinstance(error, SpecError) else ()
        return shape, next(iter(located), Problem(scaling.spec.origin, *row.position, str(error)))
    return output, None


def _check_file(file: str, read: Callable[[str], str]) -> CheckedFile:
    try:
        text = read(file)
    except SpecError as error:
        return CheckedFile(file, None, tuple(Finding(problem, UNREADABLE) for problem in error.located))
    except MbcostError as error:
        message = str(error).removeprefix(f"{file}: ")
        return CheckedFile(file, None, (Finding(Problem(file, 1, 1, message), UNREADABLE),))
    findings = check_spec(text, file)
    is_readable = all(finding.kind == CONTRADICTION for finding in findings)
    return CheckedFile(file, text, findings, tuple(_note_rounded_widths(text, file)) if is_readable else ())


def _complete(cell: PrintedInput, shape: Shape) -> Shape:
    """Return the printed map, with what it does not print taken from `shape`."""
    height, width = cell.size or (shape.height, shape.width)
    return Shape(shape.channels if cell.channels is None else cell.channels, height, width)


def _contradiction(cell: PrintedInput, printed: Shape, shape: Shape, previous: tuple[Row, Shape] | None) -> str:
    """Return the message that a row prints the wrong map; `previous` is the row before it, with its input."""
    if previous is None:
        return (
            f"the row prints the input {_map_text(printed, cell)}, but 'input' is {_map_text(shape, cell)}: "
            "correct one of them"
        )
    row, source = previous
    causes = []
    if cell.size not in (None, (shape.height, shape.width)):
        causes.append(f"stride {row.stride}")
    if cell.channels not in (None, shape.channels) and row.c is not None:
        rounded = "" if row.c == shape.channels else f"{row.c} rounded to "
        causes.append(f"{rounded}{shape.channels} output channels")
    makes = f"the row before it makes {_map_text(shape, cell)} from {_map_text(source, cell)}"
    makes += f" with {' and '.join(causes)}" if causes else ""
    return f"the row prints the input {_map_text(printed, cell)}, but {makes}: correct one of them"


def _map_text(shape: Shape, cell: PrintedInput) -> str:
    """Return a map in the form in which the cell prints one."""
    size = "" if cell.size is None else f"{shape.height}x{shape.width}"
    return "x".join(filter(None, (size, "" if cell.channels is None else str(shape.channels))))
