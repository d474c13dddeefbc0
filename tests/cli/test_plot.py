"""Every kind of picture is drawn, and the texts of its SVG are compared with the numbers that they should show."""

from __future__ import annotations

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from mbcost.cli.plot.pictures import PICTURES
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.spec.catalogue.library import specs_folder
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.reading.flat import to_yaml
from tests.cli.conftest import Mbcost
from tests.test_pictures import texts

ARGUMENTS = {
    "layers": ["v3-small@0.75/160"],
    "sweep": ["v2", "--alpha", "0.5,1", "--res", "96:224:64"],
    "compare": ["v1", "v3-large:torchvision", "v2@0.5/96"],
    "accuracy": [],
    "fit": [
        "v2",
        "v3-small",
        "--ram",
        "512KiB",
        "--max-latency",
        "30ms",
        "--device",
        "pixel1-tflite",
        "--alpha",
        "0.35:1.05:0.1",
    ],
    "activations": [],
    "blocks": [],
}
BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG\r\n", "pdf": b"%PDF-"}


def draw(mbcost: Mbcost, folder: Path, name: str, *arguments: str) -> list[str]:
    path = folder / "picture.svg"
    result = mbcost("plot", name, *(arguments or ARGUMENTS[name]), "--output", str(path))
    assert (result.code, result.out, result.err) == (0, "", "")
    return texts(path)


def test_every_kind_of_picture_is_tested() -> None:
    assert ARGUMENTS.keys() == PICTURES.keys()


@pytest.mark.parametrize(
    ("name", "ending"), [*((name, "svg") for name in PICTURES), ("sweep", "png"), ("sweep", "pdf")]
)
def test_a_picture_is_the_same_every_time_and_small(mbcost: Mbcost, tmp_path: Path, name: str, ending: str) -> None:
    contents = []
    for copy in ("a", "b"):
        path = tmp_path / f"{copy}.{ending}"
        assert mbcost("plot", name, *ARGUMENTS[name], "--output", str(path)).code == 0
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert contents[0].startswith(BEGINNINGS[ending])
    assert b"dc:date" not in contents[0]
    assert b"CreationDate" not in contents[0]
    assert len(contents[0]) < 150_000


def test_layers_show_the_network_and_its_totals(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "layers")
    totals = json.loads(mbcost("table", "v3-small@0.75/160", "--format", "json").out)["totals"]
    assert "MobileNetV3-Small, α = 0.75, 160×160, implementation official" in shown
    for quantity, word in (("mult_adds", "mult-adds"), ("params", "params"), ("activations", "activations")):
        assert f"{totals[quantity]:,} {word}" in shown
    assert {"conv", "depthwise", "pointwise"} <= set(shown)
    assert any("convention macs" in text for text in shown)


def test_layers_are_counted_by_the_chosen_convention(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "layers", "v2", "--convention", "flops2")
    totals = json.loads(mbcost("table", "v2", "--convention", "flops2", "--format", "json").out)["totals"]
    assert f"{totals['mult_adds']:,} mult-adds" in shown
    assert any("convention flops2" in text for text in shown)


def test_what_fits_is_drawn_with_the_answer_and_the_error_of_the_latency(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "fit")
    answer = json.loads(mbcost("fit", *ARGUMENTS["fit"], "--format", "json").out)
    best, error = answer["configurations"][0], answer["device"]["left_out"]
    assert f"{best['network']}@{best['alpha']}/{best['resolution'][0]}".replace("@1.0", "@1") in shown
    assert "What fits --ram 512 KiB, --max-latency 30 ms on pixel1-tflite" in shown
    assert any(f"predicted with a mean error of {error:.1f}% when left out" in text for text in shown)
    assert {"v2", "v3-small", "released; filled if it fits", "within limits"} <= set(shown)


def test_lines_of_equal_cost_are_at_round_costs_inside_the_range(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "sweep", "v2")
    # 8.0 M at alpha 0.25 and 96 pixels, 760.8 M at 1.4 and 256.
    assert {"10 M", "20 M", "50 M", "100 M", "200 M", "500 M"} == {text for text in shown if text.endswith(" M")}
    assert {"resolution, pixels per side", "width multiplier α", "mult-adds"} <= set(shown)
    assert "MobileNetV2: mult-adds over α and resolution, implementation official, convention macs" in shown


@pytest.mark.parametrize("arguments", [("--alpha", "1"), ("--res", "224"), ("--alpha", "1", "--res", "224")])
def test_a_sweep_of_one_row_or_one_point_can_be_drawn(
    mbcost: Mbcost, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert "width multiplier α" in draw(mbcost, tmp_path, "sweep", "v2", *arguments)


def test_a_fine_sweep_is_not_a_large_file(mbcost: Mbcost, tmp_path: Path) -> None:
    draw(mbcost, tmp_path, "sweep", "v2", "--alpha", "0.25:1.4:0.02", "--res", "96:256:2")
    assert (tmp_path / "picture.svg").stat().st_size < 150_000


def test_every_bar_of_a_comparison_has_its_number(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "compare")
    assert {"v1@1/224:official", "v3-large@1/224:torchvision", "v2@0.5/96:official"} <= set(shown)
    networks = json.loads(mbcost("compare", *ARGUMENTS["compare"], "--format", "json").out)["networks"]
    for network in networks:
        for quantity in ("mult_adds", "params", "activations"):
            count = network[quantity]
            label = f"{count / 10**6:.2f} M" if count >= 10**6 else f"{count / 10**3:.2f} K"
            assert label in shown


def test_accuracy_shows_every_network_with_checkpoints(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "accuracy")
    assert {"v1", "v2", "v3-large", "v3-small", "v3-large-minimalistic", "v3-small-minimalistic"} <= set(shown)
    assert {"mult-adds, 1000 classes, convention macs", "ImageNet top-1, %, single crop"} <= set(shown)
    alone = draw(mbcost, tmp_path, "accuracy", "v1")
    assert "v2" not in alone
    assert [text for text in alone if text in ("1", "0.75", "0.5", "0.25")] == ["0.25", "0.5", "0.75", "1"]
    assert "Published accuracy against cost; a curve is the highest estimate with its 90 % interval" in alone
    assert any("a thin line joins" in text for text in draw(mbcost, tmp_path, "accuracy", "v3-large"))
    other = draw(mbcost, tmp_path, "accuracy", "--recipe", "paddleclas")
    assert {"v3-small-arxiv4", "2", "1.5", "Published accuracy against cost; a curve is the highest estimate"} <= set(
        other
    )


def test_accuracy_over_a_device_names_it_with_its_unit_and_its_error(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "accuracy", "v1", "--device", "pixel1-tflite")
    error = calibrate_device("pixel1-tflite").left_out.mean
    label = f"milliseconds on Pixel 1, one large core, predicted with a mean error of {error:.1%} when left out"
    assert label in shown
    refused = mbcost("plot", "accuracy", "--device", "pixel1-tflite", "--convention", "macs", "-o", "x.svg")
    assert (refused.code, "--convention counts mult-adds" in refused.err) == (2, True)


def test_titles_of_curves_have_their_largest_distance(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "activations")
    assert "sigmoid and hard-sigmoid: at most 0.069 apart" in shown
    assert "swish and hard-swish: at most 0.142 apart" in shown
    assert "hard-swish(x) = x · ReLU6(x + 3) / 6" in shown


def test_blocks_have_the_widths_of_their_specs(mbcost: Mbcost, tmp_path: Path) -> None:
    shown = draw(mbcost, tmp_path, "blocks")
    titles = [text for text in shown if ", block " in text]
    assert titles == [
        "ResNet-50, block 4.2", "MobileNet V1, block 7.2", "MobileNetV2, block 5.2", "MobileNetV3-Large, block 12.1",
    ]  # fmt: skip
    numbers = [int(text) for text in shown if text.isdecimal()]
    assert numbers == [1024, 256, 256, 1024, 512, 512, 512, 96, 576, 576, 96, 112, 672, 672, 112, 168]
    assert (shown.count("add"), shown.count("SE")) == (3, 1)
    alone = draw(mbcost, tmp_path, "blocks", "v2@0.5=2.1")
    assert [text for text in alone if text.isdecimal()] == ["8", "48", "48", "16"]
    assert "add" not in alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("layrs", "v2", "--output", "x.svg"), "unknown picture 'layrs': did you mean 'layers'?"),
        (("layers", "v2", "--output", "x.gif"), "cannot draw 'x.gif': use a file name that ends in .svg, .png or"),
        (("layers", "v2", "--output", "svg"), "cannot draw 'svg': use a file name that ends in"),
        (("layers", "v2", "--output", "none/x.svg"), "cannot write none/x.svg: No such file or directory"),
        (("layers", "v2"), "the option --output is missing, as in 'mbcost plot layers v2"),
        (("layers", "v9", "--output", "x.svg"), "unknown network 'v9'"),
        (("sweep", "v2", "--alpha", "1:0:1", "--output", "x.svg"), "alpha '1:0:1' is empty"),
        (("sweep", "v2", "--res", "96:224:0", "--output", "x.svg"), "res '96:224:0': the step must be a positive"),
        (
            ("sweep", "v2", "--res", "96x64", "--output", "x.svg"),
            "res is '96x64', but a sweep has square",
        ),
        (
            ("sweep", "v2", "--alpha", "0.1:1.1:0.001", "--output", "x.svg", "--res", "32:320:1"),
            "1001 x 289 points are",
        ),
        (("sweep", "v2@0.5", "--output", "x.svg"), "'v2@0.5' has an alpha or a resolution, but a sweep varies"),
        (("blocks", *["v2=2.1"] * 60, "--output", "x.png"), "the picture would be 72 inches high, more than 50: draw"),
        (("compare", *["v2"] * 200, "--output", "x.png"), "the picture would be 65 inches high"),
        (("accuracy", "v3", "--output", "x.svg"), "unknown network with published checkpoints 'v3'"),
        (("blocks", "v2", "--output", "x.svg"), "'v2' is not a block: write NET=BLOCK, such as v2=2.1"),
        (("blocks", "v2=2.7", "--output", "x.svg"), "unknown block of v2 '2.7'"),
    ],
)
def test_an_error_is_one_line_and_leaves_no_file(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = mbcost("plot", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: {message}")
    assert result.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_message_names_the_extra(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = mbcost("plot", "activations", "--output", str(tmp_path / "x.svg"))
    assert (result.code, result.err) == (
        2, "mbcost: error: matplotlib is not installed: pip install 'mbcost[plot]'\n",
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_and_keeps_its_mode(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    path.write_text("before")
    path.chmod(0o640)
    draw(mbcost, tmp_path, "activations")
    assert path.stat().st_mode & 0o777 == 0o640


def test_any_title_and_any_size_can_be_drawn(mbcost: Mbcost, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    text = (specs_folder() / "v2.yaml").read_text(encoding="utf-8")
    title = "a $\\frac{1$ <b> & 网络 " + 34 * "long "
    spec.write_text(text.replace("title: MobileNetV2", f"title: '{title}'"), encoding="utf-8")
    shown = draw(mbcost, tmp_path, "layers", f"{spec}@1/100000000")
    assert any(text.startswith(title) for text in shown)
    total = json.loads(mbcost("table", f"{spec}@1/100000000", "--format", "json").out)["totals"]["mult_adds"]
    assert total > 2**63
    assert f"{total:,} mult-adds" in shown
    draw(mbcost, tmp_path, "compare", f"{spec}@1/100000000")
    draw(mbcost, tmp_path, "sweep", str(spec), "--res", "99999999,100000000")


def test_a_list_of_layers_has_no_alpha_to_sweep(mbcost: Mbcost, tmp_path: Path) -> None:
    network = FlatNetwork("mine", "", 3, (8, 8), (FlatLayer("stem", "conv", (8, 8, 3), (4, 4, 8), (3, 3), 2, norm=8),))
    flat = tmp_path / "flat.yaml"
    flat.write_text(to_yaml(network))
    assert f"{27 * 8 * 16:,} mult-adds" in draw(mbcost, tmp_path, "layers", str(flat))
    result = mbcost("plot", "sweep", str(flat), "--output", str(tmp_path / "sweep.svg"))
    assert result.err == (
        f"mbcost: error: {flat} is a flat list of layers, which has no alpha to sweep: use a table of blocks\n"
    )


def test_a_network_without_multiply_adds_can_be_drawn(mbcost: Mbcost, tmp_path: Path) -> None:
    spec = tmp_path / "pool.yaml"
    spec.write_text(
        "name: pool\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c]\n"
        "rows:\n  - [global_pool, ~]\nimplementations: {family: v2}\n"
    )
    for name in ("layers", "sweep", "compare"):
        draw(mbcost, tmp_path, name, str(spec))


def test_a_users_matplotlib_settings_change_nothing(mbcost: Mbcost, tmp_path: Path) -> None:
    from matplotlib import rc_context

    draw(mbcost, tmp_path, "compare")
    before = (tmp_path / "picture.svg").read_bytes()
    with rc_context({"font.size": 20, "svg.fonttype": "path", "axes.facecolor": "black", "axes.grid": True}):
        draw(mbcost, tmp_path, "compare")
    assert (tmp_path / "picture.svg").read_bytes() == before


def test_blocks_of_standard_input_can_be_drawn_more_than_once(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "stdin", TextIOWrapper(BytesIO((specs_folder() / "v2.yaml").read_bytes()), encoding="utf-8")
    )
    assert "MobileNetV2, block 2.1" in draw(mbcost, tmp_path, "blocks", "-=2.1", "-@0.5=2.1")
