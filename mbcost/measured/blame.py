"""Errors of the user's code as one line."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import torch

from mbcost.errors import MbcostError


@contextmanager
def blaming(failure: str) -> Iterator[None]:
    """Turn an error of the user's code into one line: `failure`, the error, and the user's file and line."""
    try:
        yield
    except (Exception, SystemExit) as error:
        message = " ".join(str(error).split())
        if isinstance(error, SyntaxError):
            message, location = error.msg, f" ({error.filename}:{error.lineno})" if error.filename else ""
        else:
            location = _locate(error.__traceback__)
        if isinstance(error, ImportError) and message.startswith("attempted relative import"):
            message += ": name it as a module, PACKAGE.MODULE:FACTORY"
        kind = "" if isinstance(error, ImportError | MbcostError) and message else f"{type(error).__name__}: "
        raise MbcostError(f"{failure}: {f'{kind}{message}'.removesuffix(': ')}{location}") from None


def _locate(traceback: TracebackType | None) -> str:
    """Return ` (file:line)` of the innermost frame that is not torch's, ours or Python's; empty if there is none."""
    location = ""
    standard, ours = Path(random.__file__).parent, Path(__file__).parent.parent
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        of_python = standard in file.parents and "site-packages" not in file.parts
        if file.is_file() and not of_python and not {ours, Path(torch.__file__).parent} & set(file.parents):
            location = f" ({file}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    return location
