"""Lists of names in words."""

from __future__ import annotations

from collections.abc import Sequence

from mbcost.spec.shown import join_words


def enumerate_names(names: Sequence[str], shown: int = 3) -> str:
    """Return the names as a list in words, with a count of those beyond `shown`.

    >>> enumerate_names(["a"]), enumerate_names(["a", "b"]), enumerate_names(["a", "b", "c", "d", "e"])
    ('a', 'a and b', 'a, b, c and 2 others')
    """
    if len(names) > shown + 1:
        return f"{', '.join(names[:shown])} and {len(names) - shown} others"
    return join_words(names)
