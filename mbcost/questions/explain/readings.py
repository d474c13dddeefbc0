"""The ways to count a network, named and unnamed, and the ways to print a sum: from raw counts to a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import product

from mbcost.questions.explain.costs import Weights, load_weights
from mbcost.spec.catalogue.library import load_conventions
from mbcost.spec.printed import Printed
from mbcost.spec.tally import COUNTS

QUANTITIES = ("mult_adds", "params", "activations", "bytes")

Coefficients = Mapping[str, int]

_MACS = {"conv_macs": 1, "linear_macs": 1}
_MAC_PLACES = {COUNTS.index(count) for count in _MACS}
_NORM = ("plain_norm_elements", "fused_norm_elements")
_NORM_CHANNELS = ("plain_norm_channels", "fused_norm_channels")
_RELUS = ("relu_elements", "relu6_elements")
_ACTIVATIONS = (*_RELUS, "hard_swish_elements", "hard_sigmoid_elements", "swish_elements", "sigmoid_elements")
_POOLS = ("adaptive_pool_inputs", "functional_pool_inputs", "mean_pool_inputs")
_BIASES = ("conv_bias_adds", "linear_bias_adds")

_CHOICES: tuple[dict[str, Coefficients], ...] = (
    {
        "": {},
        "norm once an element": dict.fromkeys(_NORM, 1),
        "norm twice an element": dict.fromkeys(_NORM, 2),
        "norm 4 times an element": dict.fromkeys(_NORM, 4),
        "norm 5 times an element": dict.fromkeys(_NORM, 5),
        "norm once a channel": dict.fromkeys(_NORM_CHANNELS, 1),
        "norm twice a channel": dict.fromkeys(_NORM_CHANNELS, 2),
    },
    {"": {}, "activations": dict.fromkeys(_ACTIVATIONS, 1), "ReLUs only": dict.fromkeys(_RELUS, 1)},
    {"": {}, "biases": dict.fromkeys(_BIASES, 1)},
    {"": {}, "pools": dict.fromkeys(_POOLS, 1)},
    {"": {}, "squeeze multiplies": {"multiplies": 1}},
    {"": {}, "residual adds": {"adds": 1}},
)
"""What somebody may count besides multiply-accumulates: one of each line."""
_MOST_NORM_VALUES = 5
BATCHES = (2, 4, 8, 10, 16, 32, 64, 128)
"""How many inputs may have been counted for one, in a deep search."""
FLOAT32 = 2**24
"""float32 holds every whole number up to here."""
_DRIFT = 64
"""How many units a sum in float32 is searched from its printed value; what it really is, is then worked out."""


@dataclass(frozen=True)
class Reading:
    """A way to make one number of raw counts."""

    quantity: str
    name: str
    """That of a convention, or what is counted."""
    row: tuple[int, ...]
    """How often it counts each of `COUNTS`."""
    cost: int
    """In hundredths of a bit."""
    named: bool
    """Whether it is a convention."""
    rank: int = 0
    """Its position in the order of the conventions; ways that no convention has come after all of them."""

    @property
    def unnamed(self) -> bool:
        """Whether nobody is known to count so."""
        return not self.named

    @property
    def by_tool(self) -> bool:
        """Whether it counts more than multiply-adds, as programs for PyTorch do."""
        counted = {place for place, factor in enumerate(self.row) if factor}
        return self.quantity == "mult_adds" and not counted <= _MAC_PLACES


@dataclass(frozen=True)
class Window:
    """A way in which a number was printed: the counts from `low` to `high` give these digits."""

    rounding: str
    low: int
    high: int
    cost: int
    """In hundredths of a bit."""
    printed: Printed
    """The number that was meant: another than the one that is printed where a digit is mistyped."""

    @property
    def exact(self) -> bool:
        """Whether the printed digits are right for every count in it."""
        return self.rounding not in ("off by one", "mistyped")


def _row(coefficients: Coefficients) -> tuple[int, ...]:
    return tuple(coefficients.get(count, 0) for count in COUNTS)


@cache
def named_readings(quantity: str) -> tuple[Reading, ...]:
    """The conventions for `quantity`, each set of coefficients once and under its cheapest name, by cost."""
    return tuple(reading for reading in _readings(quantity) if reading.named)


@cache
def multiply_adds_only(quantity: str) -> tuple[Reading, ...]:
    """The conventions for `quantity` that count nothing besides multiply-adds."""
    return tuple(reading for reading in named_readings(quantity) if not reading.by_tool)


@cache
def other_readings(quantity: str) -> tuple[Reading, ...]:
    """The ways to count `quantity` that no convention has, by cost."""
    known = {reading.row for reading in named_readings(quantity)}
    return tuple(reading for reading in _readings(quantity) if reading.row not in known)


@cache
def _readings(quantity: str) -> tuple[Reading, ...]:
    by_convention = sorted(_READINGS[quantity](load_weights()), key=lambda reading: not reading.named)
    ranked = [replace(reading, rank=rank) for rank, reading in enumerate(by_convention)]
    unique: dict[tuple[int, ...], Reading] = {}
    for reading in sorted(ranked, key=lambda reading: (reading.cost, reading.rank)):
        unique.setdefault(reading.row, reading)
    return tuple(unique.values())


def _mult_adds(weights: Weights) -> Iterator[Reading]:
    base, term = weights.cost("counting", "base"), weights.cost("counting", "term")
    for convention in load_conventions().values():
        coefficients = convention.mult_adds_coefficients
        cost = weights.cost("conventions", convention.name)
        yield Reading("mult_adds", convention.name, _row(coefficients), cost, named=True)
        if coefficients["conv_macs"] == 1 and dict(coefficients) != _MACS:
            twice = {count: 2 * factor for count, factor in coefficients.items()}
            cost += weights.cost("counting", "twice")
            yield Reading("mult_adds", f"twice {convention.name}", _row(twice), cost, named=False)
    for choice in _choices():
        terms = [name for name, _ in choice if name]
        counted = {count: times for _, coefficients in choice for count, times in coefficients.items()}
        for factor, label, more in ((1, "macs", 0), (2, "flops2", weights.cost("counting", "doubled"))):
            row, name = _row(counted | dict.fromkeys(_MACS, factor)), " + ".join([label, *terms])
            yield Reading("mult_adds", name, row, base + term * len(terms) + more, named=False)


def _choices() -> Iterator[tuple[tuple[str, Coefficients], ...]]:
    lines: list[list[tuple[str, Coefficients]]] = [list(line.items()) for line in _CHOICES]
    yield from product(*lines)


def _params(weights: Weights) -> Iterator[Reading]:
    for convention in load_conventions().values():
        cost = weights.cost("params", convention.name)
        yield Reading("params", convention.name, _row(convention.params_coefficients), cost, named=True)
    for values in range(_MOST_NORM_VALUES + 1):
        counted = {"weights": 1, "biases": 1} | dict.fromkeys(_NORM_CHANNELS, values)
        cost = weights.cost("counting", "norm_values")
        yield Reading("params", f"weights + biases + {values} values a norm channel", _row(counted), cost, named=False)


def _activations(weights: Weights) -> Iterator[Reading]:
    every = ("outputs", *_NORM, *_ACTIVATIONS, "multiplies", "adds")
    cost = weights.cost("activations", "outputs")
    yield Reading("activations", "outputs of convolution and linear layers", _row({"outputs": 1}), cost, named=True)
    cost = weights.cost("activations", "all")
    yield Reading("activations", "outputs of all layers", _row(dict.fromkeys(every, 1)), cost, named=False)


def _bytes(weights: Weights) -> Iterator[Reading]:
    for reading in _params(weights):
        if reading.named:
            for size, label in ((4, "float32"), (2, "float16"), (1, "int8")):
                counted = tuple(size * factor for factor in reading.row)
                cost = reading.cost + weights.cost("bytes", str(size))
                yield Reading("bytes", f"{reading.name} in {label}", counted, cost, named=True)


_READINGS = {"mult_adds": _mult_adds, "params": _params, "activations": _activations, "bytes": _bytes}


@cache
def windows(printed: Printed, quantity: str) -> tuple[Window, ...]:
    """The ways in which `printed` can have come about, by cost."""
    weights = load_weights()
    found = [
        Window(name, *printed.whole_range(name), weights.cost("roundings", name), printed)
        for name in printed.roundings
        if not (name == "off by one" and printed.digits < 3)
    ]
    if (half := _float32_unit(printed)) is not None:
        low, high = (int(printed.number) + sign * _DRIFT * half for sign in (-1, 1))
        found.append(Window("float32", low, high, weights.cost("roundings", "float32"), printed))
    if printed.binary != 1 and quantity == "bytes":
        name = "binary bytes"
        meant = replace(printed, number=printed.number * printed.binary, step=printed.step * printed.binary)
        cost = weights.cost("roundings", name)
        found += [
            Window(name, *meant.whole_range(rounding), cost + weights.cost("roundings", rounding), meant)
            for rounding in ("rounds", "floors")
            if rounding in meant.roundings
        ]
    return tuple(sorted((window for window in found if window.low <= window.high), key=lambda each: each.cost))


@cache
def deep_windows(printed: Printed, quantity: str) -> tuple[Window, ...]:
    """Further ways, which explain almost anything: powers of 1024 for a prefix, and a batch of inputs."""
    weights = load_weights()
    factors = {f"batch of {size}": (Fraction(1, size), weights.cost("mistakes", "batch")) for size in BATCHES}
    if quantity != "mult_adds":
        factors = {}
    if printed.binary != 1 and quantity != "bytes":
        factors["binary"] = (printed.binary, weights.cost("roundings", "binary"))
    found = []
    for name, (factor, cost) in factors.items():
        meant = replace(printed, number=printed.number * factor, step=printed.step * factor)
        rounding = meant.relation or "rounds"
        found.append(Window(name, *meant.whole_range(rounding), cost, meant))
    return tuple(window for window in found if window.low <= window.high)


def _float32_unit(printed: Printed) -> int | None:
    """The distance of neighbouring float32 numbers at `printed`; None where it is none of them, or exact anyway."""
    if printed.step != 1 or printed.relation or printed.number <= FLOAT32:
        return None
    unit = 1 << (int(printed.number).bit_length() - 24)
    return None if printed.number % unit else unit


def float32_sum(amounts: Iterable[int]) -> int:
    """What is left of a sum whose every intermediate is rounded to float32, half to even, in integer arithmetic.

    >>> float32_sum([2**24, 1, 1]), float32_sum([2, 2**24])
    (16777216, 16777218)
    """
    total = 0
    for amount in amounts:
        total += amount
        unit = 1 << max(total.bit_length() - 24, 0)
        below, rest = divmod(total, unit)
        total = unit * (below + (2 * rest > unit or (2 * rest == unit and below % 2)))
    return total


@cache
def misprints(printed: Printed) -> tuple[Window, ...]:
    """The counts that give `printed` with one wrong digit, or two neighbours swapped; two ranges share
    at most the count halfway between them.
    """
    if printed.relation or printed.digits < 3:
        return ()
    cost = load_weights().cost("roundings", "mistyped")
    found = (Window("mistyped", *meant.whole_range("rounds"), cost, meant) for meant in _misprints(printed))
    return tuple(sorted(found, key=lambda each: each.low))


def _misprints(printed: Printed) -> Iterator[Printed]:
    """The numbers that one other digit, or two neighbours swapped, make of the printed one."""
    text = str(int(printed.number / printed.step))
    changed = {text[:place] + digit + text[place + 1 :] for place in range(len(text)) for digit in "0123456789"} | {
        text[:place] + text[place + 1] + text[place] + text[place + 2 :] for place in range(len(text) - 1)
    }
    for other in sorted(changed - {text}):
        if other[0] != "0":
            yield replace(printed, number=int(other) * printed.step)
