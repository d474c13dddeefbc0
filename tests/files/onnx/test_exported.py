"""Files of torch's exporters have the totals of the built-in networks, to the last integer.

`python -m tools.onnx_files pack` writes them, with zeros for weights; `exports` compares many more.
"""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from tests.files.onnx.expected import expect, read_totals

FILES = sorted((Path(__file__).parents[2] / "data/onnx").glob("*.onnx.xz"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".onnx.xz"))
def test_an_exported_network_has_its_totals(file: Path, tmp_path: Path) -> None:
    library, network, alpha, form = file.name.removesuffix(".onnx.xz").split("_")
    path = tmp_path / "model.onnx"
    path.write_bytes(lzma.decompress(file.read_bytes()))
    plain, folded = expect(library, network, float(alpha))
    kept = form.endswith(("norms-kept", "not-optimized"))
    assert read_totals(path) == (plain if kept else folded)


def test_there_are_files_of_both_exporters() -> None:
    assert {file.name.split("_")[3].split("-")[0] for file in FILES} == {"old", "new"}
