"""Exact cost of MobileNets: params and multiply-adds, layer by layer, checked against real models.

>>> import mbcost
>>> mbcost.network("v2@0.75/160")
<Network v2@0.75/160:official: 2,636,424 params, 107,295,200 mult-adds (convention macs)>

A network is written as on the command line, `NAME@ALPHA/RES:IMPL`. These functions are the questions of the command
line, and `docs/python.md` shows them all:

- `network`, `networks`, `formula`, `rows`: a network, its layers, for example for
  `pandas.DataFrame(mbcost.network("v2").table())`, and the rows of any answer as dicts;
- `compare`, `diff`, `standard_vs_dws`, `residual_vs_inverted`: networks, layers and blocks side by side, and what
  differs between two networks;
- `explain`, `explain_rows`, `ledger`, `conventions`, `published`: what a number counts, and which published numbers
  are right;
- `check`, `verify`, `validate`: whether a spec, a model or the formulas are right;
- `memory`, `roofline`, `sweep`, `fit`, `accuracy`: what fits a device, how fast it can be, and how accurate;
- `latency`, `calibrate`, `devices`: how long a network takes on a device that was measured;
- `page`: an interactive page of networks, as HTML.

Every error that mbcost raises on purpose is a `MbcostError`, one line of text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mbcost.errors import MbcostError
    from mbcost.python.answers import check, rows
    from mbcost.python.costs import (
        compare,
        conventions,
        diff,
        formula,
        ledger,
        load_convention,
        residual_vs_inverted,
        standard_vs_dws,
    )
    from mbcost.python.devices import memory, roofline
    from mbcost.python.estimates import accuracy
    from mbcost.python.figures import explain, explain_rows, published
    from mbcost.python.latencies import calibrate, devices, latency
    from mbcost.python.models import build, measure, validate, verify
    from mbcost.python.networks import Network, load_spec, network, networks, resolve
    from mbcost.python.pages import page
    from mbcost.python.searches import fit, sweep
    from mbcost.questions.validate.comparison import Validation
    from mbcost.spec.convention import Convention
    from mbcost.spec.observed import Measurement
    from mbcost.spec.table import Spec

__version__ = "0.1.0"
__all__ = [
    "Convention",
    "MbcostError",
    "Measurement",
    "Network",
    "Spec",
    "Validation",
    "accuracy",
    "build",
    "calibrate",
    "check",
    "compare",
    "conventions",
    "devices",
    "diff",
    "explain",
    "explain_rows",
    "fit",
    "formula",
    "latency",
    "ledger",
    "load_convention",
    "load_spec",
    "measure",
    "memory",
    "network",
    "networks",
    "page",
    "published",
    "residual_vs_inverted",
    "resolve",
    "roofline",
    "rows",
    "standard_vs_dws",
    "sweep",
    "validate",
    "verify",
]

_MODULES = {
    "Convention": "mbcost.spec.convention",
    "MbcostError": "mbcost.errors",
    "Measurement": "mbcost.spec.observed",
    "Network": "mbcost.python.networks",
    "Spec": "mbcost.spec.table",
    "Validation": "mbcost.questions.validate.comparison",
    "accuracy": "mbcost.python.estimates",
    "build": "mbcost.python.models",
    "calibrate": "mbcost.python.latencies",
    "check": "mbcost.python.answers",
    "compare": "mbcost.python.costs",
    "conventions": "mbcost.python.costs",
    "devices": "mbcost.python.latencies",
    "diff": "mbcost.python.costs",
    "explain": "mbcost.python.figures",
    "explain_rows": "mbcost.python.figures",
    "fit": "mbcost.python.searches",
    "formula": "mbcost.python.costs",
    "latency": "mbcost.python.latencies",
    "ledger": "mbcost.python.costs",
    "load_convention": "mbcost.python.costs",
    "load_spec": "mbcost.python.networks",
    "measure": "mbcost.python.models",
    "memory": "mbcost.python.devices",
    "network": "mbcost.python.networks",
    "networks": "mbcost.python.networks",
    "page": "mbcost.python.pages",
    "published": "mbcost.python.figures",
    "residual_vs_inverted": "mbcost.python.costs",
    "resolve": "mbcost.python.networks",
    "roofline": "mbcost.python.devices",
    "rows": "mbcost.python.answers",
    "standard_vs_dws": "mbcost.python.costs",
    "sweep": "mbcost.python.searches",
    "validate": "mbcost.python.models",
    "verify": "mbcost.python.models",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used. None of them imports torch or numpy before it is called.

    Raises:
        AttributeError: there is no such name.
    """
    if name not in _MODULES:
        raise AttributeError(f"module 'mbcost' has no attribute '{name}'")
    from importlib import import_module

    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the names that a user uses: `help` shows these."""
    return sorted({*__all__, "__doc__", "__file__", "__name__", "__path__", "__version__"})
