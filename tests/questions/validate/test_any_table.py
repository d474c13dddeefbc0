"""Tables that nobody printed: whatever the columns allow, the engine and the tools agree on it, layer by layer.

A few hundred in every run of the suite. `make fuzz N=10000` runs more of them, with a seed of its own that it prints. A
table on which they part is shrunk to the least one that still shows it and saved beside the others in
`tests/data/tables/`, where every run tries it again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.measured.build import build
from mbcost.measured.measure import TOOLS, measure
from mbcost.questions.validate.comparison import validate
from mbcost.spec.catalogue.library import load_family
from mbcost.spec.reading.table import parse_spec
from tests.tables import tables

pytestmark = pytest.mark.traced

Made = TypeVar("Made")
SAVED = Path(__file__).parents[2] / "data" / "tables"
TABLES = 300
"""How many a run of the suite tries."""
FIRST = re.compile(r"^# --alpha (\S+) --classes (\d+)", re.MULTILINE)
"""How a table begins: the arguments that it is tried with."""


def compared(text: str) -> str:
    """What became of a table: `equal`, or `refused` by both. An assertion fails where they part."""
    alpha, classes = FIRST.findall(text)[0]
    options: dict[str, Any] = {"alpha": float(alpha), "classes": int(classes)}
    spec = parse_spec(text, "any.yaml", load_family)
    image: dict[str, Any] = {"resolution": spec.resolution, "in_channels": spec.channels}
    model, network = _tried(lambda: build(spec, **options)), _tried(lambda: resolve(spec, **options))
    if isinstance(model, str):  # no channel left, or groups that do not divide the channels
        assert network == model
        return "refused"
    if isinstance(network, str):  # an empty map, or a sum of unequal ones
        assert "the model does not run" in str(_tried(lambda: measure(model, **image)))
        return "refused"
    for tool in TOOLS:
        assert validate(network, measure(model, **image, against=tool)).differences == ()
    return "equal"


def _tried(call: Callable[[], Made]) -> Made | str:
    """What is made, or why not."""
    try:
        return call()
    except MbcostError as error:
        return str(error)


def fuzz(count: int, start: int) -> Counter[str]:
    """Try `count` tables from the seed `start` and count what became of them; one on which they part is saved."""
    found: Counter[str] = Counter()

    @seed(start)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck),
              phases=(Phase.generate, Phase.shrink))  # fmt: skip
    @given(tables())
    def every(text: str) -> None:
        try:
            found[compared(text)] += 1
        except Exception:
            # Hypothesis ends with the least table that fails, so that is the one that stays.
            SAVED.mkdir(exist_ok=True)
            (SAVED / f"seed-{start}.yaml").write_text(text)
            raise

    every()
    return found


def test_engine_and_tools_agree_on_any_table() -> None:
    """Also on what cannot be: where the engine finds an empty map, the model does not run."""
    found = fuzz(TABLES, start=20_170_417)
    assert sum(found.values()) >= TABLES
    assert found["equal"] > TABLES / 2


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.yaml")), ids=lambda path: path.stem)
def test_tables_on_which_they_once_parted(path: Path) -> None:
    """The first line also says what becomes of the table, since the cause was found."""
    text = path.read_text()
    assert text.partition("\n")[0].endswith(f": {compared(text)}")
