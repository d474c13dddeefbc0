"""`mbcost page`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Optional

from mbcost import __version__
from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import complete_network, names_or_files
from mbcost.cli.files import choose_file, keep_inputs, write
from mbcost.cli.options import share_options
from mbcost.cli.output import ENDINGS, OTHER_FILES
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import show_work
from mbcost.errors import MbcostError, escape
from mbcost.present.page.page import TITLE, is_page, render_page
from mbcost.questions.page.devices import load_calibrations
from mbcost.questions.page.document import FIRST, MOBILENETS, describe_page
from mbcost.spec.catalogue.measured import list_devices

FILE = "explorer.html"
"""The page that is written if none is named."""
HTML = "html"
START = 2_000
"""The characters at the start of a file that are read to see whether mbcost made it."""


@share_options()
def page(
    networks: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET]...",
            help="Networks and models to show, the first one first [default: the built-in MobileNets].",
            complete=complete_network,
        ),
    ] = None,
    *,
    options: NetworkOptions,
    device: Annotated[
        Optional[list[str]],
        Option(
            help="A device of mbcost devices, or a file of measurements, whose milliseconds the page shows. "
            "Can be repeated [default: all devices of mbcost devices].",
            metavar="NAME|FILE",
            complete=names_or_files(list_devices),
        ),
    ] = None,
    title: Annotated[
        Optional[str], Option(help="Heading of the page [default: the names of the networks].", metavar="TEXT")
    ] = None,
    output: Annotated[
        Optional[Path],
        Option(
            "--output -o", help=f"Write to FILE atomically; - is standard output [default: {FILE}].", metavar="FILE"
        ),
    ] = None,
    open_it: Annotated[
        bool, Option("--open", help="Open the page in the browser; without --output, from a temporary file.")
    ] = False,
) -> int:
    """Write an interactive page of networks: one HTML file with sliders for alpha and resolution, and exact numbers.

    It needs no server and no network. A reference such as v2@0.5/160 says what the page shows first.

    \b
    Examples:
      mbcost page --open
      mbcost page v2@0.75/160 v3-small
      mbcost page mynet.yaml v2 --output mynet.html
      mbcost page v2 --device pixel1-tflite --device mine.csv
      mbcost page net.onnx --input image=1x3x224x224 --open
    """
    # The matrices are small, and starting a thread per processor takes longer than all that is computed with them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    words = networks or []
    if open_it and str(output) == "-":
        raise MbcostError("--open needs a file, and --output - is standard output: remove one of them")
    is_temporary = open_it and output is None
    target = None if is_temporary else _choose_target(output, [*words, *(device or ())])
    with show_work(f"making a page of {' '.join(words) or 'the built-in networks'}"):
        resolved = [resolve_network(word, options) for word in words or MOBILENETS]
        document = describe_page(
            resolved,
            __version__,
            load_calibrations(device or ()),
            first=None if words else FIRST,
            model_options=_write_options(options),
        )
        text = render_page(document, title=title if words or title is not None else TITLE)
    if is_temporary:
        target = _make_folder() / FILE
    write(text, target)
    if target is not None:
        _announce(target, len(text), opens=open_it)
    return 0


def _write_options(options: NetworkOptions) -> list[str]:
    """Return the options that say how a file of a model or a factory becomes a network."""
    words = [] if options.res is None else ["--res", options.res]
    for option, values in (("--input", options.inputs), ("--kwargs", options.kwargs)):
        words += [part for value in values or () for part in (option, value)]
    return words


def _choose_target(output: Path | None, inputs: Sequence[str]) -> Path | None:
    """Return the file to write to, None for standard output; every reason not to write it is an error at once.

    Raises:
        MbcostError: the file cannot be written, is one that is read, is not mbcost's, or is not HTML by its name.
    """
    target = choose_file(Path(FILE) if output is None else output)
    if target is None:
        return None
    ending = target.suffix.lower()
    if ENDINGS.get(ending, HTML) != HTML or ending in OTHER_FILES:
        raise MbcostError(f"{target} would be HTML, which {ending} is not: use .html")
    keep_inputs(target, *inputs)
    if output is None and not _is_replaceable(target):
        raise MbcostError(
            f"{target} exists and is not a page of mbcost: name a new file, or add --output {target} to replace it"
        )
    return target


def _make_folder() -> Path:
    """Return a new temporary folder, which stays, because the browser reads the page after the command has ended."""
    import tempfile

    try:
        return Path(tempfile.mkdtemp(prefix="mbcost-"))
    except OSError as error:
        raise MbcostError(f"there is no temporary folder: {error.strerror or error}: add --output {FILE}") from None


def _is_replaceable(file: Path) -> bool:
    """Return whether a file is missing, or a page that this command has written."""
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return is_page(text.read(START))
    except FileNotFoundError:
        return not file.is_symlink()
    except OSError:
        return False


def _announce(target: Path, size: int, *, opens: bool) -> None:
    """Say what was written and what to do with it, or open it.

    Raises:
        MbcostError: there is no browser that can be started.
    """
    word = escape(shlex.quote(str(target)))
    if not opens:
        write(f"wrote {word} ({size / 1000:,.0f} kB): next, open it in a browser\n")
        return
    import webbrowser

    if not webbrowser.open(target.resolve().as_uri()):
        raise MbcostError(f"no browser could be started: open {word} yourself, it is complete")
    write(f"wrote {word} ({size / 1000:,.0f} kB): the browser opens it\n")
