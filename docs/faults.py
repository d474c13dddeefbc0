"""A MobileNetV2 with one mistake that costs nothing, for docs/verify.md."""

import torch
import torchvision
from torch import nn


def make(padding: str = "symmetric") -> nn.Module:
    """Return torchvision's MobileNetV2; with `trailing`, the depthwise layer of block 3.1 pads on two sides only."""
    torch.manual_seed(0)  # so that the page shows the same difference every time
    model = torchvision.models.mobilenet_v2()
    if padding == "trailing":
        depthwise = model.features[4].conv[1]
        depthwise[0].padding = (0, 0)
        depthwise.insert(0, nn.ZeroPad2d((0, 2, 0, 2)))
    return model
