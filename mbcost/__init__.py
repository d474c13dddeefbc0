"""Exact cost of MobileNets: params and multiply-adds, layer by layer, checked against real models.

>>> import mbcost
>>> network = mbcost.resolve(mbcost.load_spec("v2"), alpha=0.75, resolution=160)
>>> network.params(), network.mult_adds()
(2636424, 107295200)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mbcost.analytic.network import Network, resolve
    from mbcost.errors import MbcostError
    from mbcost.measured.build import build
    from mbcost.measured.measure import measure
    from mbcost.questions.validate.comparison import Validation, validate
    from mbcost.spec.catalogue.library import load_convention, load_spec
    from mbcost.spec.observed import Measurement
    from mbcost.spec.table import Spec

__version__ = "0.1.0"
__all__ = [
    "MbcostError",
    "Measurement",
    "Network",
    "Spec",
    "Validation",
    "build",
    "load_convention",
    "load_spec",
    "measure",
    "resolve",
    "validate",
]

_MODULES = {
    "MbcostError": "mbcost.errors",
    "Measurement": "mbcost.spec.observed",
    "Network": "mbcost.analytic.network",
    "Spec": "mbcost.spec.table",
    "Validation": "mbcost.questions.validate.comparison",
    "build": "mbcost.measured.build",
    "load_convention": "mbcost.spec.catalogue.library",
    "load_spec": "mbcost.spec.catalogue.library",
    "measure": "mbcost.measured.measure",
    "resolve": "mbcost.analytic.network",
    "validate": "mbcost.questions.validate.comparison",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used. Only `build` and `measure` need torch.

    Raises:
        AttributeError: there is no such name.
        MissingLibrary: the name needs torch, which is not installed.
    """
    if name not in _MODULES:
        raise AttributeError(f"module 'mbcost' has no attribute '{name}'")
    from importlib import import_module

    try:
        module = import_module(_MODULES[name])
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        from mbcost.errors import MissingLibrary

        raise MissingLibrary("torch", "validate") from None
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
