"""Read what users type: references to networks, alphas, resolutions, lists and ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mbcost.analytic.flat import resolve_flat
from mbcost.analytic.network import Network, resolve
from mbcost.cli.streams import STANDARD_INPUT
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, find_network, is_file, is_folder, is_path, load_flat, load_spec
from mbcost.spec.head import parse_head, replace_head
from mbcost.spec.table import Spec

if TYPE_CHECKING:
    from fractions import Fraction

LONGEST_LIST = 10_000
"""An option with more values is refused: its step is probably mistyped."""

Value = TypeVar("Value")

_NAME = re.compile(r".+?\.ya?ml(?=[@/:]|$)|-|[^@/:]+", re.DOTALL)
_SETTINGS = re.compile(r"(?:@(?P<alpha>[^@/:]*))?(?:/(?P<res>[^@/:]*))?(?::(?P<impl>[^@/:]*))?")


@dataclass(frozen=True)
class Reference:
    """A network as users write it, `NAME@ALPHA/RES:IMPL`. What the text does not state is None."""

    name: str
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    implementation: str | None = None


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
    top: bool = True


def parse_reference(text: str) -> Reference:
    """Read a reference such as `v2@0.75/160:torchvision`, `v2/160` or `./my/net.yaml@0.5`.

    A file that exists is recognized whatever its name is, unless its name is a built-in network's.

    Raises:
        MbcostError: the text does not have this form.

    >>> parse_reference("v2@0.75/160:torchvision")
    Reference(name='v2', alpha=0.75, resolution=(160, 160), implementation='torchvision')
    >>> parse_reference("mobilenet_v2@0.5").name
    'v2'
    >>> parse_reference("./my/net.yaml@0.5").name
    './my/net.yaml'
    """
    name = _find_name(text)
    match = _SETTINGS.fullmatch(text, len(name))
    if match is None or not name:
        raise MbcostError(
            f"'{text}' is not a network: expected NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL"
        )
    alpha, res, implementation = match.group("alpha", "res", "impl")
    return Reference(
        "-" if name == STANDARD_INPUT else name if is_path(name) else find_network(name) or name,
        None if alpha is None else parse_alpha(alpha),
        None if res is None else parse_resolution(res),
        implementation,
    )


def _find_name(text: str) -> str:
    """Return the name or file at the start of a reference: a built-in name, or else the longest file that exists."""
    match = _NAME.match(text)
    name = match[0] if match else ""
    if name in (*NETWORKS, "-", STANDARD_INPUT):
        return name
    ends = [len(text), *(separator.start() for separator in re.finditer("[@/:]", text))]
    for end in sorted(ends, reverse=True):
        if is_file(text[:end]):
            return text[:end]
    return text if is_path(text) and (is_folder(text) or name in ("", ".", "..")) else name


def parse_alpha(text: str) -> float:
    """Read a width multiplier. Whether a network can be built with it is checked elsewhere.

    Raises:
        MbcostError: the text is not a number.
    """
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|nan|[+-]?inf", text) is None:
        raise MbcostError(f"alpha is '{text}': it must be a number such as 0.75")
    return float(text)


def parse_resolution(text: str) -> tuple[int, int]:
    """Read a resolution, `160` or `160x224`: height, then width.

    Raises:
        MbcostError: the text does not have this form, or a side is below 1.

    >>> parse_resolution("160x224")
    (160, 224)
    """
    match = re.fullmatch(r"([0-9]{1,9})(?:x([0-9]{1,9}))?", text)
    if match is None:
        raise MbcostError(f"resolution is '{text}': write a size in pixels, N or HEIGHTxWIDTH, such as 160 or 160x224")
    height = int(match[1])
    width = height if match[2] is None else int(match[2])
    if min(height, width) < 1:
        raise MbcostError(f"resolution is '{text}': it must be at least 1")
    return height, width


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
        raise MbcostError(f"{option} '{text}' is not a range: expected start:stop:step, such as 0.25:1:0.25") from None
    if count < 1:
        raise MbcostError(f"{option} '{text}' is empty: the stop is below the start")
    return values


def pick_setting(name: str, reference: str, *values: Value | None) -> Value | None:
    """Return the value that a reference and the options give for one setting, or None if none gives it.

    Raises:
        MbcostError: two of them give different values.
    """
    given = [value for value in values if value is not None]
    if any(value != given[0] for value in given[1:]):
        raise MbcostError(f"{name} is given twice, in '{reference}' and as an option: remove one")
    return given[0] if given else None


def parse_rho(text: str) -> Fraction:
    """Read a resolution multiplier as an exact fraction.

    Raises:
        MbcostError: the text is not a positive number.

    >>> parse_rho("0.714")
    Fraction(357, 500)
    """
    from fractions import Fraction

    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,18})?|\.[0-9]{1,18}", text) is None or not (rho := Fraction(text)):
        raise MbcostError(f"rho is '{text}': it must be a positive number such as 0.714")
    return rho


def scale_resolution(spec: Spec, rho: str) -> tuple[int, int]:
    """Return the spec's resolution times `rho`, each side rounded half up, in exact arithmetic.

    Raises:
        MbcostError: `rho` is not a positive number, or so small that a side becomes 0.
    """
    multiplier = parse_rho(rho)
    height, width = (int(2 * side * multiplier + 1) // 2 for side in spec.resolution)
    if min(height, width) < 1:
        raise MbcostError(f"rho {rho} leaves nothing of {spec.resolution[0]}x{spec.resolution[1]}: use a larger rho")
    return height, width


def resolve_network(text: str, options: NetworkOptions = NetworkOptions()) -> Network:
    """Return the network that a reference and the options describe together.

    Raises:
        MbcostError: they contradict each other or do not describe a network.
    """
    reference = parse_reference(text)
    if (flat := load_flat(reference.name)) is not None:
        if reference != Reference(reference.name) or options != NetworkOptions():
            raise MbcostError(f"{reference.name} is a flat list of layers with fixed numbers: remove the options")
        return resolve_flat(flat)
    spec = choose_top(load_spec(reference.name), options.head, options.classes, top=options.top)
    rho, res, alpha = options.rho, options.res, options.alpha
    if rho is not None and (res is not None or reference.resolution is not None):
        raise MbcostError("rho and a resolution are both given: remove one, rho multiplies the table's own resolution")
    resolution = pick_setting(
        "the resolution",
        text,
        reference.resolution,
        None if res is None else parse_resolution(res),
        None if rho is None else scale_resolution(spec, rho),
    )
    multiplier = pick_setting("alpha", text, reference.alpha, None if alpha is None else parse_alpha(alpha))
    return resolve(
        spec,
        alpha=1.0 if multiplier is None else multiplier,
        resolution=resolution,
        implementation=pick_setting("the implementation", text, reference.implementation, options.impl),
        classes=options.classes,
        in_channels=options.in_channels,
    )


def choose_top(spec: Spec, head: str | None, classes: int | None = None, *, top: bool = True) -> Spec:
    """Return the spec with its own top, with `head` instead of it, or without a top.

    Raises:
        MbcostError: the options contradict each other, the head is not one, or the table has no top.
    """
    if head is None:
        return spec if top else spec.without_top()
    if not top:
        raise MbcostError("--head and --no-top are both given: remove one, or use --head none to keep the global pool")
    if classes is not None:
        raise MbcostError("--head and --classes are both given: remove --classes, the head ends with the classes")
    return replace_head(spec, parse_head(head))


def pick_network(argument: str | None, option: str | None, name: str = "--net") -> str | None:
    """Return the network that is given as an argument, or else as an option, which is its older form.

    Raises:
        MbcostError: both are given.
    """
    if argument is not None and option is not None:
        raise MbcostError(f"the network is given twice, as {argument} and {name} {option}: remove one")
    return option if argument is None else argument
