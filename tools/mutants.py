"""How strong the tests of the engine are: faults are planted in its source, one at a time, until a test finds them.

`python -m tools.mutants [N] [SEED]` tries N of all faults, drawn with a seed that it prints. A fault that no test finds
is listed with its line: either a test is missing, or the fault changes nothing. Only tests without torch are run, so
the comparison with real models, which finds most of the rest, does not count.
"""

from __future__ import annotations

import ast
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import Phase, settings

from tools import ROOT

SOURCES = [*sorted((ROOT / "mbcost" / "analytic").rglob("*.py")), ROOT / "mbcost" / "spec" / "scaling.py"]
TESTS = [
    "tests/spec/test_scaling.py", "tests/analytic", "mbcost/analytic", "mbcost/spec/scaling.py",
    "tests/test_earlier_counters.py", "tests/test_published_conventions.py", "tests/cli/cost", "tests/cli/device",
    "tests/questions/device", "tests/questions/search",
]  # fmt: skip
"""What is run for every fault, until one fails: the tests of these modules and of what shows their numbers first."""
PROCESSES = 2
SLOWER = 8
"""A run that takes so many times as long as one without a fault has found it: it does not end."""

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """One fault: where it is, what it replaces, and how it gets into the tree that it was found in."""

    line: int
    before: str
    after: str
    plant: Callable[[], None]


def mutations(tree: ast.AST) -> list[Mutation]:
    """Every fault that can be planted in a module, in the order of its source.

    Not in annotations, decorators, docstrings, assertions and errors that are raised: nothing there is a result.

    >>> [f"{one.before} -> {one.after}" for one in mutations(ast.parse("def f(a): return a + 1 if a < 3 else 0"))]
    ['return a + 1 if a < 3 else 0 -> return None', 'a < 3 -> not a < 3', 'a < 3 -> a <= 3', '3 -> 4', \
'a + 1 -> a - 1', '1 -> 2', '0 -> 1']
    """
    return list(_mutations(tree))


def read_mutations(path: Path) -> list[Mutation]:
    """Every fault that can be planted in a file."""
    return mutations(ast.parse(path.read_bytes()))


def _mutations(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.Assert | ast.Raise) or (isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING"):
        return
    yield from _faults(node)
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            ):
                yield from _mutations(child)


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _faults(node: ast.AST) -> Iterator[Mutation]:
    """Those of one node."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if type(operator) in COMPARISONS:
                yield _changed(node, node.ops, place, COMPARISONS[type(operator)]())
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in ARITHMETIC:
        yield _changed(node, vars(node), "op", ARITHMETIC[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield _changed(node, vars(node), "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield _changed(node, vars(node), "value", value)
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield _changed(node, vars(node), "value", ast.Constant(None))
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        test = node.test.operand if isinstance(node.test, ast.UnaryOp) else ast.UnaryOp(ast.Not(), node.test)
        yield _changed(node.test, vars(node), "test", test)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield _changed(node, vars(node), "op", ast.UAdd())
    elif isinstance(node, ast.comprehension):
        for place, test in enumerate(node.ifs):
            yield _changed(test, node.ifs, place, ast.UnaryOp(ast.Not(), test))


def _changed(shown: Any, owner: Any, key: Any, new: Any) -> Mutation:
    """The fault that `owner[key]` is `new`, told by the code of `shown` before and after."""
    old, before = owner[key], ast.unparse(shown)

    def plant() -> None:
        owner[key] = new

    plant()
    after = ast.unparse(new if owner[key] is new and old is shown else shown)
    owner[key] = old
    return Mutation(shown.lineno, before.partition("\n")[0], after.partition("\n")[0], plant)


class Planted(SourceFileLoader):
    """Loads a module with a fault; `number` counts the mutations of its file."""

    def __init__(self, source: Path, number: int) -> None:
        super().__init__(".".join(source.relative_to(ROOT).with_suffix("").parts), str(source))
        self.number = number

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # the loader's signature
        """The module's code with the fault in it."""
        tree = ast.parse(Path(self.path).read_bytes())
        mutations(tree)[self.number].plant()
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class Finder(MetaPathFinder):
    """Finds the module with the fault, and leaves all others to Python."""

    def __init__(self, fault: Planted) -> None:
        self.fault = fault

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """The module's, with the loader that plants the fault; None for every other."""
        mine = name == self.fault.name
        return spec_from_file_location(name, self.fault.path, loader=self.fault) if mine else None


class Profile:
    """A plugin: Hypothesis tries the same examples every time, and does not look for the least that fails."""

    def pytest_sessionstart(self) -> None:
        """After the tests' own profile is loaded, before any test is read."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings.default, phases=phases, derandomize=True, database=None)
        settings.load_profile("mutants")


def start(fault: Planted | None) -> int:
    """Fork a process that runs the tests with the fault; its exit code is 0 where all pass. The answer is its id."""
    if child := os.fork():
        return child
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    if fault is not None:
        sys.meta_path.insert(0, Finder(fault))
    options = ["-x", "--quick", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(ROOT)]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis is imported before the fork
    os._exit(pytest.main([*options, *TESTS], plugins=[Profile()]))


def outcomes(faults: Sequence[Planted | None], patience: float) -> Iterator[tuple[Planted | None, bool]]:
    """Each fault, as soon as that is known, with whether it was found: a test fails, or the tests do not end."""
    waiting, running = list(faults)[::-1], dict[int, tuple[Planted | None, float]]()
    try:
        while waiting or running:
            while waiting and len(running) < PROCESSES:
                fault = waiting.pop()
                running[start(fault)] = fault, time.monotonic() + patience
            for child, (fault, deadline) in list(running.items()):
                late = time.monotonic() > deadline
                if late:
                    os.killpg(child, signal.SIGKILL)
                ended, status = os.waitpid(child, 0 if late else os.WNOHANG)
                if ended:
                    del running[child]
                    yield fault, late or os.waitstatus_to_exitcode(status) != 0
            time.sleep(0.01)
    finally:
        for child in running:
            os.killpg(child, signal.SIGKILL)


def main(count: int, seed: int) -> None:
    """Plant `count` faults, or all there are, and print those that are not found and the share of those that are.

    Raises:
        SystemExit: the tests fail without a fault.
    """
    every = [(path, number) for path in SOURCES for number in range(len(read_mutations(path)))]
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    print(f"{len(drawn):,} of {len(every):,} faults, seed {seed}", flush=True)
    began = time.monotonic()
    if any(is_found for _, is_found in outcomes([None], float("inf"))):
        raise SystemExit("the tests fail without a fault")
    patience, total = SLOWER * (time.monotonic() - began), 0
    for done, (fault, is_found) in enumerate(outcomes([Planted(*one) for one in drawn], patience), 1):
        total += is_found
        if fault is not None and not is_found:
            mutation = read_mutations(Path(fault.path))[fault.number]
            where = f"{Path(fault.path).relative_to(ROOT)}:{mutation.line}"
            print(f"{where}: not found: {mutation.before}  ->  {mutation.after}", flush=True)
        print(f"{done:,} done, {total:,} found, {time.monotonic() - began:,.0f} s", end="\r", file=sys.stderr)
    print(f"{total:,} of {len(drawn):,} faults found ({total / len(drawn):.1%}) in {time.monotonic() - began:,.0f} s")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(given[0] if given else 200, given[1] if len(given) > 1 else random.randrange(10**9))
