"""Hostile cases: files, standard input and command lines, each made from a seed and a number."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from mbcost.spec.catalogue.library import NETWORKS, load_conventions
from tools.hostile.lines import make_line
from tools.hostile.texts import LAYERS, LOCK, MUTATIONS, ROWS, SIZES, SPECS, mutate
from tools.hostile.words import ALPHAS, SIDES, values

MUTATED = "mutated.yaml"
FOLLOWERS = [
    "memory {} --format json", "ledger {}", "sweep {} --alpha 0.5,1 --res 32,97 --format json", "show {}",
    "roofline {} --device jetson-nano", "diff {} v2 --format json", "compare {} v1", "export {}",
    "fit --net {} --ram 1MiB --alpha 0.5,1 --res 32,96 --format json", "check {} --format github",
    "table {} --no-top --format json", "table {}@0.5/97 --by block", "memory {}@0.35 --allocator arena",
    "table {} --format csv", "formula {} 1.1.depthwise", "sweep {} --pareto mult-adds,params --dtype float32",
    "table {} --classes 7 --head 12,bn,3",
]  # fmt: skip
"""Commands that read a mutated spec after `check` and `table` have read it."""


@dataclass(frozen=True)
class Case:
    """Command lines that run one after the other in a folder with the files."""

    lines: tuple[tuple[str, ...], ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    stdin: bytes | None = None
    """What standard input has; None if it is empty."""
    seed: str = ""

    def describe(self) -> str:
        """Return the command lines as a shell takes them."""
        return " ; ".join(f"mbcost {_quote(line)}" for line in self.lines)


def _quote(line: tuple[str, ...]) -> str:
    return " ".join(shlex.quote(word) if word.isprintable() else _quote_bytes(word) for word in line)


def _quote_bytes(word: str) -> str:
    """Return a word with characters that cannot be printed, as bash and zsh take it."""
    octets = word.encode(errors="surrogateescape" if "\ud800" not in word else "surrogatepass")
    return (
        "$'"
        + "".join(chr(code) if 32 <= code < 127 and code not in b"'\\" else f"\\x{code:02x}" for code in octets)
        + "'"
    )


def make_case(seed: str) -> Case:
    """Return the case of a seed: a mutated spec, a mutated CSV file, or mutated command lines."""
    chance = Random(seed)
    kind = chance.random()
    if kind < 0.4:
        return _spec_case(seed, chance)
    if kind < 0.41:
        return Case((("explain", "--rows", "rows.csv"),), {"rows.csv": mutate(ROWS.encode(), chance)}, seed=seed)
    if kind < 0.45:
        return _numbers_case(seed, chance)
    return _line_case(seed, chance)


def _spec_case(seed: str, chance: Random) -> Case:
    """Return a mutated spec with `check`, `table` and every few cases one more command."""
    quick = [name for name in MUTATIONS if name != "rows"]
    name = chance.choice([*quick, *quick, "sizes", "sizes", "rows"])
    lines = [f"check {MUTATED} --format json", f"table {MUTATED}"]
    if name in ("sizes", "rows") or chance.random() < 0.2:
        lines.append(chance.choice(FOLLOWERS).format(MUTATED))
    mutated = mutate(chance.choice(SPECS), chance, name)
    return Case(tuple(tuple(line.split()) for line in lines), {MUTATED: mutated}, seed=seed)


def _line_case(seed: str, chance: Random) -> Case:
    line = make_line(chance)
    words = " ".join(line)
    files = {
        "spec.yaml": chance.choice(SPECS), "flat.yaml": LAYERS.encode(), "rows.csv": ROWS.encode(),
        "costs.lock": mutate(LOCK.encode(), chance) if chance.random() < 0.5 else LOCK.encode(),
        MUTATED: b"", **dict.fromkeys(("kept.txt", "kept.svg", "readonly.txt", "readonly.svg"), b"kept\n"),
    }  # fmt: skip
    if MUTATED in words:
        files[MUTATED] = mutate(chance.choice(SPECS), chance)
    stdin = None
    if "-" in words and chance.random() < 0.8:
        stdin = chance.choice([*SPECS, ROWS.encode()])
        stdin = mutate(stdin, chance) if chance.random() < 0.3 else stdin
    return Case((line,), files, stdin, seed)


def _numbers_case(seed: str, chance: Random) -> Case:
    """Return one network, counted layer by layer by `table` and `memory`, and as arrays by `sweep` and `fit`."""
    files = {MUTATED: mutate(chance.choice(SPECS), chance, chance.choice(["sizes", "sizes", "rows"]))}
    net = chance.choice([MUTATED, MUTATED, *NETWORKS])
    alpha, res = chance.choice(ALPHAS), chance.choice(SIDES)
    allocator, dtype = chance.choice(values()["--allocator"][:4]), chance.choice(values()["--dtype"])
    shared = ["--classes", chance.choice(SIZES)] if chance.random() < 0.5 else []
    shared += ["--in-channels", chance.choice(SIZES)] if chance.random() < 0.2 else []
    counted = ["--convention", chance.choice(list(load_conventions()))] if chance.random() < 0.5 else []
    model, grid = ["--allocator", allocator, "--dtype", dtype], ["--alpha", alpha, "--res", res]
    lines = (
        ["table", f"{net}@{alpha}/{res}", *shared, *counted],
        ["memory", f"{net}@{alpha}/{res}", *shared, *model],
        ["sweep", net, *grid, *shared, *counted, *model],
        ["fit", "--net", net, "--flash", "9" * 18 + "GiB", *grid, *shared, *counted, *model],
    )
    return Case(tuple((*line, "--format", "json") for line in lines), files, seed=seed)
