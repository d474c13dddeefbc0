"""Changes of a network that its differences from a model suggest: cells of rows, forms of blocks, single layers.

Every proposal reads its value from a layer of the model that is paired with one of the network. Whether a proposal is
right is not decided here: a search builds the network with it and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.network import Network
from mbcost.questions.aligned.align import Pair
from mbcost.questions.aligned.weighted import WeightedLayer
from mbcost.questions.aligned.words import enumerate_names
from mbcost.questions.mistakes.draft import Draft, Mistake, add_change
from mbcost.questions.mistakes.row_changes import replace_row
from mbcost.questions.verify.retouch import propose_extra_layers, propose_single_layers
from mbcost.spec.operators import ACTIVE
from mbcost.spec.table import Row, Spec

Pairs = Sequence[Pair[WeightedLayer, WeightedLayer]]
LAST_PARTS = ("pointwise", "project", "restore", "conv2", "head", "classifier", "conv", "expand")
"""The part that decides the outputs of a block: the first of these that the block has."""
WINDOW_PARTS = ("depthwise", "conv", "conv1", "start", "expand")
"""The part that has the kernel and the stride of a block's row: the first of these that the block has."""
INNER_PARTS = ("depthwise", "reduce", "expand")
"""The part that shows the inner width of a block."""
MOST_REPEATS = 2
"""At most this many repeats of a row are added or left out at once."""


@dataclass(frozen=True)
class _Observed:
    """What the model has in place of a block of the network. A field is None if no layer shows it."""

    block: Block
    outputs: int | None = None
    expanded: int | None = None
    squeezed: int | None = None
    kernel: tuple[int, int] | None = None
    stride: int | None = None
    dilation: int | None = None
    groups: int | None = None

    @property
    def changes(self) -> dict[str, object]:
        """The fields of the form in which the model differs."""
        names = ("outputs", "expanded", "squeezed", "kernel", "stride", "dilation", "groups")
        observed = {name: getattr(self, name) for name in names}
        return {
            name: value for name, value in observed.items() if value is not None and value != _value(self.block, name)
        }


def _value(block: Block, name: str) -> object:
    return getattr(block.form, name)


def propose(draft: Draft, network: Network, pairs: Pairs) -> dict[str, Mistake]:
    """Return the changes of the draft of `network` that the pairs of its layers with a model's suggest, by name.

    The more general ones come first: those of rows, of several blocks, of one block, of single layers. There is none
    if most layers of the network have no partner: then the model is a different one.
    """
    ours = [(expected, actual) for expected, actual in pairs if expected is not None]
    if 2 * sum(actual is None for _, actual in ours) > len(ours):
        return {}
    blocks = draft.blocks(network.alpha, network.classes, network.in_channels)
    observed = [_observe(block, list_block_pairs(pairs, block.name)) for block in blocks]
    proposals: dict[str, Mistake] = {}
    for name, mistake in chain(
        _propose_rows(draft.spec, network.alpha, observed, pairs),
        _propose_blocks(draft.spec, observed),
        propose_single_layers(pairs),
        propose_extra_layers(pairs),
    ):
        proposals.setdefault(name, mistake)
    return proposals


def list_block_pairs(pairs: Pairs, block: str) -> list[Pair[WeightedLayer, WeightedLayer]]:
    """Return the pairs of a block: those of its layers, and the layers of the model alone that follow them."""
    listed, current = [], ""
    for expected, actual in pairs:
        current = current if expected is None else expected.block
        if current == block:
            listed.append((expected, actual))
    return listed


def _observe(block: Block, pairs: Pairs) -> _Observed:
    parts = {_part(expected): (expected, actual) for expected, actual in pairs if expected is not None}
    paired = {part: actual for part, (_, actual) in parts.items() if actual is not None}
    last = next((part for part in LAST_PARTS if part in parts), None)
    window = next((part for part in WINDOW_PARTS if part in parts), None)
    inner = next((part for part in INNER_PARTS if part in paired), None)
    form, leading = block.form, paired.get(window or "")
    windowed = leading is not None and form.operator not in ("linear", "dense")
    return _Observed(
        block,
        outputs=paired[last].out_channels if last in paired else None,
        expanded=paired[inner].out_channels if inner and form.expanded else None,
        squeezed=_observe_squeeze(form, parts, pairs),
        kernel=leading.kernel if windowed and leading else None,
        stride=leading.stride[0] if windowed and leading and leading.stride else None,
        dilation=leading.dilation[0] if windowed and leading else None,
        groups=leading.groups if windowed and leading and window == "conv" else None,
    )


def _observe_squeeze(form: Form, parts: Mapping[str, Pair[WeightedLayer, WeightedLayer]], pairs: Pairs) -> int | None:
    """Return the width of the squeeze: 0 if the model does not have one, None if it does not show."""
    if not form.expanded:
        return None
    if "se.reduce" in parts:
        actual = [parts[part][1] for part in ("se.reduce", "se.expand") if part in parts]
        if actual[0] is not None:
            return actual[0].out_channels
        return 0 if actual == [None, None] else None
    extra = [actual for expected, actual in pairs if expected is None and actual is not None]
    inside = [layer for layer in extra if layer.output == (1, 1) and layer.kind == "dense"]
    return inside[0].out_channels if len(inside) > 1 else None


def _part(layer: WeightedLayer) -> str:
    return layer.name.split(".", 2)[2]


def _propose_rows(
    spec: Spec, alpha: float, observed: Sequence[_Observed], pairs: Pairs
) -> Iterator[tuple[str, Mistake]]:
    """Yield changes of the cells of rows whose blocks differ."""
    incomplete = set(_list_incomplete(pairs))
    for row in spec.rows:
        blocks = [block for block in observed if block.block.stage == row.stage]
        for text, cells in _list_cells(row, alpha, blocks):
            yield f"row {row.stage}: {text}", Mistake(f"row {row.stage} has {text}", replace_row(row.stage, **cells))
        if row.stage in incomplete and row.operator in ACTIVE:
            yield from _propose_repeats(row)


def _list_incomplete(pairs: Pairs) -> Iterator[int]:
    """Yield the stages of layers without a partner, and those beside them: a repeat can be like the next row's."""
    current = 0
    for expected, actual in pairs:
        current = current if expected is None else int(expected.block.split(".")[0])
        if expected is None or actual is None:
            yield from (current - 1, current, current + 1)


def _propose_repeats(row: Row) -> Iterator[tuple[str, Mistake]]:
    for change in range(1, MOST_REPEATS + 1):
        for repeats in (row.repeats - change, row.repeats + change):
            if repeats >= 0:
                yield (
                    f"row {row.stage}: {repeats} repeats",
                    Mistake(f"row {row.stage} has {repeats} repeats", replace_row(row.stage, n=repeats)),
                )


def _list_cells(row: Row, alpha: float, blocks: Sequence[_Observed]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield changes of a row's cells, each with its text, that its blocks suggest."""
    seen: set[str] = set()
    for block in blocks:
        for name, value in block.changes.items():
            for text, cells in CELLS[name](row, value, alpha, block.block.form):
                if text not in seen:
                    seen.add(text)
                    yield text, cells


def _list_widths(row: Row, value: int, alpha: float, _form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the printed widths that alpha can scale to the observed one."""
    if isinstance(row.c, int):
        for width in dict.fromkeys((value, round(value / alpha), int(value / alpha), int(value / alpha) + 1)):
            if width != row.c and width > 0:
                yield f"{width} channels", {"c": width}


def _list_inner_widths(row: Row, value: int, alpha: float, form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    if row.t is not None:
        factor = value / form.inputs
        for t in dict.fromkeys((round(factor), round(factor, 1), round(factor, 2))):
            if t > 0 and t != row.t:
                yield f"t {t:g}", {"t": int(t) if t == int(t) else t}
    elif row.exp is not None:
        for width in dict.fromkeys((value, round(value / alpha), int(value / alpha), int(value / alpha) + 1)):
            if width != row.exp and width > 0:
                yield f"exp {width}", {"exp": width}


def _list_squeezes(row: Row, value: int, _alpha: float, _form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    if row.se != bool(value):
        yield ("squeeze-and-excite" if value else "no squeeze-and-excite"), {"se": bool(value)}


def _list_kernels(
    _row: Row, value: tuple[int, int], _alpha: float, _form: Form
) -> Iterator[tuple[str, dict[str, object]]]:
    yield f"kernel {value[0]}x{value[1]}", {"k": value}


def _list_strides(row: Row, value: int, _alpha: float, _form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    if row.stride != value:
        yield f"stride {value}", {"s": value}


def _list_dilations(_row: Row, value: int, _alpha: float, _form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    yield f"dilation {value}", {"d": value}


def _list_groups(row: Row, value: int, _alpha: float, _form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    if row.operator in ("conv", "residual"):
        yield f"{value} groups", {"g": value}


CELLS: Mapping[str, Callable[..., Iterator[tuple[str, dict[str, object]]]]] = {
    "outputs": _list_widths,
    "expanded": _list_inner_widths,
    "squeezed": _list_squeezes,
    "kernel": _list_kernels,
    "stride": _list_strides,
    "dilation": _list_dilations,
    "groups": _list_groups,
}
"""How an observed field of a block is printed in its row."""

WORDS: Mapping[str, Callable[[object], str]] = {
    "outputs": lambda value: f"{value} output channels",
    "expanded": lambda value: f"an expanded width of {value}",
    "squeezed": lambda value: f"a squeeze width of {value}" if value else "no squeeze-and-excite",
    "kernel": lambda value: f"kernel {'x'.join(map(str, value))}",  # type: ignore[call-overload]
    "stride": lambda value: f"stride {value}",
    "dilation": lambda value: f"dilation {value}",
    "groups": lambda value: f"{value} groups",
}
"""How the change of a field of a block's form is written."""


def _propose_blocks(spec: Spec, observed: Sequence[_Observed]) -> Iterator[tuple[str, Mistake]]:
    """Yield changes of the forms of blocks: all that have the same change, those of one row, and each one alone."""
    groups: dict[tuple[str, object], list[Block]] = {}
    for block in observed:
        for name, value in block.changes.items():
            groups.setdefault((name, value), []).append(block.block)
    for (name, value), blocks in groups.items():
        stages = dict.fromkeys(block.stage for block in blocks)
        subsets = [blocks, *([block for block in blocks if block.stage == stage] for stage in stages)]
        subsets += [[block] for block in blocks]
        for subset in subsets:
            words, subject = WORDS[name](value), _name_blocks(spec, subset)
            verb = "has" if len(subset) == 1 or subject.startswith("row ") else "have"
            yield f"{subject}: {words}", Mistake(f"{subject} {verb} {words}", _change_blocks(subset, name, value))


def _name_blocks(spec: Spec, blocks: Sequence[Block]) -> str:
    stages = list(dict.fromkeys(block.stage for block in blocks))
    if len(stages) == 1 and len(blocks) == spec.rows[stages[0]].repeats:
        return f"row {stages[0]}"
    return f"block {blocks[0].name}" if len(blocks) == 1 else f"blocks {enumerate_names([b.name for b in blocks])}"


def _change_blocks(blocks: Sequence[Block], field: str, value: object) -> Callable[[Draft], Draft]:
    names = frozenset(block.name for block in blocks)

    def change(_: Draft, block: Block) -> Form:
        if block.name not in names:
            return block.form
        fields = {field: value}
        if field == "expanded" and block.form.operator in ("bottleneck", "fused_bottleneck"):
            fields["expands"] = value != block.form.inputs
        return replace(block.form, **fields)  # type: ignore[arg-type]

    return add_change(change)
