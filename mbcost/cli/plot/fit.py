"""`mbcost plot fit`."""

from __future__ import annotations

from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, refuse_models
from mbcost.cli.completers import complete_network
from mbcost.cli.options import TABLES_ONLY, ConventionName, Force, RhoList, alpha_list, res_list, share_options
from mbcost.cli.parameters import Argument
from mbcost.cli.plot.files import Picture, check_picture, save_picture
from mbcost.cli.search.limits import ALPHAS, LIMITS, RESOLUTIONS, LimitOptions, plan_search
from mbcost.cli.search.options import Allocator, Dtype
from mbcost.present.plot.fit import draw_front
from mbcost.questions.search.fit import Wish
from mbcost.questions.search.front import trace_front
from mbcost.questions.search.requests import NETS, list_sheets, load_rules


@share_options(groups=LIMITS, **TABLES_ONLY, alpha=alpha_list(ALPHAS), res=res_list(RESOLUTIONS), rho=RhoList)
def fit(
    output: Picture,
    networks: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET]...",
            help=f"Networks to search [default: {', '.join(NETS)}].",
            complete=complete_network,
        ),
    ] = None,
    *,
    limit_options: LimitOptions,
    options: NetworkOptions,
    convention: ConventionName = None,
    allocator: Allocator = "naive",
    dtype: Dtype = "int8",
    force: Force = False,
) -> int:
    """ImageNet accuracy against latency or mult-adds: what fits a device, and what its limits leave out.

    Lines are the highest accuracy at each cost, of what fits with its 90% interval, and dashed without limits.

    \b
    Examples:
      mbcost plot fit --max-latency 30ms --device pixel1-tflite -o fit.svg
      mbcost plot fit v1 v2 --mult-adds 100M --min-top1 60 -o fit.png
    """
    check_picture(output)
    refuse_models(networks or (), "there is nothing to search: use mbcost fit to check its limits")
    estimator = limit_options.make_estimator()
    limits = limit_options.parse(estimator.device)
    rules = load_rules(convention, allocator, dtype)
    requests = plan_search(networks or (), options, limits, Wish(), force=force)
    save_picture(draw_front(trace_front(*list_sheets(requests, rules), limits, estimator)), output)
    return 0
