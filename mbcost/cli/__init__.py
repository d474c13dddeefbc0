"""The command line: parse the arguments, ask one question, present the answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mbcost import __version__
from mbcost.cli.streams import INTERRUPTED, write_out
from mbcost.errors import MbcostError


def main() -> None:
    """Run `mbcost` or `python -m mbcost` and exit."""
    sys.exit(run(sys.argv[1:]))


def _show_version() -> int:
    try:
        write_out(f"mbcost {__version__}\n")
    except MbcostError as error:
        print(f"mbcost: error: {error}", file=sys.stderr)
        return 2
    return 0


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    The codes are 0 for success, 1 if a check finds a difference or nothing fits, 2 if the command cannot run, and 130
    after Ctrl-C.
    """
    if list(arguments) == ["--version"]:  # nothing else has to be imported for this
        return _show_version()
    try:
        from mbcost.cli.group import run_group

        return run_group(arguments)
    except KeyboardInterrupt:  # also during a slow import
        print("mbcost: interrupted", file=sys.stderr)
        return INTERRUPTED
