"""The verdict on an answer: what is explained, what is not, what would decide, and what to try."""

from __future__ import annotations

from collections.abc import Iterator

from mbcost.present.explain.words import (
    counting_text,
    fact_text,
    finding_texts,
    join_unique,
    network_text,
    percent,
    subject_text,
)
from mbcost.questions.explain.answer import (
    CLAIM,
    DISTINCT_DIGITS,
    DISTINCT_ROWS,
    Answer,
    Explanation,
    Nearby,
    SameSums,
    Value,
)

MOST_RANKS = 6
"""So many equally simple explanations are named by their rank."""
CHANCE = "the share of similar random numbers that would get an equally simple explanation"


def list_lead(answer: Answer) -> list[str]:
    """Return what was found, in words, and how sure it is: the sentences above the table."""
    if not answer.explanations:
        return ["no explanation gives these digits; the nearest networks are shown"] if answer.nearest else []
    first = answer.explanations[0]
    explained = first.claim if first.explained else first
    values = [value for value in explained.values if value.rounding is not None]
    return [*finding_texts(values, subject_text(explained, in_brackets=True)), _describe_verdict(answer, first)]


def list_notes(answer: Answer) -> list[str]:
    """Return what else to know: other numbers and causes, copies, what would decide, then the same for the rest."""
    if not answer.explanations:
        return list(_describe_nearest(answer))
    first = answer.explanations[0]
    notes = [_describe_unproved(value) for value in first.values if first.explained and _is_unproved(value)]
    if first.same_sums:
        others = "; or ".join(map(_describe_same, first.same_sums))
        notes.append(f"the same sums follow from {others}: no number given here can tell them apart")
    copied = [
        f"{value.fact.printed.text} in row {value.fact.row} repeats row {value.copied}"
        for value in first.missed
        if value.copied
    ]
    if copied:
        notes.append(f"copied from a different row: {', '.join(copied)}")
    if answer.advice:
        notes.append(f"to decide, {answer.advice}")
    if answer.rest is not None:
        facts = ", ".join(
            fact.printed.text if first.is_one_row else f"{fact.printed.text} in row {fact.row}"
            for fact in answer.rest.query.facts
        )
        notes += [f"for the rest, {facts}:", *list_all(answer.rest)]
    return [*notes, *_describe_nearest(answer)]


def list_all(answer: Answer) -> list[str]:
    """Return everything about an answer that has no table of its own."""
    return [*list_lead(answer), *list_notes(answer)]


def _describe_verdict(answer: Answer, first: Explanation) -> str:
    """Return what may be said of the first explanation, and introduce its chance."""
    if not first.explained:
        return _describe_doubt(first)
    chance = _chance_text(max(value.chance for value in first.explained))
    if first.claimed:
        return f"explained: {chance}"
    ranks = [f"#{rank}" for rank in answer.claimed_by]
    more = f" and {len(ranks) - MOST_RANKS} more" if len(ranks) > MOST_RANKS else ""
    last = max(answer.claimed_by)
    hidden = f" (--limit {last} lists them)" if last > len(answer.explanations) else ""
    one = f"one of {', '.join(ranks[:MOST_RANKS])}{more}{hidden}"
    return f"explained by {one}, which are about equally simple: {chance}"


def _chance_text(chance: float) -> str:
    return f"chance {percent(chance)}, {CHANCE}"


def _is_unproved(value: Value) -> bool:
    return not value.explained and value.rounding is not None


def _describe_unproved(value: Value) -> str:
    fits = f"not proved: {fact_text(value.fact)} fits {counting_text(value)}"
    if value.chance > CLAIM:
        return f"{fits}, but {percent(value.chance)} of similar random numbers would fit as simply"
    return f"{fits}, but an explanation without this number is about as simple"


def _describe_doubt(first: Explanation) -> str:
    """Return why nothing is claimed."""
    chance = _chance_text(first.chance)
    if first.missed:
        right = len(first.values) - len(first.missed)
        return f"not proved: the first explanation gives {right} of {len(first.values)} numbers: {chance}"
    if not first.exact:
        return f"not proved: no explanation gives exactly these digits, the first assumes an error in them: {chance}"
    if first.chance <= CLAIM and not first.is_one_row:
        agreeing = first.distinct_rows(range(len(first.values)))
        rule = f"{DISTINCT_ROWS} distinct rows of {DISTINCT_DIGITS} digits or more that agree, and {agreeing} do"
        return f"not proved: a table needs {rule}: {chance}"
    return f"not proved: {chance}; a cause is claimed up to {CLAIM:.0%}"


def _describe_same(same: SameSums) -> str:
    counted = join_unique(same.conventions)
    return ", ".join((f"{counted} on {same.implementation}", *same.clauses))


def _describe_nearest(answer: Answer) -> Iterator[str]:
    """Yield the nearest networks with the differences, and what to try."""
    if not answer.nearest:
        return
    if answer.explanations:
        yield "the nearest are:"
    yield from map(_describe_near, answer.nearest)
    query = answer.query
    tries = [
        *(
            ["say what the number counts with a unit or --quantity"]
            if any(f.quantity is None for f in query.facts)
            else []
        ),
        *(["leave out --classes"] if query.classes is not None else []),
        *(["leave out the implementation"] if query.implementation is not None else []),
        *([] if query.deep else ["--deep"]),
    ]
    if tries:
        yield f"to find more, try: {'; '.join(tries)}"


def _describe_near(near: Nearby) -> str:
    parts = []
    for value, difference in zip(near.explanation.values, near.differences, strict=True):
        size, direction = abs(difference.amount), "more" if difference.amount > 0 else "less"
        named = f": {difference.named}" if difference.named else ""
        parts.append(
            f"{fact_text(value.fact)} is {size:,} {direction} than {value.value:,} ({value.reading.name}){named}"
        )
    return f"{network_text(near.explanation)}: {'; '.join(parts)}"
