"""The models in the onnx package: equal to an independent count, and compared with onnx-tool."""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from math import prod
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper, shape_inference

from mbcost.analytic.graph.network import resolve_graph
from mbcost.files.read import read_graph
from mbcost.spec.tally import total
from tests.files.onnx.expected import Totals, read_totals

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"
TOTALS: dict[str, Totals] = {
    "bvlc_alexnet": (654_560_384, 60_965_224),
    "densenet121": (2_834_161_664, 8_062_504),
    "inception_v1": (1_431_556_352, 6_998_552),
    "inception_v2": (2_018_851_840, 11_214_888),
    "resnet50": (4_089_184_256, 25_557_032),
    "shufflenet": (124_664_528, 1_393_320),
    "squeezenet": (349_151_936, 1_235_496),
    "vgg19": (19_632_062_464, 143_667_240),
    "zfnet512": (1_481_727_008, 87_250_536),
}
"""Mult-adds and params. Those of VGG-19, ResNet-50 and SqueezeNet 1.0 (AlexNet: Caffe's) are the published ones.
DenseNet-121 has 83,648 more than torchvision's: its norms have a scale and a shift, and a product and a sum follow."""


def count(path: Path) -> Totals:
    """Return the totals from the shapes that the onnx package infers."""
    model = shape_inference.infer_shapes(onnx.load(str(path)), data_prop=True)
    shapes = {item.name: tuple(item.dims) for item in model.graph.initializer}
    constant = set(shapes)
    for item in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        shapes[item.name] = tuple(side.dim_value for side in item.type.tensor_type.shape.dim)
    filled = {item.name: tuple(numpy_helper.to_array(item)) for item in model.graph.initializer if item.data_type == 7}
    macs = params = 0
    for node in model.graph.node:
        if node.op_type in ("ConstantOfShape", "Unsqueeze", "Reshape") and node.input[0] in constant:
            constant.add(node.output[0])
            shapes[node.output[0]] = filled.get(node.input[0], shapes.get(node.output[0], ()))
        elif node.op_type in LAYERS:
            weights = [prod(shapes[name]) for name in node.input[1:] if name in constant]
            params += sum(weights[:2]) if node.op_type == "BatchNormalization" else sum(weights)
            out = shapes[node.output[0]]
            macs += weights[0] * prod(out[2:]) if node.op_type in ("Conv", "Gemm", "MatMul") else 0
    return macs, params


LAYERS = ("Conv", "Gemm", "MatMul", "BatchNormalization", "Mul", "Add")


@pytest.mark.parametrize("name", TOTALS)
def test_totals_equal_an_independent_count(name: str) -> None:
    path = LIGHT / f"light_{name}.onnx"
    assert read_totals(path) == count(path) == TOTALS[name]


ELSE = {
    "BatchNormalization": "a product and a sum per element, and the folding of the norm itself",
    "Relu": "a comparison per element",
    "MaxPool": "a comparison per element of each window",
    "AveragePool": "a sum per element of each window",
    "GlobalAveragePool": "a sum per element",
    "Sum": "a sum per element",
    "Softmax": "exponentials, sums and quotients",
}
"""What onnx-tool counts besides convolutions and products, none of which is a multiply-accumulate of a layer."""


@pytest.mark.parametrize("name", ["squeezenet", "resnet50", "shufflenet"])
def test_onnx_tool_differs_by_biases_and_by_what_is_no_layer(name: str) -> None:
    import onnx_tool

    path = LIGHT / f"light_{name}.onnx"
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = onnx_tool.Model(str(path), {"verbose": False}).graph
        graph.shape_infer(None)
        graph.profile()
    theirs = Counter[str]()
    for node in graph.nodemap.values():
        theirs[node.op_type] += int(node.macs[0])
    counts = total([layer.tally() for layer in resolve_graph(read_graph(path, name, "onnx")).layers])
    layers = theirs.pop("Conv") + theirs.pop("Gemm", 0)
    biases = counts.conv_bias_adds + counts.linear_bias_adds
    assert layers == TOTALS[name][0] + biases
    assert {op for op, macs in theirs.items() if macs} <= set(ELSE)
