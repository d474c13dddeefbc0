"""`mbcost conventions`."""

from __future__ import annotations

from mbcost.cli.options import Format, Output
from mbcost.cli.output import check_output, emit
from mbcost.present.cost.conventions import as_json, as_table
from mbcost.spec.catalogue.library import load_conventions


def conventions(style: Format = "text", output: Output = None) -> int:
    """Who counts what: the names for --convention, and what tools silently get wrong.

    \b
    Example:
      mbcost conventions --format json | jq '.conventions[] | {name, mult_adds}'
    """
    check_output(style, output)
    known = tuple(load_conventions().values())
    emit(as_table(known), as_json(known), style, output)
    return 0
