"""Which networks are compared with which witnesses?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product

from mbcost.errors import MbcostError, MissingLibrary, unknown
from mbcost.questions.validate.campaign import TOOLS, WITNESSES, Case, Plan, Subject, left_out
from mbcost.spec.operators import TOPS
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec


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
                notes.append(left_out(witness, missing))
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
        yield left_out(witness, error)
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
        yield left_out(witness, message)


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
