"""The options that several commands share: the same name, meaning and help everywhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, Optional

from mbcost.cli.arguments import NetworkOptions
from mbcost.cli.completers import (
    complete_alpha,
    complete_column,
    complete_columns,
    complete_convention,
    complete_implementation,
    complete_network,
    complete_resolution,
    one_of,
)
from mbcost.cli.output import FORMAT_NAMES, View
from mbcost.cli.parameters import Argument, Option
from mbcost.present.table import Column

Command = Callable[..., int]

Net = Annotated[
    str,
    Argument(
        metavar="NET",
        help="NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL; or a model: FILE.onnx, .tflite, .keras, .h5 "
        "or .pt2, MODULE:FACTORY or ./FILE.py:FACTORY. - reads standard input.",
        complete=complete_network,
    ),
]
Alpha = Annotated[
    Optional[str],
    Option(help="Width multiplier [default: 1].", metavar="ALPHA", complete=complete_alpha),
]
Res = Annotated[
    Optional[str],
    Option(help="Input size in pixels [default: the table's own].", metavar="N|HxW", complete=complete_resolution),
]
Rho = Annotated[Optional[str], Option(help="Resolution multiplier, instead of --res [default: 1].", metavar="RHO")]
Impl = Annotated[
    Optional[str],
    Option(
        help="Implementation: whose rules of rounding, scaling and padding [default: official].",
        metavar="IMPL",
        complete=complete_implementation,
    ),
]
Classes = Annotated[
    Optional[int],
    Option(help="Number of outputs of the classifier [default: 1000].", metavar="N"),
]
HeadText = Annotated[
    Optional[str],
    Option(
        "--head",
        help="Your own head: widths of dense layers, bn, first flatten or pool; or none [default: the table's own].",
        metavar="512,bn,26",
    ),
]
InChannels = Annotated[
    Optional[int],
    Option(help="Number of channels of the input [default: the table's own].", metavar="N"),
]
Inputs = Annotated[
    Optional[list[str]],
    Option(
        "--input",
        help="The shape of an input that a file of a model leaves open. Can be repeated [default: the file's own].",
        metavar="NAME=1x3x224x224",
    ),
]
Kwargs = Annotated[
    Optional[list[str]],
    Option(
        "--kwargs",
        metavar="K=V",
        help="An argument of the factory: a Python literal or text. Can be repeated [default: none].",
    ),
]
ModelType = Annotated[
    Optional[str],
    Option(
        "--type",
        help="What standard input contains: yaml, onnx, tflite, keras or torch [default: yaml].",
        metavar="FORMAT",
        complete=one_of("yaml", "onnx", "tflite", "keras", "torch"),
    ),
]
NoTop = Annotated[bool, Option("--no-top", help="Leave out the global pool and what follows it.")]
ConventionName = Annotated[
    Optional[str],
    Option(
        "--convention",
        help="Convention: how params and mult-adds are counted [default: macs].",
        metavar="NAME",
        complete=complete_convention,
    ),
]
Columns = Annotated[
    Optional[str],
    Option(
        "--columns",
        help="Columns to show, in order; JSON has all [default: all].",
        metavar="A,B,C",
        complete=complete_columns,
    ),
]
Sort = Annotated[
    Optional[str],
    Option(
        "--sort",
        help="Sort by this column; numbers come largest first [default: not sorted].",
        metavar="COLUMN",
        complete=complete_column,
    ),
]
Output = Annotated[
    Optional[Path],
    Option("--output -o", help="Write to FILE atomically [default: standard output].", metavar="FILE"),
]
Fragment = Annotated[
    bool, Option("--fragment", help="With --format html: only the tables, to be pasted into a page of your own.")
]
Force = Annotated[bool, Option("--force", help="Start work that is above the limit of this command.")]
TABLES_ONLY: Mapping[str, Any] = {"inputs": None, "kwargs": None, "form": None}
"""For `share_options` of a command that reads tables and no models."""
RhoList = Annotated[
    Optional[str],
    Option("--rho", help="Resolution multipliers, in the same form, instead of --res [default: those of --res].",
                 metavar="LIST"),
]  # fmt: skip


def format_option(*extra: str) -> Any:
    """Return the option --format of a command that has these formats besides those of every table."""
    names = [*FORMAT_NAMES, *extra]
    return Annotated[
        Optional[str],
        Option(
            "--format -f",
            help=f"Format: {', '.join(names[:-1])} or {names[-1]} [default: by the ending of --output, else text].",
            metavar="FORMAT",
            complete=one_of(*names),
        ),
    ]


def alpha_list(default: str) -> Any:
    """Return the option --alpha of a command that takes many."""
    return Annotated[
        Optional[str],
        Option(
            "--alpha",
            metavar="LIST",
            help=f"Width multipliers, a,b,c or start:stop:step [default: {default}].",
            complete=complete_alpha,
        ),
    ]


def res_list(default: str) -> Any:
    """Return the option --res of a command that takes many."""
    return Annotated[
        Optional[str],
        Option(
            "--res",
            metavar="LIST",
            help=f"Input sizes in pixels, N or HxW, as a,b,c or start:stop:step [default: {default}].",
            complete=complete_resolution,
        ),
    ]


def open_option(subject: str, metavar: str, kind: type = str, complete: Callable[..., Any] | None = None) -> Any:
    """Return an option of a command that searches what is not given."""
    return Annotated[
        Optional[kind],
        Option(
            help=f"{subject} [default: open].",
            metavar=metavar,
            complete=complete,
        ),
    ]


class Group(NamedTuple):
    """Options that go together: one parameter of a command, several options for the user."""

    make: Callable[..., Any]
    options: Mapping[str, Any]
    """The name of an option's value -> the option."""


GROUPS: Mapping[Any, Group] = {
    NetworkOptions: Group(
        lambda no_top=False, **given: NetworkOptions(top=not no_top, **given),
        {
            "alpha": Alpha,
            "res": Res,
            "rho": Rho,
            "impl": Impl,
            "classes": Classes,
            "head": HeadText,
            "in_channels": InChannels,
            "inputs": Inputs,
            "kwargs": Kwargs,
            "form": ModelType,
            "no_top": NoTop,
        },
    ),
    View: Group(
        View,
        {"columns": Columns, "sort": Sort, "style": format_option(), "fragment": Fragment, "output": Output},
    ),
}
"""The type of a command's parameter -> the options that it stands for."""

SWITCHES = ("no_top", "fragment")
"""The options of `GROUPS` that are given or not, and take no value."""


def share_options(
    *,
    known: Callable[[Mapping[str, Any]], Sequence[Column[Any]]] | None = None,
    groups: Mapping[Any, Group] = MappingProxyType({}),
    **changed: Any,
) -> Callable[[Command], Command]:
    """Return a decorator that gives a command the options of `GROUPS` in place of its parameters of these types.

    Args:
        known: returns the columns of the answer, given the options; for commands that do not answer at once.
        groups: further groups, those of one family of commands.
        changed: an option by its name, where the command's own differs; None if the command does not have it.
    """

    def decorate(command: Command) -> Command:
        parameters: list[inspect.Parameter] = []
        grouped: dict[str, tuple[Group, list[str]]] = {}
        for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
            group = {**GROUPS, **groups}.get(parameter.annotation)
            if group is None:
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
                continue
            options = {key: changed.get(key, option) for key, option in group.options.items()}
            grouped[name] = group, [key for key, option in options.items() if option is not None]
            parameters += [
                inspect.Parameter(
                    key, inspect.Parameter.KEYWORD_ONLY, default=False if key in SWITCHES else None, annotation=option
                )
                for key, option in options.items()
                if option is not None
            ]

        @wraps(command)
        def run(**given: Any) -> int:
            together = {
                name: group.make(**{key: given.pop(key) for key in keys}) for name, (group, keys) in grouped.items()
            }
            return command(**given, **together)

        # mypy knows no attributes of functions; inspect and click read the second.
        run.known = known  # type: ignore[attr-defined]
        run.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
        return run

    return decorate
