"""What torch really executes: the convolutions and linear layers of any model, whoever wrote it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mbcost.measured.eval_mode import evaluating
from mbcost.measured.recorder import Recorder
from mbcost.spec.observed import LayerFacts


def trace(model: nn.Module, image: Tensor) -> tuple[LayerFacts, ...]:
    """Return the convolutions and linear layers that `model` executes on `image`, in order of execution.

    The model runs once, in eval mode. On the meta device torch decides every shape and computes nothing. The facts come
    from the operators that torch dispatches, so they do not depend on the modules that the model is made of. A norm, a
    bias that is added afterwards and an activation belong to the layer before them. The multiply-accumulates are half
    of what `torch.utils.flop_counter` counts for the call. The input map is the one before explicit zero padding. A
    layer has the model's own name, which is that of the parameter that contains its weights.

    Args:
        model: any model; its training flags are restored afterwards.
        image: one image, (1, C, H, W) or whatever layout the model reads.

    Raises:
        MbcostError: the facts cannot describe what the model does: it executes a transposed convolution, one that is
            not 2D, or another operator for which torch counts operations and that is not a linear layer.
    """
    recorder = Recorder(model)
    recorder.flow.start(image)
    with evaluating(model), torch.no_grad(), recorder:
        model(image)
    return tuple(layer.followers.complete(layer.facts) for layer in recorder.layers)
