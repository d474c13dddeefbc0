"""The network of docs/tiny.yaml, written by hand in torch."""

from torch import nn


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return a convolution with its norm and activation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class Block(nn.Module):
    """An inverted residual; with t = 1 it has no expansion layer."""

    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        width = inputs * expansion
        self.expand = conv(inputs, width) if expansion > 1 else nn.Identity()
        self.depthwise = conv(width, width, kernel, stride, groups=width)
        self.project = conv(width, outputs)[:2]
        self.connected = stride == 1 and inputs == outputs

    def forward(self, x):
        """Return the map of the block, plus its input if both have the same shape."""
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.connected else y


def make(classes: int = 2, kernel: int = 5) -> nn.Sequential:
    """Return the whole network; `kernel` is the kernel of the last two blocks."""
    return nn.Sequential(
        conv(1, 16, 3, stride=2),
        Block(16, 8, 3, 1, expansion=1),
        Block(8, 16, kernel, 2, expansion=4),
        Block(16, 16, kernel, 1, expansion=4),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, classes),
    )
