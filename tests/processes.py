"""Processes that a test watches or interrupts, and that never outlive the test."""

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
"""`python -m mbcost`, which Ctrl-C interrupts even if the suite is a background job of a shell, where it is ignored."""


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run the command until the context ends, and then kill it if it still runs."""
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
