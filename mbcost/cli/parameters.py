"""The parameters of a command: read from its function's annotations, and given to click.

A parameter of a command is annotated as `Annotated[type, Option(...)]` or `Annotated[type, Argument(...)]`. Its type is
bool, str, int or Path, perhaps Optional, or a list of str, which the option or argument can be given many times.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import click

Completer = Callable[[click.Context, str], list[str]]
"""Returns what the incomplete word can become, after the words that the context has."""


class Option(NamedTuple):
    """An option of a command."""

    names: str = ""
    """Such as `--output -o`; by default the parameter's own name."""
    help: str | None = None
    metavar: str | None = None
    complete: Completer | None = None
    callback: Callable[[Any], None] | None = None
    """Acts as soon as the value is read."""
    hidden: bool = False
    """Whether the help leaves it out."""


class Argument(NamedTuple):
    """An argument of a command, which stands without a name."""

    metavar: str
    help: str
    complete: Completer | None = None


class ClickArgument(click.Argument):
    """An argument that the help of its command describes."""

    def __init__(self, *names: Any, description: str, **given: Any) -> None:
        super().__init__(*names, **given)
        self.description = description

    def make_metavar(self, *_: Any, **__: Any) -> str:
        """Return what the usage line calls the argument."""
        return str(self.metavar)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:  # noqa: ARG002  # click's signature
        """Return the name and the description for the help."""
        return self.make_metavar(), self.description + ("  [required]" if self.required else "")


def make_params(function: Callable[..., Any]) -> list[click.Parameter]:
    """Return the parameters of a function for click, in order."""
    return [_make_param(parameter) for parameter in inspect.signature(function, eval_str=True).parameters.values()]


def make_callback(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as click calls it: lists come as tuples, which are empty if nothing is given."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}

    def run(**given: Any) -> Any:
        return function(
            **{
                name: (list(value) or defaults[name]) if isinstance(value, tuple) else value
                for name, value in given.items()
            }
        )

    return run


def _make_param(parameter: inspect.Parameter) -> click.Parameter:
    assert get_origin(parameter.annotation) is Annotated, f"{parameter.name} is not annotated as an option or argument"
    annotation, stated = get_args(parameter.annotation)
    kind = _find_kind(annotation)
    is_required = parameter.default is inspect.Parameter.empty
    given: dict[str, Any] = {
        "metavar": stated.metavar,
        "required": is_required,
        "shell_complete": _adapt(stated.complete),
    }
    if not is_required:
        given["default"] = parameter.default
    if isinstance(stated, Argument):
        nargs = -1 if kind is list else 1
        return ClickArgument([parameter.name], description=stated.help, type=str, nargs=nargs, **given)
    if stated.callback is not None:
        act = stated.callback
        given |= {"callback": lambda ctx, param, value: act(value), "expose_value": False, "is_eager": True}  # noqa: ARG005  # click's
    names = stated.names.split() or ["--" + parameter.name.replace("_", "-")]
    if kind is bool:
        return click.Option([*names, parameter.name], help=stated.help, is_flag=True, **{**given, "metavar": None})
    given["type"] = _TYPES[kind]
    return click.Option(
        [*names, parameter.name],
        help=stated.help,
        hidden=stated.hidden,
        multiple=kind is list,
        show_default=parameter.default is not None,
        **given,
    )


def _find_kind(annotation: Any) -> Any:
    """Return the type of one value, or `list` if there can be many."""
    if get_origin(annotation) is Union:  # Optional
        (annotation,) = (kind for kind in get_args(annotation) if kind is not type(None))
    return get_origin(annotation) or annotation


def _adapt(complete: Completer | None) -> Callable[..., list[str]] | None:
    """Return a completer as click calls it."""
    return None if complete is None else lambda ctx, param, incomplete: complete(ctx, incomplete)  # noqa: ARG005  # click's


def _read_whole(text: str | int) -> int:
    from mbcost.cli.quantities import whole_number

    return whole_number(text)


_TYPES: Mapping[Any, Any] = {
    str: click.STRING,
    list: click.STRING,
    int: click.types.FuncParamType(_read_whole),
    Path: click.types.FuncParamType(Path),
}
