"""A network before alpha and resolution are chosen: which networks alphas give, and which of them were released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.many.plateaus import Plateau, count_plateaus, find_plateaus, iterate_plateaus
from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.checkpoints import Checkpoint, Recipe, load_recipes
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.reference import choose_top, reference_text
from mbcost.spec.implementation import Implementation
from mbcost.spec.scaling import Scaling
from mbcost.spec.shown import show
from mbcost.spec.table import Spec

MANY_ALPHAS = 500
"""More alphas than this are planned plateau by plateau instead of one by one."""
Resolution = tuple[int, int]
"""Height and width of the input."""


@dataclass(frozen=True)
class Series:
    """A spec under one implementation, before alpha and resolution are chosen."""

    spec: Spec
    implementation: Implementation
    classes: int
    in_channels: int

    def plan_alphas(self, alphas: Sequence[float]) -> tuple[Plateau, ...]:
        """Return the networks at `alphas`, in the order of alpha. Alphas that round to the same network are one.

        Raises:
            MbcostError: an alpha does not give a network.
        """
        return tuple(self.iterate_alphas(alphas))

    def iterate_alphas(self, alphas: Sequence[float], *, only_possible: bool = False) -> Iterator[Plateau]:
        """Yield what `plan_alphas` returns, one network after the other.

        Args:
            alphas: width multipliers.
            only_possible: whether alphas that do not give a network are left out.

        Raises:
            MbcostError: an alpha does not give a network, or if these are left out, none does.
        """
        run: tuple[list[float], tuple[Block, ...]] | None = None
        for alpha, blocks in self._plan_in_order(sorted(set(alphas)), only_possible=only_possible):
            if run is not None and run[1] == blocks:
                run[0].append(alpha)
                continue
            if run is not None:
                yield self._make_plateau(*run)
            run = ([alpha], blocks)
        if run is not None:
            yield self._make_plateau(*run)

    def _make_plateau(self, run: Sequence[float], blocks: tuple[Block, ...]) -> Plateau:
        published = (alpha for alpha in run if alpha in self.spec.published_alphas)
        return Plateau(run[0], run[-1], next(published, run[0]), blocks)

    def _plan_in_order(
        self, alphas: Sequence[float], *, only_possible: bool
    ) -> Iterator[tuple[float, tuple[Block, ...]]]:
        """Yield the blocks at every alpha. If there are fewer plateaus than alphas, each plateau is planned once."""
        known: Iterator[Plateau] = iter(())
        if len(alphas) > MANY_ALPHAS and self.count_plateaus(alphas[0], alphas[-1]) < len(alphas):
            known = self.iterate_plateaus(alphas[0], alphas[-1])
        plateau: Plateau | None = None
        refusal, refusals_only = None, True
        with suppress(MbcostError):  # no alpha gives a network: the first one is planned below and raises its own error
            plateau = next(known, None)
        for alpha in alphas:
            while plateau is not None and plateau.most < alpha:
                plateau = next(known, None)
            if plateau is not None and plateau.least <= alpha:
                refusals_only = False
                yield alpha, plateau.blocks
                continue
            try:
                blocks = plan(Scaling(self.spec, self.implementation, alpha, self.classes), self.in_channels)
            except MbcostError as error:
                if not only_possible:
                    raise
                refusal = error
                continue
            refusals_only = False
            yield alpha, blocks
        if refusal is not None and refusals_only:
            raise refusal

    def find_plateaus(self, low: float, high: float) -> tuple[Plateau, ...]:
        """Return every network that an alpha in [low, high] gives."""
        return find_plateaus(self.spec, self.implementation, self.classes, self.in_channels, low, high)

    def iterate_plateaus(self, low: float, high: float) -> Iterator[Plateau]:
        """Yield every network that an alpha in [low, high] gives, one after the other."""
        return iterate_plateaus(self.spec, self.implementation, self.classes, self.in_channels, low, high)

    def count_plateaus(self, low: float, high: float) -> int:
        """Return an upper bound of the number of these networks, at once."""
        return count_plateaus(self.spec, self.implementation, low, high)

    @property
    def block_count(self) -> int:
        """The number of blocks of every network."""
        return sum(row.repeats for row in self.spec.rows)

    def resolve(self, alpha: float, resolution: Resolution) -> Network:
        """Return one configuration with its layers.

        Raises:
            MbcostError: a feature map is empty.
        """
        return resolve(
            self.spec,
            alpha=alpha,
            resolution=resolution,
            implementation=self.implementation.name,
            classes=self.classes,
            in_channels=self.in_channels,
        )

    @cached_property
    def recipe(self) -> Recipe | None:
        """The recipe that trained this built-in network by these rules, whatever the head and the input's channels are.

        None if nobody did, or if the table is not a built-in one.
        """
        spec = self.spec
        for recipe in load_recipes().values():
            if recipe.implementation == self.implementation.name and spec.name in recipe.nets:
                own = choose_top(load_spec(spec.name), spec.head or None, top=bool(spec.head) or spec.has_top)
                return recipe if own == spec else None
        return None

    def list_checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return the released checkpoints of this network, with their own head; there are none for other rules."""
        recipe = self.recipe
        return () if recipe is None else recipe.of(self.spec.name)

    def find_released(self, blocks: Sequence[tuple[Block, ...]]) -> tuple[float | None, ...]:
        """Return the released alpha of every network, None if no checkpoint has its layers.

        An alpha that is rounded to the widths of a released one gives the released network.
        """
        released = [
            (alpha, plan(Scaling(self.spec, self.implementation, alpha, self.classes), self.in_channels))
            for alpha in dict.fromkeys(checkpoint.alpha for checkpoint in self.list_checkpoints())
        ]
        return tuple(next((alpha for alpha, own in released if own == other), None) for other in blocks)

    def __repr__(self) -> str:
        return show(self, reference_text(self.spec.name, implementation=self.implementation.name))
