"""Compare formulas and real models on a large number of random tables: `python -m tools.fuzz COUNT [SEED]`.

The property is that of `tests/questions/validate/test_any_table.py`, which tries a few hundred tables. If formulas and
model differ on a table, the table is shrunk and saved in `tests/data/tables/`, and every run of the suite tries it.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from random import randrange
from time import monotonic

from torch import set_num_threads

from tests.questions.validate.test_any_table import fuzz

PART = 250
"""Tables per seed."""


def main(count: int, start: int, processes: int = 2) -> None:
    """Try `count` tables in parts, each with its own seed, and print how many of them agree.

    Raises:
        AssertionError: formulas and model differ on a table. The table is saved.
    """
    print(f"{count:,} tables, seed {start}", flush=True)
    began, total = monotonic(), Counter[str]()
    with ProcessPoolExecutor(processes, initializer=set_num_threads, initargs=(1,)) as pool:
        sizes = [min(PART, count - done) for done in range(0, count, PART)]
        for part in as_completed([pool.submit(fuzz, size, start + number) for number, size in enumerate(sizes)]):
            total += part.result()
            print(f"{total.total():,} in {monotonic() - began:,.0f} s", file=sys.stderr, flush=True)
    print(f"{total['equal']:,} equal, {total['refused']:,} refused by both, no mismatch: {monotonic() - began:,.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else randrange(10**9))
