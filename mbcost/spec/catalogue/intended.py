"""What was probably meant by the settings of a reference, such as alphas and resolutions, that cannot be read."""

from __future__ import annotations

import re

_DECIMAL = r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}"
LONGEST = 60
"""The characters of the longest settings that are looked at."""
LARGEST_ALPHA = 16
"""A larger number after a network is a side in pixels. No table is published with an alpha above 2."""
STEP = "0.05"
"""The step of the ranges that are suggested."""


def find_alpha(text: str) -> str | None:
    """Return what was probably meant by a decimal comma, percents, a fraction or a factor."""
    match = re.fullmatch(r"x?([0-9]{1,9}(?:[.,][0-9]{1,9})?)(?:x|(%)|/([1-9][0-9]{0,8}))?", text.replace(" ", ""))
    if match is None:
        return None
    value = float(match[1].replace(",", ".")) / (100 if match[2] else int(match[3] or 1))
    return f"did you mean {value:g}?" if value else None


def find_alphas(text: str) -> str | None:
    """Return the list or the range that was probably meant, where both can stand.

    >>> find_alphas("0.5-1"), find_alphas("0.5 0.75"), find_alphas("....")
    ('write a range with its step, such as 0.5:1:0.05', 'write several values as 0.5,0.75', None)
    """
    match = re.fullmatch(rf"({_DECIMAL})(?:-|\.\.|/?to)({_DECIMAL})", text.replace(" ", ""))
    if match:
        low, high = sorted(match.groups(), key=float)
        start = low if float(low) else STEP
        is_range = float(start) <= float(high) <= LARGEST_ALPHA
        return f"write a range with its step, such as {start}:{high}:{STEP}" if is_range else None
    if re.fullmatch(rf"(?:{_DECIMAL})(?: +(?:{_DECIMAL})){{1,99}}", text):
        return f"write several values as {','.join(text.split())}"
    return None


def find_resolution(text: str) -> str | None:
    """Return what was probably meant by a shape such as `1,3,224,224` or `224px`: its last two sizes."""
    if re.fullmatch(r"[0-9]?[.,][0-9]+", text):
        return "write an alpha after @, such as v2@0.75"
    match = re.fullmatch(r"[(\[]?((?:[0-9]{1,4}[ ,xX*×]+){0,3}[0-9]{1,9})(?:px| ?pixels)?[)\]]?", text)
    if match is None:
        return None
    sizes = re.findall("[0-9]+", match[1])
    if len(sizes) > 2 and sizes[-1] in ("1", "3"):  # TensorFlow has the channels last
        sizes = sizes[:-1]
    return f"did you mean {'x'.join(dict.fromkeys(sizes[-2:]))}?"


def find_settings(name: str, text: str) -> str | None:
    """Return the reference that was probably meant by settings in a different order or with different separators.

    >>> find_settings("v2", "@0.75@160"), find_settings("v2", ":keras/0.5x96"), find_settings("v2", "@0.5-1")
    ('v2@0.75/160', 'v2@0.5/96:keras', None)
    """
    if not name or len(text) > LONGEST:
        return None
    settings: dict[str, str] = {}
    for part in re.findall(
        r"[0-9]*\.[0-9]+|[0-9]{2,4}x[0-9]{2,4}|[0-9]+|(?!x(?![a-z_]))[a-z][a-z_]*|[^-@/:_xX, ]", text
    ):
        sign = _find_sign(part)
        if sign is None or sign in settings:
            return None
        settings[sign] = part
    return name + "".join(f"{sign}{settings[sign]}" for sign in "@/:" if sign in settings) if settings else None


def _find_sign(part: str) -> str | None:
    """Return the separator before a setting: that of an alpha, a resolution or an implementation."""
    if re.fullmatch(_DECIMAL, part):
        return "@" if 0 < float(part) <= LARGEST_ALPHA else "/" if part.isdecimal() else None
    if re.fullmatch("[0-9]{2,4}x[0-9]{2,4}", part):
        return "/"
    return ":" if part.isidentifier() else None
