"""Convolutions and matrix products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from mbcost.files.onnx.made import Maker
from mbcost.files.onnx.nodes import Node, Shape
from mbcost.files.onnx.windows import read_geometry
from mbcost.spec.graph import Operator

Translate = Callable[[Node, Maker], Iterator[Operator]]
FUSED = {"Relu": "relu", "Sigmoid": "sigmoid", "HardSigmoid": "hard_sigmoid", "Tanh": "tanh", "LeakyRelu": "leaky_relu"}
"""What ONNX Runtime fuses into convolutions and products, by its name."""


def convolution(weights: int = 1, bias: int = 2, addend: int = 0, *, transposed: bool = False) -> Translate:
    """Return the translation of convolutions whose weights, bias and addend are at these inputs."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        quantized = node.op in ("ConvInteger",)
        absent = quantized or node.read(bias) in maker.facts.zeros
        reads = node.read(0), node.read(weights), "" if absent else node.read(bias)
        image, kernel = maker.shape(reads[0]), maker.shape(reads[1])
        if node.number("channels_last", 0):
            yield maker.unknown(node, "its map has the channels last")
            return
        if not (maker.known(reads[0]) and maker.known(reads[1]) and maker.known(node.makes[0])):
            yield maker.unknown(node, "the shape of what it reads or makes is not known")
            return
        _check_sides(node, maker, image, kernel, transposed=transposed)
        if weights == 3:
            maker.scales[reads[1]] = max(1, prod(maker.shape(node.read(4))))
        elif quantized:
            maker.scales[reads[1]] = 1
        geometry = read_geometry(node, maker.facts, len(image) - 2, kernel[2:])
        made = maker.shape(node.makes[0])
        maker.check_map(node, image, made)
        window = geometry.window(image[2:], made[2:], transposed=transposed)
        function, groups = _fused(node), node.number("group", 1)
        kind = "transposed_conv" if transposed else "conv"
        if not (addend and node.read(addend)):
            yield maker.make(node, kind, reads, window=window, groups=groups, function=function)
            return
        inside = maker.add_tensor(f"{node.makes[0]}.conv", made, node.makes[0])
        yield maker.make(node, kind, reads, "conv", window=window, groups=groups, makes=(inside,))
        yield maker.make(node, "add", (inside, node.read(addend)), "add", function=function)

    return translate


def _check_sides(node: Node, maker: Maker, image: Shape, kernel: Shape, *, transposed: bool) -> None:
    """Refuse a convolution whose weights do not fit its input."""
    if len(image) < 3 or len(image) != len(kernel):
        raise maker.refuse(node, f"has an input of {len(image)} sides and weights of {len(kernel)}")
    groups = node.number("group", 1)
    channels = kernel[0] if transposed else kernel[1] * groups
    if groups < 1 or image[1] != channels or (not transposed and kernel[0] % groups):
        raise maker.refuse(node, f"has an input of {image[1]} channels, and weights for {channels}")


def _fused(node: Node) -> str:
    """Return the activation that ONNX Runtime has fused into a node."""
    name = node.text("activation")
    if name == "Clip":
        bounds = tuple(node.attributes["activation_params"].floats) if "activation_params" in node.attributes else ()
        return {(0.0, 6.0): "relu6"}.get(bounds, "clip")
    if name == "HardSigmoid":
        slope = tuple(node.attributes["activation_params"].floats) if "activation_params" in node.attributes else ()
        mobile = len(slope) == 2 and abs(slope[0] - 1 / 6) < 1e-6 and slope[1] == 0.5
        return "hard_sigmoid" if mobile else "other_hard_sigmoid"
    return FUSED.get(name, name.lower())


def product(first: int, second: int, bias: int = 0) -> Translate:
    """Return the translation of matrix products whose factors are at these inputs."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        left, right = node.read(first), node.read(second)
        shape = maker.shape(left)
        swapped = node.number("transA", 0) and len(shape) > 1
        inner = (shape[-2] if swapped else shape[-1]) if shape else 0
        if node.op in ("MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul"):
            maker.scales[right] = max(1, prod(maker.shape(node.read({"MatMulIntegerToFloat": 3}.get(node.op, 2)))))
        elif second == 3:
            maker.scales[right] = max(1, prod(maker.shape(node.read(4))))
        yield multiply(node, maker, (left, right, node.read(bias) if bias else ""), inner)

    return translate


def multiply(node: Node, maker: Maker, reads: tuple[str, ...], inner: int) -> Operator:
    """Return a matrix product as `linear` if its second factor is one constant matrix, else as `matmul`.

    `reads` are the factors and perhaps a bias.
    """
    left, right = reads[:2]
    function, made = _fused(node), maker.shape(node.makes[0])
    if not all(maker.known(name) for name in (left, right, node.makes[0])):
        return maker.unknown(node, "the shape of what it reads or makes is not known")
    vectors = prod(made[:-1]) if made else 1
    as_layer = maker.is_fixed(right) and not maker.is_fixed(left)
    if as_layer and made and prod(maker.shape(right)) * vectors == prod(made) * inner:
        return maker.make(node, "linear", reads, inner=inner, function=function)
    computed = (right, left) if maker.is_fixed(left) else (left, right)
    return maker.make(node, "matmul", (*computed, *reads[2:]), inner=inner, function=function)


def gemm(second: int = 1, bias: int = 2) -> Translate:
    """Return the translation of `Gemm`; alpha and beta change no count."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        left = maker.shape(node.read(0))
        inner = left[0 if node.number("transA", 0) else 1] if len(left) == 2 else 0
        if second == 3:
            maker.scales[node.read(3)] = max(1, prod(maker.shape(node.read(4))))
        yield multiply(node, maker, (node.read(0), node.read(second), node.read(bias)), inner)

    return translate


def packed(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield `MatMulNBits`, whose weights are N x K integers of a few bits."""
    bits, sides = node.number("bits", 4), (node.number("N", 0), node.number("K", 0))
    name = node.read(1)
    weight = maker.facts.weights.get(name)
    if weight is None or min(sides) < 1 or prod(sides) * bits > 8 * prod(weight.shape) * 8 or not 1 <= bits <= 8:
        yield maker.unknown(node, "its packed weights are not stored, or do not fit")
        return
    maker.reshape_constant(name, sides, f"int{bits}", max(1, prod(maker.shape(node.read(2)))))
    yield maker.make(node, "linear", (node.read(0), name, node.read(5)), inner=sides[1])


def einsum(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield an Einstein sum of one or two tensors; each value of its result is a sum over the labels it lacks."""
    equation = node.text("equation").replace(" ", "")
    terms, arrow, result = equation.partition("->")
    factors = terms.split(",")
    reads = tuple(node.reads)
    if len(factors) != len(reads) or len(factors) > 2 or not all(map(maker.known, (*reads, node.makes[0]))):
        yield maker.unknown(node, "an Einstein sum of more than two tensors, or of unknown shapes")
        return
    sizes = dict[str, int]()
    for factor, name in zip(factors, reads, strict=False):
        sizes |= _label(factor, maker.shape(name))
    if not arrow:
        letters = sorted({letter for letter in terms if letter.isalpha()})
        result = "".join(letter for letter in letters if terms.count(letter) == 1) + "..." * ("..." in terms)
    inner = prod(size for letter, size in sizes.items() if letter not in result)
    if "..." in terms and "..." not in result:
        yield maker.unknown(node, "an Einstein sum over dimensions without names")
    elif len(factors) == 2 and set(sizes) - set(result):
        yield multiply(node, maker, reads if not maker.is_fixed(reads[0]) else reads[::-1], inner)
    elif len(factors) == 2:
        yield maker.make(node, "multiply", reads)
    elif set(sizes) - set(result):
        yield maker.make(node, "reduce", reads, function="sum")
    else:
        yield maker.make(node, "transpose", reads)


def _label(factor: str, shape: Shape) -> dict[str, int]:
    """Return the size of each label of one tensor in an Einstein sum."""
    before, dots, after = factor.partition("...")
    named = dict(zip(before, shape, strict=False))
    return named | (dict(zip(reversed(after), reversed(shape), strict=False)) if dots else {})
