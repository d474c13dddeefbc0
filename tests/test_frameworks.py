"""Implementations of frameworks that are not installed here, against the counts that their authors published."""

from __future__ import annotations

import pytest

from mbcost.analytic.network import resolve
from mbcost.spec.catalogue.library import load_convention, load_spec

# The assertions at the end of pytorchcv's mobilenetv2.py @07b15a0 and mobilenetv3.py (osmr/imgclsmob). Its V2 is built
# as GluonCV's is, and its V3 has as many weights as GluonCV's at alpha 1. The small V3 has a head of 1280.
EXACT = [
    ("v2", 1.0, 3_504_960),
    ("v2", 0.75, 2_627_592),
    ("v2", 0.5, 1_964_736),
    ("v2", 0.25, 1_516_392),
    ("v3-large", 1.0, 5_481_752),
    ("v3-small-arxiv4", 1.0, 2_945_288),
]
# PaddleClas, docs/zh_CN/algorithm_introduction/ImageNet_models.md: Params(M).
PADDLE = [
    ("v2", 0.75, "2.65"),
    ("v2", 1.0, "3.54"),
    ("v2", 1.5, "6.90"),
    ("v2", 2.0, "11.33"),
    ("v3-large", 1.25, "7.47"),
    ("v3-large", 1.0, "5.50"),
    ("v3-large", 0.75, "3.93"),
    ("v3-large", 0.5, "2.69"),
    ("v3-large", 0.35, "2.11"),
    ("v3-small-arxiv4", 1.25, "3.64"),
    ("v3-small-arxiv4", 1.0, "2.95"),
    ("v3-small-arxiv4", 0.75, "2.38"),
    ("v3-small-arxiv4", 0.5, "1.91"),
    ("v3-small-arxiv4", 0.35, "1.67"),
]


@pytest.mark.parametrize(("net", "alpha", "params"), EXACT)
def test_gluoncv_has_the_weights_that_pytorchcv_counts(net: str, alpha: float, params: int) -> None:
    assert resolve(load_spec(net), alpha=alpha, implementation="gluoncv").params() == params


@pytest.mark.parametrize(("net", "alpha", "params"), PADDLE)
def test_paddleclas_has_the_params_that_it_publishes(net: str, alpha: float, params: str) -> None:
    """Its params include the moving statistics of norms."""
    network = resolve(load_spec(net), alpha=alpha, implementation="paddleclas")
    assert f"{network.params(load_convention('keras')) / 1e6:.2f}" == params
