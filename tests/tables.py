"""Random tables: everything that the columns allow, with combinations of rules that no implementation has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import yaml
from hypothesis import reject
from hypothesis import strategies as st

from mbcost.errors import MbcostError
from mbcost.spec import implementation
from mbcost.spec.catalogue.library import families, load_family
from mbcost.spec.implementation import PADDINGS, ChannelRule, Implementation, Padding
from mbcost.spec.operators import EXPANDING, ON_VECTORS, OPERATORS, POOLS, TOPS
from mbcost.spec.reading.columns import COLUMNS
from mbcost.spec.reading.implementations import PARTS, SQUEEZED

WIDTHS, STRIDES, FLAGS, LETTERS = st.integers(1, 40), st.integers(1, 3), st.booleans(), st.sampled_from(["RE", "HS"])
KERNELS = st.builds("{}x{}".format, st.sampled_from([1, 3, 5, 7]), st.sampled_from([1, 3, 5]))
WINDOWS = st.builds("{}x{}".format, st.integers(1, 4), st.integers(1, 4))

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""The one that is written in C, if PyYAML was built with it: it is ten times as fast."""

KINDS = ("bias", "bias_and_norm", "bare")
"""The lists of an implementation that a part can be in; a part that is in none of them has a norm."""


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a stem, up to four rows of any operator, and a top."""
    drawn: list[dict[str, Any]] = [
        {"operator": "conv", "k": draw(KERNELS), "c": draw(WIDTHS), "s": draw(STRIDES), "nl": draw(LETTERS)}
    ]
    for _ in range(draw(st.integers(1, 4))):
        operator = draw(st.sampled_from(sorted(set(OPERATORS) - {*TOPS, *ON_VECTORS})))
        if operator in POOLS:
            drawn.append({"operator": operator, "k": draw(WINDOWS), "s": draw(STRIDES)})
            continue
        row: dict[str, Any] = {"operator": operator, "k": draw(KERNELS), "c": draw(WIDTHS),
               "n": draw(st.integers(1, 2)), "s": draw(STRIDES), "nl": draw(LETTERS)}  # fmt: skip
        if operator == "universal_bottleneck":
            row |= {"a": draw(st.none() | KERNELS), "k": draw(st.just("0") | KERNELS)}
            row["s"] = 1 if (row["a"], row["k"]) == (None, "0") else row["s"]
        if operator in EXPANDING:
            row |= draw(st.sampled_from([{"t": 1}, {"t": 6}, {"t": 2.5}, {"exp": 20}, {"exp": 33}]))
            row |= {"se": draw(FLAGS), "res": draw(st.sampled_from([None, True, False]))}
            row["res"] = None if row["res"] and row["n"] == 1 and row["s"] > 1 else row["res"]
        if operator == "residual":
            row["exp"] = draw(st.sampled_from([None, 12]))
        if operator in COLUMNS["g"].operators and (operator, row.get("exp")) != ("residual", None):
            row["g"] = draw(st.sampled_from([None, None, 2, 3]))
        if operator in COLUMNS["d"].operators:
            row["d"] = draw(st.sampled_from([None, 2, 3]))
        drawn.append(row)
    return drawn + draw(tops())


@st.composite
def tops(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the table's own top, or a head of transfer learning on pooled or flattened features."""
    operator = draw(st.sampled_from(TOPS))
    top: dict[str, Any] = {"operator": operator, "k": draw(st.none() | WINDOWS) if operator == "flatten" else None}
    own: list[dict[str, Any]] = [{"operator": "batch_norm"}, {"operator": "dense", "c": draw(WIDTHS)}]
    if (operator == "flatten" and top["k"] is None) or draw(FLAGS):
        return [top, *draw(st.lists(st.sampled_from(own), max_size=3)), {"operator": "dense", "c": "k"}]
    if draw(FLAGS):
        return [top, {"operator": "linear", "c": draw(WIDTHS), "nl": draw(LETTERS)}, {"operator": "linear", "c": "k"}]
    return [top, {"operator": "linear", "c": "k"}]


@st.composite
def implementations(draw: st.DrawFn) -> Implementation:
    """Draw a combination of rules that no implementation has."""
    base = draw(st.sampled_from(built_in_implementations()))
    kinds = draw(st.fixed_dictionaries({part: st.sampled_from(["", *KINDS]) for part in PARTS}))
    bias, both, bare = (frozenset(part for part in PARTS if kinds[part] == kind) for kind in KINDS)
    rules = replace(
        base.layer_rules,
        padding=draw(st.builds(Padding, *(3 * [st.sampled_from(PADDINGS)]))),
        pool=draw(st.sampled_from(implementation.POOLS)),
        squeeze_pool=draw(st.sampled_from(implementation.POOLS)),
        fused_norm=draw(FLAGS),
        bias=bias,
        bias_and_norm=both,
        bare=bare,
        strided=draw(st.sampled_from(implementation.STRIDED)),
        linear=frozenset(draw(st.sets(st.sampled_from(["head", "classifier"])))),
    )
    return replace(
        base,
        channels=draw(st.builds(ChannelRule, st.just("none"), st.sampled_from([1, 4, 8]), st.just(1))),
        channels_of={},
        layer_rules=rules,
        without_residual=frozenset(),
        expands_always=draw(FLAGS),
        squeeze_of=draw(st.sampled_from(SQUEEZED)),
        expansion=draw(st.sampled_from(["input", "printed"])),
        activations={"RE": draw(st.sampled_from(["relu", "relu6", "swish"])), "HS": "hard_swish"},
    )


@cache
def built_in_implementations() -> tuple[Implementation, ...]:
    return tuple(record for family in families() for record in load_family(family).values())


def plain(value: Any) -> Any:
    """Return the value as YAML has it: sets become lists."""
    if isinstance(value, frozenset):
        return sorted(value)
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


@contextmanager
def where_possible() -> Iterator[None]:
    """Reject an example that no network can be built from, so that Hypothesis draws a different one.

    The reason is an empty map, a layer without channels, or groups that do not divide the channels.
    """
    try:
        yield
    except MbcostError:
        reject()


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Draw a whole spec as text; its first line states the alpha and the number of classes to build it with."""
    columns = [column for column in COLUMNS if column != "in"]
    record = plain(asdict(draw(implementations())))
    del record["name"]
    record = {field: value for field, value in record.items() if value != ""}  # such as no framework
    record |= record.pop("layer_rules")
    del record["folded"]  # nobody writes it: files of models set it
    document = {
        "name": "any",
        "input": {
            "channels": draw(st.integers(1, 9)),
            "resolution": [draw(st.integers(1, 40)), draw(st.integers(1, 40))],
        },
        "columns": columns,
        "rows": [[row.get(column) for column in columns] for row in draw(rows())],
        "implementations": {"any": record},
    }
    alpha, classes = draw(st.sampled_from([0.1, 0.3, 0.75, 1.0, 1.7])), draw(st.integers(1, 2000))
    text = yaml.dump(document, Dumper=DUMPER, default_flow_style=None, sort_keys=False, width=120)
    return f"# --alpha {alpha} --classes {classes}\n{text}"
