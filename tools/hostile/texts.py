"""Seeded mutations of specs, flat lists of layers and CSV files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

from mbcost.spec.catalogue.library import NETWORKS, specs_folder
from tools import ROOT

JUNK = [
    "~", "", "0", "-1", "1.5", ".inf", ".nan", "1e400", "9" * 400, "0x10", "1:30", "2001-01-01", "''", "true", "off",
    "k", "RE", "conv", "linear", "global_pool", "bottleneck", "5x5", "0x0", "[1, 2]", "{a: 1}", "[]", "{}", "&a [*a]",
    "&a", "*a", "*x", "!!binary aGk=", "!x y", "<<: {}", ": ", "]", "[", "}", "{", "|", ">", '"', "'", "\t", "\0", "#",
    "%", "@", "`", "- ", "? ", "---", "...", "\n", "\r", "\x85", "\u2028", "🙂", "\ufeff", "name", "rows", "columns",
    "9007199254740992", "9007199254740993", "1" * 20, "14^2 x 3", "224x224x3", '"\\e[2J"', "\u202e", '"\\n"', "\\",
    "k" * 400, "{k: {k: 1}}", '"\\ud800"',
]  # fmt: skip
SIZES = [
    "0", "1", "2", "3", "7", "8", "255", "4096", "32767", "46341", "65535", "65536", "65537", "70000", "1000000",
    "2147483647", "2147483648", "4294967296", "3037000500", "4503599627370496", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "1" + "0" * 30, "0.5", "0.001", "1e-9", "99999.5",
]  # fmt: skip
"""Numbers at the limits of machine words and of the spec's own rules."""
LAYERS = """\
name: "layers"
input: {channels: 3, resolution: [32, 32]}
columns: [name, operator, input, output, k, s, d, g, bias, norm]
layers:
  - ["0.0"  , conv  , 32x32x3, 16x16x8 , 3x3, 2, 1, 1, false, 8]
  - ["1.a.0", conv  , 16x16x8, 16x16x16, 1x1, 1, 1, 1, true , ~]
  - ["1.b.0", conv  , 16x16x8, 16x16x8 , 3x5, 1, 2, 8, false, 8]
  - ["2"    , linear, 1x1x24 , 1x1x10  , 1x1, 1, 1, 1, true , ~]
"""
LOCK = """\
lock: 1
mbcost: 0.1.0
convention: macs
allocator: naive
dtype: int8

budgets: # the watch
  max-mult-adds: 60M
  networks:
    v2@0.35/96: {max-peak: 320KiB, allocator: arena, max-latency: 20ms, device: pixel1-tflite}

columns: [layer, operator, kernel, stride, groups, output, params, mult-adds]
networks:
  v2@0.35/96:
    params: 1677128
    mult-adds: 11934128
    peak: 138240
    not-counted: {NonMaxSuppression: 1}
    layers:
      - [0.1.conv, conv, 3x3, 2, 1, 48x48x16, 464, 995328]
      - [1.1.depthwise, depthwise, 3x3, 1, 16, 48x48x16, 176, 331776]
      - [2.2.add, add, ~, ~, ~, 24x24x8, 0, 0]
"""
"""A lock with a budget."""

ROWS = """\
net,alpha,resolution,mult_adds,params
v1,0.75,160,162M,2.59M
v2,1,224,300M,3.4M
"v3-large",0.75,224,"155M",4.0M
,,192,418M,
"""
SPECS = [
    LAYERS.encode(),
    *((specs_folder() / f"{name}.yaml").read_bytes() for name in NETWORKS),
    *(path.read_bytes() for path in sorted((ROOT / "tests" / "data" / "as_printed").glob("*.yaml"))),
    *(path.read_bytes() for path in sorted((ROOT / "tests" / "data" / "tables").glob("*.yaml"))),
    (specs_folder() / "v2.yaml").read_bytes().split(b"implementations:")[0]
    + b"implementations:\n"
    + b"".join(
        b"  " + line for line in (specs_folder() / "implementations" / "v3.yaml").read_bytes().splitlines(keepends=True)
    ),
]
"""The specs that are mutated: flat lists, every built-in network, tables as printed, and rules of a spec's own."""


def mutate_bytes(text: bytes, chance: Random) -> bytes:
    """Change, remove or insert single bytes."""
    mutated = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        offset = chance.randrange(len(mutated))
        mutated[offset : offset + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    return bytes(mutated)


def mutate_tokens(text: bytes, chance: Random) -> bytes:
    """Replace words by other words."""
    words = re.split(r"([\w.~]+|[\[\]{},:\-]|\n)", text.decode())
    for _ in range(chance.randint(1, 3)):
        words[chance.randrange(len(words))] = chance.choice(JUNK)
    return _encode("".join(words))


def mutate_types(text: bytes, chance: Random) -> bytes:
    """Replace the value of a key or of a cell by a value of a different type."""
    source = text.decode()
    spans = [match.span(1) for match in re.finditer(r"(?:[\[,:] +|\[)([^\s,\[\]{}:#][^,\[\]{}:#\n]*)", source)]
    for start, end in sorted(chance.sample(spans, min(2, len(spans))), reverse=True):
        source = source[:start] + chance.choice(JUNK) + source[end:]
    return _encode(source)


def mutate_sizes(text: bytes, chance: Random) -> bytes:
    """Replace numbers by numbers at the limits."""
    source = text.decode()
    spans = [match.span() for match in re.finditer(r"\b\d+(?:\.\d+)?\b", source)]
    for start, end in sorted(chance.sample(spans, min(chance.randint(1, 3), len(spans))), reverse=True):
        source = source[:start] + chance.choice(SIZES) + source[end:]
    return source.encode()


def mutate_structure(text: bytes, chance: Random) -> bytes:
    """Duplicate, remove, swap, indent, cut or repeat lines."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        index, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        change = chance.randrange(20)
        if change < 4:
            lines.insert(index, lines[other])
        elif change < 8 and len(lines) > 1:
            del lines[index]
        elif change < 12:
            lines[index], lines[other] = lines[other], lines[index]
        elif change < 16:
            lines[index] = b" " * chance.randint(1, 5) + lines[index]
        elif change < 19:
            lines[index] = lines[index][: chance.randrange(len(lines[index]) + 1)]
        else:
            lines[index : index + 1] = [lines[index]] * chance.choice([2, 10, 100, 900])
        lines = lines if b"".join(lines) else [b"\n"]
    return b"".join(lines)


def mutate_rows(text: bytes, chance: Random) -> bytes:
    """Repeat a row up to two thousand times, with a different number in each repeat."""
    lines = text.splitlines(keepends=True)
    rows = [index for index, line in enumerate(lines) if re.search(rb"^ *- \[.*\d|^[^#:]*,\d", line)]
    if not rows:
        return text
    index, largest = chance.choice(rows), chance.choice([8, 64, 1024, 65_536, 10**9])
    spans = [match.span() for match in re.finditer(rb"\d+", lines[index])]
    start, end = chance.choice(spans)
    lines[index : index + 1] = [
        b"%s%d%s" % (lines[index][:start], chance.randint(1, largest), lines[index][end:])
        for _ in range(chance.choice([10, 30, 100, 300, 1900]))
    ]
    return b"".join(lines)


MUTATIONS: Mapping[str, Callable[[bytes, Random], bytes]] = {
    "bytes": mutate_bytes,
    "tokens": mutate_tokens,
    "types": mutate_types,
    "sizes": mutate_sizes,
    "structure": mutate_structure,
    "rows": mutate_rows,
}


def mutate(text: bytes, chance: Random, name: str | None = None) -> bytes:
    """Change a text in the way of `MUTATIONS` that is named, or in any; now and then also its numbers."""
    mutated = MUTATIONS[name or chance.choice(list(MUTATIONS))](text, chance)
    try:
        return mutate_sizes(mutated, chance) if chance.random() < 0.1 else mutated
    except UnicodeDecodeError:  # of changed bytes
        return mutated


def _encode(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
