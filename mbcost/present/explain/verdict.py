"""The verdict on an answer: what is explained, what is not, what would decide, and what to try."""

from __future__ import annotations

from collections.abc import Iterator

from mbcost.present.explain.words import (
    counting_text,
    fact_text,
    join_unique,
    network_text,
    percent,
    subject_text,
    text_of_explanation,
    values_text,
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
CHANCE = "of similar random numbers would get an equally simple explanation"


def list_notes(answer: Answer) -> list[str]:
    """Return the notes on an answer: its verdict, copies, what would decide, then the same for the rest."""
    if not answer.explanations:
        return list(_describe_nearest(answer))
    first = answer.explanations[0]
    notes = list(_describe_first(answer, first))
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
        notes += [f"for the rest, {facts}: {simplest_text(answer.rest)}", *list_notes(answer.rest)]
    return [*notes, *_describe_nearest(answer)]


def simplest_text(answer: Answer) -> str:
    """Return the first explanation in words."""
    return text_of_explanation(answer.explanations[0]) if answer.explanations else "no explanation gives these digits"


def _describe_first(answer: Answer, first: Explanation) -> Iterator[str]:
    """Yield what may be said of the first explanation."""
    if first.explained:
        yield _describe_claim(answer, first)
        yield from (_describe_unproved(value) for value in first.values if _is_unproved(value))
    else:
        yield _describe_doubt(first)
    if first.same_sums:
        others = "; or ".join(map(_describe_same, first.same_sums))
        yield f"the same sums follow from {others}: no number given here can tell them apart"


def _describe_claim(answer: Answer, first: Explanation) -> str:
    chance = max(value.chance for value in first.explained)
    share = f"{percent(chance)} {CHANCE}"
    said = f"{values_text(first.explained)}; {subject_text(first.claim)}"
    if first.claimed:
        return f"explained: {said}; {share}"
    ranks = [f"#{rank}" for rank in answer.claimed_by]
    more = f" and {len(ranks) - MOST_RANKS} more" if len(ranks) > MOST_RANKS else ""
    last = max(answer.claimed_by)
    hidden = f" (--limit {last} lists them)" if last > len(answer.explanations) else ""
    one = f"one of {', '.join(ranks[:MOST_RANKS])}{more}{hidden}"
    return f"explained by {one}, which are about equally simple; {share}; #1: {said}"


def _is_unproved(value: Value) -> bool:
    return not value.explained and value.rounding is not None


def _describe_unproved(value: Value) -> str:
    fits = f"not proved: {fact_text(value.fact)} fits {counting_text(value)}"
    if value.chance > CLAIM:
        return f"{fits}, but {percent(value.chance)} of similar random numbers would fit as simply"
    return f"{fits}, but an explanation without this number is about as simple"


def _describe_doubt(first: Explanation) -> str:
    """Return why nothing is claimed."""
    share = f"{percent(first.chance)} {CHANCE}"
    if first.missed:
        right = len(first.values) - len(first.missed)
        return f"the first explanation gives {right} of {len(first.values)} numbers; {share}"
    if not first.exact:
        return f"no explanation gives exactly these digits; the first one assumes an error in them; {share}"
    if first.chance <= CLAIM and not first.is_one_row:
        agreeing = first.distinct_rows(range(len(first.values)))
        rule = f"{DISTINCT_ROWS} distinct rows of {DISTINCT_DIGITS} digits or more that agree, and {agreeing} do"
        return f"not proved: a table needs {rule}; {share}"
    return f"not proved: {share} (a cause is claimed up to {CLAIM:.0%})"


def _describe_same(same: SameSums) -> str:
    counted = join_unique(same.conventions)
    return ", ".join((f"{counted} on {same.implementation}", *same.clauses))


def _describe_nearest(answer: Answer) -> Iterator[str]:
    """Yield the nearest networks with the differences, and what to try."""
    if not answer.nearest:
        return
    yield "the nearest are:" if answer.explanations else "no explanation gives these digits; the nearest are shown"
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
