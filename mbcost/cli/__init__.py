"""The command line: parse the arguments, ask one question, present the answer."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from mbcost import __version__
from mbcost.cli.exits import handle_signals, raise_lost_signal, report
from mbcost.cli.streams import secure_streams, write_out


def main() -> None:
    """Run `mbcost` or `python -m mbcost` and exit."""
    gc.set_threshold(200_000)  # modules and specs live as long as the process: looking at them 70 times is a waste
    if "--traceback" not in sys.argv:  # an error in a finalizer, as after Ctrl-C, changes nothing, but Python prints it
        sys.unraisablehook = lambda _: None
    secure_streams()
    handle_signals()
    arguments = sys.argv[1:]
    code = run(expand_patterns(arguments) if os.name == "nt" else arguments)
    gc.disable()  # Python looks for garbage once more while it ends, which takes a tenth of a short command
    sys.exit(code)


def expand_patterns(arguments: Sequence[str]) -> list[str]:
    """Replace `*.yaml` by the files that it matches, as shells do everywhere but on Windows; if none, it stays."""
    from glob import glob

    files = {pattern: sorted(glob(pattern)) for pattern in arguments if "*" in pattern}  # noqa: PTH207  # absolute ones, too
    return [word for pattern in arguments for word in files.get(pattern) or [pattern]]


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    The codes are 0 for success, 1 if a check finds a difference or nothing fits, 2 if the command cannot run, 3 after
    an error that mbcost does not handle, and 128 + N if signal N stops the command, such as 130 after Ctrl-C.
    `--verbose` and `--traceback` can be anywhere in the arguments.
    """
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    options, rest = arguments[:end], arguments[end:]
    words = [word for word in options if word not in ("--verbose", "--traceback")] + list(rest)
    if words[:1] == ["verify"] and "--verbose" in options:  # it has an option of this name
        words.insert(1, "--verbose")
    try:
        if words in (["--version"], ["-V"]):  # nothing else has to be imported for this
            write_out(f"mbcost {__version__}\n")
            return 0
        if words[:1] == ["__complete"]:
            from mbcost.cli.completion import answer

            write_out(answer(list(arguments[1:])))
            return 0
        from mbcost.cli.group import run_group

        code = run_group(words)
        raise_lost_signal()
        return code
    except BaseException as error:
        return report(error, verbose="--verbose" in options, with_traceback="--traceback" in options)
