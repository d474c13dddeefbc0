"""A library's own model with real weights: most counting tools compute, so shapes are not enough for them."""

from __future__ import annotations

from torch import Tensor, nn

from mbcost.measured.references import LIBRARIES, ModelSize, list_models


def build_reference(
    library: str, network: str, *, alpha: float = 1.0, resolution: tuple[int, int] = (224, 224)
) -> tuple[nn.Module, Tensor]:
    """Build the library's first model of `network`, without trained weights, and one zero image, both on the CPU."""
    model = list_models(library, network, alpha)[0]
    return LIBRARIES[library].build(model, ModelSize(alpha, resolution, classes=1000, in_channels=3, device="cpu"))
