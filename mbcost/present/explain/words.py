"""Numbers, networks and ways to count in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mbcost.present.names import reference_text
from mbcost.questions.explain.answer import CLAIM, Answer, Explanation, Value
from mbcost.questions.explain.facts import Fact
from mbcost.questions.explain.peaks import PEAKS
from mbcost.questions.explain.windows import ROUNDING_TEXTS
from mbcost.spec.table import CLASSES

FEW = 2
"""Up to so many numbers are shown side by side; of more numbers, the table says how many are explained."""
UNMODIFIED = "unmodified"
QUANTITY = {
    "mult_adds": "mult-adds", "params": "params", "activations": "activations", "bytes": "bytes of weights",
    "activation_bytes": "bytes of activations", None: "?",
}  # fmt: skip
TWICE = "twice "
"""How the reading of a batch of 2 is called, before the name of the convention."""
MOST_NAMES = 4
"""Of the conventions that count alike, so many are named."""

_WHOLE: Mapping[str, tuple[str, ...]] = {
    "multiply-adds": ("conv_macs", "linear_macs"),
    "weights": ("weights",),
    "biases": ("biases",),
}
_ALONE: Mapping[str, str] = {
    "conv_macs": "multiply-adds of convolutions",
    "linear_macs": "multiply-adds of fully connected layers",
}
"""Raw counts that are called differently if the other one of the group counts differently."""
_SINGLE: Mapping[str, tuple[str, ...]] = {
    "batch-norm channel": ("plain_norm_channels", "fused_norm_channels"),
    "batch-norm element": ("plain_norm_elements", "fused_norm_elements"),
    "bias addition": ("conv_bias_adds", "linear_bias_adds"),
    "activation element": (
        "relu_elements", "relu6_elements", "hard_swish_elements", "hard_sigmoid_elements", "swish_elements",
        "sigmoid_elements",
    ),
    "pooling input": (
        "adaptive_pool_inputs", "functional_pool_inputs", "mean_pool_inputs", "max_pool_inputs", "average_pool_inputs",
    ),
    "pooling output": (
        "adaptive_pool_outputs", "functional_pool_outputs", "mean_pool_outputs", "max_pool_outputs",
        "average_pool_outputs",
    ),
    "squeeze multiplication": ("multiplies",),
    "residual addition": ("adds",),
    "output": ("outputs",),
    "batch norm": ("norms",),
    "trained value": ("trained",),
}  # fmt: skip
"""What one unit of raw counts is called."""


def mechanism_text(value: Value) -> str:
    """Spell how a value is counted, without what the network does not have."""
    terms = "".join(_join(dict(value.coefficients))).removeprefix(" + ")
    return terms or "nothing"


def _join(factors: dict[str, int]) -> Iterator[str]:
    """Yield each term with its sign; groups of counts with one factor are one term."""
    for name, counts in _WHOLE.items():
        yield from (_term(factor, text, text) for text, factor in _split(name, counts, factors))
    for name, counts in _SINGLE.items():
        for text, factor in _split(name, counts, factors):
            single = text.removesuffix("s") if text != name else text
            yield _term(factor, f"{single}s", f"per {single}")
    for name in PEAKS:
        if name in factors:
            yield _term(factors[name], f"{name} elements", f"{name} elements")
    if factors.get("networks"):
        yield _sign(factors["networks"]) + str(abs(factors["networks"]))


def _split(name: str, counts: Iterable[str], factors: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the group with its factor, or each count with its own if they differ."""
    present = {count: factors[count] for count in counts if count in factors}
    if len(set(present.values())) == 1:
        yield name, next(iter(present.values()))
    else:
        yield from ((_ALONE.get(count, count.replace("_", " ")), factor) for count, factor in present.items())


def _term(factor: int, several: str, single: str) -> str:
    if abs(factor) == 1:
        return _sign(factor) + several
    between = " " if single.startswith("per ") else " x "
    return f"{_sign(factor)}{abs(factor)}{between}{single}"


def _sign(factor: int) -> str:
    return " - " if factor < 0 else " + "


def counters_text(value: Value) -> str:
    """Name the conventions that count a value like this."""
    names = value.counted_by
    if not names and value.reading.name.startswith(TWICE):
        return f"{value.reading.name}, as for a batch of 2"
    if not names:
        return "no tool is known to count so"
    return ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")


def text_of_explanation(explanation: Explanation) -> str:
    """Return the network and its modifications, then how each number, or each quantity of many, is counted."""
    return f"{subject_text(explanation)}; {values_text(explanation.values)}"


def subject_text(explanation: Explanation, *, in_brackets: bool = False) -> str:
    """Return the network and its modifications."""
    if in_brackets and explanation.clauses:
        return f"{network_text(explanation)} ({'; '.join(explanation.clauses)})"
    return ", ".join((network_text(explanation), *explanation.clauses))


def counting_text(value: Value) -> str:
    """Say how a value is counted, by whom, and what it is exactly."""
    return f"{mechanism_text(value)}: {counters_text(value)} ({value.value:,}, {how(value)})"


def values_text(values: Iterable[Value]) -> str:
    """Say of each value, or of each way to count if there are many, how it is counted, and by whom."""
    listed = list(values)
    if len(listed) <= FEW:
        return "; ".join(f"{fact_text(value.fact)} = {counting_text(value)}" for value in listed)
    ways = {
        (value.fact.quantity, value.reading.name, value.rounding): value
        for value in listed
        if value.rounding is not None
    }
    return "; ".join(
        f"{QUANTITY[value.fact.quantity]} are {mechanism_text(value)}: {counters_text(value)} ({how(value)})"
        for value in ways.values()
    )


def finding_texts(explanation: Explanation) -> list[str]:
    """Say in whole sentences what each value is, or each way to count if there are many, and of which network."""
    values = [value for value in explanation.values if value.rounding is not None]
    subject = subject_text(explanation, in_brackets=True)
    if len(values) <= FEW:
        return [_finding_text(value, subject, is_proved=bool(explanation.explained)) for value in values]
    ways = {(value.fact.quantity, value.reading.name, value.rounding): value for value in values}
    verb = "are" if explanation.explained else "could be"
    which = " that fit" if len(values) < len(explanation.values) else ""
    return [
        f"the {QUANTITY[value.fact.quantity]}{which} {verb} what {_counters_clause(value)} for {subject}: "
        f"{mechanism_text(value)} ({how(value)})"
        for value in ways.values()
    ]


def _finding_text(value: Value, subject: str, *, is_proved: bool) -> str:
    """Return `300,774,272 is what macs counts for v2@1/224:official: multiply-adds (301M is this number, rounded)`."""
    verb = "is" if is_proved else "could be"
    way = how(value)
    printed = "" if way == "exact" else f" ({value.fact.printed.text} is this number, {way})"
    if not value.counted_by and not value.reading.name.startswith(TWICE):
        counted = f"a count that no tool is known to make, for {subject}"
    else:
        counted = f"{'twice ' * value.reading.name.startswith(TWICE)}what {_counters_clause(value)} for {subject}"
    return f"{value.value:,} {verb} {counted}: {mechanism_text(value)}{printed}"


def _counters_clause(value: Value) -> str:
    """Return who counts a value like this, with the verb: `fvcore, timm and mmengine count`."""
    names = value.counted_by or (value.reading.name.removeprefix(TWICE),)
    if len(names) == 1:
        return f"{names[0]} counts"
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more count"
    return f"{', '.join(names[:-1])} and {names[-1]} count"


def facts_text(answer: Answer) -> str:
    """Return the numbers of a query, or how many there are, and their network."""
    net = "" if answer.query.spec is None else f" of {answer.query.spec.name}"
    if len(answer.query.facts) > FEW:
        return f"{len(answer.query.facts)} numbers{net}"
    return ", ".join(map(fact_text, answer.query.facts)) + net


def fact_text(fact: Fact) -> str:
    """Return the number, with its quantity if its own text does not say it."""
    text = fact.printed.text
    has_unit = any(character.isalpha() for character in text.rstrip("KMGTkB").rstrip("KMGTk"))
    known = has_unit or fact.quantity is None or text.endswith("B")
    return text if known else f"{text} {QUANTITY[fact.quantity]}"


def network_text(explanation: Explanation) -> str:
    """Return the reference of the network, without an alpha or a resolution in which the numbers differ."""
    alphas = {value.alpha for value in explanation.values}
    resolutions = {value.resolution for value in explanation.values if value.fact.needs_resolution}
    structure = explanation.structure
    reference = reference_text(
        explanation.spec.name,
        alphas.pop() if len(alphas) == 1 else None,
        resolutions.pop() if len(resolutions) == 1 else None,
        structure.implementation,
    )
    if explanation.spec.head:
        return f"{reference} head {explanation.spec.head}"
    if structure.classes == CLASSES or structure.head is not None:
        return reference
    return f"{reference} {structure.classes} class{'' if structure.classes == 1 else 'es'}"


def modification_text(explanation: Explanation) -> str:
    """Return the modifications of the network."""
    return "; ".join(explanation.clauses) or UNMODIFIED


def join_unique(texts: Iterable[str]) -> str:
    """Return each text once, separated by commas."""
    return ", ".join(dict.fromkeys(texts))


def how(value: Value) -> str:
    """Return how the number is printed, or why it is not what the explanation gives."""
    if value.rounding is None:
        return "does not match" if value.copied is None else f"copied from row {value.copied}"
    if value.rounding == "rounds" and value.fact.printed.step == 1:
        return "exact"
    return ROUNDING_TEXTS.get(value.rounding, value.rounding) + (f" for {value.meant}" if value.meant else "")


def percent(share: float) -> str:
    """Spell a chance with at most two decimals."""
    if share < 0.0001:
        return "<0.01%"
    if share < 0.01 or round(share, 3) == CLAIM:  # enough decimals to see on which side of the limit it is
        return f"{share:.2%}"
    return f"{share:.1%}" if share < 2 * CLAIM else f"{share:.0%}"
