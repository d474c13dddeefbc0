"""The interactive page of networks."""

from __future__ import annotations

from collections.abc import Sequence

from mbcost.python.arguments import checked
from mbcost.python.networks import NetworkLike, network


@checked
def page(*networks: NetworkLike, devices: Sequence[str] = (), title: str | None = None) -> str:
    """Return an interactive page of networks as the text of one HTML file, as `mbcost page` writes it.

    Args:
        networks: what the page shows, the first one first; by default the built-in MobileNets. A table stands for all
            its alphas, resolutions and implementations; a file of a model has its own size.
        devices: names of `mbcost devices` or files of measurements, whose milliseconds the page shows; by default all
            built-in devices.
        title: the heading of the page; by default the names of the networks.

    Raises:
        MissingLibrary: what reads a file is not installed.
        MbcostError: a network cannot be built, its counts are too large for a browser, or a device is unknown.

    >>> text = page("v2@0.5/160")
    >>> text[:15], '"name":"v2"' in text
    ('<!doctype html>', True)
    """
    from mbcost import __version__
    from mbcost.present.page.page import TITLE, render_page
    from mbcost.questions.page.devices import load_calibrations
    from mbcost.questions.page.document import FIRST, MOBILENETS, describe_page

    resolved = [network(net) for net in networks or MOBILENETS]
    document = describe_page(resolved, __version__, load_calibrations(devices), first=None if networks else FIRST)
    return render_page(document, title=title if networks or title is not None else TITLE)
