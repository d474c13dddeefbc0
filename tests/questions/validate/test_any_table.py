"""Random tables: the engine and the tools agree on every table that the columns allow, layer by layer.

Every run of the suite tries the same tables. `make fuzz N=10000` tries more of them and prints its seed. A table
on which engine and tools differ is shrunk to the smallest one that still shows the difference and saved in
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
TABLES = 60
"""How many tables a run of the suite tries."""
FIRST = re.compile(r"^# --alpha (\S+) --classes (\d+)", re.MULTILINE)
"""The first line of a table: the arguments that it is tried with."""


def compared(text: str) -> str:
    """Return `equal`, or `refused` if both refuse the table; an assertion fails if engine and tools differ."""
    alpha, classes = FIRST.findall(text)[0]
    options: dict[str, Any] = {"alpha": float(alpha), "classes": int(classes)}
    spec = parse_spec(text, "any.yaml", load_family)
    image: dict[str, Any] = {"resolution": spec.resolution, "in_channels": spec.channels}
    model, network = _tried(lambda: build(spec, **options)), _tried(lambda: resolve(spec, **options))
    if isinstance(model, str):  # no channel is left, or the groups do not divide the channels
        assert network == model
        return "refused"
    if isinstance(network, str):  # a map is empty, or maps of different shapes are added
        assert "the model does not run" in str(_tried(lambda: measure(model, **image)))
        return "refused"
    for tool in TOOLS:
        assert validate(network, measure(model, **image, against=tool)).differences == ()
    return "equal"


def _tried(call: Callable[[], Made]) -> Made | str:
    """Return the result of the call, or its error message."""
    try:
        return call()
    except MbcostError as error:
        return str(error)


def fuzz(count: int, start: int) -> Counter[str]:
    """Try `count` tables from the seed `start` and count the results; a table that fails is saved."""
    found: Counter[str] = Counter()

    @seed(start)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck),
              phases=(Phase.generate, Phase.shrink))  # fmt: skip
    @given(tables())
    def every(text: str) -> None:
        try:
            found[compared(text)] += 1
        except Exception:
            # Hypothesis ends with the smallest table that fails, so that one stays in the file.
            SAVED.mkdir(exist_ok=True)
            (SAVED / f"seed-{start}.yaml").write_text(text)
            raise

    every()
    return found


def test_engine_and_tools_agree_on_any_table() -> None:
    """They also agree on impossible tables: if the engine finds an empty map, the model does not run."""
    found = fuzz(TABLES, start=20_170_417)
    assert sum(found.values()) >= TABLES
    assert found["equal"] > TABLES / 2


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_saved_table_has_the_result_that_its_first_line_states(path: Path) -> None:
    """Engine and tools once differed on these tables. The first line has the result since the cause was fixed."""
    text = path.read_text(encoding="utf-8")
    assert text.partition("\n")[0].endswith(f": {compared(text)}")
