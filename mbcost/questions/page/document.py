"""What does an interactive page carry?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Any

from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS
from mbcost.analytic.memory.flash import Stored, compute_flash
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.page.estimates import describe_estimates
from mbcost.questions.page.figures import list_figures
from mbcost.questions.page.fixed import describe_fixed
from mbcost.questions.page.lesson import describe_lesson, make_lesson_spec
from mbcost.questions.page.packing import Pool
from mbcost.questions.page.search import describe_search
from mbcost.questions.page.shown import describe_shown
from mbcost.questions.page.tables import MOST_CLASSES, Pools, describe_table
from mbcost.spec.catalogue.library import NETWORKS, load_conventions, load_spec
from mbcost.spec.convention import Coefficients
from mbcost.spec.dtype import DTYPES
from mbcost.spec.tally import COUNTS

SCHEMA = "mbcost/page/1"
MOBILENETS = tuple(name for name in NETWORKS if name.startswith(("v", "mobilenet")) and not name.startswith("vgg"))
"""The networks of a page for which none are named."""
FIRST = "v2"
"""Which of them is shown first."""


def describe_page(
    networks: Sequence[Network],
    version: str,
    calibrations: Sequence[Calibration] = (),
    *,
    first: str | None = None,
    model_options: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the document of a page: what a browser needs to compute every number of these networks.

    Args:
        networks: a table stands for all its alphas, resolutions and implementations; its settings are those that are
            shown first. A file of a model has its own size only.
        version: the version of mbcost.
        calibrations: the devices whose milliseconds are shown.
        first: the name of the network that is shown first; by default the first one.
        model_options: the options that the models need on a command line, such as `--kwargs a=1`.

    Raises:
        MbcostError: no network is given, a network cannot be carried, or the sliders do not reach the first settings.
    """
    if not networks:
        raise MbcostError("no network is given: name at least one")
    pools, sources = Pools(), Pool()
    named = {name: network for network, name in _name_networks(networks)}
    described = {name: _describe_network(network, name, pools, sources) for name, network in named.items()}
    for name in described:
        described[name]["command"] += model_options if named[name].graph is not None else ()
    lesson = make_lesson_spec(taken=named)
    layer = {**describe_table(lesson, lesson.channels, pools), "command": [], "figures": []}
    shown = next(iter(named)) if first is None else first
    fixed = {name: named[name] for name, one in described.items() if "fixed" in one}
    tables = {name: network for name, network in named.items() if name not in fixed}
    return {
        "schema": SCHEMA,
        "version": version,
        "counts": list(COUNTS),
        "conventions": [_describe_convention(name) for name in load_conventions()],
        "allocators": list(WITHOUT_OFFSETS),
        "dtypes": [_describe_dtype(name) for name in DTYPES],
        "most_classes": MOST_CLASSES,
        "rows": pools.rows.values,
        "kinds": pools.kinds.values,
        "live": pools.live.values,
        "scales": pools.scales.values,
        "starts": pools.steps.starts.values,
        "steps": pools.steps.functions.values,
        "sources": sources.values,
        "networks": list(described.values()),
        "lesson": describe_lesson(layer),
        "search": describe_search(),
        "estimates": describe_estimates(pools.estimates, tables, fixed, calibrations),
        "shown": describe_shown(named[shown], described[shown]),
    }


def _name_networks(networks: Sequence[Network]) -> Iterable[tuple[Network, str]]:
    """Yield every table and every file once, with a name of its own; a built-in network keeps its name."""
    built_in = {network.spec.name for network in networks if _is_built_in(network)}
    names: set[str] = set()
    tables: list[object] = []
    for network in networks:
        is_fixed = network.graph is not None or network.spec.is_flat
        if not is_fixed:
            if (network.spec, network.in_channels) in tables:
                continue
            tables.append((network.spec, network.in_channels))
        taken = names if _is_built_in(network) else names | built_in
        numbered = (f"{network.spec.name} ({number})" for number in count(2))
        name = next(name for name in chain([network.spec.name], numbered) if name not in taken)
        names.add(name)
        yield network, name


def _is_built_in(network: Network) -> bool:
    return network.graph is None and not network.spec.origin


def _describe_network(network: Network, name: str, pools: Pools, sources: Pool) -> dict[str, Any]:
    shared = {"command": spell_command(network), "figures": list_figures(network.spec, sources)}
    if network.graph is not None or network.spec.is_flat:
        return {**describe_fixed(network, name, _why_fixed(network)), **shared}
    try:
        table = describe_table(network.spec, network.in_channels, pools)
    except MbcostError as error:
        # The page still shows the one network that was named, and says why it shows no others.
        return {**describe_fixed(network, name, f"{error}"), **shared}
    return {**table, "name": name, **shared}


def spell_command(network: Network) -> list[str]:
    """Return the words that name a network on a command line: the network, then the options that it needs.

    >>> from mbcost.analytic.reference import Settings, resolve_reference
    >>> spell_command(resolve_reference("v2@0.5", Settings(head="10", in_channels=1)))
    ['v2', '--head', '10', '--in-channels', '1']
    """
    spec = network.spec
    if network.graph is not None:
        return [network.graph.source]
    words = [spec.origin or spec.name]
    if spec.head:
        words += ["--head", spec.head]
    elif not spec.has_top and spec.name in NETWORKS and load_spec(spec.name).has_top:
        words += ["--head", "none"]
    if network.in_channels != spec.channels:
        words += ["--in-channels", str(network.in_channels)]
    return words


def _why_fixed(network: Network) -> str:
    if network.graph is None:
        return "it is a list of layers, which states every size"
    return "it is a model, which has its own widths and size"


def _describe_convention(name: str) -> dict[str, Any]:
    convention = load_conventions()[name]
    return {
        "name": name,
        "title": convention.title,
        "source": convention.source,
        "earlier": convention.earlier,
        "params": _index_coefficients(convention.params_coefficients),
        "mult_adds": _index_coefficients(convention.mult_adds_coefficients),
    }


def _index_coefficients(coefficients: Coefficients) -> list[list[int]]:
    return [[COUNTS.index(count), factor] for count, factor in coefficients.items()]


def _describe_dtype(name: str) -> dict[str, Any]:
    """Return the bytes of a number format, and how flash follows from what is stored, which is linear."""
    none = compute_flash(Stored(), name).total
    units: Mapping[str, Stored] = {
        "weights": Stored(weights=1), "channels": Stored(channels=1), "maps": Stored(maps=1),
    }  # fmt: skip
    factors = [compute_flash(stored, name).total - none for stored in units.values()]
    return {"name": name, "bytes": DTYPES[name].value, "flash": [*factors, none]}
