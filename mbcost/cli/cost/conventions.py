"""`mbcost conventions`."""

from __future__ import annotations

from typing import Annotated, Optional

from mbcost.cli.completers import names_of
from mbcost.cli.options import share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument
from mbcost.present.cost.conventions import as_json, as_table, example_json, example_table
from mbcost.questions.cost.conventions import show_convention
from mbcost.spec.catalogue.library import load_convention, load_conventions


@share_options()
def conventions(
    name: Annotated[
        Optional[str],
        Argument(
            metavar="[NAME]",
            help="A convention: show what it counts, where from, and what confirms it [default: list all].",
            complete=names_of(load_conventions),
        ),
    ] = None,
    *,
    view: View,
) -> int:
    """Show the counting conventions, or one of them: who counts what as params and mult-adds.

    Their names are the values of --convention.

    \b
    Examples:
      mbcost conventions thop
      mbcost conventions --format json | jq '.conventions[] | {name, mult_adds}'
    """
    destination = choose_destination(view)
    if name is None:
        listed = tuple(load_conventions().values())
        emit(as_table(listed), as_json(listed), destination, "conventions")
    else:
        answer = show_convention(load_convention(name))
        emit(example_table(answer), example_json(answer), destination)
    return 0
