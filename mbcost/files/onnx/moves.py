"""Pools, reductions, and operators that only move values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mbcost.files.onnx.made import Maker
from mbcost.files.onnx.nodes import Node
from mbcost.files.onnx.windows import read_geometry
from mbcost.spec.graph import Operator

Translate = Callable[[Node, Maker], Iterator[Operator]]


def unknown(reason: str) -> Translate:
    """Return the translation of an operator that is not counted."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        yield maker.unknown(node, reason)

    return translate


def plain(kind: str) -> Translate:
    """Return the translation of an operator about which its kind says everything."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        if kind == "dequantize" and maker.is_fixed(node.read(0)):
            maker.scales[node.read(0)] = max(1, _elements(maker, node.read(1)))
        reads = node.reads[:1] if kind in ("global_pool", "copy") else node.reads
        yield maker.make(node, kind, reads)

    return translate


def _elements(maker: Maker, name: str) -> int:
    elements = 1
    for side in maker.shape(name):
        elements *= side
    return elements


def constant(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield what depends on the shape of its input only."""
    if maker.is_fixed(node.makes[0]):
        yield maker.make(node, "constant", ())
    else:
        yield maker.make(node, "arithmetic", node.reads, function="shape")


def along(kind: str, default: int) -> Translate:
    """Return the translation of an operator along one dimension, by default this one."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        axis = node.number("axis", default if node.version >= 13 or kind != "softmax" else 1)
        rank = len(maker.shape(node.read(0)))
        reads = node.reads[:1] if kind == "softmax" else node.reads
        yield maker.make(node, kind, reads, axes=(axis % rank,) if rank else ())

    return translate


def join(first: int, step: int) -> Translate:
    """Return the translation of tensors one after the other; every `step`th input from the first one is one."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        reads = node.reads[first::step]
        rank = len(maker.shape(reads[0])) if reads else 0
        axes = (node.number("axis", 1) % rank,) if rank else ()
        yield maker.make(node, "concat", tuple(sorted(reads, key=maker.is_fixed)), axes=axes)

    return translate


def pool(kind: str) -> Translate:
    """Return the translation of a pool over a moving window."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        image, made = maker.shape(node.read(0)), maker.shape(node.makes[0])
        last = node.op.startswith("Nhwc") or bool(node.number("channels_last", 0))
        rank = len(image) - 2
        if rank < 1 or len(made) != len(image):
            yield maker.unknown(node, "the shape of what it reads or makes is not known")
            return
        maker.check_map(node, image, made)
        inside = slice(1, -1) if last else slice(2, None)
        window = read_geometry(node, maker.facts, rank).window(image[inside], made[inside])
        function = {"LpPool": "lp"}.get(node.op, "") or f"{kind} in {rank} dimensions"
        if last or window is None or node.op == "LpPool":
            yield maker.make(node, "reduce", node.reads[:1], function=function)
        else:
            yield maker.make(node, kind, node.reads[:1], window=window)

    return translate


def pool_all(function: str) -> Translate:
    """Return the translation of another pool over the whole map."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        rank = len(maker.shape(node.read(0)))
        yield maker.make(node, "reduce", node.reads[:1], function=function, axes=tuple(range(2, rank)))

    return translate


def reduce(function: str) -> Translate:
    """Return the translation of a sum, mean or the like over dimensions; the mean over height and width is a pool."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        rank = len(maker.shape(node.read(0)))
        axes = node.numbers("axes") or (maker.facts.integers(node.read(1)) if node.read(1) else ()) or ()
        if not axes and not node.number("noop_with_empty_axes", 0):
            axes = tuple(range(rank))
        axes = tuple(sorted(axis % rank for axis in axes)) if rank else ()
        if function == "mean" and rank == 4 and axes == (2, 3):
            yield maker.make(node, "global_pool", node.reads[:1])
        else:
            yield maker.make(node, "reduce", node.reads[:1], function=function, axes=axes)

    return translate


def transpose(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield a transposition with its order."""
    rank = len(maker.shape(node.read(0)))
    yield maker.make(node, "transpose", node.reads[:1], axes=node.numbers("perm") or tuple(reversed(range(rank))))


def pad(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield a padding: an attribute before version 11, an input since, for chosen dimensions since version 18."""
    rank = len(maker.shape(node.read(0)))
    pads = node.numbers("pads") or node.numbers("paddings") or maker.facts.integers(node.read(1)) or ()
    axes = maker.facts.integers(node.read(3)) if node.read(3) else tuple(range(rank))
    padding = [0] * (2 * rank)
    if axes is not None and len(pads) == 2 * len(axes) and all(-rank <= axis < rank for axis in axes):
        for axis, before, after in zip(axes, pads, pads[len(axes) :], strict=False):
            padding[2 * (axis % rank) : 2 * (axis % rank) + 2] = before, after
        yield maker.make(node, "pad", node.reads[:1], padding=tuple(padding))
    else:
        yield maker.make(node, "pad", node.reads[:1])


def resize(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield a change of size with the method by which values between others are found."""
    yield maker.make(node, "resize", node.reads[:1], function=node.text("mode", "nearest"))


REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "maximum",
    "ReduceMin": "minimum",
    "ReduceProd": "product",
    "ReduceL1": "l1",
    "ReduceL2": "l2",
    "ReduceLogSum": "log_sum",
    "ReduceLogSumExp": "log_sum_exp",
    "ReduceSumSquare": "sum_of_squares",
}
"""Reductions, and their names here."""
PLAIN = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), "reshape"),
    **dict.fromkeys(("Identity", "Dropout", "Cast", "CastLike", "Optional", "OptionalGetElement"), "copy"),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), "transpose"),
    **dict.fromkeys(("Gather", "GatherElements", "GatherND", "Compress", "ReverseSequence", "SequenceAt"), "gather"),
    **dict.fromkeys(("Slice", "CenterCropPad"), "slice"),
    **dict.fromkeys(("ConstantOfShape", "Range", "EyeLike", "HannWindow", "HammingWindow"), "constant"),
    **dict.fromkeys(("BlackmanWindow", "SequenceEmpty", "SequenceLength", "OptionalHasElement"), "constant"),
    **dict.fromkeys(("SequenceConstruct", "SequenceInsert", "SequenceErase", "ConcatFromSequence"), "concat"),
    **dict.fromkeys(("RoiAlign", "GridSample"), "resize"),
}
"""Operators that move values, by kind."""
ALONG = {
    "Softmax": ("softmax", -1),
    "LogSoftmax": ("softmax", -1),
    "Concat": ("concat", 1),
    "Split": ("split", 0),
    "SplitToSequence": ("split", 0),
}
"""Operators along a dimension: their kind, and the dimension if the file does not state it."""
NOT_COUNTED = ("DFT", "STFT", "Det", "MelWeightMatrix", "TfIdfVectorizer", "ImageDecoder")
"""Operators that multiply and add in ways that are not counted."""
