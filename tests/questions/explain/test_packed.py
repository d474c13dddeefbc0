"""The structures that are built ahead are those that are built.

After a change of a spec, of the engine or of a known mistake, `python -m tools.pack_structures` writes the file anew.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mbcost.questions.explain import packed, trials
from mbcost.questions.explain.packed import packed_path, packed_stack
from mbcost.questions.explain.structures import Choices, Stack, build_stack
from mbcost.spec.catalogue.library import NETWORKS, load_spec


def same(one: Stack, other: Stack) -> bool:
    arrays = ((one.mult_adds, other.mult_adds), (one.params, other.params))
    return (
        one.structures == other.structures
        and one.scales == other.scales
        and all(first.dtype == second.dtype and np.array_equal(first, second) for first, second in arrays)
    )


@pytest.fixture
def fresh() -> Iterator[None]:
    """No cache knows the file, before and after."""
    caches = (packed._file, trials._packed, trials._built_in_stack)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_is_what_is_built(name: str) -> None:
    spec = load_spec(name)
    for alpha in spec.published_alphas:
        ahead = packed_stack(name, alpha)
        assert ahead is not None, "write it anew: python -m tools.pack_structures"
        assert same(ahead, build_stack(spec, alpha, Choices())), "write it anew"


def test_the_file_has_nothing_else() -> None:
    with np.load(packed_path()) as file:
        keys = {key.partition("/")[0] for key in file}
    assert keys == {"specs"} | {f"{name}@{alpha:g}" for name in NETWORKS for alpha in load_spec(name).published_alphas}
    assert packed_stack("v2", 0.9) is None
    assert packed_stack("v9", 1.0) is None


@pytest.mark.parametrize(
    "choices",
    [
        Choices(),
        Choices(mistakes=0),
        Choices(implementation="keras"),
        Choices(classes=1000),
        Choices(classes=1001, mistakes=0),
        Choices(implementation="timm", classes=1001),
        Choices(classes=10),
        Choices(in_channels=1),
    ],
)
@pytest.mark.usefixtures("fresh")
def test_what_is_read_and_narrowed_is_what_is_built_narrowed(choices: Choices) -> None:
    """The same structures with the same counts; they may stand in another order."""
    read, built = trials.stack(load_spec("v2"), 1.0, choices), build_stack(load_spec("v2"), 1.0, choices)
    assert counts(read) == counts(built)


def counts(stack: Stack) -> dict[object, tuple[object, ...]]:
    found: dict[object, tuple[object, ...]] = {
        structure: tuple(stack.counts(quantity, (224, 224))[place].tobytes() for quantity in ("mult_adds", "params"))
        for place, structure in enumerate(stack.structures)
    }
    assert len(found) == len(stack.structures)
    return found


@pytest.mark.usefixtures("fresh")
def test_the_file_is_left_aside_where_the_specs_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packed_stack("v2", 1.0) is not None
    packed._file.cache_clear()
    monkeypatch.setattr(packed, "fingerprint", lambda: "that of other specs")
    assert packed_stack("v2", 1.0) is None
    spec = load_spec("v2")
    assert same(trials.stack(spec, 1.0, Choices()), build_stack(spec, 1.0, Choices()))
