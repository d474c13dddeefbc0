"""What a notebook shows of an answer: the table of its command."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TypeVar

Answer = TypeVar("Answer")


def offer_html(answer: Answer) -> Answer:
    """Return the answer, after its class has got the method that notebooks call; of several answers, their class.

    The questions that define these classes know nothing of tables.
    """
    first = next(iter(answer), None) if isinstance(answer, tuple) else answer
    kind = type(first)
    if is_dataclass(kind) and kind.__module__.startswith("mbcost.") and not hasattr(kind, "_repr_html_"):
        kind._repr_html_ = show_html  # type: ignore[attr-defined]  # a class has no such attribute before
    return answer


def show_html(answer: object) -> str | None:
    """Return the table of an answer as `--format html --fragment` writes it; None for what is not an answer."""
    from mbcost.present.report.fragment import render_fragment  # most programs show nothing
    from mbcost.python.presenters import tabulate_answers

    tables = tabulate_answers([answer])
    return None if tables is None else render_fragment(tables)
