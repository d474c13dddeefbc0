"""One member of a ZIP archive, read only after its sizes have been checked: an archive can be made to fill memory."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from mbcost.errors import MbcostError

MOST_ENTRIES = 200_000
"""An archive with more members is not a model."""
_ENTRY = 46
"""The bytes that an entry of the directory of an archive has at the least."""
_END, _TAIL = b"PK\x05\x06", 2**16 + 22
"""What the end of an archive begins with, and how long it is at most."""


def read_member(path: Path, name: str, wanted: Callable[[str], bool], kind: str, most: int) -> bytes:
    """Return the content of the first member of an archive whose name is wanted. Nothing else is read or unpacked.

    Args:
        path: the archive.
        name: what messages call it.
        wanted: whether a name in the archive is that of the member.
        kind: what the member is, for messages.
        most: the largest size of the member in bytes.

    Raises:
        MbcostError: the file is not an archive, has no such member, or is too large.
    """
    _check_directory(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            member = next((member for member in archive.infolist() if wanted(member.filename)), None)
            if member is None:
                raise MbcostError(f"{name}: the archive does not contain {kind}: save the model again")
            if member.file_size > most:
                raise _too_large(name, kind, most)
            with archive.open(member) as content:
                data = content.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError):
        raise MbcostError(f"{name}: the archive is damaged: save the model again") from None
    if len(data) > most:
        raise _too_large(name, kind, most)
    return data


def _too_large(name: str, kind: str, most: int) -> MbcostError:
    return MbcostError(f"{name}: {kind} is larger than {most:,} bytes: use a smaller model")


def _check_directory(path: Path, name: str) -> None:
    """Refuse a file that is not an archive, or whose directory alone would fill memory.

    The directory is a part of the file, and every entry has a least size, so the number of entries is known from the
    size of the file where the end of the archive does not state it truly.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    start = tail.rfind(_END)
    if start < 0 or len(tail) < start + 22:
        raise MbcostError(f"{name}: not a ZIP archive, as this format is: save the model again")
    length = int.from_bytes(tail[start + 12 : start + 16], "little")
    entries = length // _ENTRY if length < 2**32 - 1 else size // _ENTRY
    if entries > MOST_ENTRIES and size // _ENTRY > MOST_ENTRIES and length > MOST_ENTRIES * 2 * _ENTRY:
        raise MbcostError(f"{name}: the archive has a directory of {length:,} bytes: it is not a model")
