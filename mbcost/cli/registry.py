"""The list of commands, in the order of use, and what the help says of each before its module is imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import click


class Subgroup(NamedTuple):
    """A command that consists of commands, such as `plot`."""

    root: Callable[[], None]
    """Its docstring is the help."""
    commands: Mapping[str, Callable[..., int]]
    click_class: type[click.Group]


class Command(NamedTuple):
    """A command in the registry: where it is, and what the help says of it before it is imported."""

    address: str
    """`module:name` of a function or of a `Subgroup`."""
    summary: str
    """The first sentence of its docstring."""

    def load(self) -> Callable[..., int] | Subgroup:
        """Import the command."""
        module, _, name = self.address.partition(":")
        target: Callable[..., int] | Subgroup = getattr(import_module(module), name)
        return target


def summary_of(text: str) -> str:
    """Return the first sentence of a help text.

    >>> summary_of("Show a table,\\nrow by row. It has a footer.")
    'Show a table, row by row.'
    """
    return re.split(r"(?<=[.?]) (?=[A-Z])", " ".join(text.partition("\n\n")[0].split()))[0]


COMMANDS_BY_TOPIC: Mapping[str, Mapping[str, Command]] = {
    "Look at a network": {
        "table": Command("mbcost.cli.cost.table:table", "Show the params and multiply-adds of a network, row by row."),
        "show": Command("mbcost.cli.cost.show:show", "Show a network's table as its paper prints it, at alpha 1."),
        "nets": Command(
            "mbcost.cli.cost.nets:nets", "List the built-in networks with their cost, source and implementations."
        ),
        "explore": Command(
            "mbcost.cli.explore.explore:explore",
            "Change alpha, resolution and the rest with the arrow keys, full screen; needs pip install "
            "'mbcost[explore]'.",
        ),
        "page": Command(
            "mbcost.cli.page:page",
            "Write an interactive page of networks: one HTML file with sliders for alpha and resolution, and exact "
            "numbers.",
        ),
        "plot": Command(
            "mbcost.cli.plot.pictures:PLOT",
            "Draw pictures as SVG, PNG or PDF; needs pip install 'mbcost[plot]'.",
        ),
    },
    "Compare": {
        "compare": Command("mbcost.cli.compare.compare:COMPARE", "Compare convolutions, blocks or networks."),
        "diff": Command(
            "mbcost.cli.compare.diff:diff",
            "Compare two networks layer by layer, with the cost of each difference.",
        ),
    },
    "Check": {
        "check": Command(
            "mbcost.cli.check.check:check",
            "Check specs for mistakes: show every problem at once, with its line and what to do.",
        ),
        "validate": Command(
            "mbcost.cli.validate:validate",
            "Compare the formulas with real models, layer by layer, to the last integer.",
        ),
        "verify": Command(
            "mbcost.cli.verify.verify:verify",
            "Check your own PyTorch model against a network: what differs, what it costs, which known mistake it is.",
        ),
        "lock": Command(
            "mbcost.cli.lock:lock",
            "Write the costs of networks to a lock file, or check that they have not changed and are within budgets.",
        ),
        "published": Command(
            "mbcost.cli.published:published", "Show every published figure with our number and a verdict."
        ),
    },
    "Decide": {
        "fit": Command(
            "mbcost.cli.search.fit:fit",
            "Find the network that fits a device best, with its alpha and resolution.",
        ),
        "sweep": Command(
            "mbcost.cli.search.sweep:sweep",
            "Show the cost of networks over alpha and resolution, one row per configuration.",
        ),
        "memory": Command(
            "mbcost.cli.device.memory:memory",
            "Show the bytes of memory per layer and allocation model, and the bytes of flash.",
        ),
        "roofline": Command(
            "mbcost.cli.device.roofline:roofline",
            "Show a lower bound of the time per layer, from the limits of arithmetic and memory.",
        ),
        "latency": Command(
            "mbcost.cli.latency.latency:latency",
            "Estimate the milliseconds of networks on a measured device, with the error that such estimates have.",
        ),
        "calibrate": Command(
            "mbcost.cli.latency.calibrate:calibrate",
            "Turn measured latencies into a device, with the error that its predictions have.",
        ),
        "devices": Command(
            "mbcost.cli.latency.devices:devices",
            "List the measured devices with the errors that their latencies have, or show one of them.",
        ),
        "accuracy": Command(
            "mbcost.cli.accuracy:accuracy",
            "Estimate the ImageNet accuracy of networks, with an interval, from released checkpoints.",
        ),
    },
    "Explain a number": {
        "explain": Command(
            "mbcost.cli.explain.explain:explain",
            "Find the networks and conventions that give a printed number, the simplest explanation first.",
        ),
        "ledger": Command(
            "mbcost.cli.cost.ledger:ledger", "Show the raw counts of a network, which sum to each convention's total."
        ),
        "formula": Command(
            "mbcost.cli.cost.formula:formula",
            "Show the equation of a layer, with its closed form in alpha and rho.",
        ),
        "conventions": Command(
            "mbcost.cli.cost.conventions:conventions",
            "Show the counting conventions, or one of them: who counts what as params and mult-adds.",
        ),
    },
    "Extend": {
        "new": Command("mbcost.cli.check.new:new", "Write a commented spec to start from, a small MobileNetV2."),
        "schema": Command(
            "mbcost.cli.check.schema:schema",
            "Print the JSON Schema of a spec, with which editors complete specs and underline mistakes.",
        ),
        "export": Command(
            "mbcost.cli.verify.export:export",
            "Write a network as YAML: the spec of a built-in one, or a flat list of the layers of a PyTorch model, or "
            "a graph.",
        ),
    },
}
"""The commands by what they are for, in the order of use, which is that of the help."""
MEANINGS: Mapping[str, str] = {
    "table": "summary summarize profile count cost flops macs params layers",
    "nets": "list ls networks models zoo",
    "show": "print cat info",
    "explore": "tui browse play terminal",
    "page": "site website web browser interactive view viewer gui app serve open slider sliders",
    "plot": "draw picture chart graph visualize netron",
    "validate": "test selftest",
    "check": "lint",
    "lock": "freeze snapshot gate budget budgets baseline",
    "fit": "search find optimize nas",
    "sweep": "grid scan",
    "roofline": "bound peak",
    "latency": "time speed ms milliseconds predict",
    "calibrate": "measure benchmark bench timing",
    "devices": "phones boards hardware targets",
    "memory": "ram peak arena flash",
    "accuracy": "top1 top-1 imagenet acc error checkpoint",
    "explain": "why reverse",
    "ledger": "breakdown counts",
    "conventions": "counters tools",
    "new": "init create",
    "export": "convert dump save",
}
"""A command -> what people may write instead."""
COMMANDS: Mapping[str, Command] = {
    name: command for topic in COMMANDS_BY_TOPIC.values() for name, command in topic.items()
}
