"""The rows of a block as sums of products have the numbers of its layers, at any widths and on any map."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.blocks import Form, plan
from mbcost.analytic.compact import FULL, count_positions, join_scales
from mbcost.analytic.many.polynomial import widths_of
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS, count_live_elements
from mbcost.analytic.memory.flash import count_stored
from mbcost.analytic.network import Network, resolve
from mbcost.analytic.symbolic.symbols import Kind, Sum, find_kind
from mbcost.spec.catalogue.library import load_family, load_spec
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.tally import COUNTS, counts_of
from tests.tables import tables, where_possible


def compute(amount: Sum, form: Form) -> int:
    """Return the value of a sum, whose every product is whole."""
    total, widths = 0, widths_of(form)
    for product in amount:
        value = product.numerator
        for width in product.widths:
            value *= widths[width]
        assert value % product.denominator == 0
        total += value // product.denominator
    return total


@given(tables(), st.sampled_from([0.1, 0.3, 1.0, 1.7]), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_rows_of_a_random_table_are_sums_of_products(text: str, alpha: float, resolution: tuple[int, int]) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    with where_possible():
        network = resolve(spec, alpha=alpha, resolution=resolution, implementation="any", classes=7)
        blocks = plan(Scaling(spec, spec.implementation("any"), alpha, 7), spec.channels)
        kinds = [find_kind(block.form) for block in blocks]
        for kind in kinds:  # a flattened map and maps of two branches that are equal by chance have no such form
            assert kind.rows is not None
            assert kind.stored
    assert_rows(network, kinds, [block.form for block in blocks])


def assert_rows(network: Network, kinds: list[Kind], forms: list[Form]) -> None:
    steps, scale, stored = iter(network.steps), FULL, [0, 0, 0]
    live = {allocator: iter(count_live_elements(network, allocator)) for allocator in WITHOUT_OFFSETS}
    for kind, form in zip(kinds, forms, strict=True):
        for row in kind.rows:
            step = next(steps)
            assert step.part == row.part
            counts = dict.fromkeys(COUNTS, 0)
            for count, inner, amount in row.counts:
                counts[count] += compute(amount, form) * count_positions(join_scales(scale, inner), network.resolution)
            assert tuple(counts.values()) == counts_of(step.tally)
            channels = compute(row.input_channels, form), compute(row.output_channels, form)
            assert channels == (step.lead.input.channels, step.output.channels)
            for allocator, maps in row.live.items():
                elements = [
                    compute(amount, form) * count_positions(join_scales(scale, inner), network.resolution)
                    for inner, amount in maps
                ]
                assert sum(elements) == next(live[allocator])
        scale = join_scales(scale, kind.output)
        stored = [first + compute(amount, form) for first, amount in zip(stored, kind.stored, strict=True)]
    whole = count_stored(network)
    assert stored == [whole.weights, whole.channels, whole.maps]
    assert next(steps, None) is None


def test_blocks_that_differ_in_widths_only_are_of_one_kind() -> None:
    spec = load_spec("v1")
    plans = [plan(Scaling(spec, spec.implementation("official"), alpha, 1001), 3) for alpha in (0.75, 1.0)]
    assert [find_kind(block.form) for block in plans[0]] == [find_kind(block.form) for block in plans[1]]
    standard, depthwise = (find_kind(plans[1][index].form) for index in (0, 1))
    assert standard != depthwise
