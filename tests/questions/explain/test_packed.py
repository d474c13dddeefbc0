"""The structures that are built ahead are equal to those that are built now.

After a change of a spec, of the engine or of a known mistake, `python -m tools.pack_structures` writes the file anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from zipfile import ZipFile

import numpy as np
import pytest

from mbcost.questions.explain import packed
from mbcost.questions.explain.packed import ARRAYS, packed_alphas, packed_path, packed_stack
from mbcost.questions.explain.stack import Stack, build_stack
from mbcost.questions.explain.structures import Choices
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.catalogue.published import load_published


def same(first: Stack, second: Stack) -> bool:
    arrays = ((getattr(first, name), getattr(second, name)) for name in ARRAYS)
    return (
        first.structures == second.structures
        and first.scales == second.scales
        and all(one.dtype == two.dtype and np.array_equal(one, two) for one, two in arrays)
    )


@pytest.fixture
def fresh() -> Iterator[None]:
    """Clear the caches of the file before and after the test."""
    caches = (packed._read_index, packed._read_network, packed_stack, packed._built_in_stack, packed._plain_stack)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_has_what_is_built_now(name: str) -> None:
    """At alpha 1 and at the smallest alpha with every mistake, at the others without a mistake: building takes long."""
    spec, alphas = load_spec(name), packed_alphas(name)
    for alpha in alphas:
        ahead = packed_stack(name, alpha)
        assert ahead is not None, "write it anew: python -m tools.pack_structures"
        again = packed_stack.__wrapped__(name, alpha)
        assert again is not None
        assert same(ahead, again)
        if alpha in (1.0, min(alphas)):
            assert same(ahead, build_stack(spec, alpha, Choices(pairs=True))), "write it anew"
        else:
            plain = [index for index, structure in enumerate(ahead.structures) if not structure.departures]
            built = build_stack(spec, alpha, Choices(mistakes=0))
            assert counts(ahead.select(plain)) == counts(built), "write it anew"


def test_the_file_has_nothing_but_the_published_alphas() -> None:
    with ZipFile(packed_path()) as file:
        assert set(file.namelist()) == {"index.json.xz", *(f"{name}.npz.xz" for name in NETWORKS)}
    for name in NETWORKS:
        network = packed._read_network(name)
        assert network is not None
        assert list(network.shapes) == [f"{alpha:g}" for alpha in packed_alphas(name)]
        assert set(load_spec(name).published_alphas) <= set(packed_alphas(name))
    for figure in load_published():
        if figure.net in NETWORKS:
            assert (figure.alpha or 1.0) in packed_alphas(figure.net), figure.id
    assert packed_stack("v2", 0.9) is None
    assert packed_stack("v9", 1.0) is None


@pytest.mark.parametrize(
    "choices",
    [
        Choices(),
        Choices(mistakes=0),
        Choices(implementation="keras"),
        Choices(pairs=True),
        Choices(implementation="timm", pairs=True),
        Choices(in_channels=1),
    ],
)
@pytest.mark.usefixtures("fresh")
def test_choices_on_the_file_give_the_same_as_building_with_these_choices(choices: Choices) -> None:
    """The structures and their counts are equal; their order may differ."""
    read, built = packed.load_stack(load_spec("v2"), 1.0, choices), build_stack(load_spec("v2"), 1.0, choices)
    assert counts(read) == counts(built)


def counts(stack: Stack) -> dict[object, tuple[object, ...]]:
    by_structure: dict[object, tuple[object, ...]] = {
        structure: tuple(
            array[index].tobytes()
            for quantity in ("mult_adds", "params")
            for array in stack.counts(quantity, (224, 224))
        )
        for index, structure in enumerate(stack.structures)
    }
    assert len(by_structure) == len(stack.structures)
    return by_structure


@pytest.mark.usefixtures("fresh")
def test_the_file_is_ignored_if_it_was_built_from_other_specs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packed_stack("v2", 1.0) is not None
    for cache in (packed._read_index, packed._read_network, packed_stack):
        cache.cache_clear()
    monkeypatch.setattr(packed, "fingerprint", lambda: "the fingerprint of other specs")
    assert packed_stack("v2", 1.0) is None
    spec = load_spec("v2")
    assert same(packed.load_stack(spec, 1.0, Choices()), build_stack(spec, 1.0, Choices()))
