"""A small MobileNetV3 as people write it, with at most one fault that costs nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune

SPEC = """
name: planted
input: {channels: 3, resolution: 32}
columns: [operator,        exp,  c,    se, nl, s]
rows:
  - [conv,                   ~,  8, false, HS, 2]
  - [bottleneck 3x3,        16,  8,  true, RE, 1]
  - [bottleneck 5x5,        24, 16, false, HS, 2]
  - [bottleneck 3x3,        32, 16,  true, HS, 1]
  - [bottleneck 3x3,        40, 16, false, RE, 1]
  - [conv 1x1,               ~, 96, false, HS, 1]
  - [global_pool,            ~,  ~, false,  ~, 1]
  - [linear,                 ~, 24, false, HS, 1]
  - [linear,                 ~,  k, false,  ~, 1]
implementations: {family: v3, only: [torchvision]}
"""


_prune: Any = prune.l1_unstructured


class Unit(nn.Module):
    """A convolution, its norm and its activation."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, *, groups: int = 1, act: Any = None
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001, momentum=0.01)
        self.act = act
        self.fault = ""

    def forward(self, x: Tensor, shortcut: Tensor | None = None) -> Any:
        """(N, C, H, W) -> (N, C', H', W')."""
        if self.fault == "asymmetric padding":
            x = functional.pad(x, (0, 2, 0, 2)) if self.conv.kernel_size == (3, 3) else functional.pad(x, (1, 3, 1, 3))
            out = functional.conv2d(x, self.conv.weight, None, self.conv.stride, 0, 1, self.conv.groups)
        elif self.fault == "swapped kernel":
            weight = self.conv.weight.transpose(2, 3)
            out = functional.conv2d(x, weight, None, self.conv.stride, self.conv.padding, 1, self.conv.groups)
        else:
            out = self.conv(x)
        if self.fault == "added before the norm" and shortcut is not None:
            return self.bn(out + shortcut)
        if self.fault == "norm after activation":
            return self.bn(self.act(out))
        if self.fault == "norm of the batch":
            return self.act(functional.batch_norm(out, None, None, self.bn.weight, self.bn.bias, True, 0.1, 0.001))
        out = self.bn(out)
        out = out if self.act is None else self.act(out)
        return out if shortcut is None else out + shortcut


class Squeeze(nn.Module):
    """Squeeze-and-excite."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)
        self.pool: Any = lambda x: x.mean((2, 3), keepdim=True)
        self.inner: Any = nn.ReLU()
        self.gate: Any = nn.Hardsigmoid()
        self.apply_gate: Any = lambda x, gate: x * gate

    def forward(self, x: Tensor, read: Tensor | None = None) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        pooled = self.pool(x if read is None else read)
        out: Tensor = self.apply_gate(x, self.gate(self.fc2(self.inner(self.fc1(pooled)))))
        return out


class Block(nn.Module):
    """An inverted residual."""

    def __init__(
        self, inputs: int, expanded: int, outputs: int, kernel: int, stride: int, squeezed: int, act: Any
    ) -> None:
        super().__init__()
        self.expand = Unit(inputs, expanded, act=act())
        self.depthwise = Unit(expanded, expanded, kernel, stride, groups=expanded, act=act())
        self.se = Squeeze(expanded, squeezed) if squeezed else None
        self.project = Unit(expanded, outputs)
        self.connect: Any = (lambda out, x: out + x) if stride == 1 and inputs == outputs else (lambda out, _: out)
        self.between: Any = lambda x: x
        self.fault = ""

    def forward(self, x: Tensor) -> Any:
        """(N, C, H, W) -> (N, C', H', W')."""
        expanded = self.expand(x)
        if self.se is not None and self.fault == "gate before depthwise":
            return self.connect(self.project(self.depthwise(self.se(expanded))), x)
        out = self.depthwise(expanded)
        if self.se is not None:
            out = self.se(out, expanded if self.fault == "squeeze of the expansion" else None)
        out = self.between(out)
        if self.fault == "added before the norm":
            return self.project(out, x)
        return self.connect(self.project(out), x)


class Net(nn.Module):
    """The network of `SPEC`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Unit(3, 8, 3, 2, act=nn.Hardswish())
        self.blocks = nn.Sequential(
            Block(8, 16, 8, 3, 1, 8, nn.ReLU),
            Block(8, 24, 16, 5, 2, 0, nn.Hardswish),
            Block(16, 32, 16, 3, 1, 8, nn.Hardswish),
            Block(16, 40, 16, 3, 1, 0, nn.ReLU),
        )
        self.last = Unit(16, 96, act=nn.Hardswish())
        self.head, self.classifier = nn.Linear(96, 24), nn.Linear(24, 5)
        self.before: Any = lambda x: x
        self.pool: Any = nn.AdaptiveAvgPool2d(1)
        self.act: Any = nn.Hardswish()
        self.classify: Any = self.classifier
        self.after: Any = lambda x: x

    def forward(self, x: Tensor) -> Any:
        """(N, 3, H, W) -> (N, 5)."""
        x = self.last(self.blocks(self.stem(self.before(x))))
        return self.after(self.classify(self.act(self.head(torch.flatten(self.pool(x), 1)))))


def _shuffle(x: Tensor) -> Tensor:
    count, channels, height, width = x.shape
    return x.view(count, 2, channels // 2, height, width).transpose(1, 2).reshape(x.shape)


def _normalize(x: Tensor) -> Tensor:
    mean, deviation = (torch.tensor(values)[:, None, None] for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (x - mean) / deviation


def _put(module: nn.Module, name: str, value: Any) -> Any:
    """Set an attribute, also where a module was."""
    module._modules.pop(name, None)
    setattr(module, name, value)


def make(*faults: str) -> Net:
    """Return the network with faults or harmless changes."""
    net = Net()
    _, second, third, fourth = modules = list[Any](net.blocks)
    changes: dict[str, Any] = {
        # Faults.
        "no residual": lambda: _put(fourth, "connect", lambda out, _: out),
        "residual across a stride": lambda: _put(
            second, "connect", lambda out, x: out + x[:, :, ::2, ::2].repeat(1, 2, 1, 1)
        ),
        "residual of an earlier block": lambda: _put(net, "blocks", _Skipping(modules)),
        "residual twice": lambda: _put(third, "connect", lambda out, x: out + x + x),
        "residual scaled": lambda: _put(third, "connect", lambda out, x: 0.5 * out + x),
        "residual subtracted": lambda: _put(third, "connect", lambda out, x: out - x),
        "residual multiplied": lambda: _put(third, "connect", lambda out, x: out * x),
        "activation after residual": lambda: _put(third, "connect", lambda out, x: functional.relu(out + x)),
        "residual before norm": lambda: any(_put(m, "fault", "added before the norm") for m in (third, third.project)),
        "relu6 for relu": lambda: _put(fourth.depthwise, "act", nn.ReLU6()),
        "relu for hard swish": lambda: _put(net.stem, "act", nn.ReLU()),
        "swish for hard swish": lambda: _put(net.last, "act", nn.SiLU()),
        "leaky relu": lambda: _put(fourth.expand, "act", nn.LeakyReLU()),
        "no activation": lambda: _put(second.expand, "act", None),
        "activation after projection": lambda: _put(second.project, "act", nn.Hardswish()),
        "activation twice": lambda: _put(net.last, "act", nn.Sequential(nn.Hardswish(), nn.Hardswish())),
        "norm after activation": lambda: _put(second.expand, "fault", "norm after activation"),
        "norm of the batch": lambda: _put(second.expand, "fault", "norm of the batch"),
        "wrong epsilon": lambda: _put(third.project.bn, "eps", 1e-5),
        "sigmoid gate": lambda: _put(third.se, "gate", nn.Sigmoid()),
        "no gate function": lambda: _put(third.se, "gate", lambda x: x),
        "gate plus one": lambda: _put(third.se, "apply_gate", lambda x, gate: x * (1 + gate)),
        "gate added": lambda: _put(third.se, "apply_gate", lambda x, gate: x + gate),
        "gate not applied": lambda: _put(third.se, "apply_gate", lambda x, _: x),
        "swish in the squeeze": lambda: _put(third.se, "inner", nn.SiLU()),
        "squeeze by maximum": lambda: _put(third.se, "pool", lambda x: x.amax((2, 3), keepdim=True)),
        "squeeze of the expansion": lambda: _put(third, "fault", "squeeze of the expansion"),
        "gate before depthwise": lambda: _put(third, "fault", "gate before depthwise"),
        "maximum for average": lambda: _put(net, "pool", nn.AdaptiveMaxPool2d(1)),
        "no activation of the head": lambda: _put(net, "act", lambda x: x),
        "softmax": lambda: _put(net, "after", nn.Softmax(1)),
        "log softmax": lambda: _put(net, "after", nn.LogSoftmax(1)),
        "dropout left on": lambda: _put(net, "act", lambda x: functional.dropout(functional.hardswish(x), 0.2)),
        "noise": lambda: _put(second, "between", lambda x: x + 0.1 * torch.randn_like(x)),
        "asymmetric padding": lambda: _put(second.depthwise, "fault", "asymmetric padding"),
        "reflected padding": lambda: _put(third.depthwise.conv, "padding_mode", "reflect"),
        "swapped kernel": lambda: _put(second.depthwise, "fault", "swapped kernel"),
        "swapped image": lambda: _put(net, "before", lambda x: x.transpose(2, 3)),
        "mirrored image": lambda: _put(net, "before", lambda x: x.flip(3)),
        "channels of the image reversed": lambda: _put(net, "before", lambda x: x.flip(1)),
        "rolled map": lambda: _put(third, "between", lambda x: x.roll(1, 3)),
        "channel shuffle": lambda: _put(third, "between", _shuffle),
        "channels in another order": lambda: _put(fourth, "between", lambda x: x.flip(1)),
        "image normalized": lambda: _put(net, "before", _normalize),
        "image normalized twice": lambda: _put(net, "before", lambda x: _normalize(_normalize(x))),
        "bias without effect": lambda: _put(
            net, "classify", lambda x: functional.linear(x, net.classifier.weight, net.classifier.bias * 0)
        ),
        "centered map": lambda: _put(fourth, "between", lambda x: x - x.mean((2, 3), keepdim=True)),
        # Harmless changes.
        "other momentum": lambda: any(_put(m, "momentum", 0.9) for m in net.modules() if isinstance(m, nn.BatchNorm2d)),
        "hard swish in pieces": lambda: _put(net.stem, "act", lambda x: x * functional.relu6(x + 3) / 6),
        "hard sigmoid in pieces": lambda: _put(third.se, "gate", lambda x: functional.relu6(x + 3) / 6),
        "relu by clamp": lambda: _put(fourth.expand, "act", lambda x: x.clamp(min=0)),
        "relu twice": lambda: _put(fourth.expand, "act", nn.Sequential(nn.ReLU(inplace=True), nn.ReLU())),
        "residual in place": lambda: _put(third, "connect", lambda out, x: out.add_(x)),
        "residual reversed": lambda: _put(third, "connect", lambda out, x: x + out),
        "pool by mean": lambda: _put(net, "pool", lambda x: x.mean((2, 3))),
        "dropout": lambda: _put(net, "act", nn.Sequential(nn.Hardswish(), nn.Dropout(0.5))),
        "zero scales": lambda: [nn.init.zeros_(m.weight) for m in net.modules() if isinstance(m, nn.BatchNorm2d)],
        "weight norm": lambda: parametrizations.weight_norm(fourth.expand.conv),
        "spectral norm": lambda: parametrizations.spectral_norm(fourth.expand.conv),
        "pruned": lambda: _prune(second.expand.conv, "weight", 0.5),
        "channels last": lambda: net.to(memory_format=torch.channels_last),
        "half precision": lambda: net.to(torch.bfloat16),
        "output in a dict": lambda: _put(net, "after", lambda x: {"logits": x, "loss": None}),
        "frozen": lambda: net.requires_grad_(requires_grad=False),
        "image in bytes": lambda: _put(net, "before", lambda x: x / 127.5 - 1),
    }
    for fault in faults:
        changes[fault]()
    return net


class _Skipping(nn.Module):
    """The blocks, the last of which adds the output of the second instead of its own input."""

    def __init__(self, blocks: list[Any]) -> None:
        super().__init__()
        self.blocks: Any = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 8, H, W) -> (N, 16, H', W')."""
        first, second, third, fourth = self.blocks
        x = second(first(x))
        y = third(x)
        out: Tensor = fourth.project(fourth.depthwise(fourth.expand(y))) + x
        return out
