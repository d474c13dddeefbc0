"""The faults that `tools.mutants` plants: changes of one operator, number, condition or result in a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPARISONS: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
}  # fmt: skip
Change = tuple[Any, Any, Any, Any]
"""The node that changes, the object that changes, the name or index of what changes in it, its new value."""
SKIPPED = ("annotation", "returns", "decorator_list")
"""Fields of a syntax tree that have no influence on a result."""


@dataclass(frozen=True)
class Mutation:
    """A change of one node in a syntax tree."""

    line: int
    function: str
    """The function with the code, `Class.method`; empty at the top of a module or class."""
    before: str
    """The code that changes; a number is shown with the expression that it is in."""
    after: str
    apply: Callable[[], None]
    """Change the tree that the mutation was read from."""


def mutations(node: ast.AST, parent: ast.AST | None = None, function: str = "") -> Iterator[Mutation]:
    """Yield every mutation of a syntax tree, in the order of its source.

    Annotations, decorators, assertions (also the `strict` of `zip`) and raised errors stay as they are.

    >>> tree = ast.parse("def double(x): return x + x if x < 3 else 0")
    >>> [mutation.after for mutation in mutations(tree)]
    ['return None', 'not x < 3', 'x <= 3', 'x < 4', 'x - x', 'x + x if x < 3 else 1']
    >>> {mutation.function for mutation in mutations(tree)}
    {'double'}
    """
    if isinstance(node, ast.Assert | ast.Raise) or _is_strict(node) or _is_for_types(node):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
    for kinds, change in _CHANGES.items():
        if isinstance(node, kinds):
            for changed, owner, key, value in change(node):
                shown = parent if isinstance(node, ast.Constant | ast.UnaryOp) else changed
                yield _mutation(function, changed.lineno, shown, owner, key, value)
    parent = parent if isinstance(node, ast.UnaryOp) else node  # a sign alone does not show which number it is
    for name, field in ast.iter_fields(node):
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST) and name not in SKIPPED:
                yield from mutations(child, parent, function)


def read_mutations(path: Path) -> list[Mutation]:
    """Return every mutation of a file."""
    return list(mutations(ast.parse(path.read_bytes())))


def _is_strict(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _change_comparison(node: Any) -> Iterator[Change]:
    for index, operator in enumerate(node.ops):
        if type(operator) in COMPARISONS:
            yield node, node.ops, index, COMPARISONS[type(operator)]()


def _change_arithmetic(node: Any) -> Iterator[Change]:
    if type(node.op) in ARITHMETIC:
        yield node, vars(node), "op", ARITHMETIC[type(node.op)]()


def _change_logic(node: Any) -> Iterator[Change]:
    yield node, vars(node), "op", ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _change_number(node: Any) -> Iterator[Change]:
    if isinstance(node.value, int):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield node, vars(node), "value", value


def _change_return(node: Any) -> Iterator[Change]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield node, vars(node), "value", ast.Constant(None)


def _change_condition(node: Any) -> Iterator[Change]:
    yield node.test, vars(node), "test", ast.UnaryOp(ast.Not(), node.test)


def _change_filter(node: Any) -> Iterator[Change]:
    for index, test in enumerate(node.ifs):
        yield test, node.ifs, index, ast.UnaryOp(ast.Not(), test)


def _change_sign(node: Any) -> Iterator[Change]:
    if isinstance(node.op, ast.USub):
        yield node, vars(node), "op", ast.UAdd()


_CHANGES: Mapping[Any, Callable[[Any], Iterator[Change]]] = {
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


def _mutation(function: str, line: int, shown: Any, owner: Any, key: Any, value: Any) -> Mutation:
    """Return the mutation that sets `owner[key]` to `value`; `shown` is the node whose code is reported."""
    before, original = _show(shown), owner[key]
    owner[key] = value
    after = _show(value if shown is original else shown)
    owner[key] = original

    def apply() -> None:
        owner[key] = value

    return Mutation(line, function, before, after, apply)


def _show(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0]
