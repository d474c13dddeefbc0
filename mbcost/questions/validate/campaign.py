"""What is compared with which witness, and with what result?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.validate.comparison import Discrepancy, Validation, validate, validate_in_order
from mbcost.spec.observed import Measurement
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec

TOOLS = ("fvcore", "torch")
"""The witnesses that measure our own PyTorch model."""
LIBRARIES = ("torchvision", "timm", "keras", "transformers")
"""The libraries whose models are witnesses, each for the implementation of its name."""
WITNESSES = (*TOOLS, *LIBRARIES)


@dataclass(frozen=True)
class Subject:
    """A network to check. A field that is None stands for the published values of the network."""

    spec: Spec
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    implementation: str | None = None
    named: bool = True
    """Whether the user named it. If it cannot be compared, a named subject is an error and any other one is a note."""


@dataclass(frozen=True)
class Case:
    """One planned comparison."""

    spec: Spec
    alpha: float
    resolution: tuple[int, int]
    implementation: str
    against: str
    model: str = ""
    """The library's name of its model, known once the model has been built."""
    classes: int | None = None
    """The outputs of the classifier; None for those of the spec's own head, else ImageNet's. `in_channels` likewise."""
    in_channels: int | None = None


@dataclass(frozen=True)
class Plan:
    """The comparisons to make, and notes on those that were left out."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...]
    strict: bool
    """Whether a library that cannot build a case is an error, as it is if the library was named; else it is a note."""


@dataclass(frozen=True)
class Outcome:
    """One finished comparison."""

    case: Case
    validation: Validation


@dataclass(frozen=True)
class Campaign:
    """All finished comparisons of one run."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]

    @property
    def checks(self) -> int:
        """How many values were compared."""
        return sum(outcome.validation.checks for outcome in self.outcomes)

    @property
    def differences(self) -> tuple[Discrepancy, ...]:
        """Every value in which a witness differs from the engine."""
        return tuple(difference for outcome in self.outcomes for difference in outcome.validation.differences)

    @property
    def passed(self) -> bool:
        """Whether no value differs."""
        return not self.differences


def left_out(witness: str, reason: object) -> str:
    """Return the note on a comparison that was left out."""
    return f"not compared with {witness}: {reason}"


def run(plan: Plan) -> Iterator[Outcome | str]:
    """Make the comparisons of `plan` one after the other, and yield each outcome; a text says why one was left out.

    Raises:
        MbcostError: a network or a model cannot be built or run.
        MissingLibrary: torch is not installed.
    """
    built: tuple[Case, Any] | None = None
    for case in plan.cases:
        network = resolve_case(case)
        if case.against in TOOLS:
            if built is None or _model_key(built[0]) != _model_key(case):
                built = case, _build(case)
            yield Outcome(case, validate(network, _measure(built[1], case)))
        else:
            try:
                measurements = _measure_reference(case)
            except MbcostError as error:
                if plan.strict:
                    raise
                yield left_out(case.against, error)
                continue
            for measurement in measurements:
                yield Outcome(replace(case, model=measurement.model), validate_in_order(network, measurement))


def collect(plan: Plan, results: Iterable[Outcome | str]) -> Campaign:
    """Collect the results of running `plan`."""
    outcomes, notes = [], list(plan.notes)
    for result in results:
        if isinstance(result, Outcome):
            outcomes.append(result)
        else:
            notes.append(result)
    return Campaign(tuple(outcomes), tuple(dict.fromkeys(notes)))


def resolve_case(case: Case) -> Network:
    """Return the network of a comparison.

    Raises:
        MbcostError: it cannot be built.
    """
    return resolve(
        case.spec,
        alpha=case.alpha,
        resolution=case.resolution,
        implementation=case.implementation,
        classes=case.classes,
        in_channels=case.in_channels,
    )


def _model_key(case: Case) -> tuple[object, ...]:
    """Return what a model depends on; one that flattens its map depends on the resolution, too."""
    flattens = any(row.keeps_map for row in case.spec.rows)
    resolution = case.resolution if flattens else None
    return id(case.spec), case.alpha, case.implementation, case.classes, case.in_channels, resolution


def _build(case: Case) -> Any:
    from mbcost.measured.build import build
    from mbcost.measured.shortage import naming_shortage

    with naming_shortage(f"{case.spec.name} at alpha {alpha_text(case.alpha)}"):
        return build(
            case.spec,
            alpha=case.alpha,
            implementation=case.implementation,
            classes=case.classes,
            in_channels=case.in_channels,
        )


def _measure(model: Any, case: Case) -> Measurement:
    from mbcost.measured.measure import measure

    return measure(model, resolution=case.resolution, in_channels=_count_channels(case), against=case.against)


def _measure_reference(case: Case) -> tuple[Measurement, ...]:
    from mbcost.measured.references import measure_reference

    return measure_reference(
        case.against,
        case.spec.name,
        alpha=case.alpha,
        resolution=case.resolution,
        classes=case.spec.count_classes(case.classes),
        in_channels=_count_channels(case),
    )


def _count_channels(case: Case) -> int:
    return case.spec.channels if case.in_channels is None else case.in_channels
