"""Try the reader of ONNX files on many files: `python -m tools.onnx_files exports|random|mutated|pack [COUNT] [FIRST]`.

`exports` compares files of torch's two exporters with the built-in networks: every library's model of them, in several
forms. `random` compares random models with the shapes of ONNX Runtime, and `mutated` reads files with wrong bytes. The
suite tries a few of each, and reads the exported files that `pack` writes to tests/data/onnx.
"""

from __future__ import annotations

import logging
import lzma
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from mbcost.analytic.graph.network import resolve_graph
from mbcost.errors import MbcostError
from mbcost.files.read import read_graph
from mbcost.spec.catalogue.library import load_spec
from tests.files.onnx.expected import expect, read_totals
from tests.files.onnx.generator import check
from tests.files.onnx.mutation import mutate

EXPORTS: dict[str, dict[str, Any]] = {
    "old, opset 11": {"dynamo": False, "opset_version": 11},
    "old, opset 17, norms kept": {"dynamo": False, "opset_version": 17, "keep": True},
    "old, opset 20, any batch": {"dynamo": False, "opset_version": 20, "batch": True},
    "old, opset 13, onnxslim": {"dynamo": False, "opset_version": 13, "slim": True},
    "new, opset 18": {"dynamo": True, "opset_version": 18},
    "new, newest, not optimized": {"dynamo": True, "opset_version": 23, "optimize": False},
    "new, opset 20, onnxslim": {"dynamo": True, "opset_version": 20, "slim": True},
}
"""The forms in which every model is exported."""
PACKED = (
    "torchvision, v2, 0.35, old, opset 11",
    "torchvision, v2, 1.4, new, opset 18",
    "torchvision, v3-small, 0.75, old, opset 17, norms kept",
    "torchvision, v3-large, 1, new, newest, not optimized",
    "torchvision, efficientnet-b0, 1, old, opset 13, onnxslim",
    "torchvision, mnasnet-1.0, 0.5, new, opset 20, onnxslim",
    "timm, v1, 1, old, opset 20, any batch",
    "timm, v3-small-minimalistic, 1, old, opset 11",
    "timm, mobilenet-v4-conv-small, 0.5, new, opset 18",
)
"""The files that the suite reads: library, network, alpha and form."""
FOLDER = Path("tests/data/onnx")
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.4)


def list_models() -> Iterator[tuple[str, str, float]]:
    """Yield the library, the network and the alpha of every model."""
    from mbcost.measured.references import LIBRARIES, offered_alphas

    for library in ("torchvision", "timm"):
        for network in LIBRARIES[library].networks:
            for alpha in offered_alphas(library, network) or ALPHAS:
                yield library, network, alpha


def export_all(count: int, first: int) -> int:
    """Compare `count` models, beginning with this one, and return how many files differ."""
    from tests.files.onnx.exported import make_model, write

    differences = 0
    for library, network, alpha in list(list_models())[first : first + count]:
        began, results = monotonic(), Counter[str]()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            for form, settings in EXPORTS.items():
                try:
                    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                        write(make_model(library, network, alpha), path, load_spec(network).resolution, **settings)
                except Exception as error:  # what the exporter cannot write is not a fault of the reader
                    results["not exported"] += 1
                    print(f"  {form}: not exported: {type(error).__name__}: {str(error)[:80]!r}", flush=True)
                    continue
                actual, expected = read_totals(path), expect(library, network, alpha)
                results["equal" if actual in expected else "different"] += 1
                if actual not in expected:
                    print(f"  {form}: {actual}, expected {expected}", flush=True)
        differences += results["different"]
        print(f"{library} {network}@{alpha:g}: {dict(results)}, {monotonic() - began:.0f} s", flush=True)
    return differences


def pack(count: int, first: int) -> int:
    """Write `count` of the files that the suite reads, beginning with this one: their weights are zeros, compressed."""
    from tests.files.onnx.exported import make_model, write, zero_weights

    for name in PACKED[first : first + count]:
        library, network, alpha, form = name.split(", ", 3)
        with TemporaryDirectory() as folder, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            path = Path(folder) / "model.onnx"
            write(make_model(library, network, float(alpha)), path, load_spec(network).resolution, **EXPORTS[form])
            content = lzma.compress(zero_weights(path), preset=9 | lzma.PRESET_EXTREME)
        stem = "_".join([library, network, alpha, form.replace(", ", "-").replace(" ", "-")])
        (FOLDER / f"{stem}.onnx.xz").write_bytes(content)
        print(f"{name}: {len(content):,} bytes", flush=True)
    return 0


def try_random(count: int, seed: int) -> int:
    """Compare random models with ONNX Runtime, and return how many differ."""
    with TemporaryDirectory() as folder:
        problems = [problem for number in range(seed, seed + count) if (problem := check(number, Path(folder)))]
    print(*problems, sep="\n")
    return len(problems)


def try_mutated(count: int, seed: int) -> int:
    """Read mutated files, and print how many of them are read; anything but a clear error ends the program."""
    results, slowest = Counter[str](), 0.0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        for number in range(seed, seed + count):
            path.write_bytes(mutate(number))
            began = monotonic()
            try:
                network = resolve_graph(read_graph(path, path.name, "onnx"))
                results["read, not all counted" if network.not_counted else "read"] += 1
            except MbcostError as error:
                results["refused" if "\n" not in str(error) else "refused in several lines"] += 1
            slowest = max(slowest, monotonic() - began)
    print(f"{dict(results)}, the slowest {slowest:.2f} s")
    return 0


TRIES: dict[str, Callable[[int, int], int]] = {
    "pack": pack,
    "exports": export_all,
    "random": try_random,
    "mutated": try_mutated,
}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    amount = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    start = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    sys.exit(1 if TRIES[sys.argv[1]](amount, start) else 0)
