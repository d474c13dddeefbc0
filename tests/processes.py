"""Processes that a test watches or interrupts, and that no test leaves behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_PROGRAM = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("mbcost", run_name="__main__", alter_sys=True)
"""
INTERRUPTIBLE = [sys.executable, "-c", _PROGRAM]
"""`python -m mbcost` that Ctrl-C interrupts also where the suite is a background job, which ignores it."""


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs; whatever the test does, it has ended afterwards."""
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
