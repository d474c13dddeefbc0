"""Which networks are compared with which witnesses, and with what result?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import product
from typing import Any

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError, MissingLibrary, unknown
from mbcost.questions.validate.comparison import Discrepancy, Validation, validate, validate_in_order
from mbcost.spec.observed import Measurement
from mbcost.spec.operators import TOPS
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


@dataclass(frozen=True)
class ComparisonRequest:
    """What the user asked to compare."""

    against: Sequence[str] = TOOLS
    """Names out of `WITNESSES`, or `all`."""
    alphas: Sequence[float] = ()
    """Width multipliers of subjects that have none; by default the published ones."""
    resolutions: Sequence[tuple[int, int]] = ()
    """Heights and widths of subjects that have none; by default the published ones."""
    implementation: str | None = None
    """The rules of subjects that have none; by default the official ones, and for a library its own."""

    @property
    def everyone(self) -> bool:
        """Whether all witnesses were asked for: then a witness that is missing is a note and not an error."""
        return "all" in self.against


def count_comparisons(subjects: Sequence[Subject], request: ComparisonRequest) -> int:
    """Return an upper bound of the number of comparisons, which is known before any is listed."""
    witnesses = len(WITNESSES) if request.everyone else len(set(request.against))
    return witnesses * sum(
        (len(request.alphas or subject.spec.published_alphas) if subject.alpha is None else 1)
        * len(_choose_resolutions(subject, request.resolutions))
        for subject in subjects
    )


def plan(subjects: Sequence[Subject], request: ComparisonRequest) -> Plan:
    """List the comparisons to make.

    Raises:
        MbcostError: a name is unknown, something that was asked for by name does not exist, or nothing is left.
        MissingLibrary: a witness that was named is not installed.
    """
    witnesses, missing = _select_witnesses(request)
    cases: list[Case] = []
    notes = dict.fromkeys(missing)
    for subject, witness in product(subjects, witnesses):
        for case in _list_cases(subject, witness, request):
            if isinstance(case, Case):
                cases.append(case)
            else:
                notes[case] = None
    if not cases:
        raise MbcostError("; ".join(notes) or "there is nothing to compare")
    return Plan(tuple(cases), tuple(notes), strict=not request.everyone)


def _select_witnesses(request: ComparisonRequest) -> tuple[list[str], list[str]]:
    """Return the witnesses to ask, and a note for each one that is not installed."""
    for name in request.against:
        if name not in (*WITNESSES, "all"):
            raise unknown("witness", name, (*WITNESSES, "all"))
    witnesses, notes = [], []
    for witness in WITNESSES:
        if request.everyone or witness in request.against:
            if (missing := _find_missing(witness)) is None:
                witnesses.append(witness)
            elif request.everyone:
                notes.append(_left_out(witness, missing))
            else:
                raise missing
    return witnesses, notes


def _list_cases(subject: Subject, witness: str, request: ComparisonRequest) -> Iterator[Case | str]:
    """Yield the comparisons of one subject with one witness; a text says why one was left out."""
    spec, wanted = subject.spec, subject.implementation or request.implementation
    try:
        offered = None if witness in TOOLS else _offered_alphas(witness, spec)
        rules = _choose_implementation(spec, witness, wanted)
    except MbcostError as error:
        # Whatever was named must exist: the network, and the library or the implementation that it is compared with.
        if subject.named and (not request.everyone or (wanted is not None and wanted not in spec.implementations)):
            raise
        yield _left_out(witness, error)
        return
    alphas = request.alphas if subject.alpha is None else (subject.alpha,)
    for alpha in alphas or offered or spec.published_alphas:
        if offered is None or alpha in offered:
            for resolution in _choose_resolutions(subject, request.resolutions):
                yield Case(spec, alpha, resolution, rules, witness)
            continue
        known = "alpha " + ", ".join(map(alpha_text, offered))
        message = f"{witness} does not have {spec.name} at alpha {alpha_text(alpha)}: it has {known}"
        if subject.named and not request.everyone:
            raise MbcostError(message)
        yield _left_out(witness, message)


def _left_out(witness: str, reason: object) -> str:
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
                yield _left_out(case.against, error)
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


def _find_missing(witness: str) -> MissingLibrary | None:
    """Return the error if a library of the witness is not installed."""
    for library, extra in (("torch", "validate"), (witness, "validate" if witness in TOOLS else "references")):
        if find_spec(library) is None:
            return MissingLibrary(library, extra)
    return None


def _choose_implementation(spec: Spec, witness: str, wanted: str | None) -> str:
    if witness in TOOLS:
        return spec.implementation(wanted or spec.default_implementation).name
    if spec.head:
        raise MbcostError(f"{witness} builds {spec.name} with its own head only: compare with fvcore or torch")
    if spec.classes is not None or all(row.operator not in TOPS for row in spec.rows):
        part = "top" if spec.classes is None else "number of classes"
        raise MbcostError(f"{witness} builds {spec.name} with its own {part} only: compare with fvcore or torch")
    if wanted not in (None, witness):
        raise MbcostError(f"{witness} is compared with the implementation of its name, not with {wanted}")
    return spec.implementation(witness).name


def _offered_alphas(witness: str, spec: Spec) -> tuple[float, ...] | None:
    from mbcost.measured.references import offered_alphas

    return offered_alphas(witness, spec.name)


def _choose_resolutions(subject: Subject, resolutions: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    if subject.resolution is not None:
        return (subject.resolution,)
    published = [(side, side) for side in subject.spec.published_resolutions]
    return resolutions or published or (subject.spec.resolution,)


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
