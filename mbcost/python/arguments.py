"""Checks the arguments of every public function."""

from __future__ import annotations

import inspect
import operator
import os
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from fractions import Fraction
from functools import cache, wraps
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin

from mbcost.errors import MbcostError, escape, shorten
from mbcost.python.notebooks import offer_html
from mbcost.python.wording import word_for_python

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
WRONG = object()
"""What a conversion returns for a value of a different type."""
LONGEST_LIST = 1_000_000
"""The items of the longest list that is read."""
LONGEST_VALUE = 100
"""The characters of a value that a message quotes."""


def checked(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Return the function with its arguments checked and converted by its annotations, for answers that notebooks show.

    A whole number of any library becomes an int, so that counts are exact, and a list or an array a tuple. A value of a
    different type, and an empty list where the default is not empty, are refused; so is a bool that stands for a
    number. The annotation of a parameter that only type checkers can import, such as torch's classes, is not checked
    here.

    Raises:
        MbcostError: when the function is called, and an argument has a different type. The errors of the function
            pass, worded for a Python program.

    >>> @checked
    ... def scale(side: int, factors: Sequence[float] = (1.0,)) -> list[float]:
    ...     return [side * factor for factor in factors]
    >>> scale(2, [0.5, 1])
    [1.0, 2]
    >>> scale("2")
    Traceback (most recent call last):
        ...
    mbcost.errors.MbcostError: side is '2': it must be a whole number, not text
    """

    @wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        signature, types = _read_annotations(function)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            bound = None
        if bound is None:
            return function(*args, **kwargs)  # Python's own error names the function
        try:
            for name, value in bound.arguments.items():
                bound.arguments[name] = _check(signature.parameters[name], value, types[name])
            return offer_html(function(*bound.args, **bound.kwargs))
        except MbcostError as error:
            word_for_python(error, (*args, *kwargs.values()))
            raise

    return call


def wrong_argument(value: object, name: str, form: str) -> MbcostError:
    """Return the error for an argument that is not what it must be.

    >>> wrong_argument("320KiB", "ram", "a number of bytes")
    MbcostError("ram is '320KiB': it must be a number of bytes, not text")
    """
    text = ", not text" if isinstance(value, str) and "text" not in form else ""
    return MbcostError(f"{name} is {quote(value)}: it must be {form}{text}")


def quote(value: object) -> str:
    """Return a value in one short printable line, whatever it is."""
    try:
        text = repr(value)
    except Exception:  # whatever a class of the caller raises, and integers of more than 4,300 digits
        text = f"a value of the type {type(value).__name__}"
    return shorten(escape(text), LONGEST_VALUE)


@cache
def _read_annotations(function: Callable[..., Any]) -> tuple[inspect.Signature, Mapping[str, Any]]:
    """Return the signature of a function, and the type of each parameter; `object` if it cannot be evaluated."""
    signature = inspect.signature(function)
    return signature, {name: _evaluate(item.annotation, function) for name, item in signature.parameters.items()}


def _evaluate(annotation: Any, function: Callable[..., Any]) -> Any:
    if annotation is inspect.Parameter.empty:  # as that of self
        return object
    try:
        return eval(annotation, function.__globals__) if isinstance(annotation, str) else annotation
    except NameError:
        return object


def _check(parameter: inspect.Parameter, value: Any, kind: Any) -> Any:
    """Return the value of a parameter, converted.

    Raises:
        MbcostError: it has a different type, is empty or is too long.
    """
    name = parameter.name
    if parameter.kind is parameter.VAR_POSITIONAL:
        return tuple(_check_item(f"{name}[{index}]", item, kind) for index, item in enumerate(value))
    item_kinds = _list_item_kinds(kind)
    if item_kinds and _count(value) > LONGEST_LIST and not isinstance(value, str):
        raise MbcostError(f"{name} has more than {LONGEST_LIST:,} items: use larger steps")
    converted = _convert(value, kind)
    if converted is not WRONG and not (item_kinds and converted == () != parameter.default):
        return converted
    if item_kinds and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_item(f"{name}[{index}]", item, item_kinds[0])
    raise wrong_argument(value, name, FORMS.get(name) or describe(kind))


def _check_item(name: str, value: Any, kind: Any) -> Any:
    converted = _convert(value, kind)
    if converted is WRONG:
        raise wrong_argument(value, name, describe(kind))
    return converted


def _list_item_kinds(kind: Any) -> list[Any]:
    """Return what the items of a list must be, if the type, or a part of it, is a list."""
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return [get_args(part)[0] for part in parts if get_origin(part) is Sequence]


def _convert(value: Any, kind: Any) -> Any:
    """Return the value as a type says, or `WRONG`."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _convert(value, parts[0])
    if origin in (Union, UnionType):
        results = (_convert(value, part) for part in parts)
        return next((result for result in results if result is not WRONG), WRONG)
    if origin is Sequence:
        return _convert_items(value, parts[:1] * _count(value))
    if origin is tuple:
        return _convert_items(value, parts)
    if kind in _SCALARS:
        return _SCALARS[kind](value)
    return value if isinstance(value, NoneType if kind is None else origin or kind) else WRONG


def _count(value: Any) -> int:
    """Return the number of items; -1 if it is unknown, as for an array without dimensions."""
    try:
        return len(value)
    except OverflowError:  # a range
        return LONGEST_LIST + 1
    except TypeError:
        return -1


def _convert_items(value: Any, kinds: tuple[Any, ...]) -> Any:
    """Return a list, a tuple or an array with as many items as there are types as a tuple."""
    is_list = isinstance(value, Collection) and not isinstance(value, str | bytes | bytearray | Mapping | Set)
    if not is_list or _count(value) != len(kinds):
        return WRONG
    items = tuple(map(_convert, value, kinds))
    return WRONG if any(item is WRONG for item in items) else items


def _convert_whole(value: Any) -> Any:
    return operator.index(value) if isinstance(value, Integral) and not isinstance(value, bool) else WRONG


def _convert_number(value: Any) -> Any:
    if isinstance(value, Integral | Fraction):
        return value if isinstance(value, Fraction) else _convert_whole(value)
    return float(value) if isinstance(value, Real) else WRONG


def _convert_path(value: Any) -> Any:
    return value if isinstance(value, os.PathLike) and isinstance(os.fspath(value), str) else WRONG


_SCALARS: Mapping[Any, Callable[[Any], Any]] = {
    int: _convert_whole, float: _convert_number, os.PathLike[str]: _convert_path,
}  # fmt: skip
"""The types that accept more, or less, than their instances."""


def describe(kind: Any) -> str:
    """Return what a value of a type is, in words.

    >>> describe(str | os.PathLike[str] | None)
    'text or a path'
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return str(parts[1])
    if origin in (Union, UnionType):
        words = list(dict.fromkeys(describe(part) for part in parts if part is not NoneType))
        return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    if origin in (Sequence, tuple):
        return "a list"
    return _WORDS.get(kind) or ("a dict" if origin is Mapping else f"a {kind.__name__} of mbcost")


_WORDS: Mapping[Any, str] = {
    int: "a whole number", float: "a number", Fraction: "a number", bool: "True or False", str: "text",
    os.PathLike[str]: "a path",
}  # fmt: skip
FORMS: Mapping[str, str] = {
    "alpha": "a number such as 0.75",
    "convention": "a name such as 'fvcore', or a Convention",
    "alphas": "a list such as [0.5, 1.0]",
    "resolutions": "a list such as [96, 224]",
    "conventions": "a list such as ['macs', 'fvcore']",
    "allocators": "a list such as ['naive', 'arena']",
    "arena": "a list such as ['pad', 'align']",
    "against": "a name or a list such as ['fvcore', 'torch']",
    "flash": "a number of bytes such as 2**20",
    "max_latency": "a number of milliseconds",
    "min_top1": "a percentage",
    "ram": "a number of bytes such as 320 * 1024",
    "number": "text as it is printed, such as '314M', or a whole number",
    "spec": "a Spec, such as load_spec('v2')",
}
"""A parameter -> what it must be, where its type does not say enough."""
