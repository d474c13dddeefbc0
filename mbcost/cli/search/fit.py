"""`mbcost fit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import complete_network, one_of
from mbcost.cli.files import keep_inputs
from mbcost.cli.options import ConventionName, Force, RhoList, alpha_list, res_list, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.search.limits import ALPHAS, LIMITS, RESOLUTIONS, LimitOptions, plan_search
from mbcost.cli.search.options import Allocator, OwnDtype
from mbcost.errors import MbcostError, unknown
from mbcost.present.search.fit import COLUMNS, DATA, as_table
from mbcost.present.search.fit_json import as_json
from mbcost.present.search.fixed import as_json as fixed_json
from mbcost.present.search.fixed import as_table as tabulate_fixed
from mbcost.questions.device.memory import DEFAULT_DTYPE
from mbcost.questions.networks import is_model
from mbcost.questions.search.configurations import CountingRules
from mbcost.questions.search.effort import check_arenas
from mbcost.questions.search.estimates import Estimator
from mbcost.questions.search.fit import LISTED, check_limits, make_wish
from mbcost.questions.search.fit import fit as find_fit
from mbcost.questions.search.fixed import FixedFit, check_limits_of
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.ranking import RANKS
from mbcost.questions.search.requests import NETS, list_sheets, load_rules


@share_options(
    known=lambda _: COLUMNS,
    groups=LIMITS,
    alpha=alpha_list(ALPHAS),
    res=res_list(RESOLUTIONS),
    rho=RhoList,
)
def fit(
    networks: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET]...",
            help=f"Networks to search [default: {', '.join(NETS)}].",
            complete=complete_network,
        ),
    ] = None,
    *,
    named: Annotated[Optional[list[str]], Option("--net", hidden=True, complete=complete_network)] = None,
    limit_options: LimitOptions,
    options: NetworkOptions,
    convention: ConventionName = None,
    allocator: Allocator = "naive",
    dtype: OwnDtype = None,
    rank: Annotated[
        str,
        Option(
            metavar="QUANTITY",
            help="Quantity to rank by: top1, mult-adds or params, largest first; memory, flash or latency, smallest.",
            complete=one_of(*(name.replace("_", "-") for name in RANKS)),
        ),
    ] = "top1",
    pareto: Annotated[
        bool, Option("--pareto", help="List what is Pareto-optimal in top-1, latency, memory and flash.")
    ] = False,
    limit: Annotated[
        Optional[int],
        Option(
            metavar="N",
            help=f"Number of configurations per network [default: 1], or with --all or --pareto in all [{LISTED}].",
        ),
    ] = None,
    every: Annotated[
        bool, Option("--all", help="List all networks together, at every different alpha and resolution.")
    ] = False,
    view: View,
    force: Force = False,
) -> int:
    """Find the network that fits a device best, with its alpha and resolution.

    It is the one with the highest ImageNet accuracy, published or estimated from released checkpoints; each network is
    shown with its best configuration. A configuration fits if the upper end of its latency's 80% interval does, and may
    fit if only the estimate does. Networks without an estimated accuracy follow, those with the most mult-adds first.
    The exit code is 0 if something fits or may fit, and 1 if nothing does. Files of models and factories are checked
    instead: each limit with their value, and how much is missing. Without --force, at most 2,000,000
    configurations are searched and 10,000 shown.

    \b
    Examples:
      mbcost fit --flash 1MiB --ram 320KiB --mult-adds 60M --classes 2
      mbcost fit --ram 1MiB --head 128,bn,5
      mbcost fit --max-latency 30ms --device pixel1-tflite --min-top1 65
      mbcost fit v2 --max-latency 5ms --device mine.yaml --rank latency
      mbcost fit model.onnx --ram 256KiB --flash 1MiB
    """
    nets = [*(networks or ()), *(named or ())]
    keep_inputs(view.output, limit_options.device, *nets)
    models = any(map(is_model, nets))
    destination = choose_destination(view, (), *(() if models else (COLUMNS, DATA)))
    key = rank.replace("-", "_")
    wishes = {"--rank": key != "top1", "--pareto": pareto, "--all": every, "--limit": limit is not None}
    if key not in RANKS:
        raise unknown("rank", rank, (name.replace("_", "-") for name in RANKS))
    estimator = limit_options.make_estimator()
    limits = limit_options.parse(estimator.device)
    wish = make_wish(key, pareto=pareto, every=every, limit=limit)
    rules = load_rules(convention, allocator, dtype or DEFAULT_DTYPE)
    check_arenas(rules.allocator, wish.most)
    if models:
        if is_wished := [option for option, given in wishes.items() if given]:
            raise MbcostError(f"{nets[0]} is one model and is not searched: remove {is_wished[0]}")
        fixed = _check_models(nets, options, limits, rules, dtype, estimator)
        emit(tabulate_fixed(fixed), fixed_json(fixed), destination)
        return 0 if fixed.passed else 1
    requests = plan_search(nets, options, limits, wish, every=every, force=force)
    answer = find_fit(*list_sheets(requests, rules), limits, wish, estimator)
    emit(as_table(answer), as_json(answer), destination, "configurations")
    return 0 if answer.best else 1


def _check_models(
    nets: Sequence[str],
    options: NetworkOptions,
    limits: Sequence[Limit],
    rules: CountingRules,
    dtype: str | None,
    estimator: Estimator,
) -> FixedFit:
    """Return whether models with fixed numbers keep the limits.

    Raises:
        MbcostError: there is no limit, a model cannot be read, or a table is among them, which is searched.
    """
    check_limits(limits, "top1")
    if tables := [net for net in nets if not is_model(net)]:
        raise MbcostError(f"{tables[0]} is a table, which is searched, and a model is checked: name only one kind")
    return check_limits_of([resolve_network(net, options) for net in nets], limits, rules, dtype, estimator.calibration)
