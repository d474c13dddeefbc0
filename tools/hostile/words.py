"""The words of hostile command lines: plausible values of every option, numbers at the limits, and junk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mbcost.spec.catalogue.devices import load_devices
from mbcost.spec.catalogue.library import NETWORKS, load_conventions

NUMBERS = [
    "0", "1", "-1", "2", "3", "8", "1000", "65536", "1e3", "1.5", "0.5", "2147483647", "2147483648", "-2147483649",
    "4294967296", "4503599627370496", "4611686018427387904", "9223372036854775807", "9223372036854775808",
    "1" + "0" * 30, "9" * 400, "9" * 5000, "1e30", "1e308", "1e309", "1e-308", "5e-324", "1e-9", "nan", "inf", "-inf",
    "-0", "+1", "1_000", "1,000", "0x10", "0b1", "1e", ".5", "5.", "٣", "１", "½", "²", "1 ", " 1", "1\n",
]  # fmt: skip
WORDS = [
    "", " ", "-", "--", "---", "-x", "--nope", "--help", "--version", "--verbose", "--traceback", "-h", "=", "@", "/",
    ":", ",", ",,", ".", "..",
    "v2@", "v2/", "v2:", "v2@1@1", "v2/1/1", "v2@nan", "v2@1e400", "v2/0", "v9", "V2", "\x1b[2J\x1b]0;x\x07",
    "\u202egnp.exe", "a\nb", "a\r\nmbcost: error: b", "\t", "\udcff\udc80", "é", "🙂" * 20,
    "\u2028", "\u200b", "\ufeffv2", "x" * 500, "x" * 20_000, "%s%n%d", "{0}", "{__class__}", "$(id)", "`id`", "~", "*",
    "[red]x[/red]", "[/]", "<b>", "\\", "\\x1b", "'", '"', "None", "null", "true", "no", "()", "missing.yaml",
    "spec.yaml@2", "folder", "folder/", "rows.csv", "net.py:make", "/dev/null", "/dev/full", "fig.svg", "out.json",
]  # fmt: skip
ALPHAS = ["1", "0.75", "0.5", "1.4", "0.35", "0.001", "2", "99", "1e-6", "1000000", "1073741824", "1073741823.5"]
SIDES = ["224", "96", "1", "7", "32", "97", "160x96", "1x999", "65536", "99999", "999999999", "1x999999999"]
LISTS = [
    "0.25:1:0.25", "0.7:0.8:0.01", "1:0:1", "0:1:0", "1:2:-1", "1:2:1e-30", "0.001:99:0.001", "1:99999:1", "a:b:c",
    "1:2", "1:2:3:4", "nan:1:1", "0:inf:1", "1e30:1e31:1e30", "1,1,1", "1,,2", "96:224:32", "96,128", "::",
    "0.5:1:1e-400", "1e-400:1:1", "1e999999999:1e999999999:1",
]  # fmt: skip
AMOUNTS = [
    "300M", "3.4M", "1MiB", "320KiB", "0", "0B", "-1MiB", "1e30", "999999999999G", "0.0001K", "1.5TiB", "569", "5.6.7M",
    "314,193,216", "314.193216M", "1e9", "30ms", "0.03s", "10GB/s", "100G", "1GFLOPS", "0.5%", "68.5", "100%", "MB",
    "0000300M", "300 M", "300M params", "300MFLOPs", "1" * 40, "1" * 40 + "M", "0.00000000000001G",
]  # fmt: skip
OUTPUTS = [
    "out.txt", "out.json", "out.csv", "fig.svg", "fig.png", "fig.pdf", "kept.txt", "kept.svg", "readonly.txt",
    "readonly.svg", "folder", "folder/out.txt", "folder/fig.svg", "forbidden/out.txt", "forbidden/fig.svg", "loop",
    "loop.svg", "dangling.txt", "link.txt", "gone/out.txt", "gone/fig.svg", "/dev/full", "/dev/null", "", ".", "..",
    "-", "n" * 255, "n" * 256, "n" * 250 + ".svg", "n" * 252 + ".svg", "n" * 5000, "é\u202e.txt", "a\nb.txt",
    "\x1b[2J.svg", "\udcff.txt", "out.parquet", "out.html", "spec.yaml", "fig.gif", "kept.txt/out.txt", "fig", ".svg",
    "out.txt/",
]  # fmt: skip
"""Values of `--output` in the folder of a run. `tools.hostile.limits` makes the folder."""
SAFE = {"/", "..", "/dev/null", "/dev/full"}
"""Words that lead out of the folder of a run, and that are allowed because they cannot be written or lose nothing."""
NETS = [
    *NETWORKS, "v2@0.5/96", "v1@0.25/128:keras", "v3-small:timm", "spec.yaml", "spec.yaml@0.5/64", "flat.yaml",
    "flat.yaml@0.5", "flat.yaml/64", "-", "-@0.5", "mutated.yaml", "resnet-50", "v2:nobody", "rows.csv", "folder",
]  # fmt: skip
COLUMNS = ["name", "operator", "input", "output", "params", "mult-adds", "share", "c", "k", "s", "activations", "stage"]


@cache
def values() -> Mapping[str, list[str]]:
    """Return the plausible values of every option."""
    conventions, kinds = [*load_conventions()], ["float32", "float16", "int8"]
    return {
        "--alpha": [*ALPHAS, *LISTS],
        "--res": [*SIDES, *LISTS],
        "--rho": ["1", "0.714", "0.5", "0.0001", "1000", "1/3", "3/7"],
        "--impl": ["official", "torchvision", "keras", "timm", "transformers", "slim"],
        "--head": ["512,bn,26", "none", "flatten,128,5", "pool,5", "bn", "128", "bn,bn", "flatten", "0", "65536,65536"],
        "--by": ["layer", "block", "stage", "allocator", "map", "kind"],
        "--columns": [*COLUMNS, "name,params", "name,name", "params,mult-adds,name"],
        "--sort": COLUMNS,
        "--convention": [*conventions, "macs,fvcore", "macs,macs"],
        "--format": ["text", "csv", "json", "markdown", "latex", "github", "parquet", "yaml"],
        "--output": OUTPUTS,
        "--allocator": ["naive", "inplace-depthwise", "fused-block", "arena", "naive,arena"],
        **dict.fromkeys(("--dtype", "--weights-dtype", "--activations-dtype"), kinds),
        "--arena": ["keep-input", "share-add", "unfold", "pool-sums", "pad", "align", "tensorflow-lite", "pad,align"],
        "--quantity": ["mult-adds", "params", "activations", "bytes", "activation-bytes"],
        "--status": ["exact", "erratum", "open", "out-of-scope"],
        "--source": ["paper_v1", "paper_v2", "paper_v3_final", "slim_v1_md"],
        "--device": [*load_devices(), "pixel1-tflite", "t4-tensorrt", "rows.csv"],
        "--pareto": ["mult-adds,top1", "memory,top1", "params,flash", "mult-adds,mult-adds", "top1"],
        "--rank": ["top1", "mult-adds", "params"],
        "--rows": ["rows.csv", "-", "spec.yaml", "missing.csv", "folder"],
        "--spec": NETS,
        "--net": NETS,
        "--against": ["torch", "fvcore", "torch,fvcore", "all", "timm"],
        "--from": ["net.py:make", "net.py", "torchvision.models:mobilenet_v2"],
        "--kwargs": ["a=1", "a", "=", "a=[", "a=1=2"],
        **dict.fromkeys(("--ram", "--flash", "--mult-adds", "--params", "--min-top1", "--max-latency"), AMOUNTS),
        **dict.fromkeys(("--peak-macs", "--bandwidth"), AMOUNTS),
    }
