"""What docs/published.md says of figures that mbcost does not explain, as far as other programs can show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mbcost.analytic.network import resolve
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.catalogue.published import load_published

FIGURES = {figure.id: figure for figure in load_published()}
FILES = {
    "torchvision_meta-003": ("mobilenet_v2", "mobilenet_v2-b0353104.pth", False),
    "torchvision_meta-006": ("mobilenet_v3_large", "mobilenet_v3_large-8738ca79.pth", True),
    "torchvision_meta-009": ("mobilenet_v3_small", "mobilenet_v3_small-047dcff4.pth", True),
}
"""Figure -> the model, the name of its file, and whether the file is a zip archive, torch's format since 1.6."""


@pytest.mark.parametrize("figure_id", FILES)
def test_torchvisions_sizes_are_those_of_the_files_that_torch_writes(figure_id: str, tmp_path: Path) -> None:
    """The names of the entries of an archive begin with the name of the file, so that its length matters."""
    import torch
    import torchvision

    model, name, zipped = FILES[figure_id]
    weights = getattr(torchvision.models, model)(weights=None).state_dict()
    torch.save(weights, tmp_path / name, _use_new_zipfile_serialization=zipped)
    mebibytes = (tmp_path / name).stat().st_size / 2**20
    assert f"{mebibytes:.3f}" == FIGURES[figure_id].value


def test_the_v2_papers_params_at_alpha_1_4_are_those_of_alpha_1_5() -> None:
    for figure_id in ("paper_v2-006", "paper_v2-017"):
        assert FIGURES[figure_id].prints(resolve(load_spec("v2"), alpha=1.5).params())
        assert not FIGURES[figure_id].prints(resolve(load_spec("v2"), alpha=1.4).params())
    for figure_id in ("paper_v2-004", "paper_v2-018"):
        assert not FIGURES[figure_id].prints(resolve(load_spec("v2"), alpha=1.5).mult_adds())


def test_the_v1_paper_rounds_down_at_reduced_resolutions_and_to_nearest_at_224() -> None:
    floored = {"paper_v1-037": 1.0, "paper_v1-047": 0.5, "paper_v1-075": 0.5}
    for figure_id, alpha in floored.items():
        figure = FIGURES[figure_id]
        spec = load_spec("v1") if figure.task == "classification" else load_spec("v1").without_top()
        ours = resolve(spec, alpha=alpha, resolution=figure.resolution).mult_adds()
        assert figure.prints(ours, "floors")
        assert not figure.prints(ours, "rounds")
    for figure_id in ("paper_v1-019", "paper_v1-067", "paper_v1-069"):
        figure = FIGURES[figure_id]
        spec = load_spec("v1") if figure.task == "classification" else load_spec("v1").without_top()
        ours = resolve(spec, alpha=figure.alpha or 1.0, resolution=figure.resolution).mult_adds()
        assert figure.prints(ours, "rounds")
        assert not figure.prints(ours, "floors")


def test_mmpretrains_319_million_leaves_the_classifier_out_and_counts_as_ptflops_did() -> None:
    network = resolve(load_spec("v2"), implementation="torchvision")
    classifier = sum(layer.tally().linear_macs + layer.tally().linear_bias_adds for layer in network.layers)
    total = network.mult_adds(load_convention("ptflops-2020"))
    assert FIGURES["mmpretrain_metafile-001"].prints(total - classifier)
