"""A model as a graph of operators that read and make tensors: what every file of a model becomes, whatever its format.

The readers in `mbcost/files/` and the tracer in `mbcost/measured/` make it. They translate the names and the layouts of
their format, and they count nothing: `mbcost/analytic/graph/` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

Sides = tuple[int, int]
"""Height and width. In one dimension, the height is 1."""

CHANNELS_FIRST = "NCHW"
CHANNELS_LAST = "NHWC"
LAYOUTS = (CHANNELS_FIRST, CHANNELS_LAST)
"""The orders of a map's dimensions."""

KINDS: Mapping[str, str] = {
    "conv": "a convolution; reads an input, weights and perhaps a bias",
    "transposed_conv": "a transposed convolution; reads the same",
    "linear": "a product with constant weights; reads an input, weights and perhaps a bias",
    "matmul": "a product of two tensors that are computed; `inner` is the length of the sums",
    "norm": "a norm; reads an input and its constants; `function` is its kind",
    "activation": "a function of each element; `function` is its name; a PReLU reads its slopes, too",
    "add": "the sum of two tensors, each element of the smaller one repeated as needed",
    "multiply": "the product of two tensors, element by element, repeated as above",
    "arithmetic": "any other function of the elements of one or more tensors; `function` is its name",
    "global_pool": "the average over height and width",
    "average_pool": "the average over a moving window",
    "max_pool": "the maximum over a moving window",
    "reduce": "a sum, mean, maximum ... over other dimensions; `function` is its name",
    "softmax": "a softmax, or its logarithm",
    "resize": "a map at another height and width",
    "concat": "tensors one after the other along a dimension",
    "split": "the parts of a tensor along a dimension",
    "slice": "a part of a tensor",
    "pad": "a tensor with values around it; `padding` says how many",
    "reshape": "the same values in the same order in another shape",
    "transpose": "the same values in another order of dimensions",
    "gather": "chosen parts of a tensor, by index",
    "quantize": "numbers as integers with a scale",
    "dequantize": "integers with a scale as numbers",
    "copy": "the same values: an identity, a cast, dropout when the model is used",
    "constant": "a tensor that no input of the model changes, and that is not stored",
    "unknown": "not known, so not counted; `reason` says why",
}
"""Every kind of operator, and what it means."""

FUNCTIONS = ("relu", "relu6", "hard_swish", "hard_sigmoid", "swish", "sigmoid")
"""The activations that are counted by name. Others have their own names, such as `gelu` or `tanh`, and count zero."""

MOST_VALUES = 64
"""The values of a constant are read only if it has at most this many elements; nobody reads weights."""


@dataclass(frozen=True)
class Tensor:
    """An array that operators read or make."""

    name: str
    shape: tuple[int, ...]
    """All sides, the batch of a map included; empty for a single number."""
    dtype: str = "float32"
    """As numpy spells it, such as `float32`, `int8` or `bool`; `int4` and others that numpy lacks as in the file."""
    stored: int | None = None
    """The bytes that a constant takes in the file, which can be fewer than its values need; None if it is computed."""
    values: tuple[float, ...] | None = field(default=None, compare=False)
    """The values of a small constant, see `MOST_VALUES`; None if they are not known."""
    scales: int = 0
    """The number of scales with which it is quantized: 1, or one per channel; 0 if it is not quantized."""
    origin: int | None = None
    """The number of stored values from which a constant is computed; None if it is stored itself."""
    buffer: str = ""
    """Equal for constants that are stored once; by default the name."""

    @property
    def constant(self) -> bool:
        """Whether it is stored in the file."""
        return self.stored is not None

    @property
    def elements(self) -> int:
        """The product of its sides, 1 for a single number."""
        return prod(self.shape)

    @property
    def storage(self) -> str:
        """What identifies its stored bytes."""
        return self.buffer or self.name


@dataclass(frozen=True)
class Window:
    """The window that a convolution or pool moves over a map."""

    kernel: Sides = (1, 1)
    stride: Sides = (1, 1)
    dilation: Sides = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Zeros above, left of, below and right of the map."""


@dataclass(frozen=True)
class Operator:
    """One operator of a graph."""

    name: str
    """Unique in its graph; that of the file, or made from the name of what it makes."""
    kind: str
    """A key of `KINDS`."""
    reads: tuple[str, ...]
    """The names of the tensors that it reads: first the computed ones, then weights, bias and other constants, as
    `KINDS` says. An optional one that is absent in the middle is an empty name."""
    makes: tuple[str, ...]
    written: str = ""
    """What the file calls its kind, such as `CONV_2D`."""
    window: Window | None = None
    """Of convolutions and pools over a moving window."""
    groups: int = 1
    function: str = ""
    """The name of an activation, of a norm or of arithmetic. Of other kinds: the activation that is fused into them."""
    inner: int = 0
    """The length of the sums of a matrix product of two computed tensors."""
    epsilon: float | None = None
    """What a norm adds to the variance."""
    padding: tuple[int, ...] = ()
    """Of `pad`: how many values before and after, for each dimension in turn."""
    axes: tuple[int, ...] = ()
    """Of `reduce`, `concat`, `softmax` and `split`: the dimensions, from 0. Of `transpose`: the order of dimensions."""
    reason: str = ""
    """Of `unknown`: why it is not counted, such as 'a custom operator'."""


@dataclass(frozen=True)
class NotCounted:
    """Operators of one kind that are not known, so that a total leaves them out."""

    operator: str
    """What the file calls them."""
    count: int
    reason: str


@dataclass(frozen=True)
class Graph:
    """The operators of a model in an order in which they can run, and every tensor that they read or make."""

    name: str
    source: str
    """The file, or what makes the model."""
    form: str
    """What it was: `onnx`, `tflite`, `keras`, `torch` or `yaml`."""
    layout: str
    """The order of the dimensions of its maps, one of `LAYOUTS`."""
    inputs: tuple[str, ...]
    """The names of what somebody has to provide; constants are not among them."""
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]
    tensors: Mapping[str, Tensor]
    batch: int = 1
    """How many images its tensors hold; counts are per image."""
    bytes: int = 0
    """The size of the file, with the files of its weights; 0 if it is none."""
    unread: tuple[str, ...] = ()
    """What of the file is not part of this graph, in words, such as 'subgraph 2 (while body)'."""

    @property
    def dtype(self) -> str:
        """The dtype of most tensors that its operators make, such as `int8`; empty if they make none."""
        made = Counter(self.tensors[name].dtype for operator in self.operators for name in operator.makes if name)
        return made.most_common(1)[0][0] if made else ""

    order: tuple[str, ...] = ()
    """The names of all tensors of a TensorFlow Lite file by their number in it, on which its runtime's plan of memory
    depends; also of those that no operator uses, which are not in `tensors`."""
