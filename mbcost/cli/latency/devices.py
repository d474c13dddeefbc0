"""`mbcost devices`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Optional

from mbcost.cli.completers import names_or_files
from mbcost.cli.files import keep_inputs
from mbcost.cli.latency.doubts import write_doubts
from mbcost.cli.options import share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import show_work, track
from mbcost.errors import MbcostError
from mbcost.present.latency import calibrate as page_of_device
from mbcost.present.latency.devices import as_json, as_table, profiles_json, profiles_table
from mbcost.present.table import Column
from mbcost.questions.latency.page import make_page
from mbcost.questions.latency.summaries import calibrate_device, list_summaries
from mbcost.spec.catalogue.measured import list_devices, list_profiles, load_profiles


def _list_columns(given: Mapping[str, Any]) -> Sequence[Column[Any]]:
    """Return the columns of the answer, given the options."""
    if given.get("name"):
        return page_of_device.COLUMNS
    return (profiles_table(()) if given.get("profiles") else as_table(())).columns


@share_options(known=_list_columns)
def devices(
    name: Annotated[
        Optional[str],
        Argument(
            metavar="[NAME]",
            help="A device, or a file with its measurements [default: list all].",
            complete=names_or_files(list_devices),
        ),
    ] = None,
    *,
    profiles: Annotated[
        bool, Option("--profiles", help="List the profiles of runtimes, which mbcost latency --like scales.")
    ] = False,
    view: View,
) -> int:
    """List the measured devices with the errors that their latencies have, or show one of them.

    Each error is that of networks which were left out, and which the other networks of their device predict.

    \b
    Examples:
      mbcost devices
      mbcost devices pixel2-tflite
      mbcost devices mine.yaml --format json
      mbcost devices --profiles
    """
    keep_inputs(view.output, name)
    destination = choose_destination(view)
    if name is not None:
        if profiles:
            raise MbcostError("--profiles lists profiles and NAME is a device: keep one")
        with show_work(f"calibrating {name}"):
            page = make_page(calibrate_device(name))
            table, answer = page_of_device.as_table(page), page_of_device.as_json(page)
        write_doubts(page.calibration.resolved.notes, destination)
        emit(table, answer, destination, "rows")
    elif profiles:
        known = list(load_profiles().values())
        emit(profiles_table(known), profiles_json(known), destination, "profiles")
    else:
        summaries = list_summaries(partial(track, "calibrating"))
        emit(as_table(summaries, len(list_profiles())), as_json(summaries), destination, "devices")
    return 0
