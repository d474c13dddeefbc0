"""Seeded command lines of every command: correct ones, and the same with changed, removed, doubled or foreign words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from mbcost.cli.group import COMMANDS, build_command
from mbcost.spec.catalogue.devices import load_devices
from mbcost.spec.catalogue.library import NETWORKS, load_conventions

SEEDS = """\
table v2 --alpha 0.75 --res 160
table spec.yaml --by stage --columns name,operator,params --sort params
table v2:keras --head 512,bn,26 --format json
table flat.yaml --format markdown
table - --format csv
compare v1 v2@0.75 v3-large/192 spec.yaml
compare standard-vs-dws
compare standard-vs-dws --kernel 5 --in 96 --out 160 --feature 14 --stride 2
compare standard-vs-dws --net v2@0.5/160
compare residual-vs-inverted --channels 64 --feature 14 --expansion 6 --reduction 4
diff v2 spec.yaml
diff v3-large@0.5 v3-large@0.5:torchvision --format json
memory v2 --by allocator
memory spec.yaml@0.35/96 --allocator arena --arena tensorflow-lite --format json
memory v2 --by map --dtype float16 --weights-dtype int8
formula v1 1.1.depthwise
formula spec.yaml 2.1.expand --format json
ledger v2:torchvision --convention fvcore,ptflops
ledger v3-large --quantity params --zeros
conventions
conventions torchstat-madd
explain 314M v2@1/224 --limit 2
explain v2@1/224 --mult-adds 300M --params 3.4M
explain --rows rows.csv
explain 3.471M v2 --alpha 1 --quantity params
published v2 --status erratum --format csv
published --summary
published --errata --source paper_v2
validate v2 --alpha 0.35,1 --res 96,97 --against torch
check spec.yaml
check v2 v3-large flat.yaml --format github
check -
schema
new mynet --output -
roofline v2@0.35/96 --device stm32h743 --by kind
roofline spec.yaml --peak-macs 100G --bandwidth 10GB/s
plot layers v2@0.5/96 --output layers.svg
plot sweep v2 --alpha 0.5:1:0.25 --res 96:160:32 --output sweep.svg
plot accuracy v1 v2 --output accuracy.png
plot compare v1 v2 --output compare.pdf
plot activations --output activations.svg
plot blocks v2=2.1 v2@0.5=2.1 --output blocks.svg
verify net.py:make --spec v2 --find
export v2
export --from net.py:make --res 96
sweep v2 --alpha 0.7:0.8:0.01 --res 96,96x128
sweep v1 spec.yaml --pareto mult-adds,params --format json
sweep v2 --format csv --dtype float16 --allocator arena --alpha 0.5,1 --res 96
fit --net v2 --head 128,bn,5 --ram 256KiB --flash 1MiB --limit 3
fit --net spec.yaml --ram 1MiB --alpha 0.5,1 --res 96,128 --format json
fit --max-latency 30ms --phone pixel1 --net v1 --ram 512KiB --rank top1 --limit 3
nets
show v2
show spec.yaml --format json
""".splitlines()
"""Correct command lines of every command and subcommand."""

SLOW = {"explain": 0.05, "plot": 0.15, "fit": 0.4, "published": 0.02}
"""Commands that take longer than the others, with the share of their lines that is tried."""

NUMBERS = [
    "0", "1", "-1", "2", "3", "8", "1000", "65536", "1e3", "1.5", "0.5", "2147483647", "2147483648", "-2147483649",
    "4294967296", "4503599627370496", "4611686018427387904", "9223372036854775807", "9223372036854775808",
    "1" + "0" * 30, "9" * 400, "9" * 5000, "1e30", "1e308", "1e309", "1e-308", "5e-324", "1e-9", "nan", "inf", "-inf",
    "-0", "+1", "1_000", "1,000", "0x10", "0b1", "1e", ".5", "5.", "٣", "１", "½", "²", "1 ", " 1", "1\n", "1\0"[:1],
]  # fmt: skip
WORDS = [
    "", " ", "-", "--", "---", "-x", "--nope", "--help", "--version", "-h", "=", "@", "/", ":", ",", ",,", ".", "..",
    "v2@", "v2/", "v2:", "v2@1@1", "v2/1/1", "v2@nan", "v2@1e400", "v2/0", "v9", "V2", "\x1b[2J\x1b]0;x\x07",
    "\u202egnp.exe", "a\nb", "a\r\nmbcost: error: b", "\t", "\x00"[:0], "\udcff\udc80", "\ud800"[:0] + "é", "🙂" * 20,
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
    "\x1b[2J.svg", "\udcff.txt", "out.parquet", "spec.yaml", "fig.gif", "kept.txt/out.txt", "fig", ".svg", "out.txt/",
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
        "--device": [*load_devices()],
        "--pareto": ["mult-adds,top1", "memory,top1", "params,flash", "mult-adds,mult-adds", "top1"],
        "--rank": ["top1", "mult-adds", "params"],
        "--phone": ["pixel1", "pixel2", "pixel3"],
        "--rows": ["rows.csv", "-", "spec.yaml", "missing.csv", "folder"],
        "--spec": NETS,
        "--net": NETS,
        "--against": ["torch", "fvcore", "torch,fvcore", "all", "timm"],
        "--from": ["net.py:make", "net.py", "torchvision.models:mobilenet_v2"],
        "--kwargs": ["a=1", "a", "=", "a=[", "a=1=2"],
        **dict.fromkeys(("--ram", "--flash", "--mult-adds", "--params", "--min-top1", "--max-latency"), AMOUNTS),
        **dict.fromkeys(("--peak-macs", "--bandwidth"), AMOUNTS),
    }


@dataclass(frozen=True)
class Option:
    """An option of a command."""

    name: str
    is_flag: bool


@cache
def commands() -> Mapping[tuple[str, ...], tuple[Option, ...]]:
    """Return the options of every command and subcommand, read from the commands themselves."""
    return {words: tuple(_options(command)) for words, command in _leaves()}


def _leaves() -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, entry in COMMANDS.items():
        command = build_command(entry.load())
        for inner, leaf in getattr(command, "commands", {"": command}).items():
            yield (name, inner) if inner else (name,), leaf


def _options(command: Any) -> Iterator[Option]:
    for parameter in command.params:
        if parameter.param_type_name == "option":
            yield Option(parameter.opts[0], bool(parameter.is_flag))


def command_of(words: list[str]) -> tuple[str, ...]:
    """Return the command or subcommand that the words start with."""
    for length in (2, 1):
        if tuple(words[:length]) in commands():
            return tuple(words[:length])
    return ("compare", "nets") if words[:1] == ["compare"] else ("table",)


def make_line(chance: Random) -> tuple[str, ...]:
    """Return a command line: a correct one with up to four changes, which never leads out of the run's folder."""
    while True:
        words = chance.choice(SEEDS).split()
        if chance.random() > SLOW.get(words[0], 1.0):
            continue
        for _ in range(chance.choice([0, 1, 1, 1, 1, 2, 2, 3])):
            chance.choice(CHANGES)(words, chance)
        if all(map(_stays, words)):
            return tuple(words)


def _stays(word: str) -> bool:
    """Return whether a word cannot name a file outside the folder, nor contain what no argument can contain."""
    text = word.partition("=")[2] if word.startswith("--") else word
    return "\0" not in word and (text in SAFE or (text[:1] not in ("/", "~") and ".." not in text))


def _add_option(words: list[str], chance: Random) -> None:
    """Add one of the command's own options with a plausible value."""
    options = commands()[command_of(words)]
    if options:
        _insert(words, chance.choice(options), chance)


def _add_foreign(words: list[str], chance: Random) -> None:
    """Add an option of any command."""
    options = [option for own in commands().values() for option in own]
    _insert(words, chance.choice(options), chance)


def _insert(words: list[str], option: Option, chance: Random) -> None:
    where = chance.randint(1, len(words)) if chance.random() < 0.2 else len(words)
    if option.is_flag:
        words.insert(where, option.name)
        return
    pool = values().get(option.name, NUMBERS) if chance.random() < 0.75 else [*NUMBERS, *WORDS]
    value = chance.choice(pool)
    words[where:where] = [f"{option.name}={value}"] if chance.random() < 0.2 else [option.name, value]


def _replace(words: list[str], chance: Random) -> None:
    """Replace a word by a network, a number, an amount or junk."""
    index = chance.randrange(1, len(words)) if len(words) > 1 else 0
    words[index] = chance.choice(chance.choice([NETS, NUMBERS, AMOUNTS, WORDS, WORDS, COLUMNS]))


def _replace_value(words: list[str], chance: Random) -> None:
    """Replace the value of an option by another plausible one or by a number."""
    indices = [index for index in range(1, len(words)) if words[index - 1].startswith("--")]
    if indices:
        index = chance.choice(indices)
        words[index] = chance.choice(values().get(words[index - 1], NUMBERS) if chance.random() < 0.7 else NUMBERS)


def _set_reference(words: list[str], chance: Random) -> None:
    """Give a network another alpha, resolution or implementation."""
    indices = [index for index, word in enumerate(words) if word.partition("@")[0] in NETS]
    if indices:
        index = chance.choice(indices)
        kind, pool = chance.choice([("@", ALPHAS + NUMBERS), ("/", SIDES), (":", values()["--impl"])])
        words[index] += kind + chance.choice(pool)


def _remove(words: list[str], chance: Random) -> None:
    if len(words) > 1:
        del words[chance.randrange(len(words))]


def _double(words: list[str], chance: Random) -> None:
    start = chance.randrange(len(words))
    words[start:start] = words[start : start + chance.randint(1, 2)] * chance.choice([1, 1, 1, 50])


def _swap(words: list[str], chance: Random) -> None:
    first, second = chance.randrange(len(words)), chance.randrange(len(words))
    words[first], words[second] = words[second], words[first]


def _add_junk(words: list[str], chance: Random) -> None:
    words.insert(chance.randint(0, len(words)), chance.choice([*WORDS, *NUMBERS]))


def _change_characters(words: list[str], chance: Random) -> None:
    index = chance.randrange(len(words))
    word, offset = words[index], chance.randint(0, len(words[index]))
    middle = chance.choice(["", "x", "\x1b", "\u202e", "\n", "é", "\udcff", "0", "9" * 30, "-", "@", "/", ":", ",", "="])
    words[index] = word[:offset] + middle + word[offset + chance.randint(0, 2) :]


CHANGES: tuple[Callable[[list[str], Random], None], ...] = (
    *[_add_option] * 8, *[_replace_value] * 4, _set_reference, _set_reference, _add_foreign, _replace, _remove, _double,
    _swap, _add_junk, _change_characters,
)  # fmt: skip
