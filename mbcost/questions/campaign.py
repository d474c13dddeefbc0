"""Which networks are checked against whom, and what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mbcost.analytic.network import CLASSES, resolve
from mbcost.errors import MbcostError, MissingLibrary, unknown
from mbcost.questions.validate import Difference, Validation, validate, validate_in_order
from mbcost.spec.model import Spec

TOOLS = ("fvcore", "torch")
"""Witnesses that measure our own PyTorch model."""
LIBRARIES = ("torchvision", "timm", "keras", "transformers")
"""Libraries whose models are witnesses, each against the implementation of its name."""
AGAINST = (*TOOLS, *LIBRARIES)


@dataclass(frozen=True)
class Subject:
    """A network to check; a field that is None takes what is published for it."""

    spec: Spec
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    implementation: str | None = None
    named: bool = True
    """Whether the user named it; what a named one lacks is an error, what a default lacks is only said."""


@dataclass(frozen=True)
class Case:
    """One comparison to make."""

    spec: Spec
    alpha: float
    resolution: tuple[int, int]
    implementation: str
    against: str


@dataclass(frozen=True)
class Plan:
    """The comparisons to make, and what was left out and why."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """One comparison made."""

    case: Case
    validation: Validation


@dataclass(frozen=True)
class Campaign:
    """All comparisons of one run."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]

    @property
    def checks(self) -> int:
        """How many values were compared."""
        return sum(outcome.validation.checks for outcome in self.outcomes)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every value on which somebody parts from the engine."""
        return tuple(difference for outcome in self.outcomes for difference in outcome.validation.differences)

    @property
    def passed(self) -> bool:
        """Whether nothing differed."""
        return not self.differences


def plan(
    subjects: Sequence[Subject],
    *,
    against: Sequence[str] = TOOLS,
    alphas: Sequence[float] = (),
    resolutions: Sequence[tuple[int, int]] = (),
    implementation: str | None = None,
) -> Plan:
    """Spell out what to compare.

    Args:
        subjects: the networks.
        against: names out of `AGAINST`, or `all`.
        alphas: width multipliers for subjects that name none; by default the published ones.
        resolutions: heights and widths for subjects that name none; by default the published ones.
        implementation: whose rules our own model and the engine follow, for subjects that name none.

    Raises:
        MbcostError: a name is not known, a combination that was asked for by name does not exist, or nothing is left.
        MissingLibrary: a witness that was named is not installed.
    """
    for name in against:
        if name not in (*AGAINST, "all"):
            raise unknown("witness", name, (*AGAINST, "all"))
    everyone = "all" in against
    witnesses = [name for name in AGAINST if everyone or name in against]
    cases: dict[Case, None] = {}
    notes: dict[str, None] = {}
    for witness in witnesses:
        try:
            _require(witness)
        except MissingLibrary as error:
            if not everyone:
                raise
            notes[f"{witness}: left out, {error}"] = None
            continue
        for subject in subjects:
            strict = subject.named and not everyone
            wanted = subject.implementation or implementation
            found = _cases(subject, witness, wanted, alphas, resolutions, strict=strict)
            if isinstance(found, str):
                if strict:
                    raise MbcostError(found)
                notes[found] = None
                continue
            left_out, some = found
            if left_out and not everyone and (alphas or subject.alpha is not None):
                raise MbcostError(left_out[0])
            notes.update(dict.fromkeys(left_out))
            cases.update(dict.fromkeys(some))
    if not cases:
        raise MbcostError("; ".join(notes) or "nothing to compare")
    return Plan(tuple(cases), tuple(notes))


def run(plan: Plan) -> Iterator[Outcome]:
    """Make the comparisons of `plan`, one after the other, in an order that builds every model once."""
    for case in plan.cases:
        network = resolve(case.spec, alpha=case.alpha, resolution=case.resolution, implementation=case.implementation)
        if case.against in TOOLS:
            from mbcost.measured.measure import measure

            model = _model(case)
            measurement = measure(model, resolution=case.resolution, in_channels=network.in_channels,
                                  against=case.against)  # fmt: skip
            yield Outcome(case, validate(network, measurement))
        else:
            from mbcost.measured.references import measure_reference

            for measurement in measure_reference(case.against, case.spec.name, alpha=case.alpha,
                                                 resolution=case.resolution, classes=CLASSES,
                                                 in_channels=network.in_channels):  # fmt: skip
                yield Outcome(case, validate_in_order(network, measurement))
