"""Measure the tests of the engine: plant one small fault at a time in its source, and run tests until one fails.

`python -m tools.mutants [COUNT] [SEED]` draws faults with a seed that it prints, and lists those that no test finds.
Either a test is missing, or the fault makes no difference. A fault of the second kind belongs in
`tools/equivalent_mutants.yaml`, with the reason: it is then not drawn, and an entry that no fault matches is an error.

For every fault the tests of its own module run first, with few random examples, and all tests only if those pass.
Only tests that do not need torch are run; the comparison with real models, which would find many of the others, is
left out.

mutmut 3 cannot do this: it does not change functions with decorators, and most shapes of the engine are properties.
"""

from __future__ import annotations

import ast
import os
import random
import re
import signal
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
import yaml
from hypothesis import Phase, settings

from tools import ROOT
from tools.mutations import Mutation, mutations, read_mutations

SOURCES = [*sorted((ROOT / "mbcost" / "analytic").rglob("*.py")), ROOT / "mbcost" / "spec" / "scaling.py"]
TESTS = [
    "tests/analytic", "tests/spec/test_scaling.py", "mbcost/analytic", "mbcost/spec",
    "tests/test_earlier_counters.py", "tests/test_published_conventions.py", "tests/cli/cost", "tests/cli/device",
    "tests/questions/device", "tests/questions/search", "tests/questions/compare", "tests/questions/test_check.py",
    "tests/cli/check",
]  # fmt: skip
"""The tests that are run for every fault: those of the sources, then those of the code that shows the numbers."""
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.yaml"
NOT_PLANTED = 99
"""The exit code of tests that never imported the module with the fault."""
PATIENCE = 20
"""The seconds of processor time after which a test counts as failed; the slowest takes four without a fault."""
FEW_EXAMPLES, ALL_EXAMPLES = 10, 100
"""The random examples of a test when the tests of the module run, and when all tests run."""
MEMORY = 4 * 2**30
"""The most bytes of memory that the tests can have, so that a fault cannot use up that of the machine."""
Key = tuple[str, str, str, str]
"""What identifies a fault although lines move: its file, its function, and its code before and after."""


class Fault(SourceFileLoader):
    """A loader that changes the source of its module; `number` is the index of the mutation in the file."""

    def __init__(self, source: Path, number: int, mutation: Mutation) -> None:
        super().__init__(".".join(source.relative_to(ROOT).with_suffix("").parts), str(source))
        self.number = number
        self.mutation = mutation
        self.is_planted = False

    @property
    def key(self) -> Key:
        """What an entry of `tools/equivalent_mutants.yaml` states."""
        mutation = self.mutation
        return str(Path(self.path).relative_to(ROOT)), mutation.function, mutation.before, mutation.after

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # the signature of the base class
        """Return the code of the module with the fault."""
        tree = ast.parse(Path(self.path).read_bytes())
        list(mutations(tree))[self.number].apply()
        self.is_planted = True
        return compile(ast.fix_missing_locations(tree), self.path, "exec")

    def __str__(self) -> str:
        file, function, before, after = self.key
        return f"{file}:{self.mutation.line}: {function}: {before}  ->  {after}"


class Finder(MetaPathFinder):
    """Finds the module with the fault, and leaves all other modules to Python."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Return the module's spec, or None for a different module."""
        if name != self.fault.name:
            return None
        return spec_from_file_location(name, self.fault.path, loader=self.fault)


class Plan:
    """A pytest plugin that plants a fault and limits the time of a test.

    Hypothesis tries the same examples in every run, and does not simplify an example that fails.
    """

    def __init__(self, fault: Fault | None, examples: int) -> None:
        self.fault = fault
        self.examples = examples

    def pytest_sessionstart(self) -> None:
        """Replace the tests' own profile before any test is imported.

        pytest's own finder, which reads a file that is named in the arguments, comes after that of the fault.
        """
        if self.fault is not None:
            sys.meta_path.insert(0, Finder(self.fault))
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutants", settings.default, max_examples=self.examples, phases=phases, derandomize=True, database=None
        )
        settings.load_profile("mutants")

    def pytest_runtest_setup(self) -> None:
        """Give the next test its own time; the signal ends the process."""
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)


def list_faults(sources: Sequence[Path] = SOURCES) -> list[Fault]:
    """Return every fault of these sources."""
    return [Fault(path, *numbered) for path in sources for numbered in enumerate(read_mutations(path))]


def read_equivalent() -> dict[Key, int]:
    """Return the faults that make no difference, each with the number of mutations that it stands for."""
    entries: dict[str, list[dict[str, Any]]] = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    return {
        (file, entry["in"] or "", entry["before"], entry["after"]): entry.get("times", 1)
        for file, listed in entries.items()
        for entry in listed
    }


def find_stale(equivalent: Mapping[Key, int], faults: Sequence[Fault]) -> list[str]:
    """Return one line for every entry of `equivalent_mutants.yaml` that does not match as many faults as it says."""
    matched = Counter(fault.key for fault in faults)
    return [
        f"{EQUIVALENT.name}: {' | '.join(key)} matches {matched[key]} faults, expected {times}: correct the entry"
        for key, times in equivalent.items()
        if matched[key] != times
    ]


def list_first_tests(fault: Fault) -> list[str]:
    """Return the tests of the module with the fault: the file of its name, its own examples, and known totals."""
    path = Path(fault.path)
    own = ROOT / "tests" / path.relative_to(ROOT / "mbcost").with_name(f"test_{path.name}")
    known = "tests/analytic/test_network.py::test_totals_are_the_known_ones"
    return [str(path), *([str(own)] if own.exists() else []), known]


def start_tests(fault: Fault | None, tests: Sequence[str]) -> int:
    """Fork a process that runs tests with the fault, and return its id; its exit code is 0 if all tests pass."""
    if child := os.fork():
        return child
    import resource  # Windows does not have it

    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    options = ["-x", "--quick", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:anyio", "--rootdir", str(ROOT)]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis is imported before the fork
    code = pytest.main([*options, *tests], plugins=[Plan(fault, ALL_EXAMPLES if tests is TESTS else FEW_EXAMPLES)])
    is_planted = fault is None or fault.is_planted or tests is not TESTS
    os._exit(code if is_planted else NOT_PLANTED)


def run_tests(faults: Sequence[Fault | None], processes: int) -> Iterator[tuple[Fault | None, bool]]:
    """Yield each fault when its tests end, with whether one of them failed.

    Raises:
        RuntimeError: the tests do not import the module with the fault.
    """
    waiting: list[tuple[Fault | None, Sequence[str]]] = [
        (fault, TESTS if fault is None else list_first_tests(fault)) for fault in reversed(faults)
    ]
    running: dict[int, tuple[Fault | None, Sequence[str]]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                fault, tests = waiting.pop()
                running[start_tests(fault, tests)] = fault, tests
            child, status = os.wait()
            fault, tests = running.pop(child)
            code = os.waitstatus_to_exitcode(status)
            if code == NOT_PLANTED:
                raise RuntimeError(f"the tests do not import the module with the fault {fault}")
            if code == 0 and tests is not TESTS:
                waiting.append((fault, TESTS))
            else:
                yield fault, code != 0
    finally:
        for child in running:
            os.killpg(child, signal.SIGKILL)


def main(count: int, seed: int, only: str, processes: int) -> None:
    """Plant `count` faults, or all if there are fewer, and print those that no test finds and the share of the others.

    Raises:
        SystemExit: the tests fail without a fault, or an entry of `equivalent_mutants.yaml` does not match.
    """
    faults, equivalent = list_faults(), read_equivalent()
    if stale := find_stale(equivalent, faults):
        raise SystemExit("\n".join(stale))
    # A sample is drawn from all faults first: whether a fault is listed as equivalent does not change which are drawn.
    candidates = [fault for fault in faults if re.search(only, str(fault))]
    drawn = random.Random(seed).sample(candidates, min(count, len(candidates)))
    planted = [fault for fault in drawn if fault.key not in equivalent]
    print(
        f"{len(drawn):,} of {len(candidates):,} faults, seed {seed}; {len(drawn) - len(planted):,} of them are listed "
        "as equivalent",
        flush=True,
    )
    start = time.monotonic()
    if any(failed for _, failed in run_tests([None], processes)):
        raise SystemExit("the tests fail without a fault")
    total = 0
    for done, (fault, failed) in enumerate(run_tests(planted, processes), 1):
        total += failed
        if not failed:
            print(fault, flush=True)
        print(f"{done:,} done, {total:,} found, {time.monotonic() - start:,.0f} s", end="\r", file=sys.stderr)
    share = f" ({total / len(planted):.1%})" if planted else ""
    print(f"{total:,} of {len(planted):,} planted faults found{share} in {time.monotonic() - start:,.0f} s")


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tools.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=200, help="how many faults to plant")
    parser.add_argument("seed", nargs="?", type=int, default=random.randrange(10**9), help="which faults to draw")
    parser.add_argument(
        "--only", default="", help="draw only from faults whose line in the output matches this regular expression"
    )
    parser.add_argument("--processes", type=int, default=2, help="how many faults to test at the same time")
    main(**vars(parser.parse_args()))
