"""Random files, made with the generated schema and counted while they are made."""

from __future__ import annotations

import pytest

from mbcost.analytic.graph.network import resolve_graph
from mbcost.errors import MbcostError
from mbcost.files.sizes import InputSizes
from mbcost.spec.tally import total
from tests.files.tflite.drafts import Draft, RandomDraft, parse

FILES = 40


def test_the_counts_of_random_files_are_those_of_their_generator() -> None:
    for seed in range(2 * FILES):
        draft = RandomDraft(seed)
        graph = parse(draft.build())
        counts = total(layer.tally() for layer in resolve_graph(graph).layers)
        assert (seed, counts.conv_macs + counts.linear_macs) == (seed, draft.macs)
        params = counts.weights + counts.biases
        assert (seed, params, graph.batch) == (seed, draft.params, draft.batch)


def test_shapes_that_follow_a_stated_size_are_those_of_a_file_made_for_it() -> None:
    """A file made for another size, with its sides left open, has the shapes of the same file made for this one."""
    for seed in range(FILES):
        whole, other = RandomDraft(seed, is_open=True), RandomDraft(seed, is_open=True)
        batch, height, width, channels = other.shape(other.inputs[0])
        other.tensors[other.inputs[0]]["shape"] = (batch, 1, 1, channels)
        for _, _, makes, _, _ in other.operators:
            for index in makes:
                other.tensors[index]["shape"] = tuple(1 for _ in other.shape(index))
        graph = parse(other.build(), InputSizes(resolution=(height, width)))
        expected = parse(whole.build(), InputSizes(resolution=(height, width)))
        assert graph.operators == expected.operators
        assert {name: tensor.shape for name, tensor in graph.tensors.items()} == {
            name: tensor.shape for name, tensor in expected.tensors.items()
        }


def test_a_window_covers_the_map_and_begins_at_most_half_of_the_zeros_before_it() -> None:
    """TensorFlow's rule for SAME: as few zeros as the last position needs, the odd one after the map."""
    windows = 0
    for seed in range(FILES):
        graph = parse(RandomDraft(seed).build())
        for operator in graph.operators:
            if operator.window is None:
                continue
            window, before = operator.window, graph.tensors[operator.reads[0]].shape[1:3]
            after = graph.tensors[operator.makes[0]].shape[1:3]
            for axis in (0, 1):
                covered = (window.kernel[axis] - 1) * window.dilation[axis] + 1
                end = (after[axis] - 1) * window.stride[axis] + covered
                first, last = window.padding[axis], window.padding[axis + 2]
                zeros = first + last
                assert last - first in (0, 1)
                assert zeros == max(end - before[axis], 0)
                windows += zeros > 0
    assert windows > FILES


def test_an_open_size_that_nobody_states_is_refused_with_what_to_write() -> None:
    with pytest.raises(
        MbcostError, match=r"the height and width of the input 't0' are open: write --res 224 or --input"
    ):
        parse(RandomDraft(1, is_open=True).build())


def test_what_follows_from_values_is_not_counted_unless_its_shape_is_stated() -> None:
    """The positions of what is not zero, reshaped to a map: its size is open, and 1 in the file."""
    draft = Draft()
    image = draft.image((1, 6, 6, 4))
    found = draft.add("WHERE", [image], (1, 4))
    draft.tensors[found]["signature"] = (-1, 4)
    boxes = draft.add("RESHAPE", [found, draft.integers([1, -1, 1, 4])], (1, 1, 1, 4))
    draft.tensors[boxes]["signature"] = (1, -1, 1, 4)
    fields = {"Padding": 1, "StrideH": 1, "StrideW": 1}
    made = draft.add("CONV_2D", [boxes, draft.weights((5, 1, 1, 4))], (1, 1, 1, 5), "Conv2DOptions", **fields)
    draft.tensors[made]["signature"] = (1, -1, 1, 5)
    other = draft.add("CONV_2D", [image, draft.weights((5, 1, 1, 4))], (1, 6, 6, 5), "Conv2DOptions", **fields)
    draft.outputs = [made, other]
    network = resolve_graph(parse(draft.build()))
    assert {item.operator: item.count for item in network.not_counted} == {"WHERE": 1, "RESHAPE": 1, "CONV_2D": 1}
    assert {item.reason for item in network.not_counted} == {"its shape depends on values that are not known"}
    assert total(layer.tally() for layer in network.layers).conv_macs == 36 * 20


def test_a_size_that_a_layer_cannot_have_is_refused() -> None:
    draft = Draft()
    image = draft.image((1, 1, 1, 4), signature=(1, -1, -1, 4))
    draft.outputs = [draft.add("RESHAPE", [image, draft.integers([1, 36])], (1, 36))]
    assert parse(draft.build(), InputSizes(resolution=(9, 1))).tensors[f"t{draft.outputs[0]}"].shape == (1, 36)
    with pytest.raises(
        MbcostError, match=r"RESHAPE 't2' does not fit inputs of this size: \[1, 5, 5, 4\] does not have"
    ):
        parse(draft.build(), InputSizes(resolution=(5, 5)))
