"""The arrows of docs/design.md: which folder may import what. Parsed, so that nothing has to be installed or run."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import mbcost

PACKAGE = Path(mbcost.__file__).parent
LIBRARIES = {"torchvision", "timm", "keras", "transformers"}


@dataclass(frozen=True)
class Arrows:
    """What a folder may import, besides itself and the standard library."""

    always: set[str]
    inside_functions: set[str]
    """Slow to import, or optional: only when it is used, or for annotations under TYPE_CHECKING."""


ROOMS = {
    "errors": Arrows(set(), set()),
    "spec": Arrows({"errors", "yaml"}, {"tomllib", "tomli"}),
    "analytic": Arrows({"spec", "errors"}, {"numpy"}),
    "measured": Arrows({"spec", "errors", "torch"}, {"fvcore", "onnxruntime", *LIBRARIES}),
    "files": Arrows({"spec", "errors"}, {"onnx", "google", "h5py", "numpy"}),
    "questions": Arrows({"spec", "analytic", "errors"}, {"files", "measured", "numpy"}),
    "present": Arrows({"questions", "analytic", "spec", "errors"}, {"rich", "matplotlib"}),
    "cli": Arrows(
        {"mbcost", "present", "questions", "analytic", "spec", "errors", "click"},
        {"measured", "rich", "pyarrow", "textual"},
    ),
    "python": Arrows({"present", "questions", "analytic", "spec", "errors"}, {"mbcost", "measured", "torch"}),
    "mbcost": Arrows(set(), {"python", "questions", "spec", "errors"}),
    "__main__": Arrows({"cli"}, set()),
}
"""The last two are `mbcost/__init__.py` and `mbcost/__main__.py`."""

FAMILIES: Mapping[str, Mapping[str, set[str]]] = {
    "spec": {
        "types": set(),
        "reading": {"types"},
        "catalogue": {"reading", "types"},
    },
    "analytic": {
        "core": set(),
        "many": {"core"},
        "memory": {"many", "core", "graph"},
        "graph": {"core"},
        "symbolic": {"many", "memory", "core"},
    },
    "questions": {
        "cost": set(),
        "compare": {"aligned", "cost", "verify"},
        "device": set(),
        "accuracy": {"verify"},
        "latency": {"device", "verify"},
        "search": {"accuracy", "device", "latency"},
        "explain": {"mistakes", "verify"},
        "mistakes": set(),
        "aligned": set(),
        "published": {"device", "explain"},
        "verify": {"aligned", "mistakes"},
        "validate": set(),
        "check": set(),
        "lock": {"cost", "device", "latency"},
        "plot": {"device"},
        "explore": {"cost", "device"},
        "page": {"accuracy", "compare", "cost", "device", "latency", "search"},
    },
    "present": {
        "cost": set(),
        "compare": {"cost"},
        "device": set(),
        "accuracy": set(),
        "latency": set(),
        "search": {"accuracy", "latency"},
        "explain": set(),
        "published": set(),
        "verify": {"aligned"},
        "validate": set(),
        "check": set(),
        "lock": set(),
        "page": set(),
        "plot": {"accuracy", "compare", "latency", "search"},
        "explore": {"cost", "device"},
    },
    "cli": {
        "cost": {"latency"},
        "compare": set(),
        "device": set(),
        "accuracy": set(),
        "latency": set(),
        "search": {"device"},
        "explain": set(),
        "published": set(),
        "verify": set(),
        "validate": set(),
        "check": set(),
        "lock": set(),
        "page": set(),
        "plot": {"accuracy", "compare", "latency", "search"},
        "explore": set(),
    },
}
"""Which families a family of a room may import besides its own. Those of `questions`, `present` and `cli` are the
same: there it holds for the family's name, on its own floor or one below. Every entry is used."""

FLOORS = ("questions", "present", "cli")
SHARED: Mapping[str, set[str]] = {
    "questions": {"networks", "work"},
    "present": {
        "table",
        "arrangement",
        "layout",
        "text",
        "formats",
        "markdown",
        "latex",
        "report",
        "records",
        "names",
        "estimates",
        "annotations",
        "junit",
    },
    "cli": {
        "group",
        "registry",
        "arguments",
        "parameters",
        "quantities",
        "options",
        "output",
        "files",
        "progress",
        "streams",
        "work",
        "exits",
        "usage",
        "hints",
        "typography",
        "remedies",
        "completion",
        "completers",
        "columns",
        "shells",
    },
}
"""Files of a floor that belong to no family. They import none."""
FILES = {"spec": "types", "analytic": "core"}
"""What the files of these two rooms are called together that are in none of their folders."""


@dataclass(frozen=True)
class Import:
    """One imported module, and whether it is imported as soon as its importer is."""

    importer: str
    imported: str
    at_once: bool
    line: int

    def broken_arrow(self) -> str | None:
        """What is wrong with it, or None."""
        source, target = room(self.importer), room(self.imported)
        arrows = ROOMS[source]
        if target == source or target in arrows.always or target in sys.stdlib_module_names:
            return None
        if target not in arrows.inside_functions:
            return f"{self.importer}:{self.line}: {source} may not import {target}"
        return f"{self.importer}:{self.line}: {target} is imported inside functions only" if self.at_once else None


def room(module: str) -> str:
    """`mbcost.spec.table` -> `spec`; `torch.nn` -> `torch`."""
    top, _, rest = module.partition(".")
    return rest.split(".")[0] if top == "mbcost" and rest else top


def imports(source: str, importer: str) -> list[Import]:
    """Every import in the text of the module `importer`."""
    return list(_imports(ast.parse(source), importer, at_once=True))


def _imports(node: ast.AST, importer: str, *, at_once: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(importer, alias.name, at_once, node.lineno) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{importer}:{node.lineno}: a relative import"
        module = str(node.module)  # `from mbcost.present import x`: of a module, or of a name in one
        names = [f"{module}.{alias.name}" for alias in node.names]
        imported = dict.fromkeys(name if name in modules() else module for name in names)
        yield from (Import(importer, name, at_once, node.lineno) for name in imported)
    elif (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) == "import_module"
        and isinstance(node.args[0], ast.Constant)
    ):
        yield Import(importer, str(node.args[0].value), at_once, node.lineno)
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        at_once = False
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        at_once = False
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, importer, at_once=at_once)


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def every_import() -> list[Import]:
    """Every import of the package."""
    return [arrow for name, path in modules().items() for arrow in imports(path.read_text(encoding="utf-8"), name)]


def test_no_name_is_one_that_names_nothing() -> None:
    empty = {"found", "some", "said", "held", "each", "place"}  # docs/style.md, rule 8
    named = [
        (path.name, node.lineno, name)
        for path in modules().values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name | ast.arg | ast.FunctionDef | ast.ClassDef | ast.Attribute)
        for name in (getattr(node, key, "") for key in ("id", "arg", "name", "attr"))
        if name in empty
    ]
    assert named == []


def test_every_room_is_in_the_table_and_has_imports_to_check() -> None:
    assert {room(module) for module in modules()} == set(ROOMS)
    assert {room(arrow.importer) for arrow in every_import()} == set(ROOMS)
    assert any(arrow.imported == "torch" for arrow in every_import())


def test_no_arrow_that_is_not_in_the_table() -> None:
    assert [broken for arrow in every_import() if (broken := arrow.broken_arrow())] == []


def circle(arrows: list[Import]) -> list[str]:
    """Modules of the package that import each other in a ring, if there are any, also inside functions.

    `mbcost/__init__.py`, which hands out names of all of them when asked, stands aside.
    """
    known, graph = modules().keys(), TopologicalSorter[str]()
    for arrow in arrows:
        if arrow.importer != "mbcost" and arrow.imported in known and arrow.importer != arrow.imported:
            graph.add(arrow.importer, arrow.imported)
    try:
        graph.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_circles() -> None:
    assert circle(every_import()) == []


def test_a_circle_is_caught() -> None:
    planted = Import("mbcost.spec.tally", "mbcost.spec.table", at_once=False, line=1)
    back = Import("mbcost.spec.table", "mbcost.spec.tally", at_once=True, line=1)
    assert set(circle([planted, back])) == {"mbcost.spec.table", "mbcost.spec.tally"}


@pytest.mark.parametrize(
    ("importer", "source", "broken"),
    [
        ("mbcost.spec.table", "from mbcost.analytic.layers import Shape", "1: spec may not import analytic"),
        ("mbcost.spec.table", "def f():\n    import numpy", "2: spec may not import numpy"),
        ("mbcost.measured.build", "import mbcost.analytic.network", "1: measured may not import analytic"),
        ("mbcost.measured.build", "def f():\n    from mbcost import analytic", "2: measured may not import analytic"),
        ("mbcost.analytic.layers", "from torch import nn", "1: analytic may not import torch"),
        ("mbcost.questions.validate.comparison", "import torch", "1: questions may not import torch"),
        (
            "mbcost.questions.validate.comparison",
            "class A:\n    import mbcost.measured.build",
            "2: measured is imported inside functions",
        ),
        (
            "mbcost.present.formats",
            "try:\n    import rich\nexcept ImportError:\n    pass",
            "2: rich is imported inside",
        ),
        (
            "mbcost.present.formats",
            "f = __import__\nimport_module('mbcost.cli.cost.table')",
            "2: present may not import cli",
        ),
        ("mbcost.cli.cost.table", "import torch", "1: cli may not import torch"),
        ("mbcost.errors", "from mbcost.spec.table import Row", "1: errors may not import spec"),
    ],
)
def test_a_wrong_arrow_is_caught(importer: str, source: str, broken: str) -> None:
    (found,) = [arrow.broken_arrow() for arrow in imports(source, importer)]
    assert str(found).startswith(f"{importer}:{broken}")


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("mbcost.questions.validate.comparison", "def f():\n    from mbcost.measured.build import build"),
        ("mbcost.questions.validate.comparison", "if TYPE_CHECKING:\n    import numpy"),
        ("mbcost.measured.build", "import torch.nn\nimport warnings"),
        ("mbcost.present.formats", "from mbcost.present.table import Table"),
    ],
)
def test_a_right_arrow_is_let_through(importer: str, source: str) -> None:
    assert [arrow.broken_arrow() for arrow in imports(source, importer)] in ([None], [None, None])


def family(module: str) -> tuple[str, str] | None:
    """A room and what a module belongs to in it; None for what the table of families does not tell apart.

    `mbcost.present.cost.table` -> `present`, `cost`; `mbcost.spec.table` -> `spec`, `types`.
    """
    parts = module.split(".")[1:]
    if len(parts) < 2 or parts[0] not in FAMILIES or parts[1] in SHARED.get(parts[0], set()):
        return None
    is_file = len(parts) == 2 and modules().get(module, Path("of_a_file.py")).name != "__init__.py"
    return parts[0], FILES[parts[0]] if parts[0] in FILES and is_file else parts[1]


def arrows_of_families(arrows: list[Import]) -> dict[str, dict[str, set[str]]]:
    """The table of families as the imports have it."""
    table: dict[str, dict[str, set[str]]] = {where: {} for where in FAMILIES}
    for where, name in filter(None, map(family, modules())):
        table[where].setdefault(name, set())
    for arrow in arrows:
        source, target = family(arrow.importer), family(arrow.imported)
        if source and target and (source[0] == target[0] or {source[0], target[0]} <= set(FLOORS)):
            table[source[0]].setdefault(source[1], set()).update({target[1]} - {source[1]})
    return table


def test_every_arrow_between_families_is_in_the_table_and_every_entry_is_used() -> None:
    assert arrows_of_families(every_import()) == FAMILIES


@pytest.mark.parametrize(
    ("importer", "source", "where", "name", "target"),
    [
        ("mbcost.spec.table", "from mbcost.spec.reading.nodes import Reader", "spec", "types", "reading"),
        ("mbcost.spec.reading.table", "from mbcost.spec import catalogue", "spec", "reading", "catalogue"),
        ("mbcost.analytic.layers", "def f():\n    import mbcost.analytic.memory.arena", "analytic", "core", "memory"),
        ("mbcost.questions.check", "from mbcost.questions import plot as p", "questions", "check", "plot"),
        ("mbcost.questions.cost.table", "from mbcost.questions.search.fit import f", "questions", "cost", "search"),
        ("mbcost.present.explain", "from mbcost.questions.verify import verify", "present", "explain", "verify"),
        ("mbcost.cli.device.memory", "from mbcost.present import search", "cli", "device", "search"),
    ],
)
def test_an_arrow_between_families_is_seen(importer: str, source: str, where: str, name: str, target: str) -> None:
    planted = arrows_of_families([*every_import(), *imports(source, importer)])
    assert planted != FAMILIES
    assert planted[where][name] == FAMILIES[where][name] | {target}


def test_an_arrow_that_is_gone_is_missed() -> None:
    rest = [arrow for arrow in every_import() if arrow.importer != "mbcost.questions.plot"]
    assert arrows_of_families(rest)["questions"]["plot"] == set()


@pytest.mark.parametrize("where", FAMILIES)
def test_no_circle_of_families(where: str) -> None:
    list(TopologicalSorter(FAMILIES[where]).static_order())  # CycleError where there is one


def test_the_floors_have_the_same_families_and_beside_them_only_files_that_are_named() -> None:
    for floor in FLOORS:
        entries = {path.stem for path in (PACKAGE / floor).iterdir() if path.suffix == ".py" or path.is_dir()}
        assert entries - {"__init__", "__pycache__"} == set(FAMILIES[floor]) | SHARED[floor]
        assert set(FAMILIES[floor]) <= set(FAMILIES["questions"])


def test_what_families_share_imports_none_of_them() -> None:
    shared = {f"mbcost.{floor}.{name}" for floor in FLOORS for name in SHARED[floor]}
    assert shared <= set(modules())
    ours = [arrow for arrow in every_import() if arrow.importer in shared]
    assert [arrow for arrow in ours if (family(arrow.imported) or ("",))[0] in FLOORS] == []


def test_what_is_slow_or_optional_is_not_imported_by_importing() -> None:
    """All of the package but `measured`, in a fresh interpreter: what parsing says, seen in practice."""
    names = sorted(name for name in modules() if room(name) not in ("measured", "__main__"))
    slow = {"torch", "fvcore", "onnxruntime", "numpy", "rich", "matplotlib", "textual", *LIBRARIES}
    program = f"import sys, {', '.join(names)}; print(*sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
