"""Read what users type: the options of a network, lists and ranges. References themselves are read in `spec`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings
from mbcost.cli.streams import spool_standard_input
from mbcost.errors import STANDARD_INPUT, MbcostError, NotText, choose
from mbcost.questions import networks
from mbcost.questions.networks import Asked
from mbcost.spec.catalogue import reference
from mbcost.spec.catalogue.reference import (
    Reference,
    choose_top,
    parse_alpha,
    parse_reference,
    parse_resolution,
    parse_rho,
    pick_setting,
)
from mbcost.spec.forms import FORMS
from mbcost.spec.table import Spec

__all__ = [
    "LONGEST_LIST",
    "NetworkOptions",
    "Reference",
    "choose_top",
    "parse_alpha",
    "parse_list",
    "parse_reference",
    "parse_resolution",
    "parse_rho",
    "pick_setting",
    "resolve_network",
    "scale_resolution",
]

NOTHING_TO_SWEEP = "there is nothing to sweep: name the table from which it is built; mbcost verify --find looks for it"
"""Why a model has no sweep, for `refuse_models`."""
LONGEST_LIST = 10_000
"""An option with more values is refused: its step is probably mistyped."""


@dataclass(frozen=True)
class NetworkOptions:
    """The options that complete a reference to a network, as typed; an option that is not given is None."""

    alpha: str | None = None
    res: str | None = None
    rho: str | None = None
    impl: str | None = None
    classes: int | None = None
    head: str | None = None
    in_channels: int | None = None
    inputs: list[str] | None = None
    kwargs: list[str] | None = None
    form: str | None = None
    top: bool = True
    allow_unknown: bool = False

    def ask(self) -> Asked:
        """Return what they say about a model, a table or a file.

        Raises:
            MbcostError: a text is not an alpha, a resolution, a rho, the shape of an input or an argument.
        """
        arguments = parse_arguments(self.kwargs or [])
        return Asked(self.parse(), parse_shapes(self.inputs or []), arguments, allow_unknown=self.allow_unknown)

    def parse(self) -> Settings:
        """Return the settings that they state.

        Raises:
            MbcostError: a text is not an alpha, a resolution or a rho.
        """
        return Settings(
            alpha=None if self.alpha is None else parse_alpha(self.alpha),
            resolution=None if self.res is None else parse_resolution(self.res),
            rho=None if self.rho is None else parse_rho(self.rho),
            implementation=self.impl,
            classes=self.classes,
            head=self.head,
            in_channels=self.in_channels,
            top=self.top,
        )


def parse_list(text: str, option: str, longest: int = LONGEST_LIST) -> tuple[str, ...]:
    """Read `a,b,c` and `start:stop:step`, which includes the stop, in decimal arithmetic.

    Args:
        text: the list as typed; each part is a value or a range.
        option: the name of the option in messages.
        longest: the number of values that the list may have.

    Raises:
        MbcostError: a part is empty, a range is not made of numbers, a step is not positive, or the list is empty or
            too long.

    >>> parse_list("0.25:1:0.25,1.4", "alpha")
    ('0.25', '0.50', '0.75', '1.00', '1.4')
    """
    values: list[str] = []
    for part in text.split(","):
        values += _expand_range(part, option, longest) if ":" in part else [part.strip()]
        if len(values) > longest:
            raise MbcostError(f"{option} '{text}' has more than {longest:,} values: use a larger step")
    if not all(values):
        raise MbcostError(f"{option} '{text}' has an empty part: write a,b,c or start:stop:step")
    return tuple(values)


def _expand_range(text: str, option: str, longest: int) -> list[str]:
    from decimal import Decimal

    try:
        start, stop, step = map(Decimal, text.split(":"))
        if step <= 0 or not (start.is_finite() and stop.is_finite() and step.is_finite()):
            raise MbcostError(f"{option} '{text}': the step must be a positive number")
        # The count is limited before it becomes an integer, which takes minutes for an exponent of a million.
        count = int(min((stop - start) / step, Decimal(longest))) + 1 if stop >= start else 0
        values = [str(start + index * step) for index in range(count)]
    except (ValueError, ArithmeticError):  # of decimals, such as Overflow and InvalidOperation
        example = "96:224:32" if option.startswith("res") else "0.25:1:0.25"
        raise MbcostError(f"{option} '{text}' is not a range: expected start:stop:step, such as {example}") from None
    if count < 1:
        raise MbcostError(f"{option} '{text}' is empty: the stop is below the start")
    return values


def resolve_network(text: str, options: NetworkOptions = NetworkOptions()) -> Network:
    """Return the network that a reference, a file of a model or a factory and the options describe together.

    Raises:
        MissingLibrary: what reads the file is not installed.
        MbcostError: they contradict each other or do not describe a network.
    """
    asked = options.ask()
    form = choose_form(text, options.form)
    if form is None:
        try:
            return networks.resolve_network(text, asked)
        except NotText as error:
            if text != "-" or options.form is not None:
                raise
            raise MbcostError(f"{error}, or say which model it is, as in --type onnx") from None
    from mbcost.analytic.graph.network import resolve_graph

    with spool_standard_input() as path:
        return resolve_graph(networks.read_file(path, STANDARD_INPUT, form, asked))


def choose_form(text: str, form: str | None) -> str | None:
    """Return the format of a model on standard input; None if the text names something else, or a table there.

    Raises:
        MbcostError: there is no such format, or a file is named, whose name states the format.
    """
    if form is None:
        return None
    known = ("yaml", *dict.fromkeys(FORMS.values()))
    form = choose("format of models", form, known)
    if text != "-":
        raise MbcostError(f"--type {form} is for standard input: {text} is read by the ending of its name")
    return None if form == "yaml" else form


def parse_shapes(words: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Read shapes of inputs such as `image=1x3x224x224`; a name can contain `=` and colons.

    Raises:
        MbcostError: a word has another form, or a name occurs twice.

    >>> parse_shapes(["image=1x3x224x224"])
    {'image': (1, 3, 224, 224)}
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for word in words:
        name, _, shape = word.rpartition("=")
        if not name or re.fullmatch(r"[1-9][0-9]{0,8}(x[1-9][0-9]{0,8})*", shape) is None:
            raise MbcostError(f"--input '{word}' is not the shape of an input: write NAME=1x3x224x224")
        if name in shapes:
            raise MbcostError(f"--input gives the shape of '{name}' twice: remove one")
        shapes[name] = tuple(map(int, shape.split("x")))
    return shapes


def parse_arguments(words: Sequence[str]) -> dict[str, object]:
    """Parse words such as `width_mult=0.75` as keyword arguments; a value that is not a Python literal is text.

    Raises:
        MbcostError: a word has a different form, or a name occurs twice.

    >>> parse_arguments(["width_mult=0.75", "norm=none"])
    {'width_mult': 0.75, 'norm': 'none'}
    """
    import ast

    arguments: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (equals and key.isidentifier()):
            raise MbcostError(f"--kwargs '{word}' is not an argument: expected NAME=VALUE")
        if key in arguments:
            raise MbcostError(f"--kwargs gives {key} twice: remove one")
        try:
            arguments[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            arguments[key] = value
    return arguments


def refuse_models(words: Iterable[str], why: str) -> None:
    """Refuse files of models and factories where only a table has an answer.

    Args:
        words: the networks as typed.
        why: why, and what to do instead; it follows "NAME is a model with fixed numbers: ".

    Raises:
        MbcostError: one of them is a model.
    """
    for word in words:
        if networks.is_model(word):
            raise MbcostError(f"{word} is a model with fixed numbers: {why}")


def scale_resolution(spec: Spec, rho: str) -> tuple[int, int]:
    """Return the spec's resolution times `rho`, each side rounded half up.

    Raises:
        MbcostError: `rho` is not a positive number, or so small that a side becomes 0.
    """
    return reference.scale_resolution(spec, parse_rho(rho))


def pick_network(argument: str | None, option: str | None, name: str = "--net") -> str | None:
    """Return the network that is given as an argument, or else as an option, which is its older form.

    Raises:
        MbcostError: both are given.
    """
    if argument is not None and option is not None:
        raise MbcostError(f"the network is given twice, as {argument} and {name} {option}: remove one")
    return option if argument is None else argument
