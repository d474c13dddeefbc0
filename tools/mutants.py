"""Measure the tests of the engine: plant one small fault at a time in its source, and run tests until one fails.

`python -m tools.mutants [N] [SEED]` draws N faults with a seed that it prints, and lists those that no test finds.
Either a test is missing, or the fault makes no difference. Only tests that do not need torch are run; the comparison
with real models, which would find many of the others, is left out.

mutmut 3 cannot do this: it does not change functions with decorators, and most shapes of the engine are properties.
"""

from __future__ import annotations

import ast
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from math import inf
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import Phase, settings

from tools import ROOT

SOURCES = [*sorted((ROOT / "mbcost" / "analytic").rglob("*.py")), ROOT / "mbcost" / "spec" / "scaling.py"]
TESTS = [
    "tests/spec/test_scaling.py", "tests/analytic", "mbcost/analytic", "mbcost/spec",
    "tests/test_earlier_counters.py", "tests/test_published_conventions.py", "tests/cli/cost", "tests/cli/device",
    "tests/questions/device", "tests/questions/search", "tests/questions/compare", "tests/questions/test_check.py",
    "tests/cli/check",
]  # fmt: skip
"""The tests that are run for every fault: those of the sources, then those of the code that shows the numbers."""
PROCESSES = 2
NOT_PLANTED = 99
"""The exit code of tests that never imported the module with the fault."""
PATIENCE = 8
"""The tests find a fault also if they take this many times as long with it as without it."""

COMPARISONS: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
}  # fmt: skip
SKIPPED = ("annotation", "returns", "decorator_list")
"""Fields of a syntax tree that have no influence on a result."""


@dataclass(frozen=True)
class Mutation:
    """A change of one node in a syntax tree."""

    line: int
    before: str
    """The code that changes."""
    after: str
    apply: Callable[[], None]
    """Change the tree that the mutation was read from."""


def mutations(node: ast.AST) -> Iterator[Mutation]:
    """Yield every mutation of a syntax tree, in the order of its source.

    Annotations, decorators, assertions and raised errors stay as they are.

    >>> tree = ast.parse("def double(x): return x + x if x < 3 else 0")
    >>> [mutation.after for mutation in mutations(tree)]
    ['return None', 'not x < 3', 'x <= 3', '4', 'x - x', '1']
    """
    if isinstance(node, ast.Assert | ast.Raise) or _is_for_types(node):
        return
    for kinds, change in _CHANGES.items():
        if isinstance(node, kinds):
            yield from change(node)
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in SKIPPED:
                yield from mutations(child)


def read_mutations(path: Path) -> list[Mutation]:
    """Return every mutation of a file."""
    return list(mutations(ast.parse(path.read_bytes())))


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _change_comparison(node: Any) -> Iterator[Mutation]:
    for index, operator in enumerate(node.ops):
        if type(operator) in COMPARISONS:
            yield _mutation(node, node.ops, index, COMPARISONS[type(operator)]())


def _change_arithmetic(node: Any) -> Iterator[Mutation]:
    if type(node.op) in ARITHMETIC:
        yield _mutation(node, vars(node), "op", ARITHMETIC[type(node.op)]())


def _change_logic(node: Any) -> Iterator[Mutation]:
    yield _mutation(node, vars(node), "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _change_number(node: Any) -> Iterator[Mutation]:
    if isinstance(node.value, int):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield _mutation(node, vars(node), "value", value)


def _change_return(node: Any) -> Iterator[Mutation]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield _mutation(node, vars(node), "value", ast.Constant(None))


def _change_condition(node: Any) -> Iterator[Mutation]:
    yield _mutation(node.test, vars(node), "test", ast.UnaryOp(ast.Not(), node.test))


def _change_filter(node: Any) -> Iterator[Mutation]:
    for index, test in enumerate(node.ifs):
        yield _mutation(test, node.ifs, index, ast.UnaryOp(ast.Not(), test))


def _change_sign(node: Any) -> Iterator[Mutation]:
    if isinstance(node.op, ast.USub):
        yield _mutation(node, vars(node), "op", ast.UAdd())


_CHANGES: Mapping[Any, Callable[[Any], Iterator[Mutation]]] = {
    ast.Compare: _change_comparison,
    (ast.BinOp, ast.AugAssign): _change_arithmetic,
    ast.BoolOp: _change_logic,
    ast.Constant: _change_number,
    ast.Return: _change_return,
    (ast.If, ast.IfExp, ast.While): _change_condition,
    ast.comprehension: _change_filter,
    ast.UnaryOp: _change_sign,
}
"""Kinds of nodes -> their mutations."""


def _mutation(shown: Any, owner: Any, key: Any, value: Any) -> Mutation:
    """Return the mutation that sets `owner[key]` to `value`; `shown` is the node whose code is reported."""
    before, original = ast.unparse(shown), owner[key]
    owner[key] = value
    after = ast.unparse(value if shown is original else shown)
    owner[key] = original

    def apply() -> None:
        owner[key] = value

    return Mutation(shown.lineno, before.partition("\n")[0], after.partition("\n")[0], apply)


class Fault(SourceFileLoader):
    """A loader that changes the source of its module; `number` is the index of the mutation in the file."""

    def __init__(self, source: Path, number: int) -> None:
        super().__init__(".".join(source.relative_to(ROOT).with_suffix("").parts), str(source))
        self.number = number
        self.is_planted = False

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # the signature of the base class
        """Return the code of the module with the fault."""
        tree = ast.parse(Path(self.path).read_bytes())
        list(mutations(tree))[self.number].apply()
        self.is_planted = True
        return compile(ast.fix_missing_locations(tree), self.path, "exec")

    def __str__(self) -> str:
        mutation = read_mutations(Path(self.path))[self.number]
        return f"{Path(self.path).relative_to(ROOT)}:{mutation.line}: {mutation.before}  ->  {mutation.after}"


class Finder(MetaPathFinder):
    """Finds the module with the fault, and leaves all other modules to Python."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Return the module's spec, or None for a different module."""
        if name != self.fault.name:
            return None
        return spec_from_file_location(name, self.fault.path, loader=self.fault)


class Profile:
    """A pytest plugin: Hypothesis tries the same examples in every run, and does not simplify an example that fails."""

    def pytest_sessionstart(self) -> None:
        """Replace the tests' own profile before any test is imported."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings.default, phases=phases, derandomize=True, database=None)
        settings.load_profile("mutants")


def start_tests(fault: Fault | None) -> int:
    """Fork a process that runs the tests with the fault, and return its id; its exit code is 0 if all tests pass."""
    if child := os.fork():
        return child
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    if fault is not None:
        sys.meta_path.insert(0, Finder(fault))
    options = ["-x", "--quick", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(ROOT)]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis is imported before the fork
    code = pytest.main([*options, *TESTS], plugins=[Profile()])
    os._exit(code if fault is None or fault.is_planted else NOT_PLANTED)


def run_tests(faults: Sequence[Fault | None], seconds: float) -> Iterator[tuple[Fault | None, bool]]:
    """Yield each fault when its tests end, with whether one of them failed or they took more than `seconds`.

    Raises:
        RuntimeError: the tests do not import the module with the fault.
    """
    waiting, running = list(reversed(faults)), dict[int, tuple[Fault | None, float]]()
    try:
        while waiting or running:
            while waiting and len(running) < PROCESSES:
                fault = waiting.pop()
                running[start_tests(fault)] = fault, time.monotonic() + seconds
            for child, (fault, deadline) in list(running.items()):
                late = time.monotonic() > deadline
                if late:
                    os.killpg(child, signal.SIGKILL)
                ended, status = os.waitpid(child, 0 if late else os.WNOHANG)
                if ended:
                    del running[child]
                    code = os.waitstatus_to_exitcode(status)
                    if code == NOT_PLANTED:
                        raise RuntimeError(f"the tests do not import the module with the fault {fault}")
                    yield fault, late or code != 0
            time.sleep(0.01)
    finally:
        for child in running:
            os.killpg(child, signal.SIGKILL)


def main(count: int, seed: int) -> None:
    """Plant `count` faults, or all if there are fewer, and print those that no test finds and the share of the others.

    Raises:
        SystemExit: the tests fail without a fault.
    """
    candidates = [(path, number) for path in SOURCES for number in range(len(read_mutations(path)))]
    faults = [Fault(*drawn) for drawn in random.Random(seed).sample(candidates, min(count, len(candidates)))]
    print(f"{len(faults):,} of {len(candidates):,} faults, seed {seed}", flush=True)
    start = time.monotonic()
    if any(failed for _, failed in run_tests([None], inf)):
        raise SystemExit("the tests fail without a fault")
    total, seconds = 0, PATIENCE * (time.monotonic() - start)
    for done, (fault, failed) in enumerate(run_tests(faults, seconds), 1):
        total += failed
        if not failed:
            print(fault, flush=True)
        print(f"{done:,} done, {total:,} found, {time.monotonic() - start:,.0f} s", end="\r", file=sys.stderr)
    print(f"{total:,} of {len(faults):,} faults found ({total / len(faults):.1%}) in {time.monotonic() - start:,.0f} s")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(numbers[0] if numbers else 200, numbers[1] if len(numbers) > 1 else random.randrange(10**9))
