"""Files that are written: whole or not at all, and never over what is read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mbcost.cli.streams import write_out
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import is_file


def choose_file(output: Path | None) -> Path | None:
    """Return the file to write to, None for standard output. A file that cannot be written is refused at once.

    Raises:
        MbcostError: the file cannot be written.
    """
    if output is None or str(output) == "-":
        return None
    with _blaming(output):
        _find_target(output)
    return output


def keep_inputs(output: Path | None, *inputs: str | None) -> None:
    """Refuse to write an answer over a file from which it is computed.

    Args:
        output: where the answer is written.
        inputs: words that can be paths of files; None is ignored.

    Raises:
        MbcostError: the output is one of the inputs.
    """
    if output is None or not os.path.isfile(output):  # noqa: PTH113  # a Path raises an error for a name that is too long
        return
    for text in inputs:
        if text is not None and is_file(text) and output.samefile(text):
            raise MbcostError(f"{output} is the file that is read, and the answer would replace it: name a new file")


def write(text: str, output: Path | None = None) -> None:
    """Write text as `write_parts` does."""
    write_parts([text], output)


def write_parts(parts: Iterable[str], output: Path | None) -> None:
    """Write text part by part to standard output, or atomically to a file.

    A link is followed, and a file keeps its mode. A pipe or a device is written in place. If the reader of a pipe has
    ended, the remaining parts are not computed.

    Raises:
        MbcostError: the text cannot be written.
    """
    if output is None:
        all(map(write_out, parts))
        return
    with replace_file(output) as path, _open(path) as file:
        file.writelines(parts)


def _open(path: Path) -> TextIO:
    """Open a file to write; the same text gives the same bytes on every system."""
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


@contextmanager
def replace_file(output: Path) -> Iterator[Path]:
    """Yield a path to write to; at the end of the block its content replaces that of `output`, as in `write_parts`.

    Raises:
        MbcostError: the file cannot be written.
    """
    with _blaming(output):
        target = _find_target(output)
        if target is None:
            yield output
        else:
            with _replace_at_end(target) as partial:
                yield partial


@contextmanager
def _blaming(output: Path) -> Iterator[None]:
    """Turn an error of the operating system into one line that names the file."""
    try:
        yield
    except BrokenPipeError:
        pass  # the reader of a named pipe has ended, as `head` does
    except OSError as error:
        # The errors of a library that writes the file itself can have a text only.
        remedy = _REMEDIES.get(error.errno, "name a different file")
        raise MbcostError(f"cannot write {output}: {error.strerror or error}: {remedy}") from None


def _find_target(output: Path) -> Path | None:
    """Return the file that a new one can replace, behind all links; None for a pipe or a device.

    Raises:
        OSError: the file cannot be written.
        MbcostError: it is a folder or read-only, or the working directory was deleted.
    """
    try:
        mode = output.stat().st_mode
    except FileNotFoundError:
        try:
            target = Path(os.path.realpath(output))
        except FileNotFoundError:
            raise MbcostError(
                f"cannot write {output}: the working directory was deleted: change to a different folder"
            ) from None
        if target.parent.exists() and not os.access(target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None
        if target.parent.exists():
            return target
        raise
    if stat.S_ISDIR(mode):
        raise MbcostError(f"cannot write {output}: it is a folder: name a file in it")
    if not stat.S_ISREG(mode):
        return None
    # An administrator can write to every file, so the mode is looked at as well.
    if not (mode & _WRITABLE and os.access(output, os.W_OK)):
        raise MbcostError(f"cannot write {output}: the file is read-only: name a different file, or make it writable")
    return Path(os.path.realpath(output))


@contextmanager
def _replace_at_end(target: Path) -> Iterator[Path]:
    """Yield the path of a new file in the same folder, which replaces `target` at the end or is removed on failure."""
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_read_umask()
    # The name is known before the file exists, so that a signal at any moment leaves nothing. It is as short for a
    # target with a very long name.
    partial = target.with_name(f".mbcost-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield partial
        partial.chmod(stat.S_IMODE(mode))
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_REMEDIES: Mapping[int | None, str] = {
    errno.ENOENT: "create its folder first",
    errno.ENOTDIR: "create its folder first",
    # Windows refuses to replace a file that a program, such as a spreadsheet, has open.
    errno.EACCES: f"{'close the program that has it open, or ' if os.name == 'nt' else ''}choose a different folder",
    errno.EPERM: "choose a different folder",
    errno.EROFS: "choose a different folder",
    errno.ENOSPC: "free some space, or choose a different folder",
    errno.ELOOP: "name a file that is not a link to itself",
    errno.ENAMETOOLONG: "use a shorter name",
}
"""The number of an error -> what to do about it."""
