"""What all pictures share: their colours, their letters, and the way from a drawing to the bytes of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from mbcost.errors import MbcostError, MissingLibrary

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

Draw = Callable[["Figure"], None]

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
"""A colour a kind of layer, from Okabe and Ito's palette, which people with any colour vision can tell apart
(https://jfly.uni-koeln.de/color/)."""
INK, FAINT = "#333333", "#D9D9D9"
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
"""The same palette, in order, for lines and networks."""
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
    "text.parse_math": False,  # a title of the user's can hold a dollar sign
    # The same picture gives the same bytes, and its text stays text, which can be searched and read aloud.
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
"""Formats by the ending of a file's name."""
_DOTS_PER_INCH = 150
_HIGHEST = 50
"""Inches; nobody looks at more, and PNG has an end."""


def render(draw: Draw, size: tuple[float, float], ending: str) -> bytes:
    """The file that holds the picture.

    Args:
        draw: puts it onto an empty figure.
        size: width and height in inches.
        ending: one of `ENDINGS`.

    Raises:
        MissingLibrary: matplotlib is not installed.
        MbcostError: the picture would be too high.
    """
    if size[1] > _HIGHEST:
        raise MbcostError(f"the picture would be {size[1]:.0f} inches high, the most is {_HIGHEST}: ask for less")
    try:
        from matplotlib import rc_context, rcParamsDefault
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingLibrary("matplotlib", "plot") from None
    # A user's own matplotlibrc would make another picture. The backend is not asked for: a figure of its own has none.
    settings: Any = {key: value for key, value in rcParamsDefault.items() if not key.startswith("backend")}
    file = BytesIO()
    with rc_context(settings | _STYLE), catch_warnings():
        simplefilter("ignore", UserWarning)  # of a letter that the font has not, or of a title with little room
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(file, format=ending, dpi=_DOTS_PER_INCH, metadata=_METADATA[ending])
    return file.getvalue()


def counted(axis: Axis) -> None:
    """Number an axis in K, M and G."""
    axis.set_major_formatter(thousands())


def short(count: float, places: int = 1) -> str:
    """A count as a label: `300.8 M`."""
    return thousands(places)(count)


def thousands(places: int | None = None) -> EngFormatter:
    """Counts in K, M and G with so many decimal places, by default as many as they need."""
    from matplotlib.ticker import EngFormatter

    formatter = EngFormatter(places=places, sep=" ")
    formatter.ENG_PREFIXES = {**EngFormatter.ENG_PREFIXES, 3: "K"}  # a lower-case k is for metres
    return formatter
