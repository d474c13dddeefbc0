"""Seeded command lines of every command: correct ones, and the same with changed, removed, doubled or foreign words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from mbcost.cli.group import build_command
from mbcost.cli.registry import COMMANDS
from tools.hostile.words import ALPHAS, AMOUNTS, COLUMNS, NETS, NUMBERS, SAFE, SIDES, WORDS, values

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
lock v2 spec.yaml --output new.lock
lock v1@0.25/96
lock --check costs.lock --format json
lock --check costs.lock v2 --allow-unknown
schema
new mynet --output -
roofline v2@0.35/96 --device stm32h743 --by kind
roofline spec.yaml --peak-macs 100G --bandwidth 10GB/s
accuracy v2@0.6/176 v2:keras spec.yaml
latency v2@0.6/176 spec.yaml --device pixel2-tflite
latency v2 --device spec.yaml --like ncnn-1t
devices stm32n6 --format json
devices --profiles
calibrate spec.yaml --dtype int8
calibrate --plan 3 v1 --output plan.yaml
accuracy v2@0.6:paddleclas --recipe paddleclas --format json
explore spec.yaml@0.5/96 --classes 10 --convention fvcore
page v2@0.5/96 spec.yaml --title x --output page.html
plot layers v2@0.5/96 --output layers.svg
plot sweep v2 --alpha 0.5:1:0.25 --res 96:160:32 --output sweep.svg
plot accuracy v1 v2 --output accuracy.png
plot accuracy v1 --device pixel2-tflite --output accuracy.svg
plot compare v1 v2 --output compare.pdf
plot activations --output activations.svg
plot blocks v2=2.1 v2@0.5=2.1 --output blocks.svg
verify net.py:make --spec v2 --find
export v2
export --from net.py:make --res 96
sweep v2 --alpha 0.7:0.8:0.01 --res 96,96x128
sweep v1 spec.yaml --pareto mult-adds,params --format json
sweep v1 spec.yaml --device pixel2-tflite --alpha 0.5,1 --res 96,128 --pareto latency,params
sweep v2 --device spec.yaml --columns network,ms --sort ms
sweep v2 --format csv --dtype float16 --allocator arena --alpha 0.5,1 --res 96
fit --net v2 --head 128,bn,5 --ram 256KiB --flash 1MiB --limit 3
fit --net spec.yaml --ram 1MiB --alpha 0.5,1 --res 96,128 --format json
fit --max-latency 30ms --device pixel1-tflite --net v1 --ram 512KiB --limit 3
nets
show v2
show spec.yaml --format json
""".splitlines()
"""Correct command lines of every command and subcommand."""

SLOW = {"explain": 0.05, "page": 0.1, "plot": 0.15, "fit": 0.4, "published": 0.02}
"""Commands that take longer than the others, with the share of their lines that is tried."""
LEFT_OUT = {"--open"}
"""Options that start another program, so that no line has them."""


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
        if parameter.param_type_name == "option" and parameter.opts[0] not in LEFT_OUT:
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
    middle = chance.choice(
        ["", "x", "\x1b", "\u202e", "\n", "é", "\udcff", "0", "9" * 30, "-", "@", "/", ":", ",", "="]
    )
    words[index] = word[:offset] + middle + word[offset + chance.randint(0, 2) :]


CHANGES: tuple[Callable[[list[str], Random], None], ...] = (
    *[_add_option] * 8, *[_replace_value] * 4, _set_reference, _set_reference, _add_foreign, _replace, _remove, _double,
    _swap, _add_junk, _change_characters,
)  # fmt: skip
