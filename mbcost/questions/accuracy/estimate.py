"""What accuracy would a network have, if it were trained as released checkpoints were?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, log2

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.network import Network
from mbcost.errors import choose, enumerate_words
from mbcost.questions.accuracy.surface import Surface, find_surface, load_surfaces
from mbcost.spec.catalogue.checkpoints import Checkpoint, Recipe, load_recipes
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.scaling import Scaling, alpha_text
from mbcost.spec.shown import count, show
from mbcost.spec.table import CLASSES

NEAREST = 3
"""The number of nearest checkpoints."""
OTHER_CLASSES = f"it has {{classes}} classes, and the accuracy is that of ImageNet's {CLASSES}"
NOT_SQUARE = "its input is not square, and those of the checkpoints are"


@dataclass(frozen=True)
class AccuracyEstimate:
    """The top-1 accuracy of a network on ImageNet, published or estimated, or the reason why there is none."""

    network: Network
    top1: float | None
    """Percent, single crop."""
    low: float | None
    """The lower end of the 90 % interval; of a released checkpoint, its accuracy."""
    high: float | None
    exact: bool
    """Whether the network is a released checkpoint's, so that its accuracy is published."""
    recipe: str | None
    """The recipe with which it would be trained; None if none trained such a network."""
    reason: str
    """Why there is no estimate or no interval; empty if there are both."""
    nearest: tuple[Checkpoint, ...]
    """The nearest checkpoints of the recipe, nearest first; the first is the network's own if it is exact."""

    def __repr__(self) -> str:
        return show(self, f"{self.network.label}: {self._text()}")

    def _text(self) -> str:
        if self.top1 is None:
            return f"no estimate, {self.reason}"
        kind = "released" if self.exact else "estimated"
        interval = "" if self.exact or self.low is None else f", {self.low:.1f} to {self.high:.1f}"
        return f"{self.top1:.1f}% top-1{interval}, {kind}, recipe {self.recipe}"


@dataclass(frozen=True)
class Accuracy:
    """The estimates for some networks, and the surfaces on which estimates rest, with their errors."""

    estimates: tuple[AccuracyEstimate, ...]
    surfaces: tuple[Surface, ...]

    def __repr__(self) -> str:
        return show(self, f"{count(self.estimates, 'estimate')}, {count(self.surfaces, 'surface')}")


def estimate_accuracies(networks: Iterable[Network], recipe: str | None = None) -> Accuracy:
    """Return the accuracy of networks, and every surface, or those of one recipe.

    Raises:
        MbcostError: no recipe has this name.
    """
    name = None if recipe is None else choose("recipe", recipe, load_recipes())
    surfaces = tuple(surface for surface in load_surfaces() if name in (None, surface.recipe.name))
    return Accuracy(tuple(estimate_accuracy(network, name) for network in networks), surfaces)


def estimate_accuracy(network: Network, recipe: str | None = None) -> AccuracyEstimate:
    """Return the published accuracy of a released checkpoint's network, else an estimate between the checkpoints.

    Args:
        network: the network.
        recipe: the recipe with which it would be trained; by default the one that trained its implementation.

    Raises:
        MbcostError: no recipe has this name.

    >>> from mbcost.analytic.network import resolve
    >>> estimate_accuracy(resolve(load_spec("v2"), alpha=0.75, resolution=160)).top1
    66.4
    """
    surface = choose_surface(network, recipe)
    if isinstance(surface, str):
        return _refuse(network, None, surface)
    known = surface.recipe
    own = _find_checkpoint(network, surface.checkpoints)
    nearest = _list_nearest(network, surface.checkpoints, own)
    if own is not None:
        return AccuracyEstimate(network, own.top1, own.top1, own.top1, True, known.name, "", nearest)
    if surface.why_no_estimate:
        return _refuse(network, known, surface.why_no_estimate, nearest)
    top1, low, high = (float(values) for values in surface.predict(network.alpha, network.resolution[0]))
    if top1 != top1:  # NaN
        return _refuse(network, known, _describe_hull(network, surface), nearest)
    if surface.why_no_interval:
        return AccuracyEstimate(network, top1, None, None, False, known.name, surface.why_no_interval, nearest)
    return AccuracyEstimate(network, top1, low, high, False, known.name, "", nearest)


def choose_surface(network: Network, recipe: str | None = None) -> Surface | str:
    """Return the released checkpoints between which a network is estimated, or the reason why there are none.

    Raises:
        MbcostError: no recipe has this name.
    """
    recipes = load_recipes()
    if recipe is not None:
        known: Recipe | None = recipes[choose("recipe", recipe, recipes)]
    else:
        known = next((known for known in recipes.values() if known.implementation == network.implementation), None)
    if reason := _list_differences(network, known):
        return reason
    surface = find_surface(known, network.spec.name)
    assert surface is not None, "a network that the recipe did not train is refused"
    return surface


def _refuse(
    network: Network, recipe: Recipe | None, reason: str, nearest: tuple[Checkpoint, ...] = ()
) -> AccuracyEstimate:
    name = None if recipe is None else recipe.name
    return AccuracyEstimate(network, None, None, None, False, name, reason, nearest)


def _list_differences(network: Network, recipe: Recipe | None) -> str:
    """Return why the accuracies of a recipe say nothing about a network; nothing if they do."""
    spec, name = network.spec, network.spec.name
    if recipe is None or network.implementation != recipe.implementation:
        return _describe_implementation(network, recipe)
    if spec.head or not spec.has_top:
        return "its head is not the released one, and the accuracy is that of ImageNet's 1000 classes"
    if spec.is_flat or name not in NETWORKS or load_spec(name) != spec:
        return "it is an own table, and nobody released checkpoints of it"
    if name not in recipe.nets:
        return f"{recipe.name} released no checkpoint of it, only of {enumerate_words(recipe.nets)}"
    if network.classes not in (CLASSES, recipe.classes):
        return OTHER_CLASSES.format(classes=network.classes)
    if network.in_channels != spec.channels:
        channels = f"{network.in_channels} channel{'s' * (network.in_channels != 1)}"
        return f"its input has {channels}, and the checkpoints read {spec.channels}"
    if network.resolution[0] != network.resolution[1]:
        return NOT_SQUARE
    return ""


def _describe_implementation(network: Network, recipe: Recipe | None) -> str:
    """Return which implementation the recipe trained, or which recipes there are."""
    if network.graph is not None:
        return _describe_file(network)
    if network.spec.is_flat:
        return "it is an own list of layers, and nobody released checkpoints of it"
    if recipe is None:
        trained = ", ".join(f"{known.name} trained {known.implementation}" for known in load_recipes().values())
        return f"no recipe here trained the implementation {network.implementation}: {trained}"
    return f"{recipe.name} trained the implementation {recipe.implementation}, not {network.implementation}"


def _describe_file(network: Network) -> str:
    """Return why there is no accuracy of a file, and which network has one, if it is a built-in network."""
    from mbcost.questions.verify.twin import find_twin

    reason = "its accuracy depends on its weights, which are not read"
    twin = find_twin(network).twin
    return reason if twin is None else f"{reason}; it has the layers of {twin.label}, which can be named instead"


def _find_checkpoint(network: Network, checkpoints: Iterable[Checkpoint]) -> Checkpoint | None:
    """Return the checkpoint with the same resolution whose network has the same layers, whatever its alpha is."""
    blocks = _plan(network, network.alpha)
    same = [checkpoint for checkpoint in checkpoints if checkpoint.resolution == network.resolution[0]]
    same.sort(key=lambda checkpoint: abs(log2(checkpoint.alpha / network.alpha)))
    return next((checkpoint for checkpoint in same[:1] if _plan(network, checkpoint.alpha) == blocks), None)


def _plan(network: Network, alpha: float) -> tuple[Block, ...]:
    """Return the blocks that the network has at an alpha; at the same resolution, they decide the layers."""
    rules = network.spec.implementation(network.implementation)
    return tuple(plan(Scaling(network.spec, rules, alpha, network.classes), network.in_channels))


def _list_nearest(
    network: Network, checkpoints: Iterable[Checkpoint], own: Checkpoint | None
) -> tuple[Checkpoint, ...]:
    """Return the nearest checkpoints; twice the alpha is as far as twice the resolution."""

    def distance(checkpoint: Checkpoint) -> tuple[bool, float]:
        steps = log2(checkpoint.alpha / network.alpha), log2(checkpoint.resolution / network.resolution[0])
        return checkpoint is not own, hypot(*steps)

    return tuple(sorted(checkpoints, key=distance)[:NEAREST])


def _describe_hull(network: Network, surface: Surface) -> str:
    """Return in words that a network is outside of the released alphas and resolutions."""
    alphas, sides = surface.alphas, surface.resolutions
    inside_both = alphas[0] <= network.alpha <= alphas[-1] and sides[0] <= network.resolution[0] <= sides[-1]
    return explain_outside(surface, inside_both=inside_both)


def explain_outside(surface: Surface, *, inside_both: bool) -> str:
    """Return in words that a setting is outside of the hull of what was released.

    Args:
        surface: the released checkpoints.
        inside_both: whether alpha and the resolution, each on its own, are between released ones.
    """
    name, alphas, sides = surface.recipe.name, surface.alphas, surface.resolutions
    alpha_range = f"alpha {alpha_text(alphas[0])} to {alpha_text(alphas[-1])}"
    side_range = f"resolution {sides[0]} to {sides[-1]}" if len(sides) > 1 else f"resolution {sides[0]}"
    corner = ", and not this corner of them" if inside_both else ""
    return f"it is outside of what {name} released for {surface.net}: {alpha_range} at {side_range}{corner}"
