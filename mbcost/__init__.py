"""Exact cost of MobileNets: params and multiply-adds, layer by layer, checked against real models.

>>> import mbcost
>>> mbcost.network("v2@0.75/160")
<Network v2@0.75/160:official: 2,636,424 params, 107,295,200 mult-adds (convention macs)>

A network is written as on the command line, `NAME@ALPHA/RES:IMPL`. These functions are the questions of the command
line, and `docs/python.md` shows them all:

- `network`, `networks`, `formula`, `rows`: a network, its layers, for example for
  `pandas.DataFrame(mbcost.network("v2").table())`, and the rows of any answer as dicts;
- `compare`, `diff`: networks side by side, and what differs between two;
- `explain`, `ledger`, `conventions`, `published`: what a number counts, and which published numbers are right;
- `check`, `verify`, `validate`: whether a spec, a model or the formulas are right;
- `memory`, `roofline`, `sweep`, `fit`: what fits a device, and how fast it can be.

Every error that mbcost raises on purpose is a `MbcostError`, one line of text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mbcost.errors import MbcostError
    from mbcost.python.answers import check, rows
    from mbcost.python.costs import compare, conventions, diff, formula, ledger
    from mbcost.python.devices import memory, roofline
    from mbcost.python.figures import explain, published
    from mbcost.python.models import build, measure, validate, verify
    from mbcost.python.networks import Network, network, networks, resolve
    from mbcost.python.searches import fit, sweep
    from mbcost.questions.validate.comparison import Validation
    from mbcost.spec.catalogue.library import load_convention, load_spec
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
    "build",
    "check",
    "compare",
    "conventions",
    "diff",
    "explain",
    "fit",
    "formula",
    "ledger",
    "load_convention",
    "load_spec",
    "measure",
    "memory",
    "network",
    "networks",
    "published",
    "resolve",
    "roofline",
    "rows",
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
    "build": "mbcost.python.models",
    "check": "mbcost.python.answers",
    "compare": "mbcost.python.costs",
    "conventions": "mbcost.python.costs",
    "diff": "mbcost.python.costs",
    "explain": "mbcost.python.figures",
    "fit": "mbcost.python.searches",
    "formula": "mbcost.python.costs",
    "ledger": "mbcost.python.costs",
    "load_convention": "mbcost.spec.catalogue.library",
    "load_spec": "mbcost.spec.catalogue.library",
    "measure": "mbcost.python.models",
    "memory": "mbcost.python.devices",
    "network": "mbcost.python.networks",
    "networks": "mbcost.python.networks",
    "published": "mbcost.python.figures",
    "resolve": "mbcost.python.networks",
    "roofline": "mbcost.python.devices",
    "rows": "mbcost.python.answers",
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
    return sorted({*globals(), *__all__})
