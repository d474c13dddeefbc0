"""The public names of the package."""

from __future__ import annotations

import inspect

import pytest

import mbcost


def test_every_public_name_exists_and_has_a_docstring() -> None:
    for name in mbcost.__all__:
        value = getattr(mbcost, name)
        assert inspect.getdoc(value), name
        assert name in dir(mbcost)
    with pytest.raises(AttributeError, match="no attribute 'flops'"):
        mbcost.flops  # noqa: B018  # the access is the test


def test_a_spec_can_be_resolved_built_measured_and_validated() -> None:
    spec = mbcost.load_spec("v2")
    network = mbcost.resolve(spec, alpha=0.75, resolution=160)
    assert (network.mult_adds(), network.params()) == (107_295_200, 2_636_424)
    assert network.mult_adds(mbcost.load_convention("flops2")) == 2 * 107_295_200
    assert network.layers[0].output.channels == 24
    model = mbcost.build(spec, alpha=0.75)
    assert sum(parameter.numel() for parameter in model.parameters()) == network.params()
    validation = mbcost.validate(network, mbcost.measure(model, resolution=160))
    assert validation.passed
    assert validation.checks > 800
