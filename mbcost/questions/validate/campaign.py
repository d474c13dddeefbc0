"""Which networks are checked against whom, and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import product
from typing import Any

from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError, MissingLibrary, unknown
from mbcost.questions.validate.comparison import Difference, Validation, validate, validate_in_order
from mbcost.spec.observed import Measurement
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec

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
    model: str = ""
    """The library's name of its model, once it has been built."""


@dataclass(frozen=True)
class Plan:
    """The comparisons to make, and what was left out and why."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...]
    strict: bool
    """Whether a library that refuses a case is an error, as it is where the library was named; else it is said."""


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
        implementation: whose rules our own model and the engine follow, for subjects that name none; by default the
            official ones, and for a library its own.

    Raises:
        MbcostError: a name is not known, something that was asked for by name does not exist, or nothing is left.
        MissingLibrary: a witness that was named is not installed.
    """
    for name in against:
        if name not in (*AGAINST, "all"):
            raise unknown("witness", name, (*AGAINST, "all"))
    everyone = "all" in against
    cases: list[Case] = []
    notes: dict[str, None] = {}
    witnesses = []
    for witness in AGAINST:
        if not everyone and witness not in against:
            continue
        missing = _missing(witness)
        if missing is None:
            witnesses.append(witness)
        elif everyone:
            notes[f"not compared with {witness}: {missing}"] = None
        else:
            raise missing
    for subject, witness in product(subjects, witnesses):
        spec, wanted = subject.spec, subject.implementation or implementation
        try:
            offered = None if witness in TOOLS else _offered(witness, spec)
            rules = _implementation(spec, witness, wanted)
        except MbcostError as error:
            # What was named must be there: the network, and the library or the implementation that lacks it.
            if subject.named and (not everyone or (wanted is not None and wanted not in spec.implementations)):
                raise
            notes[f"not compared with {witness}: {error}"] = None
            continue
        asked = alphas if subject.alpha is None else (subject.alpha,)
        for alpha in asked or offered or spec.published_alphas:
            if offered is None or alpha in offered:
                sizes = _resolutions(subject, resolutions)
                cases += [Case(spec, alpha, size, rules, witness) for size in sizes]
                continue
            message = f"{witness} has no {spec.name} at alpha {alpha_text(alpha)}: it has {_listed(offered)}"
            if subject.named and not everyone:
                raise MbcostError(message)
            notes[f"not compared with {witness}: {message}"] = None
    if not cases:
        raise MbcostError("; ".join(notes) or "there is nothing to compare")
    return Plan(tuple(cases), tuple(notes), strict=not everyone)


def run(plan: Plan) -> Iterator[Outcome | str]:
    """Make the comparisons of `plan` one after the other; a text says why one was left out.

    Raises:
        MbcostError: a network or a model cannot be built or run.
        MissingLibrary: torch is not installed.
    """
    built: tuple[Case, Any] | None = None
    for case in plan.cases:
        network = resolve(case.spec, alpha=case.alpha, resolution=case.resolution, implementation=case.implementation)
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
                yield f"not compared with {case.against}: {error}"
                continue
            for measurement in measurements:
                yield Outcome(replace(case, model=measurement.model), validate_in_order(network, measurement))


def campaign(plan: Plan, results: Iterable[Outcome | str]) -> Campaign:
    """What came out of running `plan`."""
    outcomes, notes = [], list(plan.notes)
    for result in results:
        if isinstance(result, Outcome):
            outcomes.append(result)
        else:
            notes.append(result)
    return Campaign(tuple(outcomes), tuple(dict.fromkeys(notes)))


def _model_key(case: Case) -> tuple[int, float, str]:
    return id(case.spec), case.alpha, case.implementation


def _missing(witness: str) -> MissingLibrary | None:
    """The error for a witness that is not installed."""
    for library, extra in (("torch", "validate"), (witness, "validate" if witness in TOOLS else "references")):
        if find_spec(library) is None:
            return MissingLibrary(library, extra)
    return None


def _implementation(spec: Spec, witness: str, wanted: str | None) -> str:
    if witness in TOOLS:
        return spec.implementation(wanted or spec.default_implementation).name
    if wanted not in (None, witness):
        raise MbcostError(f"{witness} is compared with the implementation of its name, not with {wanted}")
    return spec.implementation(witness).name


def _offered(witness: str, spec: Spec) -> tuple[float, ...] | None:
    from mbcost.measured.references import offers

    return offers(witness, spec.name)


def _resolutions(subject: Subject, resolutions: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    if subject.resolution is not None:
        return (subject.resolution,)
    published = [(side, side) for side in subject.spec.published_resolutions]
    return resolutions or published or (subject.spec.resolution,)


def _listed(alphas: Sequence[float]) -> str:
    return "alpha " + ", ".join(map(alpha_text, alphas))


def _build(case: Case) -> Any:
    from mbcost.measured.build import build

    return build(case.spec, alpha=case.alpha, implementation=case.implementation)


def _measure(model: Any, case: Case) -> Measurement:
    from mbcost.measured.measure import measure

    return measure(model, resolution=case.resolution, in_channels=case.spec.channels, against=case.against)


def _measure_reference(case: Case) -> tuple[Measurement, ...]:
    from mbcost.measured.references import measure_reference

    return measure_reference(
        case.against, case.spec.name, alpha=case.alpha, resolution=case.resolution, in_channels=case.spec.channels
    )
