"""Batch norms that are written out in single operators, as Keras does, and the tensors that they compute with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mbcost.measured.flow import DataFlow


@dataclass(frozen=True)
class WrittenNorm:
    """A norm as (x - mean) * (scale / sqrt(variance + epsilon)), by the names of its parameters."""

    mean: str
    variance: str
    scale: str | None


class WrittenNorms:
    """Notices written-out norms among the operators.

    Args:
        flow: where the values of every tensor come from.
    """

    def __init__(self, flow: DataFlow) -> None:
        self.flow = flow
        self._mean: str | None = None
        """The parameter that was last subtracted from a map."""
        self._variance: str | None = None
        """The parameter of which a reciprocal square root was last computed."""

    def notice(self, operator: str, args: tuple[Any, ...]) -> WrittenNorm | None:
        """Return the norm that an operator completes, if it does; an operator with one operand has no second one."""
        x, y = args[0], args[1] if len(args) > 1 else None
        of_weights = self.flow.origin(x) is not None
        if operator == "sub" and not of_weights:
            self._mean = self.flow.name(y) or self._mean
        elif operator == "rsqrt" and (origin := self.flow.origin(x)) is not None and len(origin.parameters) == 1:
            (self._variance,) = origin.parameters
        elif operator == "mul" and not of_weights:
            return self._complete(y)
        return None

    def _complete(self, factor: Any) -> WrittenNorm | None:
        origin = self.flow.origin(factor)
        mean, variance = self._mean, self._variance
        if mean is None or variance is None or origin is None or variance not in origin.parameters:
            return None
        self._mean = self._variance = None
        return WrittenNorm(mean, variance, next(iter(origin.parameters - {variance}), None))
