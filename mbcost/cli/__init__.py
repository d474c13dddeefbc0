"""The command line: parse, ask one question, present the answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mbcost import __version__
from mbcost.cli.streams import INTERRUPTED, write_out
from mbcost.errors import MbcostError


def main() -> None:
    """Entry point of `mbcost` and of `python -m mbcost`."""
    sys.exit(run(sys.argv[1:]))


def _show_version() -> int:
    try:
        write_out(f"mbcost {__version__}\n")
    except MbcostError as error:
        print(f"mbcost: error: {error}", file=sys.stderr)
        return 2
    return 0


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 fine, 1 a check found a difference, 2 could not run."""
    if list(arguments) == ["--version"]:  # needs nothing else, so it waits for nothing else
        return _show_version()
    try:
        from mbcost.cli.group import run_group

        return run_group(arguments)
    except KeyboardInterrupt:  # also while something slow is being imported
        print("mbcost: interrupted", file=sys.stderr)
        return INTERRUPTED
