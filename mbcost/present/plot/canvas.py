"""The colours and letters of all pictures, and the rendering of a drawing as the bytes of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from mbcost.errors import MbcostError, MissingLibrary

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter


@dataclass(frozen=True)
class Drawing:
    """A picture that is still to be drawn."""

    draw: Callable[[Figure], None]
    """Draws the picture on an empty figure."""
    size: tuple[float, float]
    """Width and height in inches."""


KINDS: Mapping[str, str] = {
    "pointwise": "#0072B2",
    "depthwise": "#E69F00",
    "conv": "#009E73",
    "linear": "#CC79A7",
    "pool": "#56B4E9",
    "max_pool": "#56B4E9",
    "average_pool": "#56B4E9",
    "multiply": "#D55E00",
    "add": "#999999",
}
"""A colour per kind of layer, from Okabe and Ito's palette, which people with any colour vision can tell apart
(https://jfly.uni-koeln.de/color/)."""
INK, FAINT = "#333333", "#D9D9D9"
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
"""The same palette as a sequence, for lines and networks."""
_STYLE: dict[str, Any] = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "text.parse_math": False,  # a user's title can contain a dollar sign
    # The same picture has the same bytes, and its text remains text, which can be searched and read aloud.
    "svg.hashsalt": "mbcost",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}
_METADATA: Mapping[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
ENDINGS = tuple(_METADATA)
"""The formats, which are also the endings of the files' names."""
_DOTS_PER_INCH = 150
_HIGHEST = 50
"""The largest height in inches. PNG has a limit, and nobody looks at a higher picture."""


def render(drawing: Drawing, ending: str) -> bytes:
    """Return the picture as a file in the format `ending`, one of `ENDINGS`.

    Raises:
        MissingLibrary: matplotlib is not installed.
        MbcostError: the picture would be too high, or float64 does not hold a number in it.
    """
    height = drawing.size[1]
    if height > _HIGHEST:
        raise MbcostError(f"the picture would be {height:.0f} inches high, more than {_HIGHEST}: draw fewer items")
    try:
        from matplotlib import rc_context, rcParamsDefault
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingLibrary("matplotlib", "plot") from None
    # A user's own matplotlibrc would change the picture. The backend is left out because this figure needs none.
    settings: Any = {key: value for key, value in rcParamsDefault.items() if not key.startswith("backend")}
    file = BytesIO()
    with rc_context(settings | _STYLE), catch_warnings():
        simplefilter("ignore", UserWarning)  # the font lacks a letter, or a title has little room
        figure = Figure(figsize=drawing.size, layout="constrained")
        try:
            drawing.draw(figure)
            figure.savefig(file, format=ending, dpi=_DOTS_PER_INCH, metadata=_METADATA[ending])
        except OverflowError:  # pictures are drawn in float64
            raise MbcostError("the numbers are too large for a picture: draw a smaller network") from None
    return file.getvalue()


def abbreviate_ticks(axis: Axis) -> None:
    """Label the ticks of an axis in K, M and G."""
    axis.set_major_formatter(count_formatter())


def abbreviate(count: float, places: int = 1) -> str:
    """Return a count as a label: `300.8 M`."""
    return count_formatter(places)(count)


def count_formatter(places: int | None = None) -> EngFormatter:
    """Return a formatter of counts in K, M and G with `places` decimals, by default as many as a count needs."""
    from matplotlib.ticker import EngFormatter

    formatter = EngFormatter(places=places, sep=" ")
    formatter.ENG_PREFIXES = {**EngFormatter.ENG_PREFIXES, 3: "K"}  # matplotlib writes k
    return formatter
