"""What users type -> values: network references, resolutions, lists and ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mbcost.analytic.flat import resolve_flat
from mbcost.analytic.network import Network, resolve
from mbcost.cli.streams import STANDARD_INPUT
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, is_file, is_folder, is_path, load_flat, load_spec
from mbcost.spec.table import CLASSES, Spec

if TYPE_CHECKING:
    from fractions import Fraction

LONGEST_LIST = 10_000
"""More values than this in one option are taken for a slip of the step."""

Value = TypeVar("Value")

_NAME = re.compile(r".+?\.ya?ml(?=[@/:]|$)|-|[^@/:]+", re.DOTALL)
_SETTINGS = re.compile(r"(?:@(?P<alpha>[^@/:]*))?(?:/(?P<res>[^@/:]*))?(?::(?P<impl>[^@/:]*))?")


@dataclass(frozen=True)
class Reference:
    """A network as users write it, `NAME@ALPHA/RES:IMPL`; None where it leaves something open."""

    name: str
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    implementation: str | None = None


def parse_reference(text: str) -> Reference:
    """`v2@0.75/160:torchvision`, `v2/160`, `./my/net.yaml@0.5`, and any file that is there, whatever it is called.

    Raises:
        MbcostError: the text has another form.

    >>> parse_reference("v2@0.75/160:torchvision")
    Reference(name='v2', alpha=0.75, resolution=(160, 160), implementation='torchvision')
    >>> parse_reference("./my/net.yaml@0.5").name
    './my/net.yaml'
    """
    name = _name(text)
    match = _SETTINGS.fullmatch(text, len(name))
    if match is None or not name:
        raise MbcostError(f"'{text}' is no network: write NAME or FILE.yaml, then @ALPHA, /RES and :IMPL as needed")
    alpha, res, implementation = match.group("alpha", "res", "impl")
    return Reference(
        "-" if name == STANDARD_INPUT else name,
        None if alpha is None else parse_alpha(alpha),
        None if res is None else parse_resolution(res),
        implementation,
    )


def _name(text: str) -> str:
    """The network's name or file that a reference starts with: the longest file that is there, unless it is a name."""
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
    """A width multiplier; whether a network can be built with it is not asked here.

    Raises:
        MbcostError: it is no number.
    """
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|nan|[+-]?inf", text) is None:
        raise MbcostError(f"alpha is '{text}': it must be a number such as 0.75")
    return float(text)


def parse_resolution(text: str) -> tuple[int, int]:
    """`160` or `160x224`, height first.

    Raises:
        MbcostError: the text has another form, or a side is below 1.

    >>> parse_resolution("160x224")
    (160, 224)
    """
    match = re.fullmatch(r"([0-9]{1,9})(?:x([0-9]{1,9}))?", text)
    if match is None:
        raise MbcostError(f"resolution is '{text}': write a size in pixels, N or HEIGHTxWIDTH, such as 160 or 160x224")
    height = int(match[1])
    width = height if match[2] is None else int(match[2])
    if min(height, width) < 1:
        raise MbcostError(f"resolution is '{text}': the least is 1")
    return height, width


def parse_list(text: str, what: str, most: int = LONGEST_LIST) -> tuple[str, ...]:
    """`a,b,c` and `start:stop:step`, the stop included, in decimal arithmetic; `what` names the option in messages.

    There may be `most` values.

    Raises:
        MbcostError: a part is empty or no number, the step is not positive, or the list is empty or overlong.

    >>> parse_list("0.25:1:0.25,1.4", "alpha")
    ('0.25', '0.50', '0.75', '1.00', '1.4')
    """
    values: list[str] = []
    for part in text.split(","):
        values += _range(part, what, most) if ":" in part else [part.strip()]
        if len(values) > most:
            raise MbcostError(f"{what} '{text}' has more than {most:,} values: use a larger step")
    if not all(values):
        raise MbcostError(f"{what} '{text}' has an empty part: write a,b,c or start:stop:step")
    return tuple(values)


def _range(text: str, what: str, most: int) -> list[str]:
    from decimal import Decimal, InvalidOperation

    try:
        start, stop, step = map(Decimal, text.split(":"))
        if step <= 0 or not (start.is_finite() and stop.is_finite() and step.is_finite()):
            raise MbcostError(f"{what} '{text}': the step must be a positive number")
        # Compared before it is made an integer, which takes minutes for an exponent of a million.
        count = int(min((stop - start) / step, Decimal(most))) + 1 if stop >= start else 0
    except (ValueError, InvalidOperation, OverflowError):
        raise MbcostError(f"{what} '{text}' is no range: write start:stop:step, such as 0.25:1:0.25") from None
    if count < 1:
        raise MbcostError(f"{what} '{text}' is empty: the stop lies below the start")
    return [str(start + place * step) for place in range(count)]


def pick_one(what: str, reference: str, *values: Value | None) -> Value | None:
    """The one value that is not None; two that differ contradict each other.

    Raises:
        MbcostError: they do.
    """
    given = [value for value in values if value is not None]
    if any(value != given[0] for value in given[1:]):
        raise MbcostError(f"{what} is given twice, in '{reference}' and as an option: keep one")
    return given[0] if given else None


def parse_rho(text: str) -> Fraction:
    """A resolution multiplier, exactly as typed.

    Raises:
        MbcostError: it is no positive number.

    >>> parse_rho("0.714")
    Fraction(357, 500)
    """
    from fractions import Fraction

    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,18})?|\.[0-9]{1,18}", text) is None or not (rho := Fraction(text)):
        raise MbcostError(f"rho is '{text}': it must be a positive number such as 0.714")
    return rho


def scaled_resolution(spec: Spec, rho: str) -> tuple[int, int]:
    """The spec's resolution times `rho`, each side rounded half up, in exact arithmetic.

    Raises:
        MbcostError: rho is no positive number, or nothing is left.
    """
    multiplier = parse_rho(rho)
    height, width = (int(2 * side * multiplier + 1) // 2 for side in spec.resolution)
    if min(height, width) < 1:
        raise MbcostError(f"rho {rho} leaves nothing of {spec.resolution[0]}x{spec.resolution[1]}: use a larger one")
    return height, width


def network_of(
    text: str,
    *,
    alpha: str | None = None,
    res: str | None = None,
    rho: str | None = None,
    impl: str | None = None,
    classes: int | None = None,
    in_channels: int | None = None,
    top: bool = True,
) -> Network:
    """The network that a reference and the options beside it describe.

    Raises:
        MbcostError: they contradict each other or describe no network.
    """
    reference = parse_reference(text)
    if (flat := load_flat(reference.name)) is not None:
        options = (reference.alpha, reference.resolution, reference.implementation, alpha, res, rho, impl, classes)
        if any(option is not None for option in (*options, in_channels)) or not top:
            raise MbcostError(f"{reference.name} is a list of layers with every number worked out: it takes no options")
        return resolve_flat(flat)
    spec = load_spec(reference.name)
    if rho is not None and (res is not None or reference.resolution is not None):
        raise MbcostError("rho and a resolution are both given: keep one, rho multiplies the table's own resolution")
    resolution = pick_one(
        "the resolution",
        text,
        reference.resolution,
        None if res is None else parse_resolution(res),
        None if rho is None else scaled_resolution(spec, rho),
    )
    multiplier = pick_one("alpha", text, reference.alpha, None if alpha is None else parse_alpha(alpha))
    return resolve(
        spec if top else spec.without_top(),
        alpha=1.0 if multiplier is None else multiplier,
        resolution=resolution,
        implementation=pick_one("the implementation", text, reference.implementation, impl),
        classes=CLASSES if classes is None else classes,
        in_channels=in_channels,
    )


def complete_network(incomplete: str) -> list[str]:
    """Names for the shell's completion."""
    return [name for name in NETWORKS if name.startswith(incomplete)]
