"""Weights in files beside the model: only their sizes are looked at.

The location is text from the file, so it is not trusted: it must be a regular file in the folder of the model.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from mbcost.errors import MbcostError, shorten

LONGEST_LOCATION = 1024


@dataclass
class Beside:
    """The files with weights beside a model."""

    path: Path
    """The model."""
    name: str
    """What messages call it."""
    sizes: dict[Path, int] = field(default_factory=dict)
    """The bytes of every file that a tensor is in."""

    def read(self, tensor: str, entries: Iterable[Any], expected: int, most: int) -> bytes | None:
        """Check where a tensor's values are, and return them if they are at most `most` bytes.

        Args:
            tensor: its name.
            entries: key and value of its `external_data`.
            expected: the bytes that its shape and type need.
            most: larger ones are not read.

        Raises:
            MbcostError: the location leads out of the folder or is not a regular file, or its bytes are not there.
        """
        facts = {entry.key: entry.value for entry in entries}
        location = facts.get("location", "")
        offset = self._number(tensor, facts.get("offset") or "0")
        length = self._number(tensor, facts.get("length") or str(expected))
        target = self._resolve(tensor, location)
        if target not in self.sizes:
            self.sizes[target] = self._measure(tensor, location, target)
        if length != expected:
            raise self._refuse(tensor, f"takes {length:,} bytes in '{_quote(location)}', expected {expected:,}")
        if offset + length > self.sizes[target]:
            raise self._refuse(tensor, f"ends after the end of '{_quote(location)}'")
        if expected > most:
            return None
        with target.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def _number(self, tensor: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise self._refuse(tensor, f"has the offset or length '{_quote(text)}', expected a whole number")
        return int(text)

    def _resolve(self, tensor: str, location: str) -> Path:
        """Return the file at a location, if it is inside of the folder, also after every link is followed."""
        parts = {*PurePosixPath(location).parts, *PureWindowsPath(location).parts}
        leads_out = location.startswith(("/", "\\")) or PureWindowsPath(location).drive or ".." in parts
        if not location or leads_out or "\0" in location or len(location) > LONGEST_LOCATION:
            raise self._refuse(tensor, f"is in '{_quote(location)}', which is not a file in the model's folder")
        try:
            target = (self.path.parent / location).resolve()
            folders = [self.path.parent.resolve(), self.path.resolve().parent]  # the second: caches link both files
        except (OSError, RuntimeError, ValueError):
            raise self._refuse(tensor, f"is in '{_quote(location)}', which cannot be looked up") from None
        if not any(target.is_relative_to(folder) for folder in folders):
            raise self._refuse(tensor, f"is in '{_quote(location)}', a link out of the model's folder")
        return target

    def _measure(self, tensor: str, location: str, target: Path) -> int:
        try:
            status = os.stat(target)  # noqa: PTH116 - never opens it
        except OSError:
            message = f"is in '{_quote(location)}', which is not there: put that file beside the model"
            raise self._refuse(tensor, message, "") from None
        if not stat.S_ISREG(status.st_mode):
            raise self._refuse(tensor, f"is in '{_quote(location)}', which is not a regular file")
        return status.st_size

    def _refuse(self, tensor: str, what: str, remedy: str = ": export the model again") -> MbcostError:
        return MbcostError(f"{self.name}: tensor '{_quote(tensor)}' {what}{remedy}")


def _quote(text: str) -> str:
    return shorten(text, 100)
