"""A torch model with the faults of tests/data/wild/*.yaml, one switch per fault, and a model that shares a layer."""

from __future__ import annotations

from torch import Tensor, nn

ROWS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
"""t, c, n, s of the paper's bottlenecks."""


def _unit(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs)]


class Block(nn.Module):
    def __init__(self, inputs: int, width: int, outputs: int, stride: int, *, expands: bool) -> None:
        super().__init__()
        expand = [*_unit(inputs, width), nn.ReLU6()] if expands else []
        depthwise = [*_unit(width, width, 3, stride, width), nn.ReLU6()]
        self.layers = nn.Sequential(*expand, *depthwise, *_unit(width, outputs))
        self.connected = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.connected else y


def make(
    *, stem: bool = False, projections: bool = False, repeat: bool = False, classifier: bool = False
) -> nn.Sequential:
    """Return MobileNetV2 with the faults that are switched on."""
    layers: list[nn.Module] = [*_unit(3, 32, 1 if stem else 3, 2), nn.ReLU6()]
    inputs = printed = 32
    for t, c, n, s in ROWS:
        for index in range(n - (repeat and c == 96)):
            width = t * printed
            outputs = width if projections else c
            layers.append(Block(inputs, width, outputs, s if index == 0 else 1, expands=t > 1))
            inputs, printed = outputs, c
    layers += [*_unit(inputs, 1280), nn.ReLU6()]
    if classifier:
        return nn.Sequential(*layers, nn.Conv2d(1280, 1000, 7), nn.Flatten())
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


class Shared(nn.Sequential):
    """A model that calls one convolution twice."""

    def __init__(self) -> None:
        conv = nn.Conv2d(3, 3, 1)
        super().__init__(conv, conv)
