"""The data of a small page, made once."""

from __future__ import annotations

from typing import Any

import pytest

from mbcost.analytic.network import resolve
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.questions.page.document import describe_page
from mbcost.spec.catalogue.library import load_family, load_spec
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.table import Spec

SEPARABLE = """
name: mixed
input: {channels: 3, resolution: [64, 96]}
columns: [operator,       t,  c, n, s]
rows:
  - [conv,                ~, 24, 1, 2]
  - [separable,           ~, 40, 2, 2]
  - [bottleneck,          1, 48, 2, 1]
  - [bottleneck 5x5,      6, 64, 2, 2]
  - [global_pool,         ~,  ~, ~, ~]
  - [linear,              ~,  k, ~, ~]
implementations: {family: v2}
"""
"""A table with every kind of block that a dense convolution can stand for, on a map that is not square."""


def read_mixed() -> Spec:
    return parse_spec(SEPARABLE, "mixed.yaml", load_family)


@pytest.fixture(scope="session")
def page_data() -> dict[str, Any]:
    networks = [resolve(spec) for spec in (load_spec("v2"), read_mixed())]
    return describe_page(networks, "0", [calibrate_device("pixel1-tflite")])
