"""Budgets, from the section of a lock file or from a table of pyproject.toml, with the position of every problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mbcost.errors import MbcostError, Problem, SpecError, one_line, suggestion
from mbcost.spec.lock import LIMITS, Budget, Budgets, Limit

Parser = Callable[[str], float]
"""Returns the number that a limit states, or raises `MbcostError`."""
Chooser = Callable[[str], str]
"""Returns the name that a word means, or raises `MbcostError`."""
NETWORKS = "networks"
ALLOW_UNKNOWN = "allow-unknown"
WORDS = ("allocator", "dtype", "device")
KEYS = (*LIMITS, *WORDS, ALLOW_UNKNOWN)
_MEANINGS: Mapping[str, str] = {
    **dict.fromkeys(("max-macs", "max-madds", "max-flops", "max-multiply-adds", "mult-adds", "macs"), "max-mult-adds"),
    **dict.fromkeys(("max-parameters", "params", "max-weights"), "max-params"),
    **dict.fromkeys(("max-ram", "max-memory", "max-arena", "ram", "memory", "peak"), "max-peak"),
    **dict.fromkeys(("max-ms", "max-time", "max-milliseconds", "latency"), "max-latency"),
    **dict.fromkeys(("max-size", "max-rom", "flash"), "max-flash"),
}
"""What people write instead of a key."""


@dataclass(frozen=True)
class Setting:
    """A key with its value, as a file has it."""

    key: str
    value: Any
    """A text, a tuple of texts, or a tuple of settings."""
    line: int
    column: int


@dataclass(frozen=True)
class Grammar:
    """How the values of a budget are read."""

    limits: Mapping[str, Parser]
    """One for each of `LIMITS`."""
    words: Mapping[str, Chooser]
    """One for each of `WORDS`."""


class _Reader:
    def __init__(self, origin: str, grammar: Grammar) -> None:
        self.origin = origin
        self.grammar = grammar
        self.problems: list[Problem] = []

    def report(self, setting: Setting, message: str) -> None:
        self.problems.append(Problem(self.origin, setting.line, setting.column, one_line(message)))

    def budget(self, settings: Iterable[Setting]) -> Budget:
        limits: list[Limit] = []
        words: dict[str, str] = {}
        allowed: tuple[str, ...] = ()
        for setting in settings:
            if setting.key == ALLOW_UNKNOWN:
                allowed = self.texts(setting)
            elif (text := self.text(setting)) is None:
                continue
            elif setting.key in LIMITS:
                limits += self.limit(setting, text)
            else:
                words |= self.word(setting, text)
        return Budget(tuple(limits), words.get("allocator"), words.get("dtype"), words.get("device"), allowed)

    def limit(self, setting: Setting, text: str) -> Iterator[Limit]:
        try:
            value = self.grammar.limits[setting.key](text)
        except MbcostError as error:
            self.report(setting, f"{setting.key}: {error}")
            return
        yield Limit(setting.key, value, text, self.origin, setting.line, setting.column)

    def word(self, setting: Setting, text: str) -> dict[str, str]:
        try:
            return {setting.key: self.grammar.words[setting.key](text)}
        except MbcostError as error:
            self.report(setting, f"{setting.key}: {error}")
            return {}

    def text(self, setting: Setting) -> str | None:
        if not isinstance(setting.value, str) or not setting.value.strip():
            self.report(setting, f"{setting.key} is not a text: write one, such as {_EXAMPLES[setting.key]}")
            return None
        return setting.value

    def texts(self, setting: Setting) -> tuple[str, ...]:
        value = (setting.value,) if isinstance(setting.value, str) else setting.value
        if not all(isinstance(item, str) for item in value):
            self.report(setting, f"{setting.key} is not a list: write the operators, such as [MyOperator]")
            return ()
        return tuple(value)

    def nested(self, setting: Setting) -> tuple[Setting, ...]:
        items = setting.value if isinstance(setting.value, tuple) else (setting.value,)
        if not all(isinstance(item, Setting) for item in items):
            self.report(setting, f"{setting.key} is not a mapping: write keys such as max-mult-adds below it")
            return ()
        return tuple(items)

    def known(self, settings: Iterable[Setting], keys: tuple[str, ...], *, case: str = "") -> tuple[Setting, ...]:
        """Return the settings with known keys, each once; report the others."""
        kept: dict[str, Setting] = {}
        for setting in settings:
            if keys and setting.key not in keys:
                self.report(setting, f"unknown key '{setting.key}'{case}: {suggestion(setting.key, keys, _MEANINGS)}")
            elif setting.key in kept:
                self.report(setting, f"'{setting.key}' is given twice: remove one")
            else:
                kept[setting.key] = setting
        return tuple(kept.values())


def read_budgets(settings: Iterable[Setting], origin: str, grammar: Grammar) -> Budgets:
    """Return the budgets that settings state: limits for every network, and in `networks` those of single networks.

    Raises:
        SpecError: with every problem: an unknown key, a value that is not a quantity, a latency without a device.
    """
    reader = _Reader(origin, grammar)
    top = reader.known(settings, (*KEYS, NETWORKS))
    general = reader.budget(setting for setting in top if setting.key != NETWORKS)
    own: dict[str, Budget] = {}
    owners = [item for setting in top if setting.key == NETWORKS for item in reader.nested(setting)]
    for owner in reader.known(owners, ()):
        own[owner.key] = reader.budget(reader.known(reader.nested(owner), KEYS, case=f" of {owner.key}"))
    for budget in (general, *own.values()):
        for limit in budget.limits:
            if limit.key == "max-latency" and (budget.device or general.device) is None:
                setting = Setting(limit.key, limit.text, limit.line, limit.column)
                reader.report(setting, "max-latency has no device: add device, a name of mbcost devices or a file")
    if reader.problems:
        raise SpecError(sorted(set(reader.problems)))
    return Budgets(general, own)


def list_yaml_settings(node: yaml.Node) -> tuple[Setting, ...]:
    """Return the keys and values of a mapping; of anything else a single setting, which no budget has."""
    if not isinstance(node, yaml.MappingNode):
        return (Setting(getattr(node, "value", "") or "", None, *_position(node)),)
    return tuple(
        Setting(key.value if isinstance(key, yaml.ScalarNode) else "", _read_value(value), *_position(key))
        for key, value in node.value
    )


def _read_value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return list_yaml_settings(node)
    if isinstance(node, yaml.SequenceNode):
        return tuple(item.value if isinstance(item, yaml.ScalarNode) else None for item in node.value)
    return None if str(node.tag).endswith((":null", ":bool")) else str(node.value)


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


_EXAMPLES: Mapping[str, str] = {
    "max-params": "2M", "max-mult-adds": "60M", "max-peak": "320KiB", "max-flash": "1MiB", "max-latency": "20ms",
    "allocator": "arena", "dtype": "int8", "device": "pixel1-tflite",
}  # fmt: skip
