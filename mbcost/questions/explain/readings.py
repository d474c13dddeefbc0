"""The ways to count a network, by a convention or by none that is known: from raw counts to a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from mbcost.questions.explain.columns import COLUMNS
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.peaks import PEAKS
from mbcost.spec.catalogue.library import load_conventions

QUANTITIES = ("mult_adds", "params", "activations", "bytes", "activation_bytes")

Coefficients = Mapping[str, int]

_MACS = {"conv_macs": 1, "linear_macs": 1}
_MAC_INDICES = {COLUMNS.index(count) for count in _MACS}
_NORM = ("plain_norm_elements", "fused_norm_elements")
_NORM_CHANNELS = ("plain_norm_channels", "fused_norm_channels")
_RELUS = ("relu_elements", "relu6_elements")
_ACTIVATIONS = (*_RELUS, "hard_swish_elements", "hard_sigmoid_elements", "swish_elements", "sigmoid_elements")
_POOLS = ("adaptive_pool_inputs", "functional_pool_inputs", "mean_pool_inputs")
_BIASES = ("conv_bias_adds", "linear_bias_adds")

_OPTIONAL_TERMS: tuple[dict[str, Coefficients], ...] = (
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
"""What somebody may count besides multiply-accumulates: one entry of each line. The names are part of JSON answers."""
_SIZES = ((4, "float32"), (2, "float16"), (1, "int8"))
"""Bytes per value, and the dtype."""
_MOST_NORM_VALUES = 5
_STORED = {"weights": 1, "biases": 1} | dict.fromkeys(_NORM_CHANNELS, 4)
"""All values of a model, with the moving mean and variance of each norm channel."""
KERAS_NORMALIZATION = 7
"""Values of Keras's normalization layer on an image: a mean and a variance per channel, and a count (keras 3.15.1,
keras/src/layers/preprocessing/normalization.py). Keras's EfficientNet begins with one."""
_PARTS: Mapping[str, Coefficients] = {
    "trainable": {"trained": 1},
    "not trainable": _STORED | {"trained": -1},
    "frozen": {"weights": 1, "biases": 1} | dict.fromkeys(_NORM_CHANNELS, 2) | {"trained": -1},
    "stored + Adam": _STORED | {"trained": 2, "networks": 2},
    "stored + momentum": _STORED | {"trained": 1, "networks": 2},
    "stored + SGD": _STORED | {"networks": 2},
    "state of Adam": {"trained": 2, "networks": 2},
    "state of momentum": {"trained": 1, "networks": 2},
    "state_dict": _STORED | {"norms": 1},
    "stored + input normalization": _STORED | {"networks": KERAS_NORMALIZATION},
    "not trainable + input normalization": _STORED | {"trained": -1, "networks": KERAS_NORMALIZATION},
}
"""Parts of the values of a model that summaries print.

Keras 3's optimizers have one or two values per trained value, and the step and the learning rate (keras 3.15.1,
keras/src/optimizers/adam.py, sgd.py, rmsprop.py, base_optimizer.py). A state_dict of PyTorch has one counter of batches
per norm besides the moving statistics.
"""


@dataclass(frozen=True)
class Reading:
    """A way to make one number of raw counts."""

    quantity: str
    name: str
    """The name of a convention, or what is counted."""
    row: tuple[int, ...]
    """The coefficient of each of `COLUMNS`."""
    cost: int
    """In hundredths of a bit."""
    named: bool
    """Whether the reading is a convention."""
    framework: str | None = None
    """The framework whose models the tool can count; None if it is not a tool of one framework."""
    rank: int = 0
    """Its position in the order of the conventions; readings that are not a convention come after all of them."""

    @property
    def unnamed(self) -> bool:
        """Whether nobody is known to count like this."""
        return not self.named

    @property
    def is_part(self) -> bool:
        """Whether the reading is about training, or about what is stored besides the network's own values."""
        return any(self.row[COLUMNS.index(name)] for name in ("trained", "networks", "norms"))

    @property
    def by_tool(self) -> bool:
        """Whether the reading counts more than multiply-adds, as programs for PyTorch do."""
        counted = {index for index, factor in enumerate(self.row) if factor}
        return self.quantity == "mult_adds" and not counted <= _MAC_INDICES

    def weigh(self, counts: Iterable[int]) -> int:
        """Return the sum of the counts, one for each of `COLUMNS`, with the coefficients of the reading."""
        return sum(count * factor for count, factor in zip(counts, self.row, strict=True) if factor)


@cache
def named_readings(quantity: str) -> tuple[Reading, ...]:
    """Return the conventions for `quantity` by cost.

    Each set of coefficients occurs once for each framework, under its cheapest name.
    """
    return tuple(reading for reading in _readings(quantity) if reading.named)


@cache
def list_conventions(quantity: str) -> tuple[Reading, ...]:
    """Return every convention for `quantity` by cost, also those that count alike."""
    named = [reading for reading in _READINGS[quantity]() if reading.named]
    return tuple(sorted(named, key=lambda reading: reading.cost))


def list_readings_of(convention: str) -> tuple[Reading, ...]:
    """Return how a convention counts mult-adds and params.

    >>> [reading.quantity for reading in list_readings_of("fvcore")]
    ['mult_adds', 'params']
    """
    return tuple(
        reading
        for quantity in ("mult_adds", "params")
        for reading in list_conventions(quantity)
        if reading.name == convention
    )


@cache
def multiply_adds_only(quantity: str) -> tuple[Reading, ...]:
    """Return the conventions for `quantity` that count nothing besides multiply-adds, and no parts of a model."""
    return tuple(reading for reading in named_readings(quantity) if not (reading.by_tool or reading.is_part))


@cache
def other_readings(quantity: str) -> tuple[Reading, ...]:
    """Return the ways to count `quantity` that differ from every convention, by cost."""
    known = {reading.row for reading in named_readings(quantity)}
    return tuple(reading for reading in _readings(quantity) if reading.row not in known)


@cache
def _readings(quantity: str) -> tuple[Reading, ...]:
    by_convention = sorted(_READINGS[quantity](), key=lambda reading: not reading.named)
    ranked = [replace(reading, rank=rank) for rank, reading in enumerate(by_convention)]
    unique: dict[tuple[object, ...], Reading] = {}
    for reading in sorted(ranked, key=lambda reading: (reading.cost, reading.rank)):
        unique.setdefault((reading.row, reading.framework), reading)
    return tuple(unique.values())


def _row(coefficients: Coefficients) -> tuple[int, ...]:
    return tuple(coefficients.get(count, 0) for count in COLUMNS)


def _mult_adds() -> Iterator[Reading]:
    for convention in load_conventions().values():
        coefficients = convention.mult_adds_coefficients
        cost = cost_of("conventions", convention.name)
        framework = convention.framework
        yield Reading("mult_adds", convention.name, _row(coefficients), cost, named=True, framework=framework)
        if coefficients["conv_macs"] == 1 and dict(coefficients) != _MACS:
            twice = {count: 2 * factor for count, factor in coefficients.items()}
            cost += cost_of("counting", "twice")
            yield Reading("mult_adds", f"twice {convention.name}", _row(twice), cost, named=False, framework=framework)
    base, per_term, doubled = (cost_of("counting", name) for name in ("base", "term", "doubled"))
    for choice in product(*(terms.items() for terms in _OPTIONAL_TERMS)):
        names = [name for name, _ in choice if name]
        counted = {count: times for _, coefficients in choice for count, times in coefficients.items()}
        for factor, label, cost in ((1, "macs", base), (2, "flops2", base + doubled)):
            row = _row(counted | dict.fromkeys(_MACS, factor))
            yield Reading("mult_adds", " + ".join([label, *names]), row, cost + per_term * len(names), named=False)


def _params() -> Iterator[Reading]:
    for convention in load_conventions().values():
        cost = cost_of("params", convention.name)
        yield Reading("params", convention.name, _row(convention.params_coefficients), cost, named=True)
    for name, counted in _PARTS.items():
        yield Reading("params", name, _row(counted), cost_of("params", name), named=True)
    cost = cost_of("counting", "norm_values")
    for values in range(_MOST_NORM_VALUES + 1):
        counted = {"weights": 1, "biases": 1} | dict.fromkeys(_NORM_CHANNELS, values)
        yield Reading("params", f"weights + biases + {values} values a norm channel", _row(counted), cost, named=False)


def _activations() -> Iterator[Reading]:
    cost = cost_of("activations", "outputs")
    yield Reading("activations", "outputs of convolution and linear layers", _row({"outputs": 1}), cost, named=True)
    every = ("outputs", *_NORM, *_ACTIVATIONS, "multiplies", "adds")
    cost = cost_of("activations", "all")
    yield Reading("activations", "outputs of all layers", _row(dict.fromkeys(every, 1)), cost, named=False)


def _bytes() -> Iterator[Reading]:
    for reading in filter(lambda reading: reading.named, _params()):
        for size, label in _SIZES:
            counted = tuple(size * factor for factor in reading.row)
            cost = reading.cost + cost_of("bytes", str(size))
            yield Reading("bytes", f"{reading.name} in {label}", counted, cost, named=True)


def _activation_bytes() -> Iterator[Reading]:
    peaks = [
        Reading("activations", name, _row({name: 1}), cost_of("activations", "peak"), named=True) for name in PEAKS
    ]
    for reading in (*_activations(), *peaks):
        for size, label in _SIZES:
            counted = tuple(size * factor for factor in reading.row)
            cost = reading.cost + cost_of("bytes", str(size))
            yield Reading("activation_bytes", f"{reading.name} in {label}", counted, cost, named=True)


_READINGS = {
    "mult_adds": _mult_adds,
    "params": _params,
    "activations": _activations,
    "bytes": _bytes,
    "activation_bytes": _activation_bytes,
}
