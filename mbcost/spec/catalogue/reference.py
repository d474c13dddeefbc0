"""References to networks, `NAME@ALPHA/RES:IMPL`, and the settings that complete them: read and spelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mbcost.errors import STANDARD_INPUT, MbcostError, ask_for
from mbcost.spec.catalogue.intended import find_alpha, find_alphas, find_resolution, find_settings
from mbcost.spec.catalogue.library import NETWORKS, find_network, is_file, is_folder, is_path
from mbcost.spec.head import parse_head, replace_head
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec

if TYPE_CHECKING:
    from fractions import Fraction

Value = TypeVar("Value")

_NAME = re.compile(r".+?\.ya?ml(?=[@/:]|$)|-|[^@/:]+", re.DOTALL)
_SETTINGS = re.compile(r"(?:@(?P<alpha>[^@/:]*))?(?:/(?P<res>[^@/:]*))?(?::(?P<impl>[^@/:]*))?")

_SIZE = re.compile(r"[0-9][-_xX ]+[0-9]{2,4}(?:[xX][0-9]{2,4})?$")
"""The end of an alpha that a resolution follows without a slash."""


@dataclass(frozen=True)
class Reference:
    """A network as users write it, `NAME@ALPHA/RES:IMPL`. What the text does not state is None."""

    name: str
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    implementation: str | None = None


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
    is_odd = match is None or _SIZE.search(match["alpha"] or "") or (match["impl"] or "")[:1].isdecimal()
    meant = find_settings(name, text[len(name) :]) if is_odd else None
    if match is None or not name or meant:
        expected = "expected NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL"
        raise MbcostError(f"'{text}' is not a network: {ask_for([meant]) if meant else expected}")
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


def parse_alpha(text: str, *, in_list: bool = False) -> float:
    """Read a width multiplier. Whether a network can be built with it is checked elsewhere.

    Args:
        text: the number.
        in_list: whether lists and ranges could stand here, so that the error can suggest them.

    Raises:
        MbcostError: the text is not a number.
    """
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|nan|[+-]?inf", text) is None:
        meant = (find_alphas(text) if in_list else None) or find_alpha(text)
        raise MbcostError(f"alpha is '{text}': {meant or 'it must be a number such as 0.75'}")
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
        remedy = find_resolution(text) or "write a size in pixels, N or HEIGHTxWIDTH, such as 160 or 160x224"
        raise MbcostError(f"resolution is '{text}': {remedy}")
    height = int(match[1])
    width = height if match[2] is None else int(match[2])
    if min(height, width) < 1:
        raise MbcostError(f"resolution is '{text}': it must be at least 1")
    return height, width


def reference_text(
    name: str,
    alpha: float | None = None,
    resolution: tuple[int, int] | None = None,
    implementation: str | None = None,
) -> str:
    """Spell a reference to a network as users type it, `NAME@ALPHA/RES:IMPL`, without the parts that are None.

    >>> reference_text("v2", 1.0, (224, 160), "keras"), reference_text("v1", resolution=(128, 128))
    ('v2@1/224x160:keras', 'v1/128')
    """
    at = "" if alpha is None else f"@{alpha_text(alpha)}"
    size = "" if resolution is None else f"/{resolution_text(resolution)}"
    return f"{name}{at}{size}" + ("" if implementation is None else f":{implementation}")


def resolution_text(resolution: tuple[int, int]) -> str:
    """Spell a resolution as users type it: one number if it is square, else height x width.

    >>> resolution_text((224, 224)), resolution_text((224, 160))
    ('224', '224x160')
    """
    height, width = resolution
    return str(height) if height == width else f"{height}x{width}"


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


def scale_resolution(spec: Spec, rho: Fraction) -> tuple[int, int]:
    """Return the spec's resolution times `rho`, each side rounded half up, in exact arithmetic.

    Raises:
        MbcostError: `rho` is so small that a side becomes 0.
    """
    height, width = (int(2 * side * rho + 1) // 2 for side in spec.resolution)
    if min(height, width) < 1:
        raise MbcostError(
            f"rho {float(rho):g} leaves nothing of {spec.resolution[0]}x{spec.resolution[1]}: use a larger rho"
        )
    return height, width


def choose_top(spec: Spec, head: str | None, classes: int | None = None, *, top: bool = True) -> Spec:
    """Return the spec with its own top, with `head` instead of it, or without a top.

    Raises:
        MbcostError: the options contradict each other, the head is not one, or the table has no top.
    """
    if head is None:
        return spec if top else spec.without_top()
    if not top:
        raise MbcostError("head and no-top are both given: remove one, or use the head none to keep the global pool")
    if classes is not None:
        raise MbcostError("head and classes are both given: remove classes, the head ends with them")
    return replace_head(spec, parse_head(head))
