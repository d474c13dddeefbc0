"""`mbcost conventions`."""

from __future__ import annotations

from mbcost.cli.options import Format, Output
from mbcost.cli.output import check_output, emit
from mbcost.present.cost.conventions import as_json, as_table
from mbcost.spec.catalogue.library import load_conventions


def conventions(style: Format = "text", output: Output = None) -> int:
    """Show the counting conventions: who counts what as params and mult-adds.

    Their names are the values of --convention. The notes list what tools silently count differently.

    \b
    Example:
      mbcost conventions --format json | jq '.conventions[] | {name, mult_adds}'
    """
    check_output(style, output)
    listed = tuple(load_conventions().values())
    emit(as_table(listed), as_json(listed), style, output)
    return 0
