"""The example of docs/verify.md: MobileNetV2 written by hand, with one mistake."""

from torch import nn


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return a convolution with its norm and activation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class Block(nn.Module):
    """An inverted residual."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        width = inputs * expansion
        self.expand = conv(inputs, width)
        self.depthwise = conv(width, width, 3, stride, groups=width)
        self.project = conv(width, outputs)[:2]
        self.connected = stride == 1 and inputs == outputs

    def forward(self, x):
        """Return the map of the block, plus its input if both have the same shape."""
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.connected else y


def make(classes: int = 1000) -> nn.Sequential:
    """Return MobileNetV2, in which the block with t = 1 wrongly has an expansion, too."""
    layers, inputs = [conv(3, 32, 3, 2)], 32
    for t, c, n, s in [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]:
        for repeat in range(n):
            layers.append(Block(inputs, c, s if repeat == 0 else 1, t))
            inputs = c
    return nn.Sequential(*layers, conv(320, 1280), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, classes))
