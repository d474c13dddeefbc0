"""Estimates of networks: released ones are exact, and what no recipe trained has a reason instead of a number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mbcost.analytic.network import Network, resolve
from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.estimate import estimate_accuracies, estimate_accuracy
from mbcost.questions.accuracy.surface import load_surfaces
from mbcost.spec.catalogue.checkpoints import load_recipes
from mbcost.spec.catalogue.library import load_spec


def build(net: str, implementation: str = "official", **settings: object) -> Network:
    return resolve(load_spec(net), implementation=implementation, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", load_recipes().values(), ids=lambda recipe: recipe.name)
def test_every_released_checkpoint_is_exact_and_the_nearest(recipe) -> None:  # type: ignore[no-untyped-def]
    for checkpoint in recipe.checkpoints:
        network = build(checkpoint.net, recipe.implementation, alpha=checkpoint.alpha, resolution=checkpoint.resolution)
        estimate = estimate_accuracy(network)
        assert (estimate.top1, estimate.low, estimate.high) == (checkpoint.top1,) * 3
        assert (estimate.exact, estimate.recipe, estimate.reason) == (True, recipe.name, "")
        assert estimate.nearest[0] is checkpoint
        background = resolve(
            network.spec, alpha=network.alpha, resolution=network.resolution, implementation=network.implementation,
            classes=recipe.classes,
        )  # fmt: skip
        assert estimate_accuracy(background).top1 == checkpoint.top1


@pytest.mark.parametrize(("net", "alpha", "side", "same"), [
    ("v1", 0.2501, 128, True), ("v1", 0.26, 128, False), ("v1", 0.5, 129, False),
    ("v2", 0.7501, 160, True), ("v2", 0.77, 160, False), ("v3-large", 1.0001, 224, True),
])  # fmt: skip
def test_an_alpha_that_gives_the_same_network_has_its_accuracy(net: str, alpha: float, side: int, same: bool) -> None:
    network = build(net, alpha=alpha, resolution=side)
    estimate = estimate_accuracy(network)
    nearest = estimate.nearest[0]
    released = build(net, alpha=nearest.alpha, resolution=nearest.resolution)
    assert (network.layers == released.layers) == same
    assert estimate.exact == same
    assert (estimate.top1 == nearest.top1) == same


@pytest.mark.parametrize(("alpha", "side"), [(0.6, 176), (1.2, 224), (0.36, 100)])
def test_between_checkpoints_it_is_the_surface(alpha: float, side: int) -> None:
    estimate = estimate_accuracy(build("v2", alpha=alpha, resolution=side))
    surface = next(surface for surface in load_surfaces() if surface.net == "v2")
    assert (estimate.top1, estimate.low, estimate.high) == tuple(map(float, surface.predict(alpha, side)))
    assert (estimate.exact, estimate.recipe, estimate.reason, len(estimate.nearest)) == (False, "tf-slim", "", 3)


V2 = load_spec("v2")
REFUSED: list[tuple[Network, str, int]] = [
    (build("v1", alpha=0.2), "it is outside of what tf-slim released for v1: alpha 0.25 to 1 at resolution 128", 3),
    (build("v2", alpha=1.4, resolution=96), "alpha 0.35 to 1.4 at resolution 96 to 224, and not this corner", 3),
    (build("v2", "paddleclas", resolution=192), "alpha 0.25 to 2 at resolution 224", 3),
    (build("v3-small", alpha=0.9), "tf-slim released 2 checkpoints of v3-small, and at least 4 are needed", 2),
    (build("v2", "keras"), "no recipe here trained the implementation keras: tf-slim trained official, paddleclas", 0),
    (build("v3-small-arxiv4"), "tf-slim released no checkpoint of it, only of v1, v2", 0),
    (build("resnet-50", "torchvision"), "no recipe here trained the implementation", 0),
    (build("v2", classes=10), "it has 10 classes, and the accuracy is that of ImageNet's 1000", 0),
    (build("v2", "paddleclas", classes=1001), "it has 1001 classes", 0),
    (build("v2", in_channels=1), "its input has 1 channel, and the checkpoints read 3", 0),
    (build("v2", resolution=(224, 192)), "its input is not square", 0),
    (resolve(replace(V2, rows=V2.rows[:-1])), "it is an own table", 0),
    (resolve_reference("v2", Settings(top=False)), "its head is not the released one", 0),
    (resolve_reference("v2", Settings(head="512,26")), "its head is not the released one", 0),
    (resolve(replace(V2, name="mine")), "it is an own table, and nobody released checkpoints of it", 0),
    (resolve(replace(V2, rows=(replace(V2.rows[0], c=40), *V2.rows[1:]))), "it is an own table", 0),
    (resolve_reference("docs/tiny.yaml"), "it is an own table", 0),
]


@pytest.mark.parametrize(("network", "reason", "nearest"), REFUSED, ids=lambda item: str(item)[:60])
def test_what_no_recipe_trained_has_a_reason_and_no_number(network: Network, reason: str, nearest: int) -> None:
    estimate = estimate_accuracy(network)
    assert (estimate.top1, estimate.low, estimate.high, estimate.exact) == (None, None, None, False)
    assert reason in estimate.reason
    assert len(estimate.nearest) == nearest
    assert "no estimate" in repr(estimate)


def test_a_recipe_is_asked_for_by_name_and_says_what_it_trained() -> None:
    assert estimate_accuracy(build("v2", "paddleclas"), "paddleclas").top1 == 72.15
    refused = estimate_accuracy(build("v2"), "paddleclas")
    assert refused.reason == "paddleclas trained the implementation paddleclas, not official"
    with pytest.raises(MbcostError, match="unknown recipe 'padleclas': did you mean 'paddleclas'"):
        estimate_accuracies([], "padleclas")
    answer = estimate_accuracies([build("v2")], "tf_slim")
    assert {surface.recipe.name for surface in answer.surfaces} == {"tf-slim"}
