"""The files of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from mbcost.cli.files import choose_file, replace_file
from mbcost.cli.parameters import Option
from mbcost.errors import MbcostError
from mbcost.present.plot.canvas import ENDINGS, Drawing, render

Picture = Annotated[
    Path,
    Option("--output -o", help="Write to FILE atomically; its name ends in .svg, .png or .pdf.", metavar="FILE"),
]


def check_picture(output: Path) -> None:
    """Refuse a file that cannot be written, or whose name has no known ending, before any work is done.

    Raises:
        MbcostError: the file's name does not end in one of `ENDINGS`, or its folder does not exist.
    """
    if _ending(output) not in ENDINGS:
        endings = f"{', '.join(f'.{ending}' for ending in ENDINGS[:-1])} or .{ENDINGS[-1]}"
        raise MbcostError(f"cannot draw '{output}': use a file name that ends in {endings}")
    choose_file(output)


def _ending(output: Path) -> str:
    return output.suffix[1:].lower()


def save_picture(drawing: Drawing, output: Path) -> None:
    """Write a picture atomically, in the format of the file's ending."""
    picture = render(drawing, _ending(output))
    with replace_file(output) as path:
        path.write_bytes(picture)
