"""Where does a printed number come from?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mbcost.errors import MbcostError, choose
from mbcost.python.arguments import checked
from mbcost.python.networks import Size, as_text, make_settings
from mbcost.spec.catalogue.library import as_convention
from mbcost.spec.convention import Convention
from mbcost.spec.scaling import check_whole

if TYPE_CHECKING:
    from mbcost.questions.explain.answer import Answer
    from mbcost.questions.explain.facts import Query
    from mbcost.questions.published.verdict import Verdict


@checked
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
        force: whether the search may need more than 320 MB, or take more than about 8 minutes.

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
    from mbcost.questions.explain.query import Claim, make_query, parse_number
    from mbcost.questions.explain.readings import QUANTITIES

    kind = None if quantity is None else choose("quantity", quantity, QUANTITIES)
    if quantity is not None and number is None:
        raise MbcostError(f"the quantity {quantity} is given without a number: remove it")
    given = ((kind, number), ("mult_adds", mult_adds), ("params", params))
    numbers = tuple((name, parse_number(_as_printed(value), name)) for name, value in given if value is not None)
    if not numbers:
        raise MbcostError("explain needs a number: give a number, mult_adds or params")
    settings = make_settings(
        alpha=alpha, resolution=resolution, rho=rho, implementation=implementation, classes=classes, head=head,
        in_channels=in_channels, top=top,
    )  # fmt: skip
    text = None if net is None else as_text(net)
    query = make_query(text, [Claim(None, None, numbers)], settings, _name_of(convention), deep=deep, force=force)
    (answer,) = _explain([query], limit, force=force)
    return answer


@checked
def explain_rows(
    table: str | os.PathLike[str] | Sequence[Mapping[str, object]],
    net: str | os.PathLike[str] | None = None,
    *,
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
) -> tuple[Answer, ...]:
    """Explain a table of printed numbers, as `mbcost explain --rows` does; it needs numpy.

    All numbers of one network are explained together. The settings hold for every row.

    Args:
        table: the path of a CSV file, or its rows as dicts, such as those of `pandas.DataFrame.to_dict("records")`.
            Columns: `network`, `alpha`, `resolution`, `mult_adds` and `params`. An empty cell or None is open.
        net: the network of all rows, if they do not name one.
        alpha: the width multiplier.
        resolution: height and width of the input in pixels.
        rho: the resolution multiplier, instead of a resolution.
        implementation: whose rules of rounding, scaling and padding the network follows.
        classes: the outputs of the classifier.
        head: the head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the input.
        top: whether the network has the global pool and what follows it.
        convention: the convention that counts the numbers, itself or by name.
        limit: how many explanations to return per network.
        deep: whether to try two mistakes at once, changed rows of the table and powers of 1024, too.
        force: whether the search may need more than 320 MB, or take more than about 8 minutes.

    Returns:
        One answer per network, see `explain`.

    Raises:
        MbcostError: the table cannot be read, or what is given does not describe a network.

    >>> table = [{"alpha": 1, "mult_adds": "569M"}, {"alpha": 0.5, "mult_adds": "149M"}]
    >>> (answer,) = explain_rows(table, "v1/224")
    >>> [value.value for value in answer.explanations[0].values]
    [568740352, 149497088]
    """
    from mbcost.questions.explain.query import make_query
    from mbcost.questions.explain.rows import name_networks, parse_records, read_rows

    settings = make_settings(
        alpha=alpha, resolution=resolution, rho=rho, implementation=implementation, classes=classes, head=head,
        in_channels=in_channels, top=top,
    )  # fmt: skip
    networks = read_rows(os.fspath(table)) if isinstance(table, str | os.PathLike) else parse_records(table)
    queries = [
        make_query(name, claims, settings, _name_of(convention), deep=deep, force=force)
        for name, claims in name_networks(networks, None if net is None else as_text(net))
    ]
    return _explain(queries, limit, force=force)


def _explain(queries: Sequence[Query], limit: int, *, force: bool) -> tuple[Answer, ...]:
    """Return one answer per query.

    Raises:
        MbcostError: the search is too long, or no network can be built as a query says.
    """
    from mbcost.questions.explain.effort import measure_search
    from mbcost.questions.explain.explain import explain as explain_query

    check_whole(limit, "limit")
    measure_search(queries, force=force).check(force=force)
    return tuple(explain_query(query, limit) for query in queries)


def _name_of(convention: Convention | str | None) -> str | None:
    return None if convention is None else as_convention(convention).name


@checked
def published(net: str | None = None, *, source: str | None = None, status: str | None = None) -> tuple[Verdict, ...]:
    """Return every published figure with our number and a verdict, as `mbcost published` does; it needs numpy.

    Args:
        net: only figures of this network.
        source: only figures of this source.
        status: only figures with this verdict: `exact`, `erratum`, `open` or `out-of-scope`.

    Returns:
        Verdicts with `.figure` (`.text` as printed, `.source`, `.table`), `.status`, `.reason`, `.ours` and
        `.convention`. All figures of a paper about a network are judged together, which takes seconds.

    Raises:
        MbcostError: there is no such network, source or verdict.

    >>> [(verdict.figure.value, verdict.status) for verdict in published("v1-standard")]
    [('4866', 'erratum'), ('29.3', 'exact')]
    """
    from mbcost.questions.published.verdicts import judge_chosen, make_filter

    return judge_chosen(make_filter(net, source, status))


def _as_printed(number: str | int) -> str:
    """Return a number as it is printed.

    Raises:
        MbcostError: it has more digits than Python writes.
    """
    try:
        return str(number)
    except ValueError:
        raise MbcostError("the number has more than 4,300 digits: use a smaller number") from None
