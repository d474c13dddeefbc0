"""Where does a printed number come from?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mbcost.errors import MbcostError, unknown
from mbcost.python.networks import Size, as_text, check_sides, make_settings
from mbcost.spec.catalogue.library import as_convention, find_network
from mbcost.spec.scaling import check_whole

if TYPE_CHECKING:
    from fractions import Fraction

    from mbcost.questions.explain.answer import Answer
    from mbcost.questions.published.verdict import Verdict
    from mbcost.spec.convention import Convention


def explain(
    number: str | int | None = None,
    net: str | os.PathLike[str] | None = None,
    *,
    quantity: str | None = None,
    mult_adds: str | int | None = None,
    params: str | int | None = None,
    alpha: float | None = None,
    resolution: Size | None = None,
    rho: float | Fraction | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
    convention: Convention | str | None = None,
    limit: int = 10,
    deep: bool = False,
    force: bool = False,
) -> Answer:
    """Find the networks and conventions that give a printed number, as `mbcost explain` does; it needs numpy.

    What is given is kept, what is left open is searched.

    Args:
        number: the number as it is printed, such as `314M` or `0.57 GFLOPs`.
        net: what is known of the network, `NAME@ALPHA/RES:IMPL`, or the path of a YAML file.
        quantity: what the number counts: `mult_adds`, `params`, `activations`, `bytes` or `activation_bytes`.
        mult_adds: the multiply-adds of the network as printed, alone or with other numbers.
        params: its parameters as printed.
        alpha: the width multiplier.
        resolution: height and width of the input in pixels.
        rho: the resolution multiplier, instead of a resolution.
        implementation: whose rules of rounding, scaling and padding the network follows.
        classes: the outputs of the classifier.
        head: the head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the input.
        top: whether the network has the global pool and what follows it.
        convention: the convention that counts the number, itself or by name.
        limit: how many explanations to return.
        deep: whether to try two mistakes at once, changed rows of the table and powers of 1024, too.
        force: whether the search may need more than 320 MB, as with `--force`.

    Returns:
        `.explanations`, the simplest first, each with `.spec`, `.values` (`.value`, `.rounding`, `.counted_by`),
        `.clauses` (the departures in words) and `.chance`; `.fits`, whether one gives the printed digits; and
        `.nearest`.

    Raises:
        MbcostError: no number is given, a text is not one, or what is given does not describe a network.

    >>> answer = explain("314M", "v2@1/224")
    >>> answer.explanations[0].values[0].value, answer.explanations[0].values[0].counted_by[0]
    (314193216, 'fvcore')
    """
    from mbcost.questions.explain.explain import explain as explain_query
    from mbcost.questions.explain.query import Claim, make_query, parse_number
    from mbcost.questions.explain.readings import QUANTITIES

    if quantity is not None and quantity not in QUANTITIES:
        raise unknown("quantity", quantity, QUANTITIES)
    if quantity is not None and number is None:
        raise MbcostError(f"the quantity {quantity} is given without a number: remove it")
    given = ((quantity, number), ("mult_adds", mult_adds), ("params", params))
    numbers = tuple((name, parse_number(_as_printed(value), name)) for name, value in given if value is not None)
    if not numbers:
        raise MbcostError("explain needs a number: give a number, mult_adds or params")
    settings = make_settings(
        alpha=alpha,
        resolution=None if resolution is None else check_sides(resolution),
        rho=rho,
        implementation=implementation,
        classes=classes,
        head=head,
        in_channels=in_channels,
        top=top,
    )
    counted_by = None if convention is None else as_convention(convention).name
    text = None if net is None else as_text(net)
    query = make_query(text, [Claim(None, None, numbers)], settings, counted_by, deep=deep, force=force)
    return explain_query(query, check_whole(limit, "limit"))


def published(net: str | None = None, *, source: str | None = None, status: str | None = None) -> tuple[Verdict, ...]:
    """Return every published figure with our number and a verdict, as `mbcost published` does; it needs numpy.

    Args:
        net: only figures of this network.
        source: only figures of this source.
        status: only figures with this verdict: `exact`, `erratum`, `open` or `out of scope`.

    Returns:
        Verdicts with `.figure` (`.text` as printed, `.source`, `.table`), `.status`, `.reason`, `.ours` and
        `.convention`. All figures of a paper about a network are judged together, which takes seconds.

    Raises:
        MbcostError: there is no such network, source or verdict.

    >>> [(verdict.figure.value, verdict.status) for verdict in published("v1-standard")]
    [('4866', 'erratum'), ('29.3', 'exact')]
    """
    from mbcost.questions.published.verdict import STATUSES, paper_of
    from mbcost.questions.published.verdicts import judge_figures
    from mbcost.spec.catalogue.published import load_published

    figures = load_published()
    net = None if net is None else find_network(as_text(net)) or net
    for kind, name, names in (
        ("network", net, dict.fromkeys(figure.net for figure in figures)),
        ("source", source, dict.fromkeys(figure.source.name for figure in figures)),
        ("verdict", status, STATUSES),
    ):
        if name is not None and name not in names:
            raise unknown(kind, name, names)
    wanted = [figure for figure in figures if source in (None, figure.source.name) and net in (None, figure.net)]
    papers = {paper_of(figure) for figure in wanted}
    verdicts = judge_figures([figure for figure in figures if paper_of(figure) in papers and net in (None, figure.net)])
    chosen = {figure.id for figure in wanted}
    return tuple(item for item in verdicts if item.figure.id in chosen and status in (None, item.status))


def _as_printed(number: str | int) -> str:
    """Return a number as it is printed; a float does not say how many digits are.

    Raises:
        MbcostError: it is neither text nor a whole number.
    """
    if isinstance(number, bool) or not isinstance(number, str | int):
        raise MbcostError(f"the number is {number!r:.100}: write it as it is printed, such as '314M', or as an int")
    return str(number)
