from __future__ import annotations

import json

from mbcost.spec.catalogue.library import NETWORKS
from tests.cli.conftest import Mbcost


def test_nets_lists_every_network_with_its_cost(mbcost: Mbcost) -> None:
    listed = json.loads(mbcost("nets", "--format", "json").out)["networks"]
    assert [net["network"] for net in listed] == list(NETWORKS)
    assert {net["network"]: net["mult_adds"] for net in listed}["v1-standard"] == 4_867_293_184
    out = mbcost("nets").out
    assert all(name in out for name in NETWORKS)
