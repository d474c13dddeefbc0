"""`mbcost nets`."""

from __future__ import annotations

from mbcost.cli.options import ConventionName, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.present.cost.nets import as_json, as_table
from mbcost.questions.cost.nets import list_built_in
from mbcost.spec.catalogue.library import load_convention


@share_options()
def nets(convention: ConventionName = None, *, view: View) -> int:
    """List the built-in networks with their cost, source and implementations.

    \b
    Example:
      mbcost nets --format json | jq '.networks[].network'
    """
    destination = choose_destination(view)
    answer = list_built_in(load_convention(convention))
    emit(as_table(answer), as_json(answer), destination, "networks")
    return 0
